// Clusters: the neighbourhoods of a sheet that the loss is taken over.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/core/error.h"
#include "engine/core/random.h"
#include "engine/topography/sheet.h"

namespace pinwheel::topography {

struct ClusterOptions {
  std::int64_t count = 20000;  ///< random squares drawn
  double dropPercentile = 5;   ///< squares below this percentile of unit count are dropped
  int minUnits = 25;           ///< ... and never below this
  int maxUnits = 500;          ///< all clusters are trimmed at random to min(percentile count, this)
  std::uint64_t seed = 0;
};

/// Equal-sized clusters, stored flat: cluster k is units[k * unitsPerCluster .. (k + 1) * unitsPerCluster), sorted.
struct ClusterSet {
  std::int64_t clusterCount = 0;
  std::int64_t unitsPerCluster = 0;
  std::vector<std::int32_t> units;
};

/// Deterministic by seed. Error: a sheet too sparse for one cluster of minUnits in its neighbourhood.
Expected<ClusterSet> makeClusters(const Sheet& sheet, const ClusterOptions& options);

}  // namespace pinwheel::topography
