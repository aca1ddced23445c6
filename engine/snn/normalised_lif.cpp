#include "engine/snn/normalised_lif.h"

#include <ATen/Parallel.h>
#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "engine/kernels/norm_lif_kernel.h"
#include "engine/snn/plain_neurons.h"
#include "engine/snn/statistics_exchange.h"

namespace pinwheel::snn {
namespace {

using kernels::kRowBlock;

const at::MemoryFormat kChannelsLast = at::MemoryFormat::ChannelsLast;

std::int64_t blocksOf(std::int64_t rows) {
  return (rows + kRowBlock - 1) / kRowBlock;
}

// Calls work(block, first row, end) for all blocks of rows, divided among the threads.
template <class Work>
void eachBlock(std::int64_t rows, Work&& work) {
  at::parallel_for(0, blocksOf(rows), 4, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t b = begin; b < end; ++b) work(b, b * kRowBlock, std::min((b + 1) * kRowBlock, rows));
  });
}

std::int64_t rowsOf(const at::Tensor& y) {
  return y.size(0) * y.size(2) * y.size(3);
}

// A batch norm's statistics in this pass: of the batch in training, otherwise the running ones. [C] in y's type.
struct Statistics {
  at::Tensor mean;
  at::Tensor inverseDeviation;
  bool ofBatch = false;
  double count = 0;  ///< values a channel that those of a batch are of: of all replicas where they exchange them
};

template <class T>
kernels::Moments momentsOf(const at::Tensor& y) {
  const T* values = y.data_ptr<T>();
  std::vector<kernels::Moments> parts(static_cast<std::size_t>(blocksOf(rowsOf(y))));
  eachBlock(rowsOf(y), [&](std::int64_t b, std::int64_t begin, std::int64_t end) {
    parts[static_cast<std::size_t>(b)] = kernels::momentsOf(values, y.size(1), begin, end);
  });
  kernels::Moments all;
  for (const kernels::Moments& part : parts) all.add(part);
  return all;
}

at::Tensor asTensor(const std::vector<double>& values, const at::Tensor& like) {
  return at::tensor(values, at::kDouble).to(like.scalar_type());
}

void updateRunning(torch::nn::BatchNorm2dImpl& norm, const kernels::Moments& batch) {
  if (!norm.options.track_running_stats() || !norm.running_mean.defined()) return;
  norm.num_batches_tracked += 1;
  const auto momentum = norm.options.momentum();
  // Without a momentum LibTorch keeps the plain mean over the batches.
  const double share = momentum.has_value() ? *momentum : 1.0 / norm.num_batches_tracked.item<double>();
  std::vector<double> unbiased = batch.squares;
  for (double& x : unbiased) x /= static_cast<double>(batch.count - 1);
  norm.running_mean.mul_(1 - share).add_(asTensor(batch.mean, norm.running_mean), share);
  norm.running_var.mul_(1 - share).add_(asTensor(unbiased, norm.running_var), share);
}

// Of all replicas' batches together.
void exchangeMoments(kernels::Moments& batch, StatisticsExchange& exchange) {
  const std::size_t channels = batch.mean.size();
  const auto own = static_cast<double>(batch.count);
  std::vector<double> sums{own};
  for (const double x : batch.mean) sums.push_back(own * x);
  for (std::size_t c = 0; c < channels; ++c) sums.push_back(batch.squares[c] + own * batch.mean[c] * batch.mean[c]);
  at::Tensor values = at::from_blob(sums.data(), {static_cast<std::int64_t>(sums.size())}, at::kDouble);
  exchange.sum(values);
  batch.count = static_cast<std::int64_t>(sums[0]);
  for (std::size_t c = 0; c < channels; ++c) {
    batch.mean[c] = sums[1 + c] / sums[0];
    batch.squares[c] = std::max(0.0, sums[1 + channels + c] - sums[0] * batch.mean[c] * batch.mean[c]);
  }
}

