// Maps of a sheet as every part of the program measures them: the same stimuli, the same windows. Includes LibTorch.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <vector>

#include "engine/analysis/pinwheels.h"
#include "engine/analysis/selectivity.h"
#include "engine/analysis/tuning.h"
#include "engine/core/error.h"
#include "engine/core/progress.h"
#include "engine/data/dataset.h"
#include "engine/snn/network.h"
#include "engine/topography/sheet.h"
#include "engine/training/responses.h"

namespace pinwheel::training {

/// The built-in world's ten categories, 144 images each as in fLoc's localiser (Stigliani et al. 2015), by a seed that
/// no training image has.
[[nodiscard]] std::shared_ptr<const data::Dataset> categoryWorld(int side);
/// The same world without an end: image i of it is image i of categoryWorld.
[[nodiscard]] std::shared_ptr<const data::Dataset> endlessCategoryWorld(int side);

/// Rates of every sheet to the images of `categories`, per domain (data::domainNames()); images of no domain are left
/// out. `progress` is called after every batch; `also` hears every image's rates.
Expected<std::vector<analysis::CategoryResponses>> recordCategories(
    snn::Network& network, at::Device device, std::shared_ptr<const data::Dataset> categories, int side,
    const data::Normalisation& normalisation, std::int64_t batchSize, int workers, const StopFlag* stop = nullptr,
    const ProgressCallback& progress = {}, const RateSink& also = {});

/// Pinwheels of a sheet at display scale: TDANN's windows on a 36.75 mm V1, the same fraction of every other sheet.
Expected<analysis::PinwheelMap> sheetPinwheels(const topography::Sheet& sheet, const analysis::TuningMaps& maps);

}  // namespace pinwheel::training
