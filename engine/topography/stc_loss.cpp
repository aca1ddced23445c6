#include "engine/topography/stc_loss.h"

#include <torch/torch.h>

#include <algorithm>
#include <atomic>
#include <optional>
#include <vector>

#include "engine/kernels/stc_kernel.h"

namespace pinwheel::topography {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// out[r, k] = x[r, units[k]]. LibTorch's index_select along the last axis copies one element at a time on the CPU.
template <class T>
void gather(const at::Tensor& x, const at::Tensor& units, at::Tensor& out) {
  const std::int64_t width = x.size(1);
  const std::int64_t count = units.numel();
  const T* from = x.data_ptr<T>();
  const auto* index = units.data_ptr<std::int64_t>();
  T* to = out.data_ptr<T>();
  at::parallel_for(0, x.size(0), 16, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t r = begin; r < end; ++r)
      for (std::int64_t k = 0; k < count; ++k) to[r * count + k] = from[r * width + index[k]];
  });
}

// x[r, units[k]] += values[r, k]; rows are independent, so the sum's order never depends on the threads.
template <class T>
void scatterAdd(at::Tensor& x, const at::Tensor& units, const at::Tensor& values) {
  const std::int64_t width = x.size(1);
  const std::int64_t count = units.numel();
  T* to = x.data_ptr<T>();
  const auto* index = units.data_ptr<std::int64_t>();
  const T* from = values.data_ptr<T>();
  at::parallel_for(0, x.size(0), 16, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t r = begin; r < end; ++r)
      for (std::int64_t k = 0; k < count; ++k) to[r * width + index[k]] += from[r * count + k];
  });
}

at::Tensor gatherUnits(const at::Tensor& x, const at::Tensor& units) {
  if (!x.device().is_cpu()) return x.index_select(1, units);
  at::Tensor out = at::empty({x.size(0), units.numel()}, x.options());
  if (x.scalar_type() == at::kDouble)
    gather<double>(x, units, out);
  else
    gather<float>(x, units, out);
  return out;
}

void scatterAddUnits(at::Tensor& x, const at::Tensor& units, const at::Tensor& values) {
  if (!x.device().is_cpu()) {
    x.index_add_(1, units, values);
    return;
  }
  if (x.scalar_type() == at::kDouble)
    scatterAdd<double>(x, units, values.contiguous());
  else
    scatterAdd<float>(x, units, values.contiguous());
}

// 1 / v where v is not 0, else 0.
at::Tensor inverseOrZero(const at::Tensor& v) {
  return at::where(v == 0, at::zeros_like(v), v.reciprocal());
}

// Symmetric matrices [M, N, N] whose pairs i < j are centred and scaled to unit norm; the diagonal is 0. Where all
// pairs are alike the result is 0. `inverseNorm` [M, 1, 1] is 1 / ||r - mean r|| over the pairs, or 0.
struct CentredPairs {
  at::Tensor values;
  at::Tensor inverseNorm;
};

CentredPairs centrePairs(const at::Tensor& r, const at::Tensor& offDiagonal) {
  const std::int64_t n = r.size(1);
  const double entries = static_cast<double>(n) * static_cast<double>(n - 1);  // every pair twice
  const at::Tensor masked = r * offDiagonal;
  const at::Tensor mean = masked.sum({1, 2}, true) / entries;
  at::Tensor centred = (masked - mean) * offDiagonal;
  const at::Tensor squares = centred.square().sum({1, 2}, true) / 2;
  // A constant has rounding left after centring: relative to its size that is no variance.
  const double epsilon = r.scalar_type() == at::kDouble ? 1e-24 : 1e-11;
  const at::Tensor floor = (mean.square() + 1e-12) * (entries / 2 * epsilon);
  const at::Tensor inverseNorm = at::where(squares > floor, squares.rsqrt(), at::zeros_like(squares));
  centred = centred * inverseNorm;
  return {centred, inverseNorm};
}

