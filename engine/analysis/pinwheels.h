// Pinwheels: the points of an orientation map around which all orientations meet.
#pragma once

#include <complex>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/analysis/smoothing.h"
#include "engine/core/error.h"

namespace pinwheel::analysis {

struct PinwheelOptions {
  double windowMm = 1.5;  ///< circular-mean window, display scale (TDANN)
  double strideMm = 0.45;
  double minimumResultant = 0.0;  ///< mean resultant length that the units around a pinwheel must reach
  double significance =
      0.01;              ///< level of the Rayleigh test that the units around it turn as a pinwheel's do; 1: no gate
  int minimumUnits = 3;  ///< a window with fewer is empty
};

struct Pinwheel {
  double xMm = 0;
  double yMm = 0;
  int sign = 0;  ///< +1: winding +1/2, -1: winding -1/2
};

struct PinwheelMap {
  std::vector<Pinwheel> pinwheels;
  int positive = 0;
  int negative = 0;
  double columnSpacingMm =
      0;  ///< from the radial power spectrum of exp(2 i theta) (Kaschube et al. 2010); NaN when no peak stands out
  double densityPerSpacing2 = 0;  ///< pinwheels per columnSpacing^2; pi in biology
  double densityPer3_5mm2 = 0;    ///< count / (side / 3.5 mm)^2, TDANN's figure
  double areaMm2 = 0;             ///< where a pinwheel could have been found: what densities are taken over
};

/// From unit positions (display scale, mm) and preferences (degrees, NaN left out). Error: sizes differ, a sheet
/// smaller than a window, too few units with a preference for a pinwheel to be found anywhere.
Expected<PinwheelMap> findPinwheels(std::span<const float> x, std::span<const float> y,
                                    std::span<const float> orientationDeg, double sideMm,
                                    const PinwheelOptions& options);

/// From a regular grid of orientation vectors: winding number over the closed loop of all 8 neighbours (a defect is
/// exactly
/// +-1/2). Neighbouring detections of one sign are merged into one.
[[nodiscard]] std::vector<Pinwheel> findPinwheelsOnGrid(const Grid<std::complex<float>>& grid,
                                                        std::span<const std::uint8_t> valid);

/// Column spacing (mm) of a grid of orientation vectors by a fit to the radial power spectrum; NaN when there is no
/// peak.
[[nodiscard]] double columnSpacing(const Grid<std::complex<float>>& grid);

}  // namespace pinwheel::analysis
