// Lines of one level through values on a regular grid.
#pragma once

#include <QPolygonF>
#include <functional>
#include <vector>

#include "engine/analysis/smoothing.h"

namespace pinwheel::views {

/// analysis::levelLines(), to be drawn.
[[nodiscard]] std::vector<QPolygonF> contour(const analysis::Grid<float>& grid, float level,
                                             const std::function<bool(int, int)>& accept = {});

}  // namespace pinwheel::views
