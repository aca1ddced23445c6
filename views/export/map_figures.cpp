// Figures that are maps.
#include <algorithm>
#include <cmath>

#include "views/export/figure_parts.h"

namespace pinwheel::views {
namespace {

constexpr double kGapMm = 4;

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

// Spikes are of one time step each.
QString stepText(const FieldChoice& choice) {
  return choice.quantity == Quantity::spikes ? QString(", time step %1").arg(choice.timeStep + 1) : QString();
}

Figure mapFigure(const FigureData& data, const FigureSpec& spec, const QString& title, std::vector<SheetPanel> panels,
                 int columns, bool pinwheels, bool isoLines, bool patches) {
  Figure figure;
  figure.title = title;
  figure.tables = {{"units", unitTable(data, panels, spec.stop)}};
  if (data.maps) figure.tables.push_back({"summary", summaryTable(data)});

  std::vector<MapContent> contents;
  for (SheetPanel& panel : panels) {
    if (spec.stop.stop_requested()) break;
    if (spec.smoothed) panel.choice.smoothed = *spec.smoothed;
    const SheetGrid grid(data.network->sheets[panel.sheet], kMapGridSide);
    MapExtras extras;
    extras.isoLines = isoLines && panel.choice.quantity == Quantity::orientation;
    extras.patches = patches && panel.choice.quantity == Quantity::category;
    contents.push_back(mapContent(sourceOf(data), panel.sheet, panel.choice, grid, extras, paperStyle().ground));
    contents.back().title += stepText(panel.choice);
    tellParts(spec, contents.size(), panels.size());
  }
  MapOptions options;
  options.pinwheels = pinwheels;
  options.isoLines = isoLines;
  options.patches = patches;
  MapCells maps = mapCells(std::move(contents), options, columns, spec);
  figure.heightMm = maps.heightMm;
  figure.paint = [maps = std::move(maps)](QPainter& painter, const QRectF& rect) { maps.paint(painter, rect); };
  return figure;
}

}  // namespace

MapCells mapCells(std::vector<MapContent> contents, MapOptions options, int columns, const FigureSpec& spec) {
  MapCells maps{std::move(contents), options, 1, 0};
  maps.options.fontPt = spec.fontPt;
  const auto count = std::max(1, static_cast<int>(maps.contents.size()));
  maps.columns = std::clamp(columns, 1, count);
  const int rows = (count + maps.columns - 1) / maps.columns;
  const double cellMm = (spec.widthMm - kGapMm * (maps.columns - 1)) / maps.columns;
  // A map is a square; beneath it title, bar, caption and legend (a wheel is higher than a bar) take lines of text.
  const bool wheel = std::any_of(maps.contents.begin(), maps.contents.end(), [](const MapContent& content) {
    return content.choice.quantity == Quantity::orientation;
  });
  const double textMm = (wheel ? 18 : 10) * spec.fontPt * 25.4 / 72;
  maps.heightMm = rows * (cellMm + textMm) + kGapMm * (rows - 1);
  return maps;
}

void MapCells::paint(QPainter& painter, const QRectF& rect) const {
  const auto places = cells(rect, static_cast<int>(contents.size()), columns, kGapMm * devicePerMm(painter));
  const MapStyle style = paperStyle();
  for (std::size_t i = 0; i < contents.size(); ++i) MapPainter(contents[i], options, style).paint(painter, places[i]);
}

FieldSource sourceOf(const FigureData& data) {
  FieldSource source;
  source.network = data.network;
  source.maps = data.maps;
  source.activity = data.activity;
  source.lesion = &data.lesion;
  source.effect = data.lesionEffect;
  source.scales = data.scales;
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
    const std::string map = (nameOf(choice, data.network.get()) + stepText(choice)).toStdString();
    for (std::size_t u = 0; u < field.values.size(); ++u)
      table.rows.push_back({plan.spec.layer, plan.spec.area, map, static_cast<std::int64_t>(u),
                            static_cast<double>(plan.xMm[u]), static_cast<double>(plan.yMm[u]),
                            static_cast<double>(field.values[u]), field.unit.toStdString()});
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

Expected<Figure> oneMapFigure(const FigureSpec& spec, const FigureData& data) {
  const auto choice = choiceNamed(spec, data);
  if (!choice) return tl::unexpected(choice.error());
  const auto sheet =
      sheetNamed(*data.network, spec.sheet, choice->quantity == Quantity::category ? QString("IT") : QString("V1"));
  if (!sheet) return tl::unexpected(sheet.error());
  const Field field = fieldOf(sourceOf(data), *sheet, *choice);
  if (!field.note.isEmpty())
    return failure("There is no map to draw", field.note.toStdString(), hintFor(choice->quantity, data.maps.get()));
  std::vector<SheetPanel> panels{{*sheet, *choice}};
  // A map for each time step.
  if (choice->quantity == Quantity::spikes)
    for (int t = 1; t < data.activity->timeSteps; ++t) {
      panels.push_back(panels.front());
      panels.back().choice.timeStep = t;
    }
  const QString title = QString("%1 of %2").arg(field.name, sheetTitle(data.network->sheets[*sheet].spec));
  return mapFigure(data, spec, title, std::move(panels), spec.widthMm >= 120 ? 4 : 2, false, false, true);
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