Statistics statisticsOf(const at::Tensor& y, torch::nn::BatchNorm2dImpl& norm) {
  const double epsilon = norm.options.eps();
  if (!norm.is_training() && norm.running_mean.defined())
    return {norm.running_mean.to(y.scalar_type()), (norm.running_var + epsilon).rsqrt().to(y.scalar_type()), false, 0};
  TORCH_CHECK(rowsOf(y) > 1, "a batch norm needs more than one value for each channel in training mode, not ",
              y.sizes());
  kernels::Moments batch;
  AT_DISPATCH_FLOATING_TYPES(y.scalar_type(), "batch_moments", [&] { batch = momentsOf<scalar_t>(y); });
  if (StatisticsExchange* exchange = ExchangedStatistics::current()) exchangeMoments(batch, *exchange);
  std::vector<double> inverse = batch.squares;
  for (double& x : inverse) x = 1 / std::sqrt(x / static_cast<double>(batch.count) + epsilon);
  updateRunning(norm, batch);
  return {asTensor(batch.mean, y), asTensor(inverse, y), true, static_cast<double>(batch.count)};
}

template <class T>
kernels::Affine<T> affine(const at::Tensor& mean, const at::Tensor& scale, const at::Tensor& shift) {
  return {mean.data_ptr<T>(), scale.data_ptr<T>(), shift.data_ptr<T>()};
}

// What one pass of the kernel reads, with its tensors.
struct Inputs {
  at::Tensor y, mean, inverseDeviation, weight, bias;
  at::Tensor shortcut, shortcutMean, shortcutInverse, shortcutWeight, shortcutBias;  // undefined: not there
  std::int64_t timeSteps = 1;
  bool constant = false;
  LifOptions lif;

  [[nodiscard]] bool shortcutNormalised() const { return shortcutMean.defined(); }
  [[nodiscard]] std::int64_t rows() const { return constant ? rowsOf(y) : rowsOf(y) / timeSteps; }

  // `scale`s [C] outlive the call.
  template <class T>
  kernels::NormalisedCurrent<T> current(const at::Tensor& scale, const at::Tensor& shortcutScale) const {
    kernels::NormalisedCurrent<T> out;
    out.y = y.data_ptr<T>();
    out.norm = affine<T>(mean, scale, bias);
    if (shortcut.defined()) out.shortcut = shortcut.data_ptr<T>();
    if (shortcutNormalised()) out.shortcutNorm = affine<T>(shortcutMean, shortcutScale, shortcutBias);
    out.constant = constant;
    out.timeSteps = timeSteps;
    out.rows = rows();
    out.channels = y.size(1);
    return out;
  }
  [[nodiscard]] at::Tensor scale() const { return weight * inverseDeviation; }
  [[nodiscard]] at::Tensor shortcutScale() const {
    return shortcutNormalised() ? shortcutWeight * shortcutInverse : at::Tensor();
  }
};

// Sums over all rows in double, [C].
struct Sums {
  std::vector<double> gradient, product, shortcut;
};

template <class T>
Sums gradientOfCurrent(const Inputs& in, const at::Tensor& gradSpikes, at::Tensor& gradCurrent) {
  const at::Tensor scale = in.scale(), shortcutScale = in.shortcutScale();
  const auto current = in.current<T>(scale, shortcutScale);
  const T* g = gradSpikes.data_ptr<T>();
  T* out = gradCurrent.data_ptr<T>();
  std::vector<kernels::GradientSums> parts(static_cast<std::size_t>(blocksOf(current.rows)));
  eachBlock(current.rows, [&](std::int64_t b, std::int64_t begin, std::int64_t end) {
    parts[static_cast<std::size_t>(b)] = kernels::normalisedLifBackward(current, g, out, begin, end, in.lif);
  });
  const auto channels = static_cast<std::size_t>(current.channels);
  Sums sums{std::vector<double>(channels), std::vector<double>(channels),
            std::vector<double>(in.shortcutNormalised() ? channels : 0)};
  for (const kernels::GradientSums& part : parts)
    for (std::size_t c = 0; c < channels; ++c) {
      sums.gradient[c] += part.gradient[c];
      sums.product[c] += part.product[c];
      if (!sums.shortcut.empty()) sums.shortcut[c] += part.shortcut[c];
    }
  return sums;
}

