// The 95 % interval of values that were drawn again and again: bootstraps, shuffles.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace pinwheel::analysis {

struct Interval {
  double low;
  double high;
};

/// The 2.5th and 97.5th percentile (the value at or below each, no interpolation); those that are not finite are left
/// out, and NaN stands for both where none is left.
[[nodiscard]] Interval interval95(std::vector<double> values);

/// Of the mean of `values` by bootstrap (Efron 1979): as many of them are drawn with replacement, `bootstraps` times,
/// by Random(seed, stream). Values that are all alike have no spread; NaN for both ends without any value.
[[nodiscard]] Interval meanInterval95(std::span<const double> values, int bootstraps, std::uint64_t seed,
                                      std::uint64_t stream);

}  // namespace pinwheel::analysis
