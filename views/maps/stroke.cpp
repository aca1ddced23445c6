#include "views/maps/stroke.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace pinwheel::views {
namespace {

// A disc at every corner, and between them.
QPolygonF discsAlong(const QPolygonF& lineMm, double radiusMm) {
  QPolygonF centres{lineMm.first()};
  for (qsizetype i = 1; i < lineMm.size(); ++i) {
    const QPointF way = lineMm[i] - lineMm[i - 1];
    const int steps = std::max(1, static_cast<int>(std::ceil(std::hypot(way.x(), way.y()) / (radiusMm / 4))));
    for (int s = 1; s <= steps; ++s) centres.append(lineMm[i - 1] + way * s / steps);
  }
  return centres;
}

}  // namespace

// Gathered disc by disc, the units under a wide brush would be many times those of the sheet. So a unit is dropped from
// its band of the sheet by the first disc that reaches it, and a disc looks only at the bands that it touches.
std::vector<std::int32_t> unitsUnderStroke(const session::SheetPlan& plan, const QPolygonF& lineMm, double radiusMm) {
  if (lineMm.isEmpty() || !(radiusMm > 0)) return {};
  std::array<std::vector<std::int32_t>, 64> bands;
  const auto bandOf = [&](double yMm) {
    return static_cast<std::size_t>(std::clamp(yMm / plan.spec.displaySideMm, 0.0, 1.0) *
                                    static_cast<double>(bands.size() - 1));
  };
  for (std::size_t u = 0; u < plan.yMm.size(); ++u)
    bands[bandOf(static_cast<double>(plan.yMm[u]))].push_back(static_cast<std::int32_t>(u));
  std::vector<std::uint8_t> under(plan.xMm.size(), 0);
  for (const QPointF& at : discsAlong(lineMm, radiusMm)) {
    const std::size_t last = bandOf(at.y() + radiusMm);
    for (std::size_t band = bandOf(at.y() - radiusMm); band <= last; ++band)
      std::erase_if(bands[band], [&](std::int32_t unit) {
        const auto u = static_cast<std::size_t>(unit);
        const double dx = static_cast<double>(plan.xMm[u]) - at.x();
        const double dy = static_cast<double>(plan.yMm[u]) - at.y();
        under[u] = dx * dx + dy * dy <= radiusMm * radiusMm ? 1 : 0;
        return under[u] != 0;
      });
  }
  std::vector<std::int32_t> units;
  for (std::size_t u = 0; u < under.size(); ++u)
    if (under[u] != 0) units.push_back(static_cast<std::int32_t>(u));
  return units;
}

}  // namespace pinwheel::views
