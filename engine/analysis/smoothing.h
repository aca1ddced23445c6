// Unit values on a regular grid: what pictures show and pinwheels are counted on.
#pragma once

#include <complex>
#include <cstdint>
#include <span>
#include <vector>

namespace pinwheel::analysis {

template <class T>
struct Grid {
  int width = 0;
  int height = 0;
  double sideMm = 0;           ///< display scale
  std::vector<T> values;       ///< [height, width], row 0 at y = 0 (top)
  std::vector<double> weight;  ///< [height, width], summed kernel weight (0: no unit near)
};

/// Gaussian-weighted mean of unit values around each grid point; units with NaN are left out; cut at 3 sigma; NaN where
/// no unit is near.
[[nodiscard]] Grid<float> smoothMap(std::span<const float> x, std::span<const float> y, std::span<const float> values,
                                    double sideMm, int gridSide, double sigmaMm);

/// The same of selectivity-weighted orientation vectors w * exp(2 i theta): the angle is the smoothed orientation, the
/// modulus the local agreement (0..1 for w = 1).
[[nodiscard]] Grid<std::complex<float>> smoothOrientation(std::span<const float> x, std::span<const float> y,
                                                          std::span<const float> orientationDeg,
                                                          std::span<const float> weight, double sideMm, int gridSide,
                                                          double sigmaMm);

}  // namespace pinwheel::analysis
