// Lines of one level through values on a regular grid.
#pragma once

#include <functional>
#include <vector>

#include "engine/analysis/smoothing.h"

namespace pinwheel::analysis {

struct SheetPoint {
  double xMm = 0;
  double yMm = 0;
};
using SheetLine = std::vector<SheetPoint>;

/// Marching squares between the grid's points, segments joined to lines, in mm; closed ones end where they begin. Cells
/// with a NaN corner, and those that `accept` (row, column of the upper left corner; empty: all) refuses, hold no line.
[[nodiscard]] std::vector<SheetLine> levelLines(const Grid<float>& grid, float level,
                                                const std::function<bool(int, int)>& accept = {});

/// mm^2 within a line, which is closed by its chord where it is open.
[[nodiscard]] double enclosedArea(const SheetLine& line);

}  // namespace pinwheel::analysis
