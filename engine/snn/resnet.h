// The ResNet family, from a description: Spiking ResNet-18, the tiny member, and the ReLU twin of each.
#pragma once

#include <string>
#include <vector>

#include "engine/snn/network.h"

namespace pinwheel::snn {

/// One block and the sheet that its output is laid on (an empty layer name: none).
struct BlockSpec {
  std::int64_t channels = 0;
  std::int64_t stride = 1;
  std::string layer;
  std::string area;
};

struct ResNetSpec {
  std::int64_t stemChannels = 64;
  std::int64_t stemKernel = 7;
  std::int64_t stemStride = 2;
  bool stemPool = true;                        ///< 3x3/2 max-pool behind the stem
  std::vector<std::vector<BlockSpec>> stages;  ///< layer1, layer2 ...
};

[[nodiscard]] std::unique_ptr<Network> makeResNet(const ResNetSpec& spec, const NetworkOptions& options,
                                                  std::uint64_t seed);

}  // namespace pinwheel::snn
