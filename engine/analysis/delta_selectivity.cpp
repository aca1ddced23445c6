#include "engine/analysis/delta_selectivity.h"

#include <algorithm>
#include <cmath>

namespace pinwheel::analysis {
namespace {

constexpr std::size_t kFewest = 50;

}  // namespace

Expected<DeltaSelectivity> deltaSelectivity(std::span<const float> x, std::span<const float> y,
                                            std::span<const float> t, const CorrelationOptions& options) {
  if (x.size() != y.size() || x.size() != t.size())
    return failure("Delta-selectivity needs a position and a selectivity for every unit",
                   std::to_string(x.size()) + ", " + std::to_string(y.size()) + " positions, " +
                       std::to_string(t.size()) + " values");
  std::vector<std::size_t> known;
  for (std::size_t u = 0; u < t.size(); ++u)
    if (std::isfinite(t[u])) known.push_back(u);
  if (known.size() < kFewest)
    return failure("Too few units for delta-selectivity", std::to_string(known.size()) +
                                                              " units have a selectivity, at least " +
                                                              std::to_string(kFewest) + " are needed");
  std::vector<float> drawnX;
  std::vector<float> drawnY;
  std::vector<double> selectivity;
  for (const std::int64_t i : drawUnits(static_cast<std::int64_t>(known.size()), options.units, options.seed)) {
    const std::size_t u = known[static_cast<std::size_t>(i)];
    drawnX.push_back(x[u]);
    drawnY.push_back(y[u]);
    selectivity.push_back(static_cast<double>(t[u]));
  }
  const auto [low, high] = std::minmax_element(selectivity.begin(), selectivity.end());
  if (!(*high > *low))
    return failure("The selectivities are all alike",
                   "no two of " + std::to_string(selectivity.size()) +
                       " units differ: there is no difference to compare with chance",
                   "the layer may be silent");
  const std::size_t n = selectivity.size();
  std::vector<double> differences(n * n);
  for (std::size_t a = 0; a < n; ++a)
    for (std::size_t b = 0; b < n; ++b) differences[a * n + b] = std::abs(selectivity[a] - selectivity[b]);
  auto curve = correlationByDistance(drawnX, drawnY, differences, options);
  if (!curve) return tl::unexpected(curve.error());
  DeltaSelectivity out;
  out.difference = std::move(*curve);
  for (std::size_t b = 0; b < out.difference.mean.size(); ++b)
    out.ratio.push_back(out.difference.mean[b] / out.difference.shuffled[b]);
  return out;
}

}  // namespace pinwheel::analysis
