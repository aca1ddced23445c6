#include "views/sheet_grid.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <limits>
#include <numbers>

#include "engine/analysis/smoothing.h"

namespace pinwheel::views {
namespace {

// A Gaussian of a sixtieth of the side spans 1.6 cells of this grid: finer ones cost more and show the same.
constexpr int kSmoothSide = 96;
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

// Units in square buckets, some two in each: a pixel's nearest unit is looked for in those that may hold a nearer one
// than the one that is known.
class Buckets {
public:
  Buckets(const std::vector<float>& x, const std::vector<float>& y, double sideMm)
      : m_x(x), m_y(y), m_n(std::clamp(static_cast<int>(std::sqrt(static_cast<double>(x.size()) / 2)), 1, 1024)) {
    m_pitch = sideMm / m_n;
    m_first.assign(static_cast<std::size_t>(m_n) * static_cast<std::size_t>(m_n) + 1, 0);
    for (std::size_t u = 0; u < x.size(); ++u) ++m_first[bucketOf(u) + 1];
    for (std::size_t b = 1; b < m_first.size(); ++b) m_first[b] += m_first[b - 1];
    m_units.resize(x.size());
    std::vector<std::size_t> next(m_first.begin(), m_first.end() - 1);
    for (std::size_t u = 0; u < x.size(); ++u) m_units[next[bucketOf(u)]++] = static_cast<std::int32_t>(u);
  }

  // `near`: any unit; the nearer it is, the fewer are looked at.
  [[nodiscard]] std::int32_t nearest(double x, double y, std::int32_t near) const {
    std::int32_t best = near;
    double bestSquared = squaredFrom(near, x, y);
    const double reach = std::sqrt(bestSquared);
    const int lastRow = indexOf(y + reach);
    const int lastColumn = indexOf(x + reach);
    for (int row = indexOf(y - reach); row <= lastRow; ++row)
      for (int column = indexOf(x - reach); column <= lastColumn; ++column) look(row, column, x, y, best, bestSquared);
    return best;
  }

private:
  [[nodiscard]] int indexOf(double mm) const { return std::clamp(static_cast<int>(mm / m_pitch), 0, m_n - 1); }
  [[nodiscard]] std::size_t bucketOf(std::size_t u) const {
    return static_cast<std::size_t>(indexOf(static_cast<double>(m_y[u]))) * static_cast<std::size_t>(m_n) +
           static_cast<std::size_t>(indexOf(static_cast<double>(m_x[u])));
  }
  [[nodiscard]] double squaredFrom(std::int32_t unit, double x, double y) const {
    const double dx = static_cast<double>(m_x[static_cast<std::size_t>(unit)]) - x;
    const double dy = static_cast<double>(m_y[static_cast<std::size_t>(unit)]) - y;
    return dx * dx + dy * dy;
  }
  void look(int row, int column, double x, double y, std::int32_t& best, double& bestSquared) const {
    const std::size_t b =
        static_cast<std::size_t>(row) * static_cast<std::size_t>(m_n) + static_cast<std::size_t>(column);
    for (std::size_t i = m_first[b]; i < m_first[b + 1]; ++i) {
      const std::int32_t u = m_units[i];
      const double squared = squaredFrom(u, x, y);
      if (squared < bestSquared || (squared == bestSquared && u < best)) {
        best = u;
        bestSquared = squared;
      }
    }
  }

