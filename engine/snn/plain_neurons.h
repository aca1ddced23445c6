// What benchmarks compare our kernels with: whole networks of LibTorch's own operations.
#pragma once

namespace pinwheel::snn {

/// While one lives, lif() and lifConstantCurrent() called on its thread are lifPlain(), whatever the device;
/// convolutions are dense, and batch norms and neurons are not fused. The backward pass follows from the forward one.
class PlainNeurons {
public:
  PlainNeurons() noexcept;
  ~PlainNeurons();
  PlainNeurons(const PlainNeurons&) = delete;
  PlainNeurons& operator=(const PlainNeurons&) = delete;
  /// Whether one lives on this thread.
  [[nodiscard]] static bool any() noexcept;
};

}  // namespace pinwheel::snn
