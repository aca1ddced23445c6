// Figures that are maps.
#include <algorithm>
#include <cmath>

#include "views/export/figure_parts.h"
#include "views/maps/map_painter.h"

namespace pinwheel::views {
namespace {

constexpr double kGapMm = 4;
constexpr int kGridSide = 384;

Status checkMaps(const FigureData& data) {
  if (data.maps) return {};
  return failure("There are no maps to draw", "they are not measured yet", "wait until they are, then export again");
}

formats::CsvTable summaryTable(const FigureData& data) {
  formats::CsvTable table{{"layer", "area", "orientation_smoothness", "shuffled_smoothness", "pinwheels_positive",
                           "pinwheels_negative", "pinwheels_per_spacing2", "column_spacing_mm"},
                          {}};
  for (std::size_t s = 0; s < data.maps->sheets.size(); ++s) {
    const session::SheetMaps& maps = data.maps->sheets[s];
    const auto count = [&](int sign) {
      return static_cast<std::int64_t>(std::count_if(maps.pinwheels.begin(), maps.pinwheels.end(),
                                                     [sign](const analysis::Pinwheel& p) { return p.sign == sign; }));
    };
    table.rows.push_back({data.network->sheets[s].spec.layer, data.network->sheets[s].spec.area,
                          maps.orientationSmoothness, maps.shuffledSmoothness, count(1), count(-1),
                          maps.pinwheelDensity, maps.columnSpacingMm});
  }
  return table;
}

Figure mapFigure(const FigureData& data, const FigureSpec& spec, const QString& title, std::vector<SheetPanel> panels,
                 int columns, bool pinwheels, bool isoLines, bool patches) {
  Figure figure;
  figure.title = title;
  columns = std::min(columns, static_cast<int>(panels.size()));
  const int rows = (static_cast<int>(panels.size()) + columns - 1) / columns;
  const double cellMm = (spec.widthMm - kGapMm * (columns - 1)) / columns;
  // A map is a square; beneath it title, bar, caption and legend (a wheel is higher than a bar) take lines of text.
  const bool wheel = std::any_of(panels.begin(), panels.end(), [](const SheetPanel& panel) {
    return panel.choice.quantity == Quantity::orientation;
  });
  const double textMm = (wheel ? 18 : 10) * spec.fontPt * 25.4 / 72;
  figure.heightMm = rows * (cellMm + textMm) + kGapMm * (rows - 1);
  figure.tables = {{"units", unitTable(data, panels, spec.stop)}, {"summary", summaryTable(data)}};

  std::vector<MapContent> contents;
  for (const SheetPanel& panel : panels) {
    if (spec.stop.stop_requested()) break;
    const SheetGrid grid(data.network->sheets[panel.sheet], kGridSide);
    MapExtras extras;
    extras.isoLines = isoLines && panel.choice.quantity == Quantity::orientation;
    extras.patches = patches && panel.choice.quantity == Quantity::category;
    contents.push_back(mapContent(sourceOf(data), panel.sheet, panel.choice, grid, extras, paperStyle().ground));
  }
  MapOptions options;
  options.fontPt = spec.fontPt;
  options.pinwheels = pinwheels;
  options.isoLines = isoLines;
  options.patches = patches;
  figure.paint = [contents = std::move(contents), columns, options](QPainter& painter, const QRectF& rect) {
    const double mm = painter.device()->logicalDpiX() / 25.4;
    const auto places = cells(rect, static_cast<int>(contents.size()), columns, kGapMm * mm);
    const MapStyle style = paperStyle();
    for (std::size_t i = 0; i < contents.size(); ++i) MapPainter(contents[i], options, style).paint(painter, places[i]);
  };
  return figure;
}

}  // namespace

FieldSource sourceOf(const FigureData& data) {
  FieldSource source;
  source.network = data.network;
  source.maps = data.maps;
  source.activity = data.activity;
  source.lesion = &data.lesion;
  return source;
}

formats::CsvTable unitTable(const FigureData& data, const std::vector<SheetPanel>& panels,
                            const std::stop_token& stop) {
  formats::CsvTable table{{"layer", "area", "map", "unit", "x_mm", "y_mm", "value", "unit_of_value"}, {}};
  for (const SheetPanel& panel : panels) {
    if (stop.stop_requested()) break;
    const session::SheetPlan& plan = data.network->sheets[panel.sheet];
    FieldChoice choice = panel.choice;
    choice.smoothed = false;
    const Field field = fieldOf(sourceOf(data), panel.sheet, choice);
    for (std::size_t u = 0; u < field.values.size(); ++u)
      table.rows.push_back({plan.spec.layer, plan.spec.area, nameOf(choice, data.network.get()).toStdString(),
                            static_cast<std::int64_t>(u), static_cast<double>(plan.xMm[u]),
                            static_cast<double>(plan.yMm[u]), static_cast<double>(field.values[u]),
                            field.unit.toStdString()});
  }
  return table;
}

Expected<Figure> mapsFigure(const FigureSpec& spec, const FigureData& data) {
  if (const Status status = checkMaps(data); !status) return tl::unexpected(status.error());
  const std::size_t sheets = data.network->sheets.size();
  std::vector<SheetPanel> panels;
  for (std::size_t s = 0; s < sheets; ++s) panels.push_back({s, paperChoice(Quantity::orientation)});
  QString title = "Maps of all areas: preferred orientation";
  // Without category maps there is no second row; one that is asked for by name must be there.
  if (!spec.quantity.isEmpty() || !figureQuantities(spec.name, data).empty()) {
    const auto category = choiceNamed(spec, data);
    if (!category) return tl::unexpected(category.error());
    const std::string domain = quantityName(*category, *data.network).toStdString();
    for (std::size_t s = 0; s < sheets; ++s) {
      const auto& domains = data.maps->sheets[s].domains;
      if (std::any_of(domains.begin(), domains.end(), [&](const auto& map) { return map.domain == domain; }))
        panels.push_back({s, *category});
    }
    title += " and " + QString::fromStdString(domain);
  }
  const int columns = spec.widthMm >= 120 ? std::min<int>(static_cast<int>(sheets), 4) : 2;
  return mapFigure(data, spec, title, std::move(panels), columns, false, false, true);
}

Expected<Figure> orientationFigure(const FigureSpec& spec, const FigureData& data) {
  if (const Status status = checkMaps(data); !status) return tl::unexpected(status.error());
  const auto sheet = sheetNamed(*data.network, spec.sheet, "V1");
  if (!sheet) return tl::unexpected(sheet.error());
  const QString title = QString("Orientation map of %1").arg(sheetTitle(data.network->sheets[*sheet].spec));
  Figure figure = mapFigure(data, spec, title, {{*sheet, paperChoice(Quantity::orientation)}}, 1, true, true, false);
  formats::CsvTable pinwheels{{"x_mm", "y_mm", "sign"}, {}};
  for (const analysis::Pinwheel& p : data.maps->sheets[*sheet].pinwheels)
    pinwheels.rows.push_back({p.xMm, p.yMm, std::int64_t{p.sign}});
  figure.tables.push_back({"pinwheels", std::move(pinwheels)});
  return figure;
}

Expected<Figure> categoriesFigure(const FigureSpec& spec, const FigureData& data) {
  if (const Status status = checkMaps(data); !status) return tl::unexpected(status.error());
  const auto sheet = sheetNamed(*data.network, spec.sheet, "IT");
  if (!sheet) return tl::unexpected(sheet.error());
  const session::SheetMaps& maps = data.maps->sheets[*sheet];
  if (maps.domains.empty())
    return failure("There are no category maps to draw", "no categories were shown", "measure the maps again");
  std::vector<SheetPanel> panels;
  formats::CsvTable patches{{"domain", "patch", "x_mm", "y_mm", "area_mm2", "units", "peak_t"}, {}};
  for (std::size_t d = 0; d < maps.domains.size(); ++d) {
    panels.push_back({*sheet, paperChoice(Quantity::category, static_cast<int>(d))});
    std::int64_t number = 0;
    for (const analysis::Patch& patch : maps.domains[d].patches)
      patches.rows.push_back(
          {maps.domains[d].domain, ++number, patch.xMm, patch.yMm, patch.areaMm2, patch.units, patch.peak});
  }
  const QString title = QString("Category maps of %1").arg(sheetTitle(data.network->sheets[*sheet].spec));
  Figure figure = mapFigure(data, spec, title, std::move(panels), spec.widthMm >= 120 ? 3 : 2, false, false, true);
  figure.tables.push_back({"patches", std::move(patches)});
  return figure;
}

}  // namespace pinwheel::views
