#include "app/scope/raster_ring.h"

#include <algorithm>

namespace pinwheel::scope {

RasterRing::RasterRing(std::size_t units, std::size_t maxRows, std::size_t capacity)
    : m_units(units), m_rows(std::min(units, maxRows)), m_cells(capacity * m_rows), m_columns(capacity) {}

bool RasterRing::add(std::span<const std::uint8_t> spikes, std::size_t timeSteps, std::int64_t step) {
  if (timeSteps == 0 || spikes.size() / timeSteps != m_units || spikes.size() % timeSteps != 0) return false;
  for (std::size_t t = 0; t < timeSteps; ++t) {
    const std::uint8_t* at = spikes.data() + t * m_units;
    std::uint8_t* cells = m_cells.data() + slotOf(m_written) * m_rows;
    std::uint32_t all = 0;
    for (std::size_t row = 0; row < m_rows; ++row) {
      const auto [first, last] = unitsOf(row);
      std::uint32_t fired = 0;
      for (std::size_t u = first; u < last; ++u) fired += at[u] != 0 ? 1U : 0U;
      const auto count = static_cast<std::uint32_t>(last - first);
      const std::uint32_t share = (510 * fired + count) / (2 * count);  // 255 fired / count, rounded
      cells[row] = static_cast<std::uint8_t>(fired == 0 ? 0 : std::max(1U, share));
      all += fired;
    }
    m_columns[slotOf(m_written)] = {step, all};
    ++m_written;
  }
  return true;
}

double RasterRing::meanRate(std::size_t columns) const {
  const std::uint64_t first = m_written - std::min<std::uint64_t>({columns, m_written, capacity()});
  if (first == m_written) return 0;
  double spikes = 0;
  for (std::uint64_t c = first; c < m_written; ++c) spikes += column(c).spikes;
  return spikes / static_cast<double>(m_written - first) / static_cast<double>(m_units);
}

}  // namespace pinwheel::scope