  const std::vector<float>& m_x;
  const std::vector<float>& m_y;
  int m_n;
  double m_pitch = 0;
  std::vector<std::size_t> m_first;
  std::vector<std::int32_t> m_units;
};

bool finite(float v) {
  return std::isfinite(v);
}
bool finite(std::complex<float> v) {
  return std::isfinite(v.real());
}

// A grid's value between its points; points without a value are left out.
template <class T>
T between(const analysis::Grid<T>& grid, double row, double column, T missing) {
  const auto part = [](double at, int n) {
    const double inside = std::clamp(at, 0.0, n - 1.0);
    const int first = std::min(static_cast<int>(inside), n - 2);
    return std::pair{first, static_cast<float>(inside - first)};
  };
  const auto [r, dr] = part(row, grid.height);
  const auto [c, dc] = part(column, grid.width);
  T sum{};
  float weight = 0;
  const auto add = [&](int atRow, int atColumn, float share) {
    const T value = grid.values[static_cast<std::size_t>(atRow) * static_cast<std::size_t>(grid.width) +
                                static_cast<std::size_t>(atColumn)];
    if (share <= 0 || !finite(value)) return;
    sum += share * value;
    weight += share;
  };
  add(r, c, (1 - dr) * (1 - dc));
  add(r, c + 1, (1 - dr) * dc);
  add(r + 1, c, dr * (1 - dc));
  add(r + 1, c + 1, dr * dc);
  // Less than half: the place is nearer to one without a value.
  return weight >= 0.5F ? sum / weight : missing;
}

template <class T, class Colour>
void paint(QImage& image, const analysis::Grid<T>& grid, T missing, Colour&& colour) {
  const double scale = static_cast<double>(grid.width) / image.width();
  for (int row = 0; row < image.height(); ++row) {
    auto* line = reinterpret_cast<QRgb*>(image.scanLine(row));
    for (int column = 0; column < image.width(); ++column)
      line[column] = colour(between(grid, (row + 0.5) * scale - 0.5, (column + 0.5) * scale - 0.5, missing));
  }
}

}  // namespace

PictureKind pictureKind(int sheet, FieldChoice choice, QRgb ground) {
  choice.timeStep = 0;
  return {sheet, choice, ground};
}

SheetGrid::SheetGrid(const session::SheetPlan& plan, int side)
    : m_side(std::max(1, side)), m_sideMm(plan.spec.displaySideMm), m_xMm(plan.xMm), m_yMm(plan.yMm) {
  m_nearest.assign(static_cast<std::size_t>(m_side) * static_cast<std::size_t>(m_side), -1);
  if (m_xMm.empty() || !(m_sideMm > 0)) return;
  const Buckets buckets(m_xMm, m_yMm, m_sideMm);
  const double pitch = m_sideMm / m_side;
  std::size_t at = 0;
  std::int32_t rowStart = 0;
  for (int row = 0; row < m_side; ++row) {
    // A pixel's unit is near that of the pixel before.
    std::int32_t near = rowStart;
    for (int column = 0; column < m_side; ++column) {
      near = buckets.nearest((column + 0.5) * pitch, (row + 0.5) * pitch, near);
      if (column == 0) rowStart = near;
      m_nearest[at++] = near;
    }
  }
}

bool SheetGrid::fits(const session::SheetPlan& plan) const {
  return m_sideMm == plan.spec.displaySideMm && m_xMm == plan.xMm && m_yMm == plan.yMm;
}

std::int32_t SheetGrid::unitAt(double xMm, double yMm) const {
  if (!(xMm >= 0 && yMm >= 0 && xMm <= m_sideMm && yMm <= m_sideMm)) return -1;
  // One place is asked for at a time: looking at every unit takes some microseconds.
  std::int32_t best = -1;
  double bestSquared = std::numeric_limits<double>::infinity();
  for (std::size_t u = 0; u < m_xMm.size(); ++u) {
    const double dx = static_cast<double>(m_xMm[u]) - xMm;
    const double dy = static_cast<double>(m_yMm[u]) - yMm;
    const double squared = dx * dx + dy * dy;
    if (squared < bestSquared) {
      best = static_cast<std::int32_t>(u);
      bestSquared = squared;
    }
  }
  return best;
}

QImage SheetGrid::picture(const Field& field, bool smoothed, QRgb ground) const {
  QImage image(m_side, m_side, QImage::Format_ARGB32);
  image.fill(ground);
  const std::size_t units = m_xMm.size();
  if (units == 0 || field.values.size() != units) return image;
  const bool selective = field.saturation.size() == units;
  if (!smoothed) {
    std::vector<QRgb> colours(units);
    for (std::size_t u = 0; u < units; ++u)
      colours[u] = colourOf(field, field.values[u], selective ? field.saturation[u] : 1.0F, ground);
    std::size_t at = 0;
    for (int row = 0; row < m_side; ++row) {
      auto* line = reinterpret_cast<QRgb*>(image.scanLine(row));
      for (int column = 0; column < m_side; ++column)
        if (const std::int32_t u = m_nearest[at++]; u >= 0) line[column] = colours[static_cast<std::size_t>(u)];
    }
    return image;
  }
  const int grid = std::clamp(m_side, 2, kSmoothSide);
  const double sigma = m_sideMm / 60;
  if (!field.cyclic) {
    paint(image, analysis::smoothMap(m_xMm, m_yMm, field.values, m_sideMm, grid, sigma), kNaN,
          [&](float value) { return colourOf(field, value, 1, ground); });
    return image;
  }
  // The field's saturation is a square root of selectivity; vectors are as long as selectivity itself.
  std::vector<float> weight;
  if (selective) {
    weight = field.saturation;
    for (float& w : weight) w *= w;
  }
  const auto vectors = analysis::smoothOrientation(m_xMm, m_yMm, field.values, weight, m_sideMm, grid, sigma);
  float longest = 0;
  for (const std::complex<float>& z : vectors.values)
    if (finite(z)) longest = std::max(longest, std::abs(z));
  paint(image, vectors, std::complex<float>(kNaN, kNaN), [&](std::complex<float> z) {
    if (!finite(z)) return ground;
    const float degrees = std::arg(z) * static_cast<float>(90 / std::numbers::pi);
    return colourOf(field, degrees, longest > 0 ? std::sqrt(std::abs(z) / longest) : 0.0F, ground);
  });
  return image;
}

}  // namespace pinwheel::views
