// TopoLoss (Deb, Deb and Murty, TopoNets, ICLR 2025, arXiv 2501.16396): channels laid on a grid should have the weights
// of the channels around them.
#pragma once

#include <cstdint>

namespace at {
class Tensor;
}

namespace pinwheel::topography {

/// The grid of a layer's output channels, row by row: the height is the largest divisor that is not above the root.
struct ChannelGrid {
  std::int64_t height = 0;
  std::int64_t width = 0;
};
/// `channels` >= 1.
[[nodiscard]] ChannelGrid channelGrid(std::int64_t channels) noexcept;

/// The blur of a grid as one matrix [N, N] (double, CPU): bilinearly down by `factor` >= 1 in both directions and up to
/// the old size again, corners not aligned and no antialiasing, as LibTorch interpolates by default. A side shorter
/// than the factor shrinks to one position (the authors' code refuses such a layer). Rows sum to 1.
[[nodiscard]] at::Tensor channelBlur(std::int64_t channels, double factor);
/// The factor leaves one position of the whole grid: every channel is blurred to the same mean, and no order is asked
/// for.
[[nodiscard]] bool blursToOne(std::int64_t channels, double factor) noexcept;

/// 1 - the mean over channels of the cosine between a channel's weights and the blurred grid's at its place; 0 where
/// neighbours are alike, differentiable. weights [N, ...] float or double; blur [N, N], channelBlur's for N. A channel
/// without weights has cosine 0 and no gradient of its own (the authors' code would divide its gradient by 1e-8).
[[nodiscard]] at::Tensor topoLoss(const at::Tensor& weights, const at::Tensor& blur);

}  // namespace pinwheel::topography
