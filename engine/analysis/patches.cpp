#include "engine/analysis/patches.h"

#include <algorithm>
#include <cmath>

#include "engine/analysis/smoothing.h"

namespace pinwheel::analysis {

Expected<std::vector<Patch>> findPatches(std::span<const float> x, std::span<const float> y, std::span<const float> t,
                                         double sideMm, const PatchOptions& options) {
  if (x.size() != y.size() || x.size() != t.size())
    return failure("Patches need a position and a t for every unit", std::to_string(x.size()) + ", " +
                                                                         std::to_string(y.size()) + " positions, " +
                                                                         std::to_string(t.size()) + " values");
  if (!(sideMm > 0) || options.gridSide < 2)
    return failure("Patches need a sheet with an extent", "its side is " + std::to_string(sideMm) + " mm");
  const double scale = sideMm / options.referenceSideMm;
  const Grid<float> grid = smoothMap(x, y, t, sideMm, options.gridSide, options.sigmaMm * scale);
  const int n = options.gridSide;
  const double pitch = sideMm / n;
  const auto at = [n](int row, int column) {
    return static_cast<std::size_t>(row) * static_cast<std::size_t>(n) + static_cast<std::size_t>(column);
  };
  std::vector<std::int64_t> unitsIn(grid.values.size(), 0);
  for (std::size_t u = 0; u < x.size(); ++u) {
    const int column = std::clamp(static_cast<int>(static_cast<double>(x[u]) / pitch), 0, n - 1);
    const int row = std::clamp(static_cast<int>(static_cast<double>(y[u]) / pitch), 0, n - 1);
    ++unitsIn[at(row, column)];
  }
  std::vector<Patch> patches;
  std::vector<std::uint8_t> seen(grid.values.size(), 0);
  const auto above = [&](int row, int column) {
    const float value = grid.values[at(row, column)];
    return std::isfinite(value) && static_cast<double>(value) >= options.threshold;
  };
  std::vector<std::pair<int, int>> open;
  for (int row = 0; row < n; ++row)
    for (int column = 0; column < n; ++column) {
      if (seen[at(row, column)] != 0 || !above(row, column)) continue;
      Patch patch;
      double cells = 0;
      open.assign(1, {row, column});
      seen[at(row, column)] = 1;
      while (!open.empty()) {
        const auto [r, c] = open.back();
        open.pop_back();
        ++cells;
        patch.units += unitsIn[at(r, c)];
        patch.xMm += (c + 0.5) * pitch;
        patch.yMm += (r + 0.5) * pitch;
        patch.peak = std::max(patch.peak, static_cast<double>(grid.values[at(r, c)]));
        for (const auto& [dr, dc] : {std::pair{-1, 0}, std::pair{1, 0}, std::pair{0, -1}, std::pair{0, 1}}) {
          const int nr = r + dr;
          const int nc = c + dc;
          if (nr < 0 || nc < 0 || nr >= n || nc >= n || seen[at(nr, nc)] != 0 || !above(nr, nc)) continue;
          seen[at(nr, nc)] = 1;
          open.emplace_back(nr, nc);
        }
      }
      patch.xMm /= cells;
      patch.yMm /= cells;
      patch.areaMm2 = cells * pitch * pitch;
      const double area = patch.areaMm2 / (scale * scale);
      if (area >= options.minimumAreaMm2 && area <= options.maximumAreaMm2 && patch.units >= options.minimumUnits)
        patches.push_back(patch);
    }
  std::sort(patches.begin(), patches.end(), [](const Patch& a, const Patch& b) { return a.areaMm2 > b.areaMm2; });
  return patches;
}

}  // namespace pinwheel::analysis
