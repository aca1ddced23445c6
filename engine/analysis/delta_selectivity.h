// Delta-selectivity: how much the selectivity of two units differs, against their distance and chance.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/analysis/correlation.h"
#include "engine/core/error.h"

namespace pinwheel::analysis {

struct DeltaSelectivity {
  CorrelationByDistance difference;  ///< mean |t_i - t_j| per bin, its interval, and `shuffled`: chance
  std::vector<double> ratio;         ///< [bins], difference over chance: below 1 where near units are alike
};

/// x, y [U] mm at display scale, t [U] (NaN: left out). `options.units` (500 in TDANN) are drawn at random. Error:
/// sizes differ; fewer than 50 units; no two of the drawn units differ; all of them at one place.
Expected<DeltaSelectivity> deltaSelectivity(std::span<const float> x, std::span<const float> y,
                                            std::span<const float> t, const CorrelationOptions& options);

}  // namespace pinwheel::analysis
