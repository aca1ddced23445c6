// What a network answers to stimuli: firing rates of every sheet, batch by batch, and accuracy. Includes LibTorch.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "engine/analysis/selectivity.h"
#include "engine/analysis/smoothness.h"
#include "engine/analysis/tuning.h"
#include "engine/core/error.h"
#include "engine/core/progress.h"
#include "engine/data/batch_loader.h"
#include "engine/data/dataset.h"
#include "engine/data/gratings.h"
#include "engine/snn/network.h"
#include "engine/topography/sheet.h"

namespace pinwheel::training {

/// Rates [count, U] of sheet `sheet` for stimuli first .. first + count, spikes per time step.
using RateSink =
    std::function<void(std::size_t sheet, std::int64_t first, std::int64_t count, std::span<const float> rates)>;

/// A data set presented with other statistics: those of the data that a network was trained on.
[[nodiscard]] std::shared_ptr<const data::Dataset> renormalised(std::shared_ptr<const data::Dataset> dataset,
                                                                const data::Normalisation& normalisation);

/// The network is put into evaluation mode and left there. Pixels in [0, 1] are normalised as the training data were.
Status recordGratings(snn::Network& network, at::Device device, const std::vector<data::Grating>& gratings, int side,
                      const data::Normalisation& normalisation, std::int64_t batchSize, const RateSink& sink,
                      const StopFlag* stop = nullptr);

/// Rates to every image of a data set, with its labels; the mean loss and accuracy come with the same pass.
struct DatasetResponse {
  double accuracy = 0;
  double loss = 0;
  std::int64_t images = 0;
  std::vector<std::int64_t> correct;  ///< per class
  std::vector<std::int64_t> count;    ///< per class
};
/// `labelled` false: the labels are not the network's classes; no accuracy is taken. `normalisation` is the training
/// data's.
using LabelledRateSink = std::function<void(std::size_t sheet, std::span<const std::int64_t> labels, std::int64_t count,
                                            std::span<const float> rates)>;
Expected<DatasetResponse> recordDataset(snn::Network& network, at::Device device,
                                        std::shared_ptr<const data::Dataset> dataset, int side,
                                        const data::Normalisation& normalisation, std::int64_t batchSize, int workers,
                                        bool labelled, const LabelledRateSink& sink, const StopFlag* stop = nullptr);

/// Tuning of every sheet from the gratings of `side`.
struct SheetTuning {
  analysis::GratingResponses responses;
  analysis::TuningMaps maps;
};
Expected<std::vector<SheetTuning>> measureTuning(snn::Network& network, at::Device device, int side,
                                                 const data::Normalisation& normalisation, std::int64_t batchSize,
                                                 const StopFlag* stop = nullptr);

/// Orientation smoothness of a sheet at display scale (period 180 degrees).
Expected<analysis::Smoothness> orientationSmoothness(const topography::Sheet& sheet, const analysis::TuningMaps& maps,
                                                     std::uint64_t seed);

}  // namespace pinwheel::training
