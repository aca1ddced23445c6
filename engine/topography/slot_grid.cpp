#include "engine/topography/slot_grid.h"

#include <algorithm>
#include <cmath>

namespace pinwheel::topography {

Square randomSquare(Random& random, double sheetSide, double side) {
  const double room = std::max(0.0, sheetSide - side);
  const double left = random.uniform(0, room);
  const double top = random.uniform(0, room);
  // The last position sits at the sheet's very end: a square that reaches it must hold it.
  return {left, top, side >= sheetSide ? sheetSide * 1.001 : side};
}

SlotGrid::SlotGrid(const std::vector<float>& xMm, const std::vector<float>& yMm, double sheetSideMm, double cellMm)
    : m_x(xMm), m_y(yMm) {
  m_cells = std::clamp(static_cast<int>(sheetSideMm / cellMm), 1, 512);
  m_cellMm = sheetSideMm / m_cells;
  m_start.assign(static_cast<std::size_t>(m_cells) * static_cast<std::size_t>(m_cells) + 1, 0);
  const auto cell = [this](std::size_t i) {
    return static_cast<std::size_t>(cellOf(static_cast<double>(m_y[i]))) * static_cast<std::size_t>(m_cells) +
           static_cast<std::size_t>(cellOf(static_cast<double>(m_x[i])));
  };
  for (std::size_t i = 0; i < m_x.size(); ++i) ++m_start[cell(i) + 1];
  for (std::size_t c = 1; c < m_start.size(); ++c) m_start[c] += m_start[c - 1];
  std::vector<std::int32_t> next(m_start.begin(), m_start.end() - 1);
  m_slots.resize(m_x.size());
  for (std::size_t i = 0; i < m_x.size(); ++i)
    m_slots[static_cast<std::size_t>(next[cell(i)]++)] = static_cast<std::int32_t>(i);
}

int SlotGrid::cellOf(double v) const noexcept {
  return std::clamp(static_cast<int>(v / m_cellMm), 0, m_cells - 1);
}

void SlotGrid::inside(const Square& square, std::vector<std::int32_t>& out) const {
  out.clear();
  const int lastX = cellOf(square.left + square.side);
  const int lastY = cellOf(square.top + square.side);
  for (int cy = cellOf(square.top); cy <= lastY; ++cy)
    for (int cx = cellOf(square.left); cx <= lastX; ++cx) {
      const std::size_t cell =
          static_cast<std::size_t>(cy) * static_cast<std::size_t>(m_cells) + static_cast<std::size_t>(cx);
      for (std::int32_t k = m_start[cell]; k < m_start[cell + 1]; ++k) {
        const std::int32_t slot = m_slots[static_cast<std::size_t>(k)];
        const auto i = static_cast<std::size_t>(slot);
        if (square.contains(static_cast<double>(m_x[i]), static_cast<double>(m_y[i]))) out.push_back(slot);
      }
    }
  std::sort(out.begin(), out.end());
}

void keepRandom(std::vector<std::int32_t>& items, std::size_t count, Random& random) {
  if (items.size() <= count) return;
  for (std::size_t i = 0; i < count; ++i)
    std::swap(items[i], items[i + static_cast<std::size_t>(random.below(items.size() - i))]);
  items.resize(count);
  std::sort(items.begin(), items.end());
}

}  // namespace pinwheel::topography