// `sums` of all replicas together.
Sums exchanged(const Sums& sums, StatisticsExchange& exchange) {
  std::vector<double> all = sums.gradient;
  all.insert(all.end(), sums.product.begin(), sums.product.end());
  all.insert(all.end(), sums.shortcut.begin(), sums.shortcut.end());
  at::Tensor values = at::from_blob(all.data(), {static_cast<std::int64_t>(all.size())}, at::kDouble);
  exchange.sum(values);
  const auto channels = static_cast<std::ptrdiff_t>(sums.gradient.size());
  return {{all.begin(), all.begin() + channels},
          {all.begin() + channels, all.begin() + 2 * channels},
          {all.begin() + 2 * channels, all.end()}};
}

// The batch norm's part: y [N, C, H, W] and its statistics, of `count` values a channel (0: they do not depend on y),
// the sums of the current's gradient and of its product with y - mean: this replica's for weight and bias, those `all`
// for y. `out` may be gradCurrent.
struct NormPart {
  at::Tensor gradWeight, gradBias;
};
template <class T>
NormPart gradientOfNorm(const at::Tensor& y, const at::Tensor& mean, const at::Tensor& inverse,
                        const at::Tensor& weight, double count, const std::vector<double>& gradient,
                        const std::vector<double>& product, const std::vector<double>& allGradient,
                        const std::vector<double>& allProduct, const at::Tensor& gradCurrent, at::Tensor& out) {
  const at::Tensor sum = at::tensor(gradient, at::kDouble), dot = at::tensor(product, at::kDouble);
  const at::Tensor allSum = at::tensor(allGradient, at::kDouble), allDot = at::tensor(allProduct, at::kDouble);
  const at::Tensor deviation = inverse.to(at::kDouble);
  const at::Tensor scale = weight.to(at::kDouble) * deviation;
  const double share = count > 0 ? 1 / count : 0;  // running statistics do not depend on y
  const at::Tensor offset = (-scale * allSum * share).to(y.scalar_type());
  const at::Tensor slope = (-scale * deviation * deviation * allDot * share).to(y.scalar_type());
  const at::Tensor factor = scale.to(y.scalar_type());
  const kernels::NormGradient<T> parts{factor.data_ptr<T>(), mean.data_ptr<T>(), slope.data_ptr<T>(),
                                       offset.data_ptr<T>()};
  const T* values = y.data_ptr<T>();
  const T* from = gradCurrent.data_ptr<T>();
  T* to = out.data_ptr<T>();
  eachBlock(rowsOf(y), [&](std::int64_t, std::int64_t begin, std::int64_t end) {
    kernels::normGradient(values, from, to, y.size(1), begin, end, parts);
  });
  return {(dot * deviation).to(y.scalar_type()), sum.to(y.scalar_type())};
}

