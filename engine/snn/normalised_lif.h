// Batch norm, the addition of a shortcut and the LIF neuron as one operation: one pass over memory forward, two
// backward. Includes LibTorch: for the engine's .cpp files alone.
#pragma once

#include <torch/nn/modules/batchnorm.h>

#include <cstdint>

#include "engine/snn/neuron.h"

namespace pinwheel::snn {

/// What is added to a batch norm's result before the neuron: x as it is, or what `norm` makes of it. Undefined x:
/// nothing.
struct ShortcutCurrent {
  at::Tensor x{};
  torch::nn::BatchNorm2d norm{nullptr};
};

/// Spikes [T * B, C, H, W], channels last in memory: lif(norm(y) + shortcut), differentiable. y [T * B, C, H, W], float
/// or double. In training mode the norms take the statistics of y and update the running ones as LibTorch's do (biased
/// variance here, unbiased there; Ioffe and Szegedy 2015). The same to the bit at any number of threads. On other
/// devices, and while PlainNeurons lives, composed of LibTorch's operations.
[[nodiscard]] at::Tensor normalisedLif(const at::Tensor& y, torch::nn::BatchNorm2d& norm,
                                       const ShortcutCurrent& shortcut, std::int64_t timeSteps,
                                       const LifOptions& options);

/// The same of a current that is constant in time: y [B, C, H, W] -> spikes [T * B, C, H, W].
[[nodiscard]] at::Tensor normalisedLifConstant(const at::Tensor& y, torch::nn::BatchNorm2d& norm,
                                               std::int64_t timeSteps, const LifOptions& options);

}  // namespace pinwheel::snn
