// From a stored checkpoint back to a network that answers. Includes LibTorch.
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <memory>
#include <vector>

#include "engine/core/error.h"
#include "engine/snn/network.h"
#include "engine/topography/sheet.h"
#include "engine/training/checkpoint.h"

namespace pinwheel::training {

struct RestoredNetwork {
  std::unique_ptr<snn::Network> network;  ///< in evaluation mode
  std::vector<topography::Sheet> sheets;  ///< in the network's order
};

/// The network of a checkpoint with its weights and sheets, on `device`. Error: weights or sheets that are not those of
/// the network that its configuration describes, a number of classes that the weights are not for (before a network of
/// that size is made); it names `path`.
Expected<RestoredNetwork> restoreNetwork(const Checkpoint& checkpoint, at::Device device,
                                         const std::filesystem::path& path);

}  // namespace pinwheel::training
