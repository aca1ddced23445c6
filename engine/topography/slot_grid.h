// Finds the positions inside a square fast: a sheet's positions never change, only the units that hold them.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/core/random.h"

namespace pinwheel::topography {

/// An axis-parallel square, mm at training scale; its low sides belong to it, its high sides do not.
struct Square {
  double left = 0;
  double top = 0;
  double side = 0;
  [[nodiscard]] bool contains(double x, double y) const noexcept {
    return x >= left && x < left + side && y >= top && y < top + side;
  }
  [[nodiscard]] bool overlaps(const Square& other) const noexcept {
    return left < other.left + other.side && other.left < left + side && top < other.top + other.side &&
           other.top < top + side;
  }
};

/// A square of side `side` somewhere inside a sheet of side `sheetSide` (the whole sheet when it is smaller).
[[nodiscard]] Square randomSquare(Random& random, double sheetSide, double side);

/// Immutable after construction; any number of threads may ask.
class SlotGrid {
public:
  SlotGrid(const std::vector<float>& xMm, const std::vector<float>& yMm, double sheetSideMm, double cellMm);
  /// Indices of the positions in the square, ascending. `out` is cleared first.
  void inside(const Square& square, std::vector<std::int32_t>& out) const;

private:
  [[nodiscard]] int cellOf(double v) const noexcept;

  const std::vector<float>& m_x;
  const std::vector<float>& m_y;
  double m_cellMm;
  int m_cells;
  std::vector<std::int32_t> m_start;  ///< [cells^2 + 1]
  std::vector<std::int32_t> m_slots;  ///< sorted by cell
};

/// Keeps `count` of the items, chosen at random, in ascending order.
void keepRandom(std::vector<std::int32_t>& items, std::size_t count, Random& random);

}  // namespace pinwheel::topography
