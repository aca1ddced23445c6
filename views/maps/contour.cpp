#include "views/maps/contour.h"

#include "engine/analysis/contour.h"

namespace pinwheel::views {

std::vector<QPolygonF> contour(const analysis::Grid<float>& grid, float level,
                               const std::function<bool(int, int)>& accept) {
  std::vector<QPolygonF> result;
  for (const analysis::SheetLine& line : analysis::levelLines(grid, level, accept)) {
    QPolygonF points;
    points.reserve(static_cast<qsizetype>(line.size()));
    for (const analysis::SheetPoint& point : line) points.append({point.xMm, point.yMm});
    result.push_back(std::move(points));
  }
  return result;
}

}  // namespace pinwheel::views