// Beside the value.
struct Wanted {
  bool gradient = false;
  bool perUnit = false;
};

// Loss 1/2 (1 - P) [M] and g_ij = dloss/dr_ij [M, N, N], symmetric with diagonal 0 (method section 3). Per unit [M, N]
// the same with N times what the unit's own pairs give to P, so that the mean over N is the loss.
struct PearsonLoss {
  at::Tensor loss;
  at::Tensor gradient;
  at::Tensor perUnit;
};

PearsonLoss pearsonLoss(const at::Tensor& r, const at::Tensor& distanceHat, const at::Tensor& offDiagonal,
                        const Wanted& wanted) {
  const CentredPairs pairs = centrePairs(r, offDiagonal);
  const at::Tensor products = pairs.values * distanceHat;
  const at::Tensor p = products.sum({1, 2}, true) / 2;
  PearsonLoss out;
  out.loss = 0.5 * (1 - p.flatten());
  if (wanted.gradient) out.gradient = (p * pairs.values - distanceHat) * (0.5 * pairs.inverseNorm);
  // Every pair stands twice in the matrix, once in either unit's row: half of it is each one's.
  if (wanted.perUnit) out.perUnit = 0.5 * (1 - products.sum(2) * (static_cast<double>(r.size(1)) / 2));
  return out;
}

struct Term {
  at::Tensor loss;      // scalar, the mean over clusters
  at::Tensor gradient;  // [T * B, M * N] with respect to the gathered spikes
  at::Tensor perUnit;   // [M, N]
};

// L_L: correlation of firing rates over the images of the batch.
Term slowTerm(const at::Tensor& x, const at::Tensor& distanceHat, const at::Tensor& offDiagonal, const Wanted& wanted) {
  const std::int64_t timeSteps = x.size(0), batch = x.size(1), clusters = x.size(2), n = x.size(3);
  const at::Tensor rates = x.mean(0).permute({1, 2, 0});  // [M, N, B]
  const at::Tensor centred = rates - rates.mean(2, true);
  const at::Tensor q = centred.norm(2, 2, true);
  // The rate's own rounding (single precision: about 1e-7 of it) is no variance.
  const double epsilon = x.scalar_type() == at::kDouble ? 1e-12 : 1e-6;
  const at::Tensor constant = q <= rates.abs().amax(2, true) * (epsilon * std::sqrt(static_cast<double>(batch)));
  const at::Tensor inverseQ = at::where(constant, at::zeros_like(q), q.reciprocal());
  const at::Tensor z = (centred * inverseQ).contiguous();
  const at::Tensor r = at::bmm(z, z.transpose(1, 2));
  const PearsonLoss pearson = pearsonLoss(r, distanceHat, offDiagonal, wanted);
  Term term{pearson.loss.mean(), {}, pearson.perUnit};
  if (wanted.gradient) {
    const at::Tensor own = (pearson.gradient * r).sum(2, true);
    const at::Tensor perRate = (at::bmm(pearson.gradient, z) - own * z) * inverseQ;  // [M, N, B]
    const double scale = 1.0 / static_cast<double>(timeSteps * clusters);
    term.gradient = (perRate.permute({2, 0, 1}) * scale)
                        .unsqueeze(0)
                        .expand({timeSteps, batch, clusters, n})
                        .reshape({timeSteps * batch, clusters * n});
  }
  return term;
}

