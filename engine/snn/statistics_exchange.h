// Batch norm over the batch of several replicas of a network, each of which sees a part of it. Who carries the sums is
// not known here. Includes LibTorch.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/modules/batchnorm.h>

namespace pinwheel::snn {

/// Adds up over replicas.
struct StatisticsExchange {
  virtual ~StatisticsExchange() = default;
  /// values [n] double, contiguous: in place, the sum over all replicas. Called by all of them in the same order. May
  /// throw; forward and backward let it through.
  virtual void sum(at::Tensor& values) = 0;
};

/// While one lives, batch norms in training mode on its thread take the statistics of all replicas' batches together,
/// and their backward passes the sums that follow; gradients of weights and biases stay those of this replica's batch.
/// The exchange outlives those backward passes.
class ExchangedStatistics {
public:
  explicit ExchangedStatistics(StatisticsExchange* exchange) noexcept;  ///< null: none
  ~ExchangedStatistics();
  ExchangedStatistics(const ExchangedStatistics&) = delete;
  ExchangedStatistics& operator=(const ExchangedStatistics&) = delete;
  /// The one of this thread; null where there is none.
  [[nodiscard]] static StatisticsExchange* current() noexcept;

private:
  StatisticsExchange* m_before;
};

/// norm(y), y [N, C, H, W]; with the statistics of all replicas where the norm is in training mode and an
/// ExchangedStatistics lives. Differentiable. On any device, of LibTorch's operations.
[[nodiscard]] at::Tensor batchNorm(const at::Tensor& y, torch::nn::BatchNorm2d& norm);

}  // namespace pinwheel::snn
