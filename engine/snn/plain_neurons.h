// What benchmarks compare the fused kernel with: whole networks whose neurons are LibTorch's own operations.
#pragma once

namespace pinwheel::snn {

/// While one lives, lif() and lifConstantCurrent() called on its thread are lifPlain(), whatever the device. Their
/// backward pass follows from the forward one.
class PlainNeurons {
public:
  PlainNeurons() noexcept;
  ~PlainNeurons();
  PlainNeurons(const PlainNeurons&) = delete;
  PlainNeurons& operator=(const PlainNeurons&) = delete;
};

}  // namespace pinwheel::snn
