// The weights of a checkpoint, for the cases whose network is of its kind. Includes no LibTorch.
#pragma once

#include <array>
#include <filesystem>
#include <string>

#include "engine/benchmark/network_size.h"
#include "engine/core/error.h"
#include "engine/formats/host_tensor.h"
#include "engine/training/config.h"

namespace pinwheel::benchmark {

struct TrainedWeights {
  std::string name;  ///< of the file, without its folder
  training::ModelConfig model;
  std::int64_t classes = 0;
  std::array<float, 3> pixelMean{};  ///< the normalisation of the images it was trained on
  std::array<float, 3> pixelDeviation{};
  formats::TensorMap state;  ///< parameters and buffers by torchvision's names

  /// A network of that size has these tensors: the backbone and the stem are the same. The image side is the size's.
  [[nodiscard]] bool fits(const NetworkSize& size) const;
};

/// Error: a file that cannot be read or that is no checkpoint, one of the twin without spikes, weights that are not
/// those of the network that its configuration describes or that are not finite. May throw c10::Error.
Expected<TrainedWeights> loadTrainedWeights(const std::filesystem::path& path);

}  // namespace pinwheel::benchmark
