// The residual block of the spiking ResNets: conv-BN-neuron-conv-BN, the shortcut added, and the neuron after the
// addition, so that what a block hands on is binary (method section 1). Includes LibTorch: for .cpp files of the engine
// alone.
#pragma once

#include <torch/torch.h>

#include "engine/snn/network.h"

namespace pinwheel::snn {

/// Spiking or, for the ReLU twin, rectifying. Time is folded into the batch: [T * B, C, H, W] in and out.
class Activation {
public:
  explicit Activation(const NeuronOptions& options) : m_options(options) {}
  /// x [T * B, ...] -> the same shape.
  [[nodiscard]] at::Tensor operator()(const at::Tensor& x) const;
  /// x [B, ...], constant in time -> [T * B, ...].
  [[nodiscard]] at::Tensor repeated(const at::Tensor& x) const;

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
  bool m_hasDownsample;
};

}  // namespace pinwheel::snn
