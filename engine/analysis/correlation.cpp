#include "engine/analysis/correlation.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "engine/analysis/interval.h"
#include "engine/core/random.h"

namespace pinwheel::analysis {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

struct Pair {
  std::uint32_t i, j, bin;
  double r;
};

// Sums and weights of each bin -> means, NaN for an empty bin.
std::vector<double> quotients(std::vector<double> sums, const std::vector<double>& weights) {
  for (std::size_t b = 0; b < sums.size(); ++b) sums[b] = weights[b] > 0 ? sums[b] / weights[b] : kNaN;
  return sums;
}

// Mean correlation per bin, a unit counted as often as it was drawn.
std::vector<double> meansByBin(const std::vector<Pair>& pairs, const std::vector<int>& drawn, int bins) {
  std::vector<double> sums(static_cast<std::size_t>(bins), 0.0);
  std::vector<double> weights(sums.size(), 0.0);
  for (const Pair& pair : pairs) {
    const double weight = drawn[pair.i] * drawn[pair.j];
    sums[pair.bin] += weight * pair.r;
    weights[pair.bin] += weight;
  }
  return quotients(std::move(sums), weights);
}

// Mean correlation per bin when every unit's answers sit at the place of another, over all shuffles.
std::vector<double> shuffledMeans(const std::vector<Pair>& pairs, std::vector<std::uint32_t> units,
                                  std::span<const double> correlation, std::size_t total,
                                  const CorrelationOptions& options) {
  std::vector<double> sums(static_cast<std::size_t>(options.bins), 0.0);
  std::vector<double> weights(sums.size(), 0.0);
  Random random(options.seed, 0xC2);
  for (int k = 0; k < options.shuffles; ++k) {
    random.shuffle(units);
    for (const Pair& pair : pairs) {
      sums[pair.bin] += correlation[units[pair.i] * total + units[pair.j]];
      ++weights[pair.bin];
    }
  }
  return quotients(std::move(sums), weights);
}

}  // namespace

std::vector<std::int64_t> drawUnits(std::int64_t total, int wanted, std::uint64_t seed) {
  std::vector<std::int64_t> units(static_cast<std::size_t>(total));
  std::iota(units.begin(), units.end(), std::int64_t{0});
  Random random(seed, 0xC0);
  random.shuffle(units);
  units.resize(std::min(units.size(), static_cast<std::size_t>(wanted)));
  std::sort(units.begin(), units.end());
  return units;
}

CorrelationAccumulator::CorrelationAccumulator(std::int64_t units)
    : m_units(units),
      m_mean(static_cast<std::size_t>(units), 0.0),
      m_comoment(static_cast<std::size_t>(units) * static_cast<std::size_t>(units), 0.0) {}

void CorrelationAccumulator::add(std::span<const float> rates) {
  assert(static_cast<std::int64_t>(rates.size()) == m_units);
  const double n = static_cast<double>(++m_count);
  const std::size_t units = rates.size();
  std::vector<double> delta(units);
  for (std::size_t i = 0; i < units; ++i) {
    delta[i] = static_cast<double>(rates[i]) - m_mean[i];
    m_mean[i] += delta[i] / n;
  }
  const double factor = (n - 1) / n;
  for (std::size_t i = 0; i < units; ++i) {
    if (delta[i] == 0) continue;
    double* row = m_comoment.data() + i * units;
    const double scaled = delta[i] * factor;
    for (std::size_t j = i; j < units; ++j) row[j] += scaled * delta[j];
  }
}

std::vector<double> CorrelationAccumulator::correlation() const {
  const auto n = static_cast<std::size_t>(m_units);
  std::vector<double> out(n * n, kNaN);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = i; j < n; ++j) {
      const double spread = m_comoment[i * n + i] * m_comoment[j * n + j];
      if (spread > 0)
        out[i * n + j] = out[j * n + i] = std::clamp(m_comoment[i * n + j] / std::sqrt(spread), -1.0, 1.0);
    }
  return out;
}

