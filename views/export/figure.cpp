#include "views/export/figure.h"

#include <QCoreApplication>
#include <algorithm>
#include <array>

#include "engine/core/options.h"
#include "views/export/figure_parts.h"
#include "views/scene.h"

namespace pinwheel::views {
namespace {

// Lines and markers at the edge of a map are as wide as anywhere.
constexpr double kMarginMm = 1.5;

struct Kind {
  const char* name;
  const char* description;
  Expected<Figure> (*make)(const FigureSpec&, const FigureData&);
  bool coloursSheets;
};

constexpr std::array<Kind, 10> kKinds{{
    {"maps", QT_TRANSLATE_NOOP("Figure", "Orientation and category maps of all areas"), mapsFigure, true},
    {"map", QT_TRANSLATE_NOOP("Figure", "One map of one sheet"), oneMapFigure, true},
    {"cortex", QT_TRANSLATE_NOOP("Figure", "The sheets of the cortex in space"), cortexFigure, true},
    {"orientation", QT_TRANSLATE_NOOP("Figure", "Orientation map with pinwheels"), orientationFigure, true},
    {"categories", QT_TRANSLATE_NOOP("Figure", "Five category maps of one sheet"), categoriesFigure, true},
    {"stimulus", QT_TRANSLATE_NOOP("Figure", "A stimulus and its spikes on every sheet, step by step"), stimulusFigure,
     false},
    {"raster", QT_TRANSLATE_NOOP("Figure", "Spikes of every layer with their rates"), rasterFigure, false},
    {"tuning", QT_TRANSLATE_NOOP("Figure", "Tuning of the selected units"), tuningFigure, false},
    {"training", QT_TRANSLATE_NOOP("Figure", "Training curves"), trainingFigure, false},
    {"lesion", QT_TRANSLATE_NOOP("Figure", "What a lesion does, and a map before and after it"), lesionFigure, true},
}};

const Kind* kindOf(const QString& name) {
  for (const Kind& kind : kKinds)
    if (name == QLatin1String(kind.name)) return &kind;
  return nullptr;
}

}  // namespace

FigureData FigureData::of(const Scene& scene) {
  return {scene.network(),  scene.maps(),         scene.activity(), scene.tuning(),
          scene.training(), scene.lesionEffect(), scene.lesion()};
}

QStringList figureNames() {
  QStringList names;
  for (const Kind& kind : kKinds) names << kind.name;
  return names;
}

QString figureDescription(const QString& name) {
  const Kind* kind = kindOf(name);
  return kind == nullptr ? QString() : QCoreApplication::translate("Figure", kind->description);
}

bool coloursSheets(const QString& figure) {
  const Kind* kind = kindOf(figure);
  return kind != nullptr && kind->coloursSheets;
}

Expected<std::size_t> sheetNamed(const session::NetworkFrame& network, const QString& wanted, const QString& fallback) {
  std::vector<std::string> names;
  for (const auto by : {&topography::SheetSpec::layer, &topography::SheetSpec::area})
    for (std::size_t s = 0; s < network.sheets.size(); ++s) {
      names.push_back(network.sheets[s].spec.*by);
      if (!wanted.isEmpty() && QString::fromStdString(names.back()).compare(wanted, Qt::CaseInsensitive) == 0) return s;
    }
  if (wanted.isEmpty()) {
    const auto found = sheetNamed(network, fallback, {});
    return found ? *found : std::size_t{0};
  }
  const std::string nearest = nearestName(wanted.toStdString(), names);
  return failure("There is no sheet \"" + wanted.toStdString() + "\"", "the network has none of this layer or area",
                 nearest.empty() ? "choose another" : "did you mean " + nearest + "?");
}

Expected<session::AskTuning> unitsNamed(const QString& text, const session::NetworkFrame& network) {
  const auto refused = [&text](const std::string& why) {
    return failure("\"" + text.toStdString() + "\" names no units", why,
                   "name a layer or an area and units of it: SHEET:N[,N...], for example V1:0,7");
  };
  const qsizetype colon = text.lastIndexOf(':');
  const QString name = text.left(std::max<qsizetype>(0, colon)).trimmed();
  if (name.isEmpty()) return refused("it does not say of which sheet");
  const auto sheet = sheetNamed(network, name, {});
  if (!sheet) return tl::unexpected(sheet.error());
  const auto count = static_cast<int>(network.sheets[*sheet].xMm.size());
  session::AskTuning ask{*sheet, {}};
  for (const QString& part : text.mid(colon + 1).split(',')) {
    bool number = false;
    const int unit = part.trimmed().toInt(&number);
    if (!number) return refused("\"" + part.toStdString() + "\" is no number");
    if (unit < 0 || unit >= count)
      return refused("the sheet " + name.toStdString() + " has units 0 to " + std::to_string(count - 1));
    ask.units.push_back(unit);
  }
  std::sort(ask.units.begin(), ask.units.end());
  ask.units.erase(std::unique(ask.units.begin(), ask.units.end()), ask.units.end());
  return ask;
}

QString sheetTitle(const topography::SheetSpec& spec) {
  const QString area = QString::fromStdString(spec.area);
  const QString layer = QString::fromStdString(spec.layer);
  return area == layer ? area : QString("%1 (%2)").arg(area, layer);
}

std::vector<QRectF> cells(const QRectF& rect, int count, int columns, double gap) {
  const int rows = (count + columns - 1) / columns;
  const double width = (rect.width() - gap * (columns - 1)) / columns;
  const double height = (rect.height() - gap * (rows - 1)) / rows;
  std::vector<QRectF> out;
  for (int i = 0; i < count; ++i)
    out.emplace_back(rect.left() + (i % columns) * (width + gap), rect.top() + (i / columns) * (height + gap), width,
                     height);
  return out;
}

Expected<Figure> makeFigure(const FigureSpec& spec, const FigureData& data) {
  const Kind* kind = kindOf(spec.name);
  if (kind == nullptr)
    return failure("There is no figure \"" + spec.name.toStdString() + "\"", "",
                   "choose one of " + figureNames().join(", ").toStdString());
  if (!data.network) return failure("There is nothing to draw", "no network is open", "open a checkpoint first");
  FigureSpec inner = spec;
  inner.widthMm -= 2 * kMarginMm;
  tellParts(spec, 0, 1);
  auto figure = kind->make(inner, data);
  if (spec.stop.stop_requested())
    return failure("The figure was not drawn", "it was given up before it was ready", "ask for it again");
  if (!figure) return figure;
  tellParts(spec, 1, 1);
  figure->widthMm = spec.widthMm;
  figure->heightMm += 2 * kMarginMm;
  figure->paint = [paint = std::move(figure->paint)](QPainter& painter, const QRectF& rect) {
    const double margin = kMarginMm / 25.4 * painter.device()->logicalDpiX();
    paint(painter, rect.adjusted(margin, margin, -margin, -margin));
  };
  figure->provenance = QString::fromStdString(data.network->provenance);
  if (const auto lesioned = data.lesion.units(); lesioned > 0)
    figure->provenance += QString("\nlesion: %1 units perturbed").arg(lesioned);
  return figure;
}

}  // namespace pinwheel::views
