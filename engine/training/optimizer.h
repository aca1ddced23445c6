// AdamW and SGD with named state. LibTorch's own optimisers key their state by addresses in ways that changed between
// releases; these keep it by parameter name, so that a checkpoint resumes bit-exactly with any LibTorch. Includes
// LibTorch.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "engine/training/config.h"

namespace pinwheel::training {

using NamedTensors = std::vector<std::pair<std::string, at::Tensor>>;

/// AdamW (Loshchilov and Hutter 2019; betas 0.9 and 0.999, epsilon 1e-8) or SGD with momentum. Weight decay acts on
/// tensors of two or more axes only: not on batch norm, not on biases.
class Optimizer {
public:
  Optimizer(NamedTensors parameters, const OptimizationConfig& config);

  void zeroGradients();
  /// One update with the gradients present; `step` counts from 1 (AdamW's bias correction).
  void update(double learningRate, std::int64_t step);
  /// Euclidean norm of all gradients together; NaN or Inf when any is.
  [[nodiscard]] double gradientNorm() const;
  void scaleGradients(double factor);

  /// "<slot>.<parameter>" -> tensor; writable views of the state.
  [[nodiscard]] NamedTensors state() const;
  [[nodiscard]] const NamedTensors& parameters() const noexcept { return m_parameters; }

private:
  NamedTensors m_parameters;
  OptimizationConfig m_config;
  std::vector<at::Tensor> m_first;   ///< momentum
  std::vector<at::Tensor> m_second;  ///< AdamW: squared gradients
};

/// Linear warm-up from 0, then cosine to 0 or constant. `progress` in epochs, fractions included.
[[nodiscard]] double learningRateAt(const OptimizationConfig& config, double progress);

}  // namespace pinwheel::training