std::vector<double> tuningCorrelation(const GratingResponses& responses, std::span<const std::int64_t> units) {
  CorrelationAccumulator accumulator(static_cast<std::int64_t>(units.size()));
  std::vector<float> rates(units.size());
  for (int o = 0; o < responses.orientations(); ++o)
    for (int f = 0; f < responses.frequencies(); ++f)
      for (int c = 0; c < responses.colours(); ++c) {
        for (std::size_t u = 0; u < units.size(); ++u) rates[u] = static_cast<float>(responses.mean(units[u], o, f, c));
        accumulator.add(rates);
      }
  return accumulator.correlation();
}

Expected<CorrelationByDistance> correlationByDistance(std::span<const float> x, std::span<const float> y,
                                                      std::span<const double> correlation,
                                                      const CorrelationOptions& options) {
  const std::size_t units = x.size();
  if (y.size() != units || correlation.size() != units * units || options.bins < 1)
    return failure("Correlation against distance needs a position for every unit and a square matrix",
                   std::to_string(units) + " and " + std::to_string(y.size()) + " positions, " +
                       std::to_string(correlation.size()) + " correlations");
  std::vector<std::uint32_t> usable;
  for (std::uint32_t u = 0; u < units; ++u)
    if (std::isfinite(correlation[u * units + u])) usable.push_back(u);
  Random random(options.seed, 0xC1);
  random.shuffle(usable);
  if (usable.size() > static_cast<std::size_t>(options.units)) usable.resize(static_cast<std::size_t>(options.units));
  std::sort(usable.begin(), usable.end());
  if (usable.size() < 10)
    return failure("Too few units for correlation against distance",
                   std::to_string(usable.size()) + " units vary over the images, at least 10 are needed",
                   "the layer may be silent");
  double reach = options.maximumDistanceMm;
  if (reach <= 0) {
    const auto [lowX, highX] = std::minmax_element(x.begin(), x.end());
    const auto [lowY, highY] = std::minmax_element(y.begin(), y.end());
    reach = 0.5 * std::hypot(static_cast<double>(*highX - *lowX), static_cast<double>(*highY - *lowY));
  }
  if (!(reach > 0)) return failure("All units sit at one place", "there is no distance to plot against");
  std::vector<Pair> pairs;
  CorrelationByDistance out;
  out.pairs.assign(static_cast<std::size_t>(options.bins), 0);
  for (std::uint32_t a = 0; a < usable.size(); ++a)
    for (std::uint32_t b = a + 1; b < usable.size(); ++b) {
      const double dx = static_cast<double>(x[usable[a]]) - static_cast<double>(x[usable[b]]);
      const double dy = static_cast<double>(y[usable[a]]) - static_cast<double>(y[usable[b]]);
      const double distance = std::hypot(dx, dy);
      if (distance >= reach) continue;
      const auto bin = std::min(static_cast<std::uint32_t>(options.bins - 1),
                                static_cast<std::uint32_t>(distance / reach * options.bins));
      pairs.push_back({a, b, bin, correlation[usable[a] * units + usable[b]]});
      ++out.pairs[bin];
    }
  for (int b = 0; b < options.bins; ++b) out.distanceMm.push_back((b + 0.5) * reach / options.bins);
  std::vector<int> drawn(usable.size(), 1);
  out.mean = meansByBin(pairs, drawn, options.bins);
  std::vector<std::vector<double>> resampled(static_cast<std::size_t>(options.bins));
  for (int k = 0; k < options.bootstraps; ++k) {
    std::fill(drawn.begin(), drawn.end(), 0);
    for (std::size_t i = 0; i < usable.size(); ++i) ++drawn[static_cast<std::size_t>(random.below(usable.size()))];
    const std::vector<double> means = meansByBin(pairs, drawn, options.bins);
    for (std::size_t b = 0; b < means.size(); ++b) resampled[b].push_back(means[b]);
  }
  for (std::vector<double>& values : resampled) {
    const Interval interval = interval95(std::move(values));
    out.low.push_back(interval.low);
    out.high.push_back(interval.high);
  }
  out.shuffled = shuffledMeans(pairs, usable, correlation, units, options);
  return out;
}

}  // namespace pinwheel::analysis