struct NormalisedLif : torch::autograd::Function<NormalisedLif> {
  // y and shortcut channels last. Statistics are handed in: their own dependence on y is in backward. An empty tensor
  // stands for none.
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& y, const at::Tensor& weight,
                            const at::Tensor& bias, const at::Tensor& shortcut, const at::Tensor& shortcutWeight,
                            const at::Tensor& shortcutBias, const Statistics& statistics,
                            const Statistics& shortcutStatistics, std::int64_t timeSteps, bool constant,
                            const LifOptions& lif) {
    Inputs in;
    in.y = y;
    in.mean = statistics.mean;
    in.inverseDeviation = statistics.inverseDeviation;
    in.weight = weight;
    in.bias = bias;
    if (shortcut.numel() > 0) in.shortcut = shortcut;
    if (shortcutStatistics.mean.defined()) {
      in.shortcutMean = shortcutStatistics.mean;
      in.shortcutInverse = shortcutStatistics.inverseDeviation;
      in.shortcutWeight = shortcutWeight;
      in.shortcutBias = shortcutBias;
    }
    in.timeSteps = timeSteps;
    in.constant = constant;
    in.lif = lif;
    at::Tensor spikes = at::empty({constant ? timeSteps * y.size(0) : y.size(0), y.size(1), y.size(2), y.size(3)},
                                  y.options(), kChannelsLast);
    AT_DISPATCH_FLOATING_TYPES(y.scalar_type(), "normalised_lif", [&] {
      const at::Tensor scale = in.scale(), shortcutScale = in.shortcutScale();
      const auto current = in.current<scalar_t>(scale, shortcutScale);
      auto* out = spikes.data_ptr<scalar_t>();
      eachBlock(current.rows, [&](std::int64_t, std::int64_t begin, std::int64_t end) {
        kernels::normalisedLifForward(current, out, begin, end, lif);
      });
    });
    context->save_for_backward({in.y, in.mean, in.inverseDeviation, in.weight, in.bias, in.shortcut, in.shortcutMean,
                                in.shortcutInverse, in.shortcutWeight, in.shortcutBias});
    context->saved_data["steps"] = timeSteps;
    context->saved_data["constant"] = constant;
    context->saved_data["surrogate"] = static_cast<std::int64_t>(lif.surrogate);
    context->saved_data["tau"] = lif.tau;
    context->saved_data["threshold"] = lif.threshold;
    context->saved_data["count"] = statistics.ofBatch ? statistics.count : 0.0;
    context->saved_data["shortcut_count"] = shortcutStatistics.ofBatch ? shortcutStatistics.count : 0.0;
    const bool trains = statistics.ofBatch || shortcutStatistics.ofBatch;
    context->saved_data["exchange"] = reinterpret_cast<std::int64_t>(trains ? ExchangedStatistics::current() : nullptr);
    return spikes;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    const auto saved = context->get_saved_variables();
    Inputs in;
    in.y = saved[0];
    in.mean = saved[1];
    in.inverseDeviation = saved[2];
    in.weight = saved[3];
    in.bias = saved[4];
    in.shortcut = saved[5];
    in.shortcutMean = saved[6];
    in.shortcutInverse = saved[7];
    in.shortcutWeight = saved[8];
    in.shortcutBias = saved[9];
    in.timeSteps = context->saved_data["steps"].toInt();
    in.constant = context->saved_data["constant"].toBool();
    in.lif = {static_cast<Surrogate>(context->saved_data["surrogate"].toInt()), context->saved_data["tau"].toDouble(),
              context->saved_data["threshold"].toDouble()};
    auto* exchange = reinterpret_cast<StatisticsExchange*>(context->saved_data["exchange"].toInt());
    const at::Tensor gradSpikes = gradients[0].contiguous(kChannelsLast);
    torch::autograd::variable_list out(11);
    AT_DISPATCH_FLOATING_TYPES(in.y.scalar_type(), "normalised_lif_backward", [&] {
      at::Tensor gradCurrent = at::empty_like(in.y);
      const Sums sums = gradientOfCurrent<scalar_t>(in, gradSpikes, gradCurrent);
      const Sums all = exchange != nullptr ? exchanged(sums, *exchange) : sums;
      if (in.shortcutNormalised()) {
        out[3] = at::empty_like(in.shortcut);
        const NormPart part =
            gradientOfNorm<scalar_t>(in.shortcut, in.shortcutMean, in.shortcutInverse, in.shortcutWeight,
                                     context->saved_data["shortcut_count"].toDouble(), sums.gradient, sums.shortcut,
                                     all.gradient, all.shortcut, gradCurrent, out[3]);
        out[4] = part.gradWeight;
        out[5] = part.gradBias;
      } else if (in.shortcut.defined()) {
        out[3] = gradCurrent;  // as it is, and so not to be written over
      }
      at::Tensor gradY = out[3].is_same(gradCurrent) ? at::empty_like(in.y) : gradCurrent;
      const NormPart part = gradientOfNorm<scalar_t>(in.y, in.mean, in.inverseDeviation, in.weight,
                                                     context->saved_data["count"].toDouble(), sums.gradient,
                                                     sums.product, all.gradient, all.product, gradCurrent, gradY);
      out[0] = gradY;
      out[1] = part.gradWeight;
      out[2] = part.gradBias;
    });
    return out;
  }
};

