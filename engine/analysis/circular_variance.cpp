#include "engine/analysis/circular_variance.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace pinwheel::analysis {
namespace {

constexpr double kSelectiveBelow = 0.6;  // the line that Ringach et al. 2002 draw
using Histogram = std::array<std::int64_t, 10>;

// In one dimension the earth mover's distance is the area between the cumulative distributions.
double earthMovers(const Histogram& a, const Histogram& b) {
  const auto totalA = static_cast<double>(std::accumulate(a.begin(), a.end(), std::int64_t{0}));
  const auto totalB = static_cast<double>(std::accumulate(b.begin(), b.end(), std::int64_t{0}));
  double apart = 0;
  double distance = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    apart += static_cast<double>(a[i]) / totalA - static_cast<double>(b[i]) / totalB;
    distance += std::abs(apart) / static_cast<double>(a.size());
  }
  return distance;
}

}  // namespace

Expected<CircularVarianceMatch> matchCircularVariance(std::span<const float> circularVariance) {
  CircularVarianceMatch out;
  std::vector<float> values;
  for (const float cv : circularVariance)
    if (std::isfinite(cv)) values.push_back(cv);
  if (values.empty())
    return failure("There is no circular variance",
                   "none of " + std::to_string(circularVariance.size()) + " units fires to the gratings");
  out.units = static_cast<std::int64_t>(values.size());
  std::int64_t selective = 0;
  for (const float cv : values) {
    const auto tenth = static_cast<int>(static_cast<double>(cv) * static_cast<double>(out.histogram.size()));
    ++out.histogram[static_cast<std::size_t>(std::clamp(tenth, 0, static_cast<int>(out.histogram.size()) - 1))];
    selective += static_cast<double>(cv) < kSelectiveBelow ? 1 : 0;
  }
  out.selectiveFraction = static_cast<double>(selective) / static_cast<double>(values.size());
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  out.median = static_cast<double>(*middle);
  out.distanceToMacaque = earthMovers(out.histogram, kMacaqueCircularVariance);
  return out;
}

}  // namespace pinwheel::analysis
