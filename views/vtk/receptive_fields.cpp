#include "views/vtk/receptive_fields.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

namespace pinwheel::views {
namespace {

// Row and column of a unit in its layer's grid.
std::pair<int, int> cellOf(const topography::SheetSpec& spec, std::int32_t unit) {
  return {unit / spec.width % spec.height, unit % spec.width};
}

// Every place where a field begins or ends, in order.
std::vector<double> bordersOf(const std::vector<QRectF>& fields, bool across) {
  std::vector<double> borders;
  for (const QRectF& field : fields) {
    borders.push_back(across ? field.left() : field.top());
    borders.push_back(across ? field.right() : field.bottom());
  }
  std::sort(borders.begin(), borders.end());
  borders.erase(std::unique(borders.begin(), borders.end()), borders.end());
  return borders;
}

// Neighbours' borders meet exactly: on 1,024ths of a pixel, which sums and differences keep.
QRectF snapped(const QRectF& field) {
  const auto snap = [](double px) { return std::round(px * 1024) / 1024; };
  return {QPointF(snap(field.left()), snap(field.top())), QPointF(snap(field.right()), snap(field.bottom()))};
}

std::size_t placeOf(const std::vector<double>& borders, double border) {
  return static_cast<std::size_t>(std::lower_bound(borders.begin(), borders.end(), border) - borders.begin());
}

/// The image cut into cells by the fields' borders, within each of which as many fields cover every place.
class Cover {
public:
  explicit Cover(const std::vector<QRectF>& fields)
      : m_x(bordersOf(fields, true)), m_y(bordersOf(fields, false)), m_count(m_x.size() * m_y.size(), 0) {
    // Four corners a field, then sums over rows and columns: as cheap for a thousand fields as for one.
    for (const QRectF& field : fields) {
      const std::size_t left = placeOf(m_x, field.left());
      const std::size_t right = placeOf(m_x, field.right());
      const std::size_t top = placeOf(m_y, field.top());
      const std::size_t bottom = placeOf(m_y, field.bottom());
      ++at(top, left);
      --at(top, right);
      --at(bottom, left);
      ++at(bottom, right);
    }
    for (std::size_t row = 0; row < m_y.size(); ++row)
      for (std::size_t column = 1; column < m_x.size(); ++column) at(row, column) += at(row, column - 1);
    for (std::size_t row = 1; row < m_y.size(); ++row)
      for (std::size_t column = 0; column < m_x.size(); ++column) at(row, column) += at(row - 1, column);
  }

  [[nodiscard]] double area() const {
    double sum = 0;
    for (std::size_t row = 0; row + 1 < m_y.size(); ++row)
      for (std::size_t column = 0; column + 1 < m_x.size(); ++column)
        if (covered(row, column)) sum += (m_x[column + 1] - m_x[column]) * (m_y[row + 1] - m_y[row]);
    return sum;
  }

  [[nodiscard]] std::vector<QLineF> outline() const {
    std::vector<QLineF> lines;
    for (std::size_t row = 0; row < m_y.size(); ++row)
      for (std::size_t column = 0; column + 1 < m_x.size(); ++column)
        if (covered(row, column) != (row > 0 && covered(row - 1, column)))
          append(lines, {m_x[column], m_y[row], m_x[column + 1], m_y[row]});
    for (std::size_t column = 0; column < m_x.size(); ++column)
      for (std::size_t row = 0; row + 1 < m_y.size(); ++row)
        if (covered(row, column) != (column > 0 && covered(row, column - 1)))
          append(lines, {m_x[column], m_y[row], m_x[column], m_y[row + 1]});
    return lines;
  }

private:
  // A piece that goes on where the last one ended, the same way, is one line with it.
  static void append(std::vector<QLineF>& lines, const QLineF& piece) {
    const bool goesOn =
        !lines.empty() && lines.back().p2() == piece.p1() && (lines.back().dx() == 0) == (piece.dx() == 0);
    if (goesOn)
      lines.back().setP2(piece.p2());
    else
      lines.push_back(piece);
  }
  [[nodiscard]] int& at(std::size_t row, std::size_t column) { return m_count[row * m_x.size() + column]; }
  [[nodiscard]] bool covered(std::size_t row, std::size_t column) const {
    return m_count[row * m_x.size() + column] > 0;
  }

  std::vector<double> m_x, m_y;
  std::vector<int> m_count;  ///< [y borders, x borders]; behind the last border none
};

}  // namespace

QRectF receptiveField(const session::SheetPlan& plan, int imageSide, std::int32_t unit) {
  const auto [row, column] = cellOf(plan.spec, unit);
  const snn::ReceptiveField& field = plan.field;
  if (field.isKnown()) {
    const double half = field.sidePx / 2;
    return {field.centrePx(column) - half, field.centrePx(row) - half, field.sidePx, field.sidePx};
  }
  const double wide = static_cast<double>(imageSide) / plan.spec.width;
  const double high = static_cast<double>(imageSide) / plan.spec.height;
  return {column * wide, row * high, wide, high};
}

FieldsOnImage fieldsOnImage(const session::SheetPlan& plan, int imageSide, std::span<const std::int32_t> units) {
  const QRectF image(0, 0, imageSide, imageSide);
  std::set<std::pair<int, int>> seen;
  std::vector<QRectF> fields;
  for (const std::int32_t unit : units) {
    if (unit < 0 || unit >= plan.spec.unitCount() || !seen.insert(cellOf(plan.spec, unit)).second) continue;
    const QRectF field = snapped(receptiveField(plan, imageSide, unit) & image);
    if (!field.isEmpty()) fields.push_back(field);
  }
  if (fields.empty()) return {};
  const Cover cover(fields);
  return {cover.outline(), cover.area() / (image.width() * image.height())};
}

}  // namespace pinwheel::views
