// The distribution of circular variance, beside that of macaque V1.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "engine/core/error.h"

namespace pinwheel::analysis {

/// Macaque V1 (Ringach, Shapley, Hawken 2002): cells per tenth of circular variance, and their median.
inline constexpr std::array<std::int64_t, 10> kMacaqueCircularVariance{10, 29, 28, 31, 28, 27, 40, 40, 49, 26};
inline constexpr double kMacaqueMedianCircularVariance = 0.605;

struct CircularVarianceMatch {
  std::array<std::int64_t, 10> histogram{};  ///< units per tenth, 1 in the last
  std::int64_t units = 0;                    ///< that fire
  double median = 0;
  double selectiveFraction = 0;  ///< below 0.6 (macaque: 0.497)
  /// Earth mover's distance (Wasserstein-1) between the two histograms as shares: the mean shift of circular variance
  /// that would turn one into the other, 0 (alike) to 0.9.
  double distanceToMacaque = 0;
};

/// circularVariance [U]; NaN (a silent unit) is left out. Error: no unit fires.
Expected<CircularVarianceMatch> matchCircularVariance(std::span<const float> circularVariance);

}  // namespace pinwheel::analysis