// L_S: cross-correlograms within +-W steps, normalised by the auto-correlograms.
Term fastTerm(const at::Tensor& x, const at::Tensor& distanceHat, const at::Tensor& offDiagonal, int window,
              const Wanted& wanted) {
  const std::int64_t timeSteps = x.size(0), batch = x.size(1), clusters = x.size(2), n = x.size(3);
  // K[t, s] = 1 / (T - |t - s|) within the window: all lags in one product.
  at::Tensor kernel = at::zeros({timeSteps, timeSteps}, x.options().device(at::kCPU).dtype(at::kDouble));
  auto k = kernel.accessor<double, 2>();
  for (std::int64_t t = 0; t < timeSteps; ++t)
    for (std::int64_t s = 0; s < timeSteps; ++s)
      if (std::abs(t - s) <= window) k[t][s] = 1.0 / static_cast<double>(timeSteps - std::abs(t - s));
  kernel = kernel.to(x.options());
  const at::Tensor trains = x.permute({2, 3, 1, 0}).contiguous();  // [M, N, B, T]
  const at::Tensor filtered = at::matmul(trains.view({-1, timeSteps}), kernel).view({clusters, n, batch * timeSteps});
  const at::Tensor c =
      at::bmm(trains.view({clusters, n, batch * timeSteps}), filtered.transpose(1, 2)) / static_cast<double>(batch);
  const at::Tensor own = c.diagonal(0, 1, 2);        // [M, N]
  const at::Tensor inverseOwn = inverseOrZero(own);  // silent units: 0
  const at::Tensor inverseRoot = inverseOwn.sqrt();
  const at::Tensor scale = inverseRoot.unsqueeze(2) * inverseRoot.unsqueeze(1);
  const at::Tensor r = c * scale;
  const PearsonLoss pearson = pearsonLoss(r, distanceHat, offDiagonal, wanted);
  Term term{pearson.loss.mean(), {}, pearson.perUnit};
  if (wanted.gradient) {
    const at::Tensor h = pearson.gradient * scale;  // H + H^T off the diagonal
    h.diagonal(0, 1, 2).copy_(-(pearson.gradient * r).sum(2) * inverseOwn);
    const double factor = 1.0 / static_cast<double>(batch * clusters);
    term.gradient = (at::bmm(h, filtered) * factor)
                        .view({clusters, n, batch, timeSteps})
                        .permute({3, 2, 0, 1})
                        .reshape({timeSteps * batch, clusters * n});
  }
  return term;
}

// The spikes of the clusters' units and the distances that they are held against.
struct Clusters {
  at::Tensor flat;    // [M * N], units
  at::Tensor spikes;  // [T, B, M, N]
  at::Tensor offDiagonal;
  at::Tensor distanceHat;
};

Clusters gatherClusters(const at::Tensor& spikes, const at::Tensor& units, const at::Tensor& inverseDistance) {
  const std::int64_t timeSteps = spikes.size(0), batch = spikes.size(1);
  const std::int64_t clusters = units.size(0), n = units.size(1);
  Clusters out;
  out.flat = units.flatten().contiguous();
  out.spikes = gatherUnits(spikes.detach().contiguous().view({timeSteps * batch, -1}), out.flat)
                   .view({timeSteps, batch, clusters, n});
  out.offDiagonal = 1 - at::eye(n, out.spikes.options());
  out.distanceHat = centrePairs(inverseDistance.to(out.spikes.scalar_type()), out.offDiagonal).values;
  return out;
}

// Losses [2], and the gradients of the terms as backward adds them.
struct Losses {
  at::Tensor values;
  at::Tensor slow;  // [T * B, M * N], or [M, B, padded] from bits; empty: not wanted
  at::Tensor fast;  // [T * B, M * N], or [M, T * B, padded]
};

Losses fromProducts(const at::Tensor& spikes, const at::Tensor& units, const at::Tensor& inverseDistance, bool slow,
                    bool fast, int window) {
  const Wanted wanted{spikes.requires_grad(), false};
  const Clusters clusters = gatherClusters(spikes, units, inverseDistance);
  const at::Tensor& x = clusters.spikes;
  Losses out{at::zeros({2}, x.options()), at::empty({0}, x.options()), at::empty({0}, x.options())};
  if (slow) {
    const Term term = slowTerm(x, clusters.distanceHat, clusters.offDiagonal, wanted);
    out.values[0].copy_(term.loss);
    if (wanted.gradient) out.slow = term.gradient;
  }
  if (fast) {
    const Term term = fastTerm(x, clusters.distanceHat, clusters.offDiagonal, window, wanted);
    out.values[1].copy_(term.loss);
    if (wanted.gradient) out.fast = term.gradient;
  }
  return out;
}

