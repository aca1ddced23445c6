// Lines of one level through values on a regular grid.
#pragma once

#include <QPolygonF>
#include <functional>
#include <vector>

#include "engine/analysis/smoothing.h"

namespace pinwheel::views {

/// Marching squares between the grid's points, segments joined to lines, in mm; closed ones end where they begin. Cells
/// with a NaN corner, and those that `accept` (row, column of the upper left corner; empty: all) refuses, hold no line.
[[nodiscard]] std::vector<QPolygonF> contour(const analysis::Grid<float>& grid, float level,
                                             const std::function<bool(int, int)>& accept = {});

}  // namespace pinwheel::views
