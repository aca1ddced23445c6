// The network that a protocol measures, and what it is shown. Includes LibTorch.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/data/dataset.h"
#include "engine/protocol/effort.h"
#include "engine/snn/network.h"
#include "engine/topography/sheet.h"
#include "engine/training/checkpoint.h"

namespace pinwheel::protocol {

/// All of it outlives the measurement. A part leaves the network as it found it: in evaluation mode, under the
/// perturbation that `lesion` is (perturbation::makePerturbation).
struct Subject {
  snn::Network* network = nullptr;
  at::Device device{at::kCPU};
  std::vector<topography::Sheet> sheets;             ///< in the network's order
  const training::Checkpoint* checkpoint = nullptr;  ///< configuration, weights, provenance, lesion
  std::shared_ptr<const data::Dataset> training;     ///< as `validation`; what untrained controls are calibrated on
  std::shared_ptr<const data::Dataset> validation;   ///< with normalisation() as the network was trained
  bool labelled = true;                              ///< its classes are the network's
  std::shared_ptr<const data::Dataset> categories;   ///< fLoc or the built-in world, see data::domainOfCategory
  data::Normalisation normalisation;                 ///< of the training data
  int side = 32;                                     ///< px
  std::int64_t batchSize = 128;
  int workers = 1;
};

}  // namespace pinwheel::protocol