bool fusable(const at::Tensor& y, const torch::nn::BatchNorm2d& norm, const ShortcutCurrent& shortcut) {
  const auto ours = [&](const at::Tensor& x) {
    return x.device().is_cpu() && x.scalar_type() == y.scalar_type() && x.dim() == 4;
  };
  const auto affine = [&](const torch::nn::BatchNorm2d& n) {
    return n->options.affine() && n->weight.scalar_type() == y.scalar_type();
  };
  return !PlainNeurons::any() && (y.scalar_type() == at::kFloat || y.scalar_type() == at::kDouble) && ours(y) &&
         affine(norm) && (!shortcut.x.defined() || ours(shortcut.x)) &&
         (shortcut.norm.is_empty() || affine(shortcut.norm));
}

at::Tensor fused(const at::Tensor& y, torch::nn::BatchNorm2d& norm, const ShortcutCurrent& shortcut,
                 std::int64_t timeSteps, bool constant, const LifOptions& options) {
  const at::Tensor none = at::empty({0}, y.options());
  Statistics statistics, beside;
  at::Tensor rows = y.contiguous(kChannelsLast);
  at::Tensor x = shortcut.x.defined() ? shortcut.x.contiguous(kChannelsLast) : none;
  {
    const at::NoGradGuard guard;
    statistics = statisticsOf(rows, *norm);
    if (!shortcut.norm.is_empty()) beside = statisticsOf(x, *shortcut.norm.ptr());
  }
  return NormalisedLif::apply(
      rows, norm->weight, norm->bias, x, shortcut.norm.is_empty() ? none : shortcut.norm->weight,
      shortcut.norm.is_empty() ? none : shortcut.norm->bias, statistics, beside, timeSteps, constant, options);
}

}  // namespace

at::Tensor normalisedLif(const at::Tensor& y, torch::nn::BatchNorm2d& norm, const ShortcutCurrent& shortcut,
                         std::int64_t timeSteps, const LifOptions& options) {
  TORCH_CHECK(y.dim() == 4 && timeSteps >= 1 && y.size(0) % timeSteps == 0, "normalisedLif: ", y.sizes(), " in ",
              timeSteps, " time steps");
  TORCH_CHECK(!shortcut.x.defined() || shortcut.x.sizes() == y.sizes(), "normalisedLif: a shortcut of ",
              shortcut.x.sizes(), " beside ", y.sizes());
  if (fusable(y, norm, shortcut)) return fused(y, norm, shortcut, timeSteps, false, options);
  at::Tensor current = batchNorm(y, norm);
  torch::nn::BatchNorm2d beside = shortcut.norm;
  const at::Tensor added = beside.is_empty() ? shortcut.x : batchNorm(shortcut.x, beside);
  if (added.defined()) current = current + added;
  return lif(current.unflatten(0, {timeSteps, -1}), options).flatten(0, 1);
}

at::Tensor normalisedLifConstant(const at::Tensor& y, torch::nn::BatchNorm2d& norm, std::int64_t timeSteps,
                                 const LifOptions& options) {
  TORCH_CHECK(y.dim() == 4 && timeSteps >= 1, "normalisedLifConstant: ", y.sizes(), " in ", timeSteps, " time steps");
  if (fusable(y, norm, {})) return fused(y, norm, {}, timeSteps, true, options);
  return lifConstantCurrent(batchNorm(y, norm), timeSteps, options).flatten(0, 1);
}

}  // namespace pinwheel::snn
