#include "engine/snn/block.h"

namespace pinwheel::snn {
namespace {

torch::nn::Conv2d convolution(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride) {
  return torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, kernel).stride(stride).padding(kernel / 2).bias(false));
}

}  // namespace

at::Tensor Activation::operator()(const at::Tensor& x) const {
  if (m_options.kind == NeuronKind::relu) return at::relu(x);
  std::vector<std::int64_t> shape = x.sizes().vec();
  std::vector<std::int64_t> unfolded = shape;
  unfolded[0] /= m_options.timeSteps;
  unfolded.insert(unfolded.begin(), m_options.timeSteps);
  return lif(x.reshape(unfolded), m_options.lif).view(shape);
}

at::Tensor Activation::repeated(const at::Tensor& x) const {
  if (m_options.kind == NeuronKind::relu) return at::relu(x);
  std::vector<std::int64_t> folded = x.sizes().vec();
  folded[0] *= m_options.timeSteps;
  return lifConstantCurrent(x, m_options.timeSteps, m_options.lif).view(folded);
}

ResidualBlock::ResidualBlock(std::int64_t inputChannels, std::int64_t channels, std::int64_t stride,
                             const NeuronOptions& neuron)
    : conv1(convolution(inputChannels, channels, 3, stride)),
      bn1(channels),
      conv2(convolution(channels, channels, 3, 1)),
      bn2(channels),
      m_activation(neuron),
      m_hasDownsample(stride != 1 || inputChannels != channels) {
  register_module("conv1", conv1);
  register_module("bn1", bn1);
  register_module("conv2", conv2);
  register_module("bn2", bn2);
  if (m_hasDownsample) {
    downsample =
        torch::nn::Sequential(convolution(inputChannels, channels, 1, stride), torch::nn::BatchNorm2d(channels));
    register_module("downsample", downsample);
  }
}

at::Tensor ResidualBlock::forward(const at::Tensor& x) {
  at::Tensor y = m_activation(bn1(conv1(x)));
  y = bn2(conv2(y));
  y = m_hasDownsample ? y + downsample->forward(x) : y + x;
  return m_activation(y);
}

}  // namespace pinwheel::snn