// The same by counting, cluster by cluster; nothing where an activity is neither 0 nor 1, or it does not pay.
std::optional<Losses> fromBits(const at::Tensor& spikes, const at::Tensor& units, const at::Tensor& inverseDistance,
                               bool slow, bool fast, int window) {
  const std::int64_t clusters = units.size(0);
  const kernels::StcSize size{spikes.size(0), spikes.size(1), units.size(1), window};
  if (!spikes.device().is_cpu() || spikes.scalar_type() != at::kFloat || !kernels::fitsStc(size)) return std::nullopt;
  const at::Tensor rows = spikes.detach().contiguous().view({size.timeSteps * size.images, -1});
  const at::Tensor index = units.contiguous();
  const at::Tensor distance = inverseDistance.to(at::kFloat).contiguous();
  const kernels::StcWanted wanted{slow, fast, spikes.requires_grad()};
  const auto gradientRoom = [&](bool there, std::int64_t count) {
    return there && wanted.gradient ? at::empty({clusters, count, size.paddedUnits()}, rows.options())
                                    : at::empty({0}, rows.options());
  };
  Losses out{{}, gradientRoom(slow, size.images), gradientRoom(fast, size.timeSteps * size.images)};
  const auto part = [](const at::Tensor& gradients, std::int64_t m) {
    return gradients.numel() == 0 ? nullptr : gradients.data_ptr<float>() + m * gradients.stride(0);
  };
  const auto mean = 1.0 / static_cast<double>(clusters);
  std::vector<kernels::StcValue> values(static_cast<std::size_t>(clusters));
  const std::int64_t parts = size.timeSteps * size.words(), sheetUnits = rows.size(1);
  std::vector<std::uint64_t> sheet(static_cast<std::size_t>(parts * sheetUnits));
  std::atomic<bool> strange = false;
  at::parallel_for(0, parts, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t p = begin; p < end; ++p)
      if (!kernels::packSpikes(rows.data_ptr<float>(), size.timeSteps, size.images, sheetUnits, p, sheet.data()))
        strange = true;
  });
  if (strange) return std::nullopt;
  at::parallel_for(0, clusters, 1, [&](std::int64_t begin, std::int64_t end) {
    std::vector<std::uint64_t> bits;
    kernels::StcRoom room;
    for (std::int64_t m = begin; m < end; ++m) {
      kernels::pickUnits(sheet.data(), sheetUnits, index.data_ptr<std::int64_t>() + m * size.units, size, bits);
      values[static_cast<std::size_t>(m)] =
          kernels::stcOfCluster(bits, distance.data_ptr<float>() + m * size.units * size.units, size, wanted,
                                mean / static_cast<double>(size.timeSteps), mean / static_cast<double>(size.images),
                                part(out.slow, m), part(out.fast, m), room);
    }
  });
  double slowSum = 0, fastSum = 0;
  for (const kernels::StcValue& value : values) {
    slowSum += value.slow;
    fastSum += value.fast;
  }
  out.values = at::tensor({slowSum * mean, fastSum * mean}, at::kDouble).to(at::kFloat);
  return out;
}

