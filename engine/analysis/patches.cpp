#include "engine/analysis/patches.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/analysis/smoothing.h"
#include "engine/core/random.h"

namespace pinwheel::analysis {

namespace {

// The smoothed map that regions are cut from, and the number of units in each of its cells.
struct SmoothedMap {
  Grid<float> grid;
  std::vector<std::int64_t> unitsIn;
  double pitchMm = 0;
  double scale = 1;  // of the sheet's side to that which the options are stated for

  [[nodiscard]] std::size_t at(int row, int column) const {
    return static_cast<std::size_t>(row) * static_cast<std::size_t>(grid.width) + static_cast<std::size_t>(column);
  }
};

Expected<SmoothedMap> smoothedMap(std::span<const float> x, std::span<const float> y, std::span<const float> t,
                                  double sideMm, const PatchOptions& options) {
  if (x.size() != y.size() || x.size() != t.size())
    return failure("Patches need a position and a t for every unit", std::to_string(x.size()) + ", " +
                                                                         std::to_string(y.size()) + " positions, " +
                                                                         std::to_string(t.size()) + " values");
  if (!(sideMm > 0) || options.gridSide < 2)
    return failure("Patches need a sheet with an extent", "its side is " + std::to_string(sideMm) + " mm");
  SmoothedMap map;
  const int n = options.gridSide;
  map.scale = sideMm / options.referenceSideMm;
  map.pitchMm = sideMm / n;
  map.grid = smoothMap(x, y, t, sideMm, n, options.sigmaMm * map.scale);
  map.unitsIn.assign(map.grid.values.size(), 0);
  for (std::size_t u = 0; u < x.size(); ++u) {
    const int column = std::clamp(static_cast<int>(static_cast<double>(x[u]) / map.pitchMm), 0, n - 1);
    const int row = std::clamp(static_cast<int>(static_cast<double>(y[u]) / map.pitchMm), 0, n - 1);
    ++map.unitsIn[map.at(row, column)];
  }
  return map;
}

struct Region {
  Patch patch;
  std::vector<std::pair<int, int>> cells;  // row, column
};

// The region alone, in a frame of one cell, so that its lines are closed: a patch that reaches the sheet's edge has one
// along it.
std::vector<SheetLine> outlinesOf(const SmoothedMap& map, const Region& region, double threshold) {
  const int n = map.grid.width;
  const auto level = static_cast<float>(threshold);
  const float below = std::nextafter(level, -std::numeric_limits<float>::infinity());
  const auto framed = static_cast<std::size_t>(n + 2);
  Grid<float> alone{n + 2, n + 2, map.pitchMm * (n + 2), std::vector<float>(framed * framed, below), {}};
  const auto at = [framed](int row, int column) {
    return static_cast<std::size_t>(row + 1) * framed + static_cast<std::size_t>(column + 1);
  };
  // What lies beside it is below the level, or is another region, which it touches with a corner.
  for (int row = 0; row < n; ++row)
    for (int column = 0; column < n; ++column)
      if (const float value = map.grid.values[map.at(row, column)]; std::isfinite(value))
        alone.values[at(row, column)] = std::min(value, below);
  for (const auto& [row, column] : region.cells)
    alone.values[at(row, column)] = std::max(level, map.grid.values[map.at(row, column)]);
  std::vector<SheetLine> lines = levelLines(alone, level);
  for (SheetLine& line : lines)
    for (SheetPoint& point : line) {
      point.xMm = std::clamp(point.xMm - map.pitchMm, 0.0, map.pitchMm * n);
      point.yMm = std::clamp(point.yMm - map.pitchMm, 0.0, map.pitchMm * n);
    }
  std::stable_sort(lines.begin(), lines.end(),
                   [](const SheetLine& a, const SheetLine& b) { return enclosedArea(a) > enclosedArea(b); });
  return lines;
}

std::vector<Region> regionsAbove(const SmoothedMap& map, double threshold, const PatchOptions& options) {
  const Grid<float>& grid = map.grid;
  const int n = grid.width;
  std::vector<Region> regions;
  std::vector<std::uint8_t> seen(grid.values.size(), 0);
  const auto above = [&](int row, int column) {
    const float value = grid.values[map.at(row, column)];
    return std::isfinite(value) && static_cast<double>(value) >= threshold;
  };
  std::vector<std::pair<int, int>> open;
  for (int row = 0; row < n; ++row)
    for (int column = 0; column < n; ++column) {
      if (seen[map.at(row, column)] != 0 || !above(row, column)) continue;
      Region region;
      Patch& patch = region.patch;
      open.assign(1, {row, column});
      seen[map.at(row, column)] = 1;
      while (!open.empty()) {
        const auto [r, c] = open.back();
        open.pop_back();
        region.cells.emplace_back(r, c);
        patch.units += map.unitsIn[map.at(r, c)];
        patch.xMm += (c + 0.5) * map.pitchMm;
        patch.yMm += (r + 0.5) * map.pitchMm;
        patch.peak = std::max(patch.peak, static_cast<double>(grid.values[map.at(r, c)]));
        for (const auto& [dr, dc] : {std::pair{-1, 0}, std::pair{1, 0}, std::pair{0, -1}, std::pair{0, 1}}) {
          const int nr = r + dr;
          const int nc = c + dc;
          if (nr < 0 || nc < 0 || nr >= n || nc >= n || seen[map.at(nr, nc)] != 0 || !above(nr, nc)) continue;
          seen[map.at(nr, nc)] = 1;
          open.emplace_back(nr, nc);
        }
      }
      const auto cells = static_cast<double>(region.cells.size());
      patch.xMm /= cells;
      patch.yMm /= cells;
      patch.areaMm2 = cells * map.pitchMm * map.pitchMm;
      const double area = patch.areaMm2 / (map.scale * map.scale);
      if (area >= options.minimumAreaMm2 && area <= options.maximumAreaMm2 && patch.units >= options.minimumUnits)
        regions.push_back(std::move(region));
    }
  std::sort(regions.begin(), regions.end(),
            [](const Region& a, const Region& b) { return a.patch.areaMm2 > b.patch.areaMm2; });
  return regions;
}

// The counts; `outlines` costs time, which chance need not spend.
PatchesAtThreshold summary(const SmoothedMap& map, double threshold, const PatchOptions& options, bool outlines) {
  PatchesAtThreshold row;
  row.threshold = threshold;
  for (const Region& region : regionsAbove(map, threshold, options)) {
    if (outlines) row.outlines.push_back(outlinesOf(map, region, threshold));
    const Patch& patch = region.patch;
    ++row.patches;
    row.areaMm2 += patch.areaMm2;
    row.largestMm2 = std::max(row.largestMm2, patch.areaMm2);
    row.units += patch.units;
  }
  return row;
}

}  // namespace

Expected<std::vector<Patch>> findPatches(std::span<const float> x, std::span<const float> y, std::span<const float> t,
                                         double sideMm, const PatchOptions& options) {
  const auto map = smoothedMap(x, y, t, sideMm, options);
  if (!map) return tl::unexpected(map.error());
  std::vector<Patch> patches;
  for (Region& region : regionsAbove(*map, options.threshold, options)) {
    region.patch.outlines = outlinesOf(*map, region, options.threshold);
    patches.push_back(std::move(region.patch));
  }
  return patches;
}

Expected<std::vector<PatchesAtThreshold>> sweepPatches(std::span<const float> x, std::span<const float> y,
                                                       std::span<const float> t, double sideMm,
                                                       std::span<const double> thresholds, const PatchOptions& options,
                                                       int shuffles, std::uint64_t seed) {
  const auto map = smoothedMap(x, y, t, sideMm, options);
  if (!map) return tl::unexpected(map.error());
  std::vector<PatchesAtThreshold> rows;
  for (const double threshold : thresholds) {
    rows.push_back(summary(*map, threshold, options, true));
    const auto reached =
        std::count_if(t.begin(), t.end(), [&](float v) { return static_cast<double>(v) >= threshold; });
    if (!t.empty()) rows.back().unitShare = static_cast<double>(reached) / static_cast<double>(t.size());
  }
  Random random(seed, 0x5A);
  std::vector<float> elsewhere(t.begin(), t.end());
  for (int k = 0; k < shuffles; ++k) {
    random.shuffle(elsewhere);
    const auto shuffled = smoothedMap(x, y, elsewhere, sideMm, options);
    for (PatchesAtThreshold& row : rows) {
      const PatchesAtThreshold chance = summary(*shuffled, row.threshold, options, false);
      row.shuffledPatches += static_cast<double>(chance.patches) / shuffles;
      row.shuffledAreaMm2 += chance.areaMm2 / shuffles;
    }
  }
  return rows;
}

}  // namespace pinwheel::analysis
