#include "app/scope/sheet_grid.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace pinwheel::scope {
namespace {

constexpr int kLeastSide = 16;
constexpr int kMostSide = 256;
constexpr double kReach = 2.5;  ///< of the mean distance

// Units sorted into square buckets of about one unit each.
class Buckets {
public:
  Buckets(std::span<const float> xMm, std::span<const float> yMm, double sideMm)
      : m_side(std::max(1, static_cast<int>(std::sqrt(static_cast<double>(xMm.size()))))),
        m_sizeMm(sideMm / m_side),
        m_first(static_cast<std::size_t>(m_side) * static_cast<std::size_t>(m_side) + 1) {
    m_xMm.reserve(xMm.size());
    m_yMm.reserve(yMm.size());
    for (std::size_t u = 0; u < xMm.size(); ++u) {
      m_xMm.push_back(std::clamp(static_cast<double>(xMm[u]), 0.0, sideMm));
      m_yMm.push_back(std::clamp(static_cast<double>(yMm[u]), 0.0, sideMm));
      ++m_first[bucketOf(u) + 1];
    }
    for (std::size_t b = 1; b < m_first.size(); ++b) m_first[b] += m_first[b - 1];
    m_units.resize(xMm.size());
    std::vector<std::size_t> next(m_first);
    for (std::size_t u = 0; u < xMm.size(); ++u) m_units[next[bucketOf(u)]++] = static_cast<std::int32_t>(u);
  }

  [[nodiscard]] std::int32_t nearest(double xMm, double yMm) const {
    const int column = place(xMm);
    const int row = place(yMm);
    std::int32_t found = -1;
    double best = kReach * kReach * m_sizeMm * m_sizeMm;
    for (int ring = 0; ring <= static_cast<int>(kReach) + 1; ++ring) {
      // Whatever stands in this ring is at least so far away.
      const double least = (ring - 1) * m_sizeMm;
      if (ring > 0 && least * least > best) break;
      for (int y = std::max(0, row - ring); y <= std::min(m_side - 1, row + ring); ++y)
        for (int x = std::max(0, column - ring); x <= std::min(m_side - 1, column + ring); ++x)
          if (std::max(std::abs(x - column), std::abs(y - row)) == ring) look(x, y, xMm, yMm, best, found);
    }
    return found;
  }

private:
  [[nodiscard]] int place(double mm) const { return std::clamp(static_cast<int>(mm / m_sizeMm), 0, m_side - 1); }
  [[nodiscard]] std::size_t index(int x, int y) const {
    return static_cast<std::size_t>(y) * static_cast<std::size_t>(m_side) + static_cast<std::size_t>(x);
  }
  [[nodiscard]] std::size_t bucketOf(std::size_t u) const { return index(place(m_xMm[u]), place(m_yMm[u])); }
  void look(int x, int y, double xMm, double yMm, double& best, std::int32_t& found) const {
    const std::size_t bucket = index(x, y);
    for (std::size_t i = m_first[bucket]; i < m_first[bucket + 1]; ++i) {
      const auto u = static_cast<std::size_t>(m_units[i]);
      const double dx = m_xMm[u] - xMm;
      const double dy = m_yMm[u] - yMm;
      if (dx * dx + dy * dy >= best) continue;
      best = dx * dx + dy * dy;
      found = m_units[i];
    }
  }

  int m_side;
  double m_sizeMm;
  std::vector<std::size_t> m_first;  ///< of each bucket in m_units, and the end
  std::vector<std::int32_t> m_units;
  std::vector<double> m_xMm, m_yMm;
};

}  // namespace

SheetGrid sheetGrid(std::span<const float> xMm, std::span<const float> yMm, double sideMm) {
  const double units = static_cast<double>(xMm.size());
  SheetGrid grid{std::clamp(static_cast<int>(std::lround(2 * std::sqrt(units))), kLeastSide, kMostSide), {}};
  grid.unit.assign(static_cast<std::size_t>(grid.side) * static_cast<std::size_t>(grid.side), -1);
  if (xMm.empty() || xMm.size() != yMm.size() || !(sideMm > 0)) return grid;
  const Buckets buckets(xMm, yMm, sideMm);
  std::size_t cell = 0;
  for (int y = 0; y < grid.side; ++y)
    for (int x = 0; x < grid.side; ++x)
      grid.unit[cell++] = buckets.nearest((x + 0.5) * sideMm / grid.side, (y + 0.5) * sideMm / grid.side);
  return grid;
}

}  // namespace pinwheel::scope
