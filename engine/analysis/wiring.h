// Wiring length: how long the fibres must be that join the units of two sheets which are active together (Margalit et
// al. 2024, "minimising wiring"; the constants are those of their code).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/core/error.h"

namespace pinwheel::analysis {

struct Point {
  double x = 0;
  double y = 0;
};

struct PointClusters {
  std::vector<Point> centres;
  double inertia = 0;  ///< sum of the points' squared distances to the nearest centre
};

/// k-means (Lloyd 1982): the best of `starts` runs from k-means++ (Arthur and Vassilvitskii 2007), drawn by `seed`.
/// 1 <= k <= points, starts >= 1.
[[nodiscard]] PointClusters kMeans(std::span<const Point> points, std::size_t k, int starts, std::uint64_t seed);

/// The smallest k whose inertia is at most n distance^2: every centre serves points about `distance` away. At most
/// `most` centres, whatever the inertia then. At least one point.
[[nodiscard]] PointClusters fewestClusters(std::span<const Point> points, double distance, std::size_t most, int starts,
                                           std::uint64_t seed);

/// The least sum of distances that joins every point of `a` to another one of `b`, as many in both (Kuhn 1955, the
/// Hungarian algorithm; O(n^3)).
[[nodiscard]] double matchedLength(std::span<const Point> a, std::span<const Point> b);

/// Two sheets, the target's positions brought to the source's side.
struct WiredSheets {
  std::span<const float> sourceX, sourceY;  ///< [source units] mm
  std::span<const float> targetX, targetY;  ///< [target units] mm
  double sideMm = 0;
};

/// The defaults are those of IT: the whole sheet of 70 mm. V1: above the 95th percentile, 0.9 mm, 20 windows of 3.5 mm.
struct FibreOptions {
  double activePercentile = 99;  ///< a unit is active when it answers above this percentile of the units at hand
  double distanceMm = 10;        ///< d, how far a fibre's end serves units
  double windowMm = 0;           ///< side of the square windows, drawn at random by `seed`; 0: the whole sheet
  int windows = 20;
  int starts = 10;  ///< of every k-means
  std::size_t maximumFibres = 100;
  std::uint64_t seed = 0;
};

struct WiringLength {
  double lengthMm = 0;  ///< sum over the fibres; mean over windows and over the four sides that the target can lie on
  double fibres = 0;    ///< mean over windows
  int windows = 0;      ///< that were measured
  int leftOut = 0;      ///< too little was active: no unit of the source, or fewer of the target than fibres
  /// Window by window, in the order in which `seed` draws them, which no rate changes; NaN where it was left out.
  std::vector<double> windowLengthMm, windowFibres;
};

/// For one image: the source's active units take the fewest fibres, the target's active units as many ends; the sheets
/// lie side by side, and the ends are matched for the shortest total. Rates of spikes have few values: where none lies
/// above the percentile because those at the top are all alike, the percentile's share of units is drawn among them by
/// `seed`; a unit that does not answer is never active. Error: sizes differ, options out of range, no window in which
/// enough is active.
Expected<WiringLength> wiringLength(const WiredSheets& sheets, std::span<const float> sourceRates,
                                    std::span<const float> targetRates, const FibreOptions& options);

}  // namespace pinwheel::analysis
