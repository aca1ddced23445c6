// Convolutions whose inputs are spikes. Includes LibTorch: for the engine's .cpp files alone.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace pinwheel::snn {

/// How a convolution's forward pass and its weights' gradient are computed. The input's gradient is always dense: so
/// is the output's.
enum class ConvolutionWay {
  chosen,  ///< driven by spikes where the kernel is larger than 1x1 and the input 0 or 1 throughout and sparse enough
  spikes,  ///< driven by spikes at any density; dense where an input is neither 0 nor 1, or not on the CPU
  dense    ///< LibTorch's
};

/// Share of ones up to which `chosen` lets the spikes drive.
[[nodiscard]] double spikeDrivenDensity();

/// How many forward passes of convolutions the spikes have driven in this process.
[[nodiscard]] std::int64_t spikeDrivenCount() noexcept;

/// x [N, C, H, W], weights [O, C, k, k] -> [N, O, H', W'], channels last in memory; without bias, differentiable.
/// `padding` zeros on every side. The same up to rounding as at::conv2d, whatever the way; the same to the bit at any
/// number of threads.
[[nodiscard]] at::Tensor spikeConvolution(const at::Tensor& x, const at::Tensor& weights, std::int64_t stride,
                                          std::int64_t padding, ConvolutionWay way = ConvolutionWay::chosen);

}  // namespace pinwheel::snn
