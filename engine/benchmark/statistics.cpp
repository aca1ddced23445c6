#include "engine/benchmark/statistics.h"

#include <algorithm>
#include <cmath>

namespace pinwheel::benchmark {
namespace {

// `sorted` holds at least one value; `share` in 0..1.
double quantile(const std::vector<double>& sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

}  // namespace

Summary summarise(std::vector<double> values) {
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  return {static_cast<std::int64_t>(values.size()), quantile(values, 0.5), values.front(), quantile(values, 0.25),
          quantile(values, 0.75)};
}

std::vector<double> pairwiseRatios(std::span<const double> a, std::span<const double> b) {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) ratios.push_back(a[i] / b[i]);
  return ratios;
}

double logLogSlope(std::span<const double> x, std::span<const double> y) {
  std::vector<double> u;
  std::vector<double> v;
  double meanU = 0;
  double meanV = 0;
  for (std::size_t i = 0; i < std::min(x.size(), y.size()); ++i) {
    if (!(x[i] > 0) || !(y[i] > 0)) continue;
    u.push_back(std::log(x[i]));
    v.push_back(std::log(y[i]));
    meanU += u.back();
    meanV += v.back();
  }
  const auto n = static_cast<double>(u.size());
  double uu = 0;
  double uv = 0;
  for (std::size_t i = 0; i < u.size(); ++i) {
    uu += (u[i] - meanU / n) * (u[i] - meanU / n);
    uv += (u[i] - meanU / n) * (v[i] - meanV / n);
  }
  return uu > 0 ? uv / uu : std::numeric_limits<double>::quiet_NaN();
}

double risesThrough(std::span<const double> x, std::span<const double> y, double level) {
  for (std::size_t i = 1; i < std::min(x.size(), y.size()); ++i) {
    if (!(y[i - 1] < level) || !(y[i] >= level)) continue;
    const double share = (level - y[i - 1]) / (y[i] - y[i - 1]);
    return x[i - 1] * std::pow(x[i] / x[i - 1], share);
  }
  return std::numeric_limits<double>::quiet_NaN();
}

}  // namespace pinwheel::benchmark
