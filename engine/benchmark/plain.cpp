#include "engine/benchmark/plain.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>

namespace pinwheel::benchmark {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// The step function with the surrogate's derivative.
struct Spike : torch::autograd::Function<Spike> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, std::int64_t surrogate) {
    context->save_for_backward({x});
    context->saved_data["surrogate"] = surrogate;
    return x.ge(0).to(x.scalar_type());
  }
  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const at::Tensor x = context->get_saved_variables()[0];
    if (static_cast<snn::Surrogate>(context->saved_data["surrogate"].toInt()) == snn::Surrogate::sigmoid) {
      const at::Tensor s = (x * 4).sigmoid_();
      return {gradients[0] * (1 - s) * s * 4, at::Tensor()};
    }
    return {gradients[0] / (1 + (x * M_PI).square_()), at::Tensor()};
  }
};

// 1/2 (1 - Pearson) of two vectors.
at::Tensor pearsonLoss(const at::Tensor& a, const at::Tensor& b) {
  const at::Tensor x = a - a.mean();
  const at::Tensor y = b - b.mean();
  return 0.5 * (1 - (x * y).sum() / (x.norm() * y.norm()).clamp_min(1e-12));
}

}  // namespace

at::Tensor lifStepByStep(const at::Tensor& current, const snn::LifOptions& options) {
  std::vector<at::Tensor> spikes;
  at::Tensor membrane = at::zeros_like(current[0]);
  for (std::int64_t t = 0; t < current.size(0); ++t) {
    membrane = membrane + (current[t] - membrane) / options.tau;
    const at::Tensor spike = Spike::apply(membrane - options.threshold, static_cast<std::int64_t>(options.surrogate));
    const at::Tensor reset = spike.detach();
    membrane = (1 - reset) * membrane + reset * 0.0;
    spikes.push_back(spike);
  }
  return at::stack(spikes);
}

at::Tensor stcPlain(const at::Tensor& spikes, const at::Tensor& units, const at::Tensor& inverseDistance,
                    const topography::StcOptions& options) {
  const at::Tensor flat = spikes.flatten(2);
  const std::int64_t timeSteps = flat.size(0), batch = flat.size(1), clusters = units.size(0), n = units.size(1);
  const std::int64_t window = topography::stcWindow(options.window, static_cast<int>(timeSteps));
  const at::Tensor corners = at::triu_indices(n, n, 1);
  const at::Tensor pairs = corners[0] * n + corners[1];  // i < j of a flattened [N, N]
  const auto pairsOf = [&](const at::Tensor& matrix) { return matrix.flatten().index_select(0, pairs); };
  const at::Tensor gathered = flat.index_select(2, units.flatten()).view({timeSteps, batch, clusters, n});
  at::Tensor slow = at::zeros({}, flat.options());
  at::Tensor fast = at::zeros({}, flat.options());
  for (std::int64_t m = 0; m < clusters; ++m) {
    const at::Tensor x = gathered.select(2, m);  // [T, B, N]
    const at::Tensor distances = pairsOf(inverseDistance[m]);
    if (options.slow) {
      const at::Tensor rates = x.mean(0);
      const at::Tensor centred = rates - rates.mean(0, true);
      const at::Tensor z = centred / centred.norm(2, 0, true).clamp_min(1e-12);
      slow = slow + pearsonLoss(pairsOf(at::matmul(z.t(), z)), distances);
    }
    if (!options.fast) continue;
    at::Tensor correlogram = at::zeros({n, n}, flat.options());
    for (std::int64_t lag = -window; lag <= window; ++lag) {
      const std::int64_t overlap = timeSteps - std::abs(lag);
      const at::Tensor early = x.narrow(0, std::max<std::int64_t>(0, -lag), overlap).flatten(0, 1);
      const at::Tensor late = x.narrow(0, std::max<std::int64_t>(0, lag), overlap).flatten(0, 1);
      correlogram = correlogram + at::matmul(early.t(), late) / static_cast<double>(batch * overlap);
    }
    const at::Tensor own = correlogram.diagonal().clamp_min(1e-12).sqrt();
    fast = fast + pearsonLoss(pairsOf(correlogram / (own.unsqueeze(1) * own.unsqueeze(0))), distances);
  }
  return at::stack({slow, fast}) / static_cast<double>(clusters);
}

}  // namespace pinwheel::benchmark
