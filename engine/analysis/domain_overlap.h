// Overlap of two domains: how far their selective units share the same places of a sheet.
#pragma once

#include <cstdint>
#include <span>

#include "engine/core/error.h"

namespace pinwheel::analysis {

/// The windows are TDANN's, stated for a 70 mm sheet and scaled to the sheet at hand.
struct OverlapOptions {
  double referenceSideMm = 70;
  double windowMm = 10;
  double threshold = 4;  ///< t from which a unit counts as selective in a window
  int shuffles = 50;
  std::uint64_t seed = 0;
};

/// A value, and what it is by chance: the 95 % range over shuffles of one domain's units.
struct OverlapValue {
  double value = 0;      ///< -1..1; NaN where a map is constant
  double chanceLow = 0;  ///< NaN without shuffles
  double chanceHigh = 0;
};

struct DomainOverlap {
  OverlapValue correlation;  ///< Pearson over units of the two t-maps
  OverlapValue windowed;     ///< Spearman over windows of the shares of units that are selective for each domain
  int windows = 0;           ///< that hold a unit
};

/// x, y [U] mm at display scale; the two domains' t [U], finite. Error: sizes differ, a sheet without an extent, fewer
/// than 3 windows.
Expected<DomainOverlap> domainOverlap(std::span<const float> x, std::span<const float> y, std::span<const float> first,
                                      std::span<const float> second, double sideMm, const OverlapOptions& options = {});

}  // namespace pinwheel::analysis
