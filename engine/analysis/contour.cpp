#include "engine/analysis/contour.h"

#include <array>
#include <cmath>
#include <cstdint>
#include <unordered_map>

namespace pinwheel::analysis {
namespace {

// A place where the level crosses the line between two neighbouring grid points: twice the index of the left or upper
// one, plus one for a vertical neighbour.
using Crossing = std::int64_t;

struct Segment {
  std::array<Crossing, 2> ends;
  bool used = false;
};

class Lines {
public:
  void add(Crossing a, Crossing b) {
    m_at[a].push_back(m_segments.size());
    m_at[b].push_back(m_segments.size());
    m_segments.push_back({{a, b}});
  }

  // Every line as its crossings, in order.
  [[nodiscard]] std::vector<std::vector<Crossing>> joined() {
    std::vector<std::vector<Crossing>> lines;
    // Open lines from their ends first; what is left are rings.
    for (std::size_t s = 0; s < m_segments.size(); ++s)
      for (const std::size_t end : {0U, 1U})
        if (!m_segments[s].used && m_at[m_segments[s].ends[end]].size() == 1)
          lines.push_back(follow(m_segments[s].ends[end]));
    for (const Segment& segment : m_segments)
      if (!segment.used) lines.push_back(follow(segment.ends[0]));
    return lines;
  }

private:
  std::vector<Crossing> follow(Crossing at) {
    std::vector<Crossing> line{at};
    for (;;) {
      Segment* next = nullptr;
      for (const std::size_t s : m_at[at])
        if (!m_segments[s].used) next = &m_segments[s];
      if (next == nullptr) return line;
      next->used = true;
      at = next->ends[0] == at ? next->ends[1] : next->ends[0];
      line.push_back(at);
    }
  }

  std::vector<Segment> m_segments;
  std::unordered_map<Crossing, std::vector<std::size_t>> m_at;
};

}  // namespace

std::vector<SheetLine> levelLines(const Grid<float>& grid, float level, const std::function<bool(int, int)>& accept) {
  const auto index = [&](int row, int column) { return static_cast<std::int64_t>(row) * grid.width + column; };
  const auto value = [&](std::int64_t at) { return grid.values[static_cast<std::size_t>(at)]; };
  Lines lines;
  for (int row = 0; row + 1 < grid.height; ++row)
    for (int column = 0; column + 1 < grid.width; ++column) {
      const std::int64_t at = index(row, column);
      const std::array<float, 4> corner{value(at), value(at + 1), value(at + 1 + grid.width), value(at + grid.width)};
      bool finite = true;
      std::array<bool, 4> above{};
      for (std::size_t k = 0; k < 4; ++k) {
        finite = finite && std::isfinite(corner[k]);
        above[k] = corner[k] >= level;
      }
      if (!finite) continue;
      // Edges in the corners' order: top, right, bottom, left.
      const std::array<Crossing, 4> edge{2 * at, 2 * (at + 1) + 1, 2 * (at + grid.width), 2 * at + 1};
      std::vector<std::size_t> crossed;
      for (std::size_t k = 0; k < 4; ++k)
        if (above[k] != above[(k + 1) % 4]) crossed.push_back(k);
      if (crossed.empty() || (accept && !accept(row, column))) continue;
      if (crossed.size() == 2) {
        lines.add(edge[crossed[0]], edge[crossed[1]]);
        continue;
      }
      // A saddle: the middle decides which corners belong together.
      const bool middle = (corner[0] + corner[1] + corner[2] + corner[3]) / 4 >= level;
      const bool aroundOdd = middle == above[0];
      lines.add(edge[0], edge[aroundOdd ? 1 : 3]);
      lines.add(edge[2], edge[aroundOdd ? 3 : 1]);
    }
  std::vector<SheetLine> result;
  const double pitch = grid.sideMm / grid.width;
  for (const std::vector<Crossing>& line : lines.joined()) {
    SheetLine points;
    for (const Crossing crossing : line) {
      const std::int64_t from = crossing / 2;
      const bool down = crossing % 2 != 0;
      const float a = value(from);
      const float b = value(down ? from + grid.width : from + 1);
      const auto share = static_cast<double>((level - a) / (b - a));
      const double column = static_cast<double>(from % grid.width) + (down ? 0 : share);
      const double row = static_cast<double>(from / grid.width) + (down ? share : 0);
      points.push_back({(column + 0.5) * pitch, (row + 0.5) * pitch});
    }
    result.push_back(std::move(points));
  }
  return result;
}

double enclosedArea(const SheetLine& line) {
  double twice = 0;
  for (std::size_t i = 0, j = line.size() - 1; i < line.size(); j = i++)
    twice += line[j].xMm * line[i].yMm - line[i].xMm * line[j].yMm;
  return std::abs(twice) / 2;
}

}  // namespace pinwheel::analysis
