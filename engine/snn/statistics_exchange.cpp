#include "engine/snn/statistics_exchange.h"

#include <torch/torch.h>

#include <array>

namespace pinwheel::snn {
namespace {

thread_local StatisticsExchange* exchangeOfThread = nullptr;

constexpr std::array<std::int64_t, 3> kRows{0, 2, 3};  // all axes but the channels

at::Tensor perChannel(const at::Tensor& values) {
  return values.view({1, -1, 1, 1});
}

// [C] of a double, in y's type.
struct BatchStatistics {
  at::Tensor mean, variance;
  double count = 0;
};

BatchStatistics statisticsOfAll(const at::Tensor& y, StatisticsExchange& exchange) {
  const std::int64_t channels = y.size(1);
  const at::Tensor wide = y.to(at::kDouble);
  const at::Tensor mean = wide.mean(kRows);
  const at::Tensor squares = (wide - perChannel(mean)).square_().sum(kRows);
  const auto count = static_cast<double>(y.numel() / channels);
  at::Tensor sums = at::cat({at::full({1}, count, mean.options()), mean * count, squares + mean.square() * count});
  exchange.sum(sums);
  BatchStatistics all;
  all.count = sums[0].item<double>();
  all.mean = sums.narrow(0, 1, channels) / all.count;
  all.variance = (sums.narrow(0, 1 + channels, channels) / all.count - all.mean.square()).clamp_min_(0);
  return all;
}

// After a batch of `count` values a channel: mean, and biased variance [C].
void updateRunningStatistics(torch::nn::BatchNorm2dImpl& norm, double count, const at::Tensor& mean,
                             const at::Tensor& variance) {
  if (!norm.options.track_running_stats() || !norm.running_mean.defined()) return;
  norm.num_batches_tracked += 1;
  const auto momentum = norm.options.momentum();
  // Without a momentum LibTorch keeps the plain mean over the batches.
  const double share = momentum.has_value() ? *momentum : 1.0 / norm.num_batches_tracked.item<double>();
  norm.running_mean.mul_(1 - share).add_(mean.to(norm.running_mean.scalar_type()), share);
  norm.running_var.mul_(1 - share).add_((variance * (count / (count - 1))).to(norm.running_var.scalar_type()), share);
}

// Ioffe and Szegedy 2015, with sums over all replicas where the batch's rows are summed.
struct ExchangedNorm : torch::autograd::Function<ExchangedNorm> {
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& y, const at::Tensor& weight,
                            const at::Tensor& bias, const at::Tensor& mean, const at::Tensor& inverse, double count,
                            StatisticsExchange* exchange) {
    const at::Tensor normalised = (y - perChannel(mean)) * perChannel(inverse);
    context->save_for_backward({normalised, weight, inverse});
    context->saved_data["count"] = count;
    context->saved_data["exchange"] = reinterpret_cast<std::int64_t>(exchange);
    return weight.numel() > 0 ? normalised * perChannel(weight) + perChannel(bias) : normalised;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const at::Tensor &normalised = saved[0], &weight = saved[1], &inverse = saved[2], &gradient = gradients[0];
    const double count = context->saved_data["count"].toDouble();
    auto* exchange = reinterpret_cast<StatisticsExchange*>(context->saved_data["exchange"].toInt());
    const at::Tensor sum = gradient.to(at::kDouble).sum(kRows);
    const at::Tensor product = (gradient.to(at::kDouble) * normalised).sum(kRows);
    at::Tensor all = at::cat({sum, product});
    exchange->sum(all);
    const std::int64_t channels = sum.size(0);
    const auto type = gradient.scalar_type();
    const at::Tensor meanGradient = (all.narrow(0, 0, channels) / count).to(type);
    const at::Tensor meanProduct = (all.narrow(0, channels, channels) / count).to(type);
    const bool affine = weight.numel() > 0;
    const at::Tensor scale = affine ? weight * inverse : inverse;
    torch::autograd::variable_list out(7);
    out[0] = (gradient - perChannel(meanGradient) - normalised * perChannel(meanProduct)) * perChannel(scale);
    if (affine) {
      out[1] = product.to(type);
      out[2] = sum.to(type);
    }
    return out;
  }
};

}  // namespace

ExchangedStatistics::ExchangedStatistics(StatisticsExchange* exchange) noexcept : m_before(exchangeOfThread) {
  exchangeOfThread = exchange;
}

ExchangedStatistics::~ExchangedStatistics() {
  exchangeOfThread = m_before;
}

StatisticsExchange* ExchangedStatistics::current() noexcept {
  return exchangeOfThread;
}

at::Tensor batchNorm(const at::Tensor& y, torch::nn::BatchNorm2d& norm) {
  StatisticsExchange* exchange = ExchangedStatistics::current();
  if (exchange == nullptr || !norm->is_training()) return norm->forward(y);
  BatchStatistics batch;
  {
    const at::NoGradGuard guard;
    batch = statisticsOfAll(y, *exchange);
    updateRunningStatistics(*norm, batch.count, batch.mean, batch.variance);
  }
  const at::Tensor none = at::empty({0}, y.options());
  const bool affine = norm->options.affine();
  const at::Tensor inverse = (batch.variance + norm->options.eps()).rsqrt().to(y.scalar_type());
  return ExchangedNorm::apply(y, affine ? norm->weight : none, affine ? norm->bias : none,
                              batch.mean.to(y.scalar_type()), inverse, batch.count, exchange);
}

}  // namespace pinwheel::snn