// x[r, units[m, n]] += slow[m, r mod B, n] * a + fast[m, r, n] * b, for gradients of fromBits().
void scatterAddBits(at::Tensor& x, const at::Tensor& units, const at::Tensor& slow, float a, const at::Tensor& fast,
                    float b, std::int64_t images) {
  const std::int64_t width = x.size(1), clusters = units.size(0), n = units.size(1);
  const std::int64_t padded = slow.numel() > 0 ? slow.size(2) : fast.size(2);
  float* to = x.data_ptr<float>();
  const auto* index = units.data_ptr<std::int64_t>();
  at::parallel_for(0, x.size(0), 16, [&](std::int64_t begin, std::int64_t end) {
    const std::vector<float> nothing(static_cast<std::size_t>(n));
    for (std::int64_t r = begin; r < end; ++r)
      for (std::int64_t m = 0; m < clusters; ++m) {
        const float* first =
            slow.numel() > 0 ? slow.data_ptr<float>() + (m * images + r % images) * padded : nothing.data();
        const float* second = fast.numel() > 0 ? fast.data_ptr<float>() + (m * x.size(0) + r) * padded : nothing.data();
        for (std::int64_t k = 0; k < n; ++k) to[r * width + index[m * n + k]] += first[k] * a + second[k] * b;
      }
  });
}

// The gradients are known in closed form with the values, so that forward keeps them and backward only scales and
// scatters.
class StcFunction : public torch::autograd::Function<StcFunction> {
public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& spikes, const at::Tensor& units,
                            const at::Tensor& inverseDistance, bool slow, bool fast, std::int64_t window) {
    torch::NoGradGuard guard;
    const auto w = static_cast<int>(window);
    std::optional<Losses> counted = fromBits(spikes, units, inverseDistance, slow, fast, w);
    const Losses losses = counted ? std::move(*counted) : fromProducts(spikes, units, inverseDistance, slow, fast, w);
    context->save_for_backward({units.contiguous(), losses.slow, losses.fast});
    context->saved_data["shape"] = spikes.sizes().vec();
    return losses.values;
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &units = saved[0], &slow = saved[1], &fast = saved[2];
    const at::Tensor& upstream = gradients[0];
    const std::vector<std::int64_t> shape = context->saved_data["shape"].toIntVector();
    at::Tensor spikes = at::zeros(shape, slow.options());
    at::Tensor flat = spikes.view({shape[0] * shape[1], -1});
    const at::Tensor index = units.flatten();
    if (slow.dim() == 3 || fast.dim() == 3)
      scatterAddBits(flat, units, slow, upstream[0].item<float>(), fast, upstream[1].item<float>(), shape[1]);
    else if (slow.numel() > 0 && fast.numel() > 0)
      scatterAddUnits(flat, index, slow * upstream[0] + fast * upstream[1]);
    else if (slow.numel() > 0)
      scatterAddUnits(flat, index, slow * upstream[0]);
    else if (fast.numel() > 0)
      scatterAddUnits(flat, index, fast * upstream[1]);
    return {spikes, {}, {}, {}, {}, {}};
  }
};

}  // namespace

int stcWindow(int window, int timeSteps) noexcept {
  if (window < 0) return std::max(timeSteps / 2 - 1, 0);
  return std::min(window, timeSteps - 1);
}

at::Tensor stcLoss(const at::Tensor& spikes, const at::Tensor& units, const at::Tensor& inverseDistance,
                   const StcOptions& options) {
  const int window = stcWindow(options.window, static_cast<int>(spikes.size(0)));
  return StcFunction::apply(spikes, units, inverseDistance, options.slow, options.fast,
                            static_cast<std::int64_t>(window));
}

at::Tensor stcUnitLoss(const at::Tensor& spikes, const at::Tensor& units, const at::Tensor& inverseDistance,
                       const StcOptions& options) {
  torch::NoGradGuard guard;
  const Wanted wanted{false, true};
  const Clusters clusters = gatherClusters(spikes, units, inverseDistance);
  const int window = stcWindow(options.window, static_cast<int>(spikes.size(0)));
  const at::Tensor none = at::zeros(units.sizes(), clusters.spikes.options());
  const at::Tensor slow =
      options.slow ? slowTerm(clusters.spikes, clusters.distanceHat, clusters.offDiagonal, wanted).perUnit : none;
  const at::Tensor fast =
      options.fast ? fastTerm(clusters.spikes, clusters.distanceHat, clusters.offDiagonal, window, wanted).perUnit
                   : none;
  return at::stack({slow, fast});
}

}  // namespace pinwheel::topography
