#include "engine/training/optimizer.h"

#include <torch/torch.h>

#include <cmath>
#include <numbers>

namespace pinwheel::training {
namespace {
constexpr double kBeta1 = 0.9;
constexpr double kBeta2 = 0.999;
constexpr double kEpsilon = 1e-8;
}  // namespace

Optimizer::Optimizer(NamedTensors parameters, const OptimizationConfig& config)
    : m_parameters(std::move(parameters)), m_config(config) {
  torch::NoGradGuard guard;
  for (const auto& [name, value] : m_parameters) {
    m_first.push_back(at::zeros_like(value));
    if (m_config.optimizer == "adamw") m_second.push_back(at::zeros_like(value));
  }
}

void Optimizer::zeroGradients() {
  for (auto& [name, value] : m_parameters)
    if (value.grad().defined()) value.mutable_grad().zero_();
}

void Optimizer::update(double learningRate, std::int64_t step) {
  torch::NoGradGuard guard;
  const double correction1 = 1.0 - std::pow(kBeta1, static_cast<double>(step));
  const double correction2 = 1.0 - std::pow(kBeta2, static_cast<double>(step));
  for (std::size_t i = 0; i < m_parameters.size(); ++i) {
    at::Tensor& value = m_parameters[i].second;
    const at::Tensor& gradient = value.grad();
    if (!gradient.defined()) continue;
    const double decay = value.dim() > 1 ? m_config.weightDecay : 0.0;
    if (m_config.optimizer == "adamw") {
      if (decay > 0) value.mul_(1.0 - learningRate * decay);
      m_first[i].mul_(kBeta1).add_(gradient, 1.0 - kBeta1);
      m_second[i].mul_(kBeta2).addcmul_(gradient, gradient, 1.0 - kBeta2);
      const at::Tensor denominator = (m_second[i].sqrt() / std::sqrt(correction2)).add_(kEpsilon);
      value.addcdiv_(m_first[i], denominator, -learningRate / correction1);
    } else {
      const at::Tensor total = decay > 0 ? gradient.add(value, decay) : gradient;
      m_first[i].mul_(m_config.momentum).add_(total);
      value.add_(m_first[i], -learningRate);
    }
  }
}

double Optimizer::gradientNorm() const {
  torch::NoGradGuard guard;
  double sum = 0;
  for (const auto& [name, value] : m_parameters)
    if (value.grad().defined()) {
      const double norm = value.grad().norm().item<double>();
      sum += norm * norm;
    }
  return std::sqrt(sum);
}

void Optimizer::scaleGradients(double factor) {
  torch::NoGradGuard guard;
  for (auto& [name, value] : m_parameters)
    if (value.grad().defined()) value.mutable_grad().mul_(factor);
}

NamedTensors Optimizer::state() const {
  NamedTensors out;
  for (std::size_t i = 0; i < m_parameters.size(); ++i) {
    out.emplace_back("momentum." + m_parameters[i].first, m_first[i]);
    if (!m_second.empty()) out.emplace_back("square." + m_parameters[i].first, m_second[i]);
  }
  return out;
}

double learningRateAt(const OptimizationConfig& config, double progress) {
  if (progress < config.warmupEpochs) return config.learningRate * progress / config.warmupEpochs;
  if (config.schedule == "constant") return config.learningRate;
  const double span = static_cast<double>(config.epochs) - config.warmupEpochs;
  const double x = span <= 0 ? 1.0 : std::min(1.0, (progress - config.warmupEpochs) / span);
  return config.learningRate * 0.5 * (1.0 + std::cos(std::numbers::pi * x));
}

}  // namespace pinwheel::training
