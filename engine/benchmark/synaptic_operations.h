// How much a convolution has to do: every spike that arrives is added to the units it reaches, a dense network
// multiplies and adds for every connection. The ratio of both stands for energy (Merolla et al., Science 2014;
// Horowitz, ISSCC 2014).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace pinwheel::benchmark {

/// One direction of a convolution, in positions; no dilation.
struct ConvolutionAxis {
  std::int64_t side = 1;  ///< of the input
  std::int64_t kernel = 1;
  std::int64_t stride = 1;
  std::int64_t padding = 0;
};

struct ConvolutionGeometry {
  std::int64_t inputChannels = 1;
  std::int64_t outputChannels = 1;
  std::int64_t groups = 1;  ///< an input channel reaches outputChannels / groups
  ConvolutionAxis y;
  ConvolutionAxis x;
};

/// How many output positions each input position reaches, [side]. Exact: at an edge, and between the steps of a stride,
/// a position reaches fewer than kernel / stride.
[[nodiscard]] std::vector<std::int64_t> outputsReached(const ConvolutionAxis& axis);

/// Multiply-accumulates of one image. The zeros of the padding are no input and do not count, so that a map of ones
/// makes exactly as many synaptic operations.
[[nodiscard]] double denseOperations(const ConvolutionGeometry& geometry);

/// Accumulates of all maps together: every spike times the output units that it reaches. spikes [N, C, H, W] of the
/// geometry's C, H and W; a value of 2 (the sum of two spikes) counts twice.
[[nodiscard]] double synapticOperations(std::span<const float> spikes, const ConvolutionGeometry& geometry);

/// What an operation in 32-bit floats costs at 45 nm (Horowitz, ISSCC 2014): an addition, and a multiplication with it.
inline constexpr double kPicojoulesPerAccumulate = 0.9;
inline constexpr double kPicojoulesPerMultiplyAccumulate = 4.6;

}  // namespace pinwheel::benchmark
