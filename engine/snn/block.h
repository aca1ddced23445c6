// The residual block of the spiking ResNets: conv-BN-neuron-conv-BN, the shortcut added, and the neuron after the
// addition, so that what a block hands on is binary (method section 1). Includes LibTorch: for .cpp files of the engine
// alone.
#pragma once

#include <torch/torch.h>

#include "engine/snn/network.h"
#include "engine/snn/normalised_lif.h"

namespace pinwheel::snn {

/// Spiking or, for the ReLU twin, rectifying. Time is folded into the batch: [T * B, C, H, W] in and out.
class Activation {
public:
  explicit Activation(const NeuronOptions& options) : m_options(options) {}
  /// Of norm(y) + shortcut, y [T * B, C, H, W].
  [[nodiscard]] at::Tensor normalised(const at::Tensor& y, torch::nn::BatchNorm2d& norm,
                                      const ShortcutCurrent& shortcut = {}) const;
  /// Of norm(y), y [B, C, H, W] constant in time -> [T * B, C, H, W].
  [[nodiscard]] at::Tensor repeated(const at::Tensor& y, torch::nn::BatchNorm2d& norm) const;
  /// A convolution without bias of what such a neuron hands on.
  [[nodiscard]] at::Tensor convolved(const at::Tensor& x, torch::nn::Conv2d& convolution) const;

private:
  NeuronOptions m_options;
};

class ResidualBlock : public torch::nn::Module {
public:
  ResidualBlock(std::int64_t inputChannels, std::int64_t channels, std::int64_t stride, const NeuronOptions& neuron);
  at::Tensor forward(const at::Tensor& x);

  torch::nn::Conv2d conv1;
  torch::nn::BatchNorm2d bn1;
  torch::nn::Conv2d conv2;
  torch::nn::BatchNorm2d bn2;
  torch::nn::Sequential downsample;  ///< 1x1 convolution and BN; empty where the shapes agree

private:
  Activation m_activation;
  torch::nn::Conv2d m_shortcutConvolution{nullptr};
  torch::nn::BatchNorm2d m_shortcutNorm{nullptr};
};

}  // namespace pinwheel::snn
