#include "engine/analysis/smoothing.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace pinwheel::analysis {
namespace {

constexpr double kCut = 3.0;  // standard deviations

// Spreads every unit's value over the grid points near it; calls add(cell, weight, unit).
template <class Add>
void spread(std::span<const float> x, std::span<const float> y, double sideMm, int gridSide, double sigmaMm,
            Add&& add) {
  const double pitch = sideMm / gridSide;
  const double reach = kCut * sigmaMm;
  const auto cellRange = [&](double centre) {
    const int first = std::max(0, static_cast<int>(std::ceil((centre - reach) / pitch - 0.5)));
    const int last = std::min(gridSide - 1, static_cast<int>(std::floor((centre + reach) / pitch - 0.5)));
    return std::pair{first, last};
  };
  // The kernel is a product of one factor per axis: exponentials are taken once a row and once a column, not once a
  // cell.
  const auto factors = [&](int first, int last, double centre, std::vector<double>& out) {
    out.clear();
    for (int i = first; i <= last; ++i) {
      const double d = (i + 0.5) * pitch - centre;
      out.push_back(std::exp(-0.5 * d * d / (sigmaMm * sigmaMm)));
    }
  };
  std::vector<double> alongX;
  std::vector<double> alongY;
  for (std::size_t u = 0; u < x.size(); ++u) {
    const auto ux = static_cast<double>(x[u]);
    const auto uy = static_cast<double>(y[u]);
    const auto [firstX, lastX] = cellRange(ux);
    const auto [firstY, lastY] = cellRange(uy);
    factors(firstX, lastX, ux, alongX);
    factors(firstY, lastY, uy, alongY);
    for (int row = firstY; row <= lastY; ++row)
      for (int column = firstX; column <= lastX; ++column) {
        const double dx = (column + 0.5) * pitch - ux;
        const double dy = (row + 0.5) * pitch - uy;
        if (dx * dx + dy * dy > reach * reach) continue;
        add(static_cast<std::size_t>(row) * static_cast<std::size_t>(gridSide) + static_cast<std::size_t>(column),
            alongX[static_cast<std::size_t>(column - firstX)] * alongY[static_cast<std::size_t>(row - firstY)], u);
      }
  }
}

template <class T>
Grid<T> emptyGrid(double sideMm, int gridSide) {
  const std::size_t cells = static_cast<std::size_t>(gridSide) * static_cast<std::size_t>(gridSide);
  return {gridSide, gridSide, sideMm, std::vector<T>(cells), std::vector<double>(cells, 0.0)};
}

}  // namespace

Grid<float> smoothMap(std::span<const float> x, std::span<const float> y, std::span<const float> values, double sideMm,
                      int gridSide, double sigmaMm) {
  Grid<float> grid = emptyGrid<float>(sideMm, gridSide);
  std::vector<double> sums(grid.values.size(), 0.0);
  spread(x, y, sideMm, gridSide, sigmaMm, [&](std::size_t cell, double weight, std::size_t u) {
    if (!std::isfinite(values[u])) return;
    sums[cell] += weight * static_cast<double>(values[u]);
    grid.weight[cell] += weight;
  });
  for (std::size_t c = 0; c < sums.size(); ++c)
    grid.values[c] =
        grid.weight[c] > 0 ? static_cast<float>(sums[c] / grid.weight[c]) : std::numeric_limits<float>::quiet_NaN();
  return grid;
}

Grid<std::complex<float>> smoothOrientation(std::span<const float> x, std::span<const float> y,
                                            std::span<const float> orientationDeg, std::span<const float> weight,
                                            double sideMm, int gridSide, double sigmaMm) {
  Grid<std::complex<float>> grid = emptyGrid<std::complex<float>>(sideMm, gridSide);
  std::vector<std::complex<double>> sums(grid.values.size());
  std::vector<std::complex<double>> vectors(x.size());
  for (std::size_t u = 0; u < x.size(); ++u)
    vectors[u] = std::polar(1.0, 2 * static_cast<double>(orientationDeg[u]) * std::numbers::pi / 180) *
                 static_cast<double>(weight.empty() ? 1.0F : weight[u]);
  spread(x, y, sideMm, gridSide, sigmaMm, [&](std::size_t cell, double kernel, std::size_t u) {
    if (!std::isfinite(orientationDeg[u])) return;
    sums[cell] += kernel * vectors[u];
    grid.weight[cell] += kernel;
  });
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (std::size_t c = 0; c < sums.size(); ++c)
    grid.values[c] = grid.weight[c] > 0 ? std::complex<float>(sums[c] / grid.weight[c]) : std::complex<float>(nan, nan);
  return grid;
}

}  // namespace pinwheel::analysis
