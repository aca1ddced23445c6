// A sheet as a picture of which unit stands where: made once for a network, so that a new map is no more than one value
// a unit.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace pinwheel::scope {

/// Square cells; unit[y * side + x] is the unit nearest to the middle of a cell, -1 where none is near.
struct SheetGrid {
  int side = 0;
  std::vector<std::int32_t> unit;
};

/// `xMm`, `yMm` [U], of which those beyond [0, sideMm] are put at its border; `sideMm` > 0. As fine as the units are,
/// 256 cells at most. A cell is empty when the nearest unit is farther than 2.5 times their mean distance.
[[nodiscard]] SheetGrid sheetGrid(std::span<const float> xMm, std::span<const float> yMm, double sideMm);

}  // namespace pinwheel::scope
