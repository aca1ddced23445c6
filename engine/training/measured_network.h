// A stored network, ready to be measured, with what it is shown. Includes LibTorch.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/core/error.h"
#include "engine/core/progress.h"
#include "engine/data/dataset.h"
#include "engine/snn/network.h"
#include "engine/topography/sheet.h"
#include "engine/training/checkpoint.h"
#include "engine/training/evaluation.h"

namespace pinwheel::training {

struct MeasuredNetwork {
  Checkpoint checkpoint;
  at::Device device{at::kCPU};
  std::unique_ptr<snn::Network> network;  ///< in evaluation mode, under the lesion that it was trained with
  std::vector<topography::Sheet> sheets;  ///< in the network's order
  std::string dataSpec;
  data::DatasetPair data;
  data::Normalisation normalisation;  ///< of the images that it was trained on, whatever it is shown
  bool labelled = true;               ///< the data's classes are the network's
  std::shared_ptr<const data::Dataset> categories;
};

/// Opens the checkpoint, its data and the categories; makes options.out.
Expected<MeasuredNetwork> openMeasured(const EvaluateOptions& options);

/// A checkpoint that is read already, to be shown what `other` is: the same data and categories, which are not opened
/// again. options.data and options.floc mean nothing then.
Expected<MeasuredNetwork> openMeasuredAs(const EvaluateOptions& options, Checkpoint checkpoint,
                                         const MeasuredNetwork& other);

/// The control of what training has done: the network as it was drawn, before its training, its batch norms calibrated
/// on `training`, which is shown with its own normalisation (renormalised() as the network's was). The lesion that the
/// network was trained under acts on it as well, else their difference would be both the training's and the lesion's.
/// In evaluation mode. Error: the configuration's network cannot be made, an image cannot be read, "Stopped".
Expected<std::unique_ptr<snn::Network>> untrainedControl(const Checkpoint& checkpoint, at::Device device,
                                                         const std::shared_ptr<const data::Dataset>& training,
                                                         std::int64_t batchSize, const StopFlag& stop);

/// Maps and measures of an open network and its untrained control, written into options.out.
Expected<EvaluateResult> measureMaps(MeasuredNetwork& subject, const EvaluateOptions& options,
                                     const ProgressCallback& progress, const StopFlag& stop);

}  // namespace pinwheel::training
