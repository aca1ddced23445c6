#include "engine/topography/clusters.h"

#include <algorithm>
#include <cmath>

#include "engine/topography/slot_grid.h"

namespace pinwheel::topography {

Expected<ClusterSet> makeClusters(const Sheet& sheet, const ClusterOptions& options) {
  const double side = sheet.spec.neighbourhoodMm;
  const SlotGrid grid(sheet.xMm, sheet.yMm, sheet.spec.trainingSideMm, side / 2);
  Random random(options.seed, 0xC1);
  std::vector<Square> squares;
  std::vector<std::int64_t> counts;
  std::vector<std::int32_t> units;
  for (std::int64_t k = 0; k < options.count; ++k) {
    squares.push_back(randomSquare(random, sheet.spec.trainingSideMm, side));
    grid.inside(squares.back(), units);
    counts.push_back(static_cast<std::int64_t>(units.size()));
  }
  std::vector<std::int64_t> sorted = counts;
  std::sort(sorted.begin(), sorted.end());
  if (sorted.empty() || sorted.back() < options.minUnits)
    return failure("The sheet of " + sheet.spec.layer + " is too sparse for its neighbourhood",
                   "no square of " + std::to_string(side) + " mm (training scale) on " +
                       std::to_string(sheet.spec.trainingSideMm) + " mm holds " + std::to_string(options.minUnits) +
                       " units; the fullest holds " + std::to_string(sorted.empty() ? 0 : sorted.back()),
                   "set sheets.<area>.neighbourhood_mm higher, or sheets.cluster_min_units lower");
  const auto rank = static_cast<std::size_t>(options.dropPercentile / 100 * static_cast<double>(sorted.size() - 1));
  const std::int64_t smallest = std::max<std::int64_t>(sorted[rank], options.minUnits);
  ClusterSet set;
  set.unitsPerCluster = std::min<std::int64_t>(smallest, options.maxUnits);
  for (std::size_t k = 0; k < squares.size(); ++k) {
    if (counts[k] < smallest) continue;
    grid.inside(squares[k], units);
    Random trimming(options.seed, 0xC2, k);
    keepRandom(units, static_cast<std::size_t>(set.unitsPerCluster), trimming);
    set.units.insert(set.units.end(), units.begin(), units.end());
    ++set.clusterCount;
  }
  return set;
}

}  // namespace pinwheel::topography
