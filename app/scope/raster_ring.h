// The spikes of one sheet, as they came by: a ring of columns, one a time step, that holds the newest of them.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace pinwheel::scope {

/// One byte a cell: 0 is no spike of the row's units, otherwise the share of them that fired in 255ths, 1 at least. So
/// one picture tells both the mean (the byte) and the maximum (whether it is 0). Memory: capacity x rows bytes, and 16
/// a column.
class RasterRing {
public:
  struct Column {
    std::int64_t step = 0;     ///< the optimiser's, at which it was recorded
    std::uint32_t spikes = 0;  ///< of all units
  };

  /// `units` > 0, `maxRows` > 0, `capacity` > 0 columns. More units than rows share rows, in their order.
  RasterRing(std::size_t units, std::size_t maxRows, std::size_t capacity);

  /// Adds `timeSteps` columns. `spikes` [T, U], 0 or not 0; anything of another size is ignored, and false.
  bool add(std::span<const std::uint8_t> spikes, std::size_t timeSteps, std::int64_t step);

  [[nodiscard]] std::size_t units() const noexcept { return m_units; }
  [[nodiscard]] std::size_t rows() const noexcept { return m_rows; }
  [[nodiscard]] std::size_t capacity() const noexcept { return m_columns.size(); }
  /// Columns since the beginning; they are numbered from 0.
  [[nodiscard]] std::uint64_t written() const noexcept { return m_written; }
  /// The oldest column that is still there; written() when there is none.
  [[nodiscard]] std::uint64_t oldest() const noexcept { return m_written > capacity() ? m_written - capacity() : 0; }
  /// Where a column stands in data(), in columns.
  [[nodiscard]] std::size_t slotOf(std::uint64_t column) const noexcept {
    return static_cast<std::size_t>(column % capacity());
  }
  // Of a column in oldest()..written() - 1.
  [[nodiscard]] std::span<const std::uint8_t> cells(std::uint64_t column) const {
    return {m_cells.data() + slotOf(column) * m_rows, m_rows};
  }
  [[nodiscard]] const Column& column(std::uint64_t column) const { return m_columns[slotOf(column)]; }
  /// [capacity, rows], by slots.
  [[nodiscard]] const std::uint8_t* data() const noexcept { return m_cells.data(); }
  /// First unit of a row, and the one behind its last.
  [[nodiscard]] std::pair<std::size_t, std::size_t> unitsOf(std::size_t row) const noexcept {
    return {row * m_units / m_rows, (row + 1) * m_units / m_rows};
  }
  /// Spikes per unit over the last `columns` columns, at most as many as there are; 0 without any.
  [[nodiscard]] double meanRate(std::size_t columns) const;

private:
  std::size_t m_units;
  std::size_t m_rows;
  std::uint64_t m_written = 0;
  std::vector<std::uint8_t> m_cells;
  std::vector<Column> m_columns;
};

}  // namespace pinwheel::scope
