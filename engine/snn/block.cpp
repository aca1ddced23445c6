#include "engine/snn/block.h"

#include "engine/snn/spike_convolution.h"
#include "engine/snn/statistics_exchange.h"

namespace pinwheel::snn {
namespace {

torch::nn::Conv2d convolution(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride) {
  return torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, kernel).stride(stride).padding(kernel / 2).bias(false));
}

}  // namespace

at::Tensor Activation::normalised(const at::Tensor& y, torch::nn::BatchNorm2d& norm,
                                  const ShortcutCurrent& shortcut) const {
  if (m_options.kind != NeuronKind::relu) return normalisedLif(y, norm, shortcut, m_options.timeSteps, m_options.lif);
  const at::Tensor x = batchNorm(y, norm);
  if (!shortcut.x.defined()) return at::relu(x);
  torch::nn::BatchNorm2d beside = shortcut.norm;
  return at::relu(x + (beside.is_empty() ? shortcut.x : batchNorm(shortcut.x, beside)));
}

at::Tensor Activation::repeated(const at::Tensor& y, torch::nn::BatchNorm2d& norm) const {
  if (m_options.kind == NeuronKind::relu) return at::relu(batchNorm(y, norm));
  return normalisedLifConstant(y, norm, m_options.timeSteps, m_options.lif);
}

at::Tensor Activation::convolved(const at::Tensor& x, torch::nn::Conv2d& convolution) const {
  if (m_options.kind == NeuronKind::relu) return convolution(x);
  return spikeConvolution(x, convolution->weight, (*convolution->options.stride())[0],
                          convolution->options.kernel_size()->at(0) / 2);
}

ResidualBlock::ResidualBlock(std::int64_t inputChannels, std::int64_t channels, std::int64_t stride,
                             const NeuronOptions& neuron)
    : conv1(convolution(inputChannels, channels, 3, stride)),
      bn1(channels),
      conv2(convolution(channels, channels, 3, 1)),
      bn2(channels),
      m_activation(neuron) {
  register_module("conv1", conv1);
  register_module("bn1", bn1);
  register_module("conv2", conv2);
  register_module("bn2", bn2);
  if (stride == 1 && inputChannels == channels) return;
  m_shortcutConvolution = convolution(inputChannels, channels, 1, stride);
  m_shortcutNorm = torch::nn::BatchNorm2d(channels);
  downsample = register_module("downsample", torch::nn::Sequential(m_shortcutConvolution, m_shortcutNorm));
}

at::Tensor ResidualBlock::forward(const at::Tensor& x) {
  const at::Tensor y = m_activation.normalised(m_activation.convolved(x, conv1), bn1);
  ShortcutCurrent shortcut{x};
  if (!m_shortcutNorm.is_empty()) shortcut = {m_activation.convolved(x, m_shortcutConvolution), m_shortcutNorm};
  return m_activation.normalised(m_activation.convolved(y, conv2), bn2, shortcut);
}

}  // namespace pinwheel::snn
