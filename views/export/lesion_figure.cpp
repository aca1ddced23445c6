// What a lesion does: the accuracy before, after and with a sham, and a map of one sheet before and after.
#include <array>
#include <cmath>

#include "views/export/figure_parts.h"
#include "views/panels/lesion_effect.h"
#include "views/theme.h"

namespace pinwheel::views {
namespace {

constexpr double kGapMm = 4;

formats::CsvTable accuracyTable(const session::LesionFrame& effect) {
  formats::CsvTable table{{"category", "condition", "correct", "images", "accuracy", "low", "high"}, {}};
  std::vector<session::CategoryEffect> rows{{"all", effect.before, effect.after, effect.sham}};
  rows.insert(rows.end(), effect.categories.begin(), effect.categories.end());
  for (const session::CategoryEffect& row : rows)
    for (const auto& [condition, a] :
         {std::pair{"before", row.before}, std::pair{"lesion", row.after}, std::pair{"sham", row.sham}})
      table.rows.push_back({row.category, std::string(condition), a.correct, a.images, a.value(), a.low, a.high});
  return table;
}

// Of the sheet that the lesion is in, where none is named.
Expected<std::size_t> sheetOf(const FigureSpec& spec, const FigureData& data) {
  QString lesioned = "V1";
  if (!data.lesion.parts.empty() && data.lesion.parts.front().sheet < data.network->sheets.size())
    lesioned = QString::fromStdString(data.network->sheets[data.lesion.parts.front().sheet].spec.layer);
  return sheetNamed(*data.network, spec.sheet, lesioned);
}

struct Sides {
  FieldChoice before, after;
  FigureData now;  ///< maps under another lesion than the effect's left out
};

Sides sidesOf(const FigureData& data, const FieldChoice& choice) {
  Sides sides{choice, choice, data};
  sides.before.before = true;
  if (data.maps && data.maps->stamp.lesion != data.lesionEffect->stamp.lesion) sides.now.maps.reset();
  return sides;
}

// Not smoothed; empty where a side is not there.
formats::CsvTable mapTable(const Sides& sides, std::size_t sheet) {
  formats::CsvTable table{{"layer", "area", "map", "unit", "x_mm", "y_mm", "before", "after", "unit_of_value"}, {}};
  const session::SheetPlan& plan = sides.now.network->sheets[sheet];
  const Field before = fieldOf(sourceOf(sides.now), sheet, sides.before);
  const Field after = fieldOf(sourceOf(sides.now), sheet, sides.after);
  const auto value = [](const Field& field, std::size_t u) {
    return field.values.empty() ? std::nan("") : static_cast<double>(field.values[u]);
  };
  for (std::size_t u = 0; u < plan.xMm.size(); ++u)
    table.rows.push_back({plan.spec.layer, plan.spec.area, after.name.toStdString(), static_cast<std::int64_t>(u),
                          static_cast<double>(plan.xMm[u]), static_cast<double>(plan.yMm[u]), value(before, u),
                          value(after, u), after.unit.toStdString()});
  return table;
}

// Side by side, in the same colours: one range for both.
MapCells mapsOfBoth(const FigureSpec& spec, const Sides& sides, std::size_t sheet) {
  const session::SheetPlan& plan = sides.now.network->sheets[sheet];
  const SheetGrid grid(plan, kMapGridSide);
  MapExtras extras;
  extras.patches = sides.after.quantity == Quantity::category;
  std::vector<MapContent> contents;
  std::vector<Field> fields;
  for (const FieldChoice& choice : {sides.before, sides.after}) {
    contents.push_back(mapContent(sourceOf(sides.now), sheet, choice, grid, extras, paperStyle().ground));
    fields.push_back(contents.back().field);
    tellParts(spec, contents.size(), 2);
  }
  shareRange(fields);
  const QString name = nameOf(sides.after, sides.now.network.get());
  const std::array<QString, 2> when{"before", "after"};
  for (std::size_t i = 0; i < contents.size(); ++i) {
    MapContent& content = contents[i];
    content.field = std::move(fields[i]);
    content.field.name = name;
    content.title =
        QString("%1 %2 the lesion: %3").arg(sheetTitle(plan.spec), when[i], name.left(1).toLower() + name.mid(1));
    if (content.field.note.isEmpty())
      content.picture = grid.picture(content.field, content.choice.smoothed, paperStyle().ground);
  }
  MapOptions options;
  options.pinwheels = sides.after.quantity == Quantity::orientation;
  options.isoLines = false;
  return mapCells(std::move(contents), options, 2, spec);
}

}  // namespace

Expected<Figure> lesionFigure(const FigureSpec& spec, const FigureData& data) {
  if (!data.lesionEffect)
    return failure("There is no lesion to draw", "none was measured",
                   "make a lesion in the window (or give a saved session that holds one)");
  const auto choice = choiceNamed(spec, data);
  if (!choice) return tl::unexpected(choice.error());
  const auto sheet = sheetOf(spec, data);
  if (!sheet) return tl::unexpected(sheet.error());
  const session::LesionFrame& effect = *data.lesionEffect;
  Chart chart = effectChart(effect, lightPalette());
  chart.title += QString(", %1 units perturbed").arg(effect.units);
  Figure figure = chartsFigure("Lesion effect", {std::move(chart)}, 1, 75, spec.fontPt);
  const Sides sides = sidesOf(data, *choice);
  figure.tables = {{"accuracy", accuracyTable(effect)}, {"maps", mapTable(sides, *sheet)}};
  MapCells maps = mapsOfBoth(spec, sides, *sheet);
  const double barsMm = figure.heightMm;
  figure.heightMm = barsMm + kGapMm + maps.heightMm;
  figure.paint = [bars = std::move(figure.paint), maps = std::move(maps), barsMm](QPainter& painter,
                                                                                  const QRectF& rect) {
    const double mm = devicePerMm(painter);
    bars(painter, QRectF(rect.topLeft(), QSizeF(rect.width(), barsMm * mm)));
    maps.paint(painter, rect.adjusted(0, (barsMm + kGapMm) * mm, 0, 0));
  };
  return figure;
}

}  // namespace pinwheel::views
