// Smoothness of a preference map: how much preferences differ between near and far units (TDANN, method section 5).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/core/error.h"

namespace pinwheel::analysis {

struct SmoothnessOptions {
  double periodic =
      0;  ///< period of the preference (180 for degrees of orientation; differences wrap to <= half); 0: linear
  double range = 1;  ///< of a linear preference's possible values: differences below a thousandth of it are none
  double selectivePercentile = 75;  ///< units whose peak-to-peak lies above this percentile are used
  int draws = 20;
  int unitsPerDraw = 1000;  ///< at most two thirds of the usable units, so that draws differ
  int bins = 9;
  double maximumDistanceMm = 3.30;  ///< at display scale
  std::uint64_t seed = 0;
};

struct Smoothness {
  double mean = 0;                 ///< over draws of (max - first bin) / max
  double sem = 0;                  ///< standard error over draws
  std::vector<double> distanceMm;  ///< [bins], bin centres
  std::vector<double> difference;  ///< [bins], mean |difference| over draws
  std::vector<double> chance;      ///< [bins], the same with positions shuffled
  double shuffledMean = 0;         ///< the control: smoothness with positions shuffled
  double shuffledSem = 0;
  std::int64_t units = 0;  ///< that passed the selection
};

/// x, y [U] mm at display scale; preference [U] (NaN: left out); peakToPeak [U], or empty for no selection.
/// Error: sizes differ; fewer than 50 usable units; preferences so alike that nothing is left to compare (all but 5 %
/// of the units share one, or no mean difference reaches a thousandth of the period or range); no two units near
/// enough.
Expected<Smoothness> smoothness(std::span<const float> x, std::span<const float> y, std::span<const float> preference,
                                std::span<const float> peakToPeak, const SmoothnessOptions& options);

}  // namespace pinwheel::analysis
