// The networks that a recipe can name. A new family (SCornet, Spikformer) is a class that implements Network in a file
// of its own, and one entry in backbones.cpp.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/core/error.h"
#include "engine/snn/network.h"

namespace pinwheel::snn {

struct BackboneInfo {
  std::string name;
  std::string summary;
};
[[nodiscard]] const std::vector<BackboneInfo>& backbones();

/// Features that the classifier tells the classes by: its weight is [classes, features]. Known without making the
/// network. Errors: unknown names.
Expected<std::int64_t> classifierFeatures(const NetworkOptions& options);

/// Weights are drawn from `seed` (He et al. 2015, fan out, as torchvision does). Errors: unknown names (the nearest is
/// told), an image side that leaves no room.
Expected<std::unique_ptr<Network>> makeNetwork(const NetworkOptions& options, std::uint64_t seed);

}  // namespace pinwheel::snn
