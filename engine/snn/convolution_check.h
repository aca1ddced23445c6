// Whether LibTorch's convolutions can be trusted on this machine. Includes LibTorch.
//
// Debian 13's LibTorch 2.6 computes float 3x3 convolutions of 8 and 24 input channels wrongly through oneDNN (errors as
// large as the values, on an AMD EPYC): a network would train and be measured, and every figure of it would be off.
#pragma once

#include <torch/nn/module.h>

#include <compare>
#include <cstdint>
#include <functional>
#include <string>

namespace pinwheel::snn {

/// Channels in and out, side of the kernel, stride; the padding is half the kernel.
struct ConvolutionShape {
  std::int64_t in = 1;
  std::int64_t out = 1;
  std::int64_t kernel = 3;
  std::int64_t stride = 1;

  [[nodiscard]] auto operator<=>(const ConvolutionShape&) const = default;
};

/// (images [B, in, S, S], weights [out, in, k, k], shape) -> [B, out, S', S'], differentiable.
using Convolve = std::function<at::Tensor(const at::Tensor&, const at::Tensor&, const ConvolutionShape&)>;

/// at::conv2d.
[[nodiscard]] at::Tensor convolve(const at::Tensor& images, const at::Tensor& weights, const ConvolutionShape& shape);

/// The largest difference between `candidate` in float and at::conv2d in double, which never goes through oneDNN, on
/// random numbers: of the result and of the gradients of images and weights, each over the largest of its values.
/// About 1e-6 where the convolution is right.
[[nodiscard]] double convolutionError(const Convolve& candidate, const ConvolutionShape& shape);

/// Tries every shape of convolution that the network has and that was not tried in this process yet. Where one is wrong
/// on the processor, oneDNN is switched off for the whole process, and convolutionFault() says so. Tests put a wrong
/// one for `candidate`.
void checkConvolutions(const torch::nn::Module& network, const Convolve& candidate = convolve);

/// What checkConvolutions() found and did; empty where all is right. Any thread may ask.
[[nodiscard]] std::string convolutionFault();

}  // namespace pinwheel::snn
