// Patches: connected regions of a sheet that prefer one category.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/analysis/contour.h"
#include "engine/core/error.h"

namespace pinwheel::analysis {

/// The defaults are TDANN's, stated for a 70 mm sheet and scaled to the sheet at hand.
struct PatchOptions {
  double referenceSideMm = 70;
  double sigmaMm = 2.4;  ///< Gaussian smoothing
  int gridSide = 100;
  double threshold = 2;  ///< t
  double minimumAreaMm2 = 100;
  double maximumAreaMm2 = 4500;
  int minimumUnits = 10;
};

struct Patch {
  double areaMm2 = 0;
  std::int64_t units = 0;  ///< whose grid cell belongs to the region
  double xMm = 0;          ///< centre of the region
  double yMm = 0;
  double peak = 0;  ///< largest smoothed t
  /// Closed lines of the smoothed t at the threshold, in mm, the outermost first and then its holes; along the sheet's
  /// edge, and where no unit is near, at most a cell of the grid off the region.
  std::vector<SheetLine> outlines{};
};

/// x, y [U] mm at display scale, t [U] (NaN: left out). Regions are connected over edges, largest first. Error: sizes
/// differ.
Expected<std::vector<Patch>> findPatches(std::span<const float> x, std::span<const float> y, std::span<const float> t,
                                         double sideMm, const PatchOptions& options = {});

/// What is left of a domain's patches at one threshold.
struct PatchesAtThreshold {
  double threshold = 0;
  std::int64_t patches = 0;
  double areaMm2 = 0;          ///< of all patches
  double largestMm2 = 0;       ///< 0: none
  std::int64_t units = 0;      ///< in all patches
  double unitShare = 0;        ///< of the sheet's units whose own t reaches the threshold, in patches or not
  double shuffledPatches = 0;  ///< chance: with the units' positions shuffled, mean over shuffles
  double shuffledAreaMm2 = 0;
  std::vector<std::vector<SheetLine>> outlines{};  ///< of every patch, largest first, as Patch::outlines
};

/// The patches at each of `thresholds` instead of `options.threshold`. Errors as findPatches.
Expected<std::vector<PatchesAtThreshold>> sweepPatches(std::span<const float> x, std::span<const float> y,
                                                       std::span<const float> t, double sideMm,
                                                       std::span<const double> thresholds,
                                                       const PatchOptions& options = {}, int shuffles = 3,
                                                       std::uint64_t seed = 0);

}  // namespace pinwheel::analysis
