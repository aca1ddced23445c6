#include "views/unit_sets.h"

#include <algorithm>

#include "engine/analysis/smoothing.h"

namespace pinwheel::views {

std::vector<std::int32_t> unitsInDisc(const session::SheetPlan& plan, double xMm, double yMm, double radiusMm) {
  std::vector<std::int32_t> units;
  if (!(radiusMm >= 0)) return units;
  for (std::size_t u = 0; u < plan.xMm.size(); ++u) {
    const double dx = static_cast<double>(plan.xMm[u]) - xMm;
    const double dy = static_cast<double>(plan.yMm[u]) - yMm;
    if (dx * dx + dy * dy <= radiusMm * radiusMm) units.push_back(static_cast<std::int32_t>(u));
  }
  return units;
}

std::vector<std::int32_t> unitsInPolygon(const session::SheetPlan& plan, std::span<const double> xMm,
                                         std::span<const double> yMm) {
  std::vector<std::int32_t> units;
  const std::size_t corners = std::min(xMm.size(), yMm.size());
  if (corners < 3) return units;
  for (std::size_t u = 0; u < plan.xMm.size(); ++u) {
    const auto ux = static_cast<double>(plan.xMm[u]);
    const auto uy = static_cast<double>(plan.yMm[u]);
    // Inside: a ray to the right crosses the outline an odd number of times.
    bool inside = false;
    for (std::size_t i = 0, j = corners - 1; i < corners; j = i++)
      if ((yMm[i] > uy) != (yMm[j] > uy) && ux < (xMm[j] - xMm[i]) * (uy - yMm[i]) / (yMm[j] - yMm[i]) + xMm[i])
        inside = !inside;
    if (inside) units.push_back(static_cast<std::int32_t>(u));
  }
  return units;
}

std::vector<std::int32_t> unitsAbove(std::span<const float> values, double threshold) {
  std::vector<std::int32_t> units;
  for (std::size_t u = 0; u < values.size(); ++u)
    if (static_cast<double>(values[u]) > threshold) units.push_back(static_cast<std::int32_t>(u));
  return units;
}

std::vector<std::int32_t> unitsOfPatch(const session::SheetPlan& plan, std::span<const float> t, double xMm, double yMm,
                                       const analysis::PatchOptions& options) {
  const double sideMm = plan.spec.displaySideMm;
  const int n = options.gridSide;
  if (t.size() != plan.xMm.size() || !(sideMm > 0) || n < 1) return {};
  const double sigmaMm = options.sigmaMm * sideMm / options.referenceSideMm;
  const auto grid = analysis::smoothMap(plan.xMm, plan.yMm, t, sideMm, n, sigmaMm);
  const auto cellOf = [&](double mm) { return std::clamp(static_cast<int>(mm / sideMm * n), 0, n - 1); };
  const auto at = [n](int row, int column) {
    return static_cast<std::size_t>(row) * static_cast<std::size_t>(n) + static_cast<std::size_t>(column);
  };
  std::vector<std::uint8_t> inside(grid.values.size(), 0);
  std::vector<std::pair<int, int>> open;
  // NaN (no unit near) is at or above nothing.
  const auto enter = [&](int row, int column) {
    if (row < 0 || column < 0 || row >= n || column >= n || inside[at(row, column)] != 0) return;
    if (!(static_cast<double>(grid.values[at(row, column)]) >= options.threshold)) return;
    inside[at(row, column)] = 1;
    open.emplace_back(row, column);
  };
  enter(cellOf(yMm), cellOf(xMm));
  while (!open.empty()) {
    const auto [row, column] = open.back();
    open.pop_back();
    enter(row - 1, column);
    enter(row + 1, column);
    enter(row, column - 1);
    enter(row, column + 1);
  }
  std::vector<std::int32_t> units;
  for (std::size_t u = 0; u < plan.xMm.size(); ++u)
    if (inside[at(cellOf(static_cast<double>(plan.yMm[u])), cellOf(static_cast<double>(plan.xMm[u])))] != 0)
      units.push_back(static_cast<std::int32_t>(u));
  return units;
}

std::vector<std::int32_t> unitsOfPatch(const session::SheetPlan& plan, std::span<const float> t, std::int32_t unit) {
  const auto u = static_cast<std::size_t>(unit);
  if (unit < 0 || u >= plan.xMm.size()) return {};
  return unitsOfPatch(plan, t, static_cast<double>(plan.xMm[u]), static_cast<double>(plan.yMm[u]));
}

std::optional<std::pair<double, double>> centreOf(const session::SheetPlan& plan, std::span<const std::int32_t> units) {
  double x = 0;
  double y = 0;
  for (const std::int32_t u : units) {
    x += static_cast<double>(plan.xMm.at(static_cast<std::size_t>(u)));
    y += static_cast<double>(plan.yMm.at(static_cast<std::size_t>(u)));
  }
  if (units.empty()) return std::nullopt;
  const auto n = static_cast<double>(units.size());
  return std::pair{x / n, y / n};
}

}  // namespace pinwheel::views
