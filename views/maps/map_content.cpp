#include "views/maps/map_content.h"

#include <QCoreApplication>
#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>

#include "engine/analysis/patches.h"
#include "views/maps/contour.h"

namespace pinwheel::views {
namespace {

constexpr int kLineGrid = 128;
constexpr int kIsoLines = 8;
/// Of the longest smoothed vector: below, the orientation of a place is chance.
constexpr float kLeastAgreement = 0.05F;

analysis::Grid<float> smoothT(const session::SheetPlan& plan, std::span<const float> t) {
  const analysis::PatchOptions options;
  const double scale = plan.spec.displaySideMm / options.referenceSideMm;
  return analysis::smoothMap(plan.xMm, plan.yMm, t, plan.spec.displaySideMm, options.gridSide, options.sigmaMm * scale);
}

double areaOf(const QPolygonF& polygon) {
  double twice = 0;
  for (qsizetype i = 0, j = polygon.size() - 1; i < polygon.size(); j = i++)
    twice += polygon[j].x() * polygon[i].y() - polygon[i].x() * polygon[j].y();
  return std::abs(twice) / 2;
}

bool outlinesPatches(const FieldChoice& choice, const MapExtras& extras) {
  return extras.patches && choice.quantity == Quantity::category;
}

QString titleOf(const session::SheetPlan& plan, const QString& quantity) {
  const QString area = QString::fromStdString(plan.spec.area);
  const QString layer = QString::fromStdString(plan.spec.layer);
  const QString place = area == layer || area.isEmpty() ? layer : QStringLiteral("%1 (%2)").arg(area, layer);
  return QStringLiteral("%1: %2").arg(place, quantity.left(1).toLower() + quantity.mid(1));
}

}  // namespace

std::vector<QPolygonF> isoOrientationLines(const session::SheetPlan& plan, std::span<const float> degrees,
                                           std::span<const float> weight) {
  const double side = plan.spec.displaySideMm;
  if (degrees.size() != plan.xMm.size() || !(side > 0)) return {};
  const auto vectors = analysis::smoothOrientation(plan.xMm, plan.yMm, degrees, weight, side, kLineGrid, side / 60);
  float longest = 0;
  for (const std::complex<float>& z : vectors.values)
    if (std::isfinite(z.real())) longest = std::max(longest, std::abs(z));
  std::vector<QPolygonF> lines;
  analysis::Grid<float> across{vectors.width, vectors.height, side, std::vector<float>(vectors.values.size()), {}};
  for (int k = 0; k < kIsoLines; ++k) {
    const auto turn = std::polar(1.0F, static_cast<float>(-2 * std::numbers::pi * k / kIsoLines));
    for (std::size_t c = 0; c < vectors.values.size(); ++c) across.values[c] = (vectors.values[c] * turn).imag();
    // The same line holds for the orthogonal orientation: the side where vectors point backwards.
    const auto accept = [&](int row, int column) {
      std::complex<float> sum;
      for (const int dr : {0, 1})
        for (const int dc : {0, 1})
          sum += vectors.values[static_cast<std::size_t>(row + dr) * static_cast<std::size_t>(vectors.width) +
                                static_cast<std::size_t>(column + dc)];
      return (sum * turn).real() > 0 && std::abs(sum) / 4 > kLeastAgreement * longest;
    };
    std::vector<QPolygonF> some = contour(across, 0, accept);
    lines.insert(lines.end(), std::make_move_iterator(some.begin()), std::make_move_iterator(some.end()));
  }
  return lines;
}

std::vector<QPolygonF> patchOutlines(const session::SheetPlan& plan, std::span<const float> t) {
  if (t.size() != plan.xMm.size() || !(plan.spec.displaySideMm > 0)) return {};
  const analysis::PatchOptions options;
  std::vector<QPolygonF> lines = contour(smoothT(plan, t), static_cast<float>(options.threshold));
  const double scale = plan.spec.displaySideMm / options.referenceSideMm;
  std::erase_if(lines, [&](const QPolygonF& line) { return areaOf(line) < options.minimumAreaMm2 * scale * scale; });
  return lines;
}

bool smooths(const FieldChoice& choice, const MapExtras& extras) {
  return choice.smoothed || extras.isoLines || outlinesPatches(choice, extras);
}

MapContent mapContent(const FieldSource& source, std::size_t sheet, const FieldChoice& choice, const SheetGrid& grid,
                      const MapExtras& extras, QRgb ground) {
  MapContent content;
  content.choice = choice;
  content.field = fieldOf(source, sheet, choice);
  content.title = content.field.name;
  if (!source.network || sheet >= source.network->sheets.size()) return content;
  const session::SheetPlan& plan = source.network->sheets[sheet];
  content.title = titleOf(plan, content.field.name);
  content.sideMm = plan.spec.displaySideMm;
  content.units = static_cast<std::int64_t>(plan.xMm.size());
  if (content.field.note.isEmpty()) content.picture = grid.picture(content.field, choice.smoothed, ground);
  if (const auto* maps = mapsOf(source, choice); maps != nullptr && sheet < maps->sheets.size())
    content.pinwheels = maps->sheets[sheet].pinwheels;
  if (extras.isoLines) {
    FieldChoice lines{Quantity::orientation};
    lines.before = choice.before;
    const Field orientation = fieldOf(source, sheet, lines);
    content.isoLines = isoOrientationLines(plan, orientation.values, orientation.saturation);
  }
  if (outlinesPatches(choice, extras)) content.patches = patchOutlines(plan, content.field.values);
  return content;
}

}  // namespace pinwheel::views
