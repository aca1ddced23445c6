// What is said of repeated timings: order statistics, which a disturbed run does not move, and the power by which a
// cost grows.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace pinwheel::benchmark {

/// Of values of any unit; NaN without any.
struct Summary {
  std::int64_t runs = 0;
  double median = std::numeric_limits<double>::quiet_NaN();
  double minimum = std::numeric_limits<double>::quiet_NaN();
  double lowerQuartile = std::numeric_limits<double>::quiet_NaN();
  double upperQuartile = std::numeric_limits<double>::quiet_NaN();

  [[nodiscard]] double interquartileRange() const noexcept { return upperQuartile - lowerQuartile; }
};

/// Quartiles between two values are interpolated linearly, as NumPy does by default.
[[nodiscard]] Summary summarise(std::vector<double> values);

/// a[i] / b[i] over the rounds that both have.
[[nodiscard]] std::vector<double> pairwiseRatios(std::span<const double> a, std::span<const double> b);

/// The slope of the least-squares line through (ln x, ln y): 1 where y grows like x, 2 where it grows like its square.
/// Points without a positive x and y are left out; NaN below two different x.
[[nodiscard]] double logLogSlope(std::span<const double> x, std::span<const double> y);

/// The first x, of an ascending row above 0, at which y rises through `level`: between two points along the straight
/// line over ln x. NaN where it does not.
[[nodiscard]] double risesThrough(std::span<const double> x, std::span<const double> y, double level);

}  // namespace pinwheel::benchmark
