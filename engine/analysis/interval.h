// The 95 % interval of values that were drawn again and again: bootstraps, shuffles.
#pragma once

#include <vector>

namespace pinwheel::analysis {

struct Interval {
  double low;
  double high;
};

/// The 2.5th and 97.5th percentile (the value at or below each, no interpolation); those that are not finite are left
/// out, and NaN stands for both where none is left.
[[nodiscard]] Interval interval95(std::vector<double> values);

}  // namespace pinwheel::analysis
