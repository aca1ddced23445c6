#include "engine/analysis/interval.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "engine/core/random.h"

namespace pinwheel::analysis {

Interval interval95(std::vector<double> values) {
  std::erase_if(values, [](double value) { return !std::isfinite(value); });
  if (values.empty()) return {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::quiet_NaN()};
  std::sort(values.begin(), values.end());
  const auto at = [&values](double share) {
    return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
  };
  return {at(0.025), at(0.975)};
}

Interval meanInterval95(std::span<const double> values, int bootstraps, std::uint64_t seed, std::uint64_t stream) {
  if (values.empty()) return interval95({});
  Random random(seed, stream);
  std::vector<double> means;
  for (int b = 0; b < bootstraps; ++b) {
    double sum = 0;
    for (std::size_t i = 0; i < values.size(); ++i)
      sum += values[static_cast<std::size_t>(random.below(values.size()))];
    means.push_back(sum / static_cast<double>(values.size()));
  }
  return interval95(std::move(means));
}

}  // namespace pinwheel::analysis
