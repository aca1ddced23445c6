#include "views/maps/map_canvas.h"

#include <QEvent>
#include <QPainter>
#include <algorithm>
#include <array>
#include <cmath>

#include "views/maps/stroke.h"
#include "views/theme.h"
#include "views/unit_sets.h"

namespace pinwheel::views {
namespace {

constexpr int kGridSide = 512;
constexpr double kMargin = 8;
constexpr double kMostZoom = 64;
constexpr double kFontPt = 9;

double length(const QPointF& p) {
  return std::hypot(p.x(), p.y());
}

// What is shown stands in for what is not computed yet: lines of orientation where they are of the same sheet, the rest
// where it is of the same kind, too.
void standIn(MapContent& made, MapContent& shown, bool sameKind) {
  made.isoLines = std::move(shown.isoLines);
  if (!sameKind) return;
  made.patches = std::move(shown.patches);
  if (!shown.choice.smoothed || made.picture.isNull()) return;
  made.picture = shown.picture;
  made.choice.smoothed = true;
}

}  // namespace

MapCanvas::MapCanvas(Scene& scene, Selection& selection, QWidget* parent)
    : QWidget(parent),
      m_scene(scene),
      m_selection(selection),
      m_background([this](Followed followed) { takeOver(std::move(followed)); }) {
  setObjectName(QStringLiteral("mapCanvas"));
  setAccessibleName(tr("Map of the sheet"));
  setAccessibleDescription(
      tr("Arrows pan, plus and minus zoom, 0 fits, Ctrl and arrows move the hovered place, Space selects there"));
  setFocusPolicy(Qt::StrongFocus);
  setMouseTracking(true);
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
  connect(&scene, &Scene::networkChanged, this, &MapCanvas::networkChanged);
  connect(&scene, &Scene::mapsChanged, this, &MapCanvas::fieldDirty);
  connect(&scene, &Scene::activityChanged, this, [this] {
    const Quantity shown = m_selection.field().quantity;
    if (shown == Quantity::rate || shown == Quantity::spikes) fieldDirty();
  });
  connect(&scene, &Scene::lesionChanged, this, [this] {
    if (m_selection.field().quantity == Quantity::lesion || m_selection.field().before) fieldDirty();
  });
  connect(&scene, &Scene::lesionEffectChanged, this, [this] {
    if (m_selection.field().before) fieldDirty();
  });
  connect(&selection, &Selection::fieldChanged, this, &MapCanvas::fieldDirty);
  connect(&selection, &Selection::sheetChanged, this, [this] {
    m_selectionPicture.reset();
    fit();
    fieldDirty();
  });
  connect(&selection, &Selection::selectionChanged, this, [this] {
    m_selectionPicture.reset();
    update();
  });
  connect(&selection, &Selection::hoverChanged, this, qOverload<>(&QWidget::update));
  updateCursor();
}

void MapCanvas::networkChanged() {
  m_background.cancel();
  // What a training leaves behind has the positions that were watched.
  const auto& network = m_scene.network();
  std::erase_if(m_grids, [&](const auto& item) {
    return !network || item.first >= network->sheets.size() || !item.second->fits(network->sheets[item.first]);
  });
  m_content.reset();
  m_selectionPicture.reset();
  m_gesture.reset();
  fit();
  fieldDirty();
  // Finding every pixel's unit is the longest piece of work here: done now, it does not lengthen the first painting.
  if (isVisible()) (void)grid();
}

void MapCanvas::fieldDirty() {
  m_stale = true;
  m_layout.reset();
  update();
  Q_EMIT contentChanged();
}

void MapCanvas::overlayDirty() {
  m_layout.reset();
  update();
}

const session::SheetPlan* MapCanvas::plan() const {
  const auto& network = m_scene.network();
  return network && sheet() < network->sheets.size() ? &network->sheets[sheet()] : nullptr;
}

std::shared_ptr<const SheetGrid> MapCanvas::grid() const {
  if (plan() == nullptr) return nullptr;
  std::shared_ptr<const SheetGrid>& made = m_grids[sheet()];
  if (!made) made = std::make_shared<const SheetGrid>(*plan(), kGridSide);
  return made;
}

const MapContent& MapCanvas::content() const {
  if (m_stale) bringUpToDate();
  return *m_content;
}

bool MapCanvas::isSettled() const {
  (void)content();
  return !m_background.busy();
}

void MapCanvas::bringUpToDate() const {
  m_stale = false;
  m_style = screenStyle(palette());
  const FieldSource source{m_scene.network(), m_scene.maps(), m_scene.activity(), &m_scene.lesion(),
                           m_scene.lesionEffect()};
  const FieldChoice choice = m_selection.field();
  const auto places = grid();
  if (!places) {
    m_background.cancel();
    m_content.emplace();
    m_content->field = fieldOf(source, sheet(), choice);
    return;
  }
  // While a training is watched, maps come again and again: the time that outlines of patches take is the training's.
  const bool preview = source.maps && source.maps->preview;
  const MapExtras extras{m_layers.isoLines, m_layers.patches && !preview};
  const PictureKind kind = pictureKind(m_selection.sheet(), choice, m_style.ground);
  FieldChoice plain = choice;
  plain.smoothed = false;
  MapContent made = mapContent(source, sheet(), plain, *places, {}, m_style.ground);
  ++m_picturesMade;
  if (smooths(choice, extras)) {
    if (m_content && m_kind.sheet == kind.sheet) standIn(made, *m_content, m_kind == kind);
    m_background.request([source, lesion = m_scene.lesion(), choice, places, extras, kind] {
      FieldSource own = source;
      own.lesion = &lesion;
      const auto shown = static_cast<std::size_t>(kind.sheet);
      return Followed{kind, mapContent(own, shown, choice, *places, extras, kind.ground)};
    });
  } else {
    m_background.cancel();
  }
  m_kind = kind;
  m_content = std::move(made);
}

void MapCanvas::takeOver(Followed followed) {
  if (!m_content || followed.kind != m_kind) return;
  m_content->isoLines = std::move(followed.content.isoLines);
  m_content->patches = std::move(followed.content.patches);
  // A plain picture is newer than this one, and a field that has nothing to show any more stays without.
  if (m_kind.choice.smoothed && !m_content->picture.isNull() && !followed.content.picture.isNull()) {
    m_content->picture = std::move(followed.content.picture);
    m_content->choice.smoothed = true;
  }
  update();
  Q_EMIT contentChanged();
}

MapOptions MapCanvas::options() const {
  MapOptions options;
  options.fontPt = kFontPt;
  options.fill = true;
  options.zoom = m_zoom;
  options.centreMm = m_centreMm;
  options.pinwheels = m_layers.pinwheels;
  options.isoLines = m_layers.isoLines;
  options.patches = m_layers.patches;
  return options;
}

const MapLayout& MapCanvas::mapLayout() const {
  if (!m_layout) {
    const MapOptions chosen = options();
    m_layout = MapPainter(content(), chosen, m_style)
                   .layout(QRectF(rect()).adjusted(kMargin, kMargin, -kMargin, -kMargin), const_cast<MapCanvas*>(this));
  }
  return *m_layout;
}

void MapCanvas::setTool(Tool tool) {
  if (tool == m_tool) return;
  m_tool = tool;
  m_gesture.reset();
  updateCursor();
  update();
  Q_EMIT toolChanged();
}

void MapCanvas::setLayers(const Layers& layers) {
  if (layers == m_layers) return;
  // Lines that were not taken yet need the maps again.
  const bool more = (layers.isoLines && !m_layers.isoLines) || (layers.patches && !m_layers.patches);
  m_layers = layers;
  if (more) m_stale = true;
  overlayDirty();
}

void MapCanvas::setBrushRadiusMm(double mm) {
  m_brushMm = mm;
  update();
}

void MapCanvas::fit() {
  m_zoom = 1;
  m_centreMm.reset();
  overlayDirty();
}

void MapCanvas::zoomBy(double factor, const QPointF& about) {
  if (plan() == nullptr) return;
  const QPointF place = toMm(about);
  m_zoom = std::clamp(m_zoom * factor, 1.0, kMostZoom);
  m_layout.reset();
  m_centreMm = mapLayout().centreMm + place - toMm(about);
  keepInside();
}

void MapCanvas::panBy(const QPointF& pixels) {
  if (plan() == nullptr) return;
  m_centreMm = mapLayout().centreMm - pixels / mapLayout().perMm;
  keepInside();
}

// The sheet never leaves the middle of the map.
void MapCanvas::keepInside() {
  const double side = plan()->spec.displaySideMm;
  m_centreMm = QPointF(std::clamp(m_centreMm->x(), 0.0, side), std::clamp(m_centreMm->y(), 0.0, side));
  overlayDirty();
}

std::int32_t MapCanvas::unitAt(const QPointF& pixel) const {
  const auto places = grid();
  if (!places || !mapLayout().map.contains(pixel)) return -1;
  const QPointF mm = toMm(pixel);
  return places->unitAt(mm.x(), mm.y());
}

void MapCanvas::choose(std::vector<std::int32_t> units, Selection::Mode mode) {
  m_selection.select(m_selection.sheet(), std::move(units), mode);
}

void MapCanvas::selectPoint(const QPointF& mm, Selection::Mode mode) {
  if (const auto places = grid()) {
    const std::int32_t unit = places->unitAt(mm.x(), mm.y());
    choose(unit >= 0 ? std::vector{unit} : std::vector<std::int32_t>{}, mode);
  }
}

void MapCanvas::selectStroke(const QPolygonF& mm, Selection::Mode mode) {
  if (plan() != nullptr && !mm.isEmpty()) choose(unitsUnderStroke(*plan(), mm, m_brushMm), mode);
}

void MapCanvas::selectLasso(const QPolygonF& mm, Selection::Mode mode) {
  if (plan() == nullptr) return;
  std::vector<double> x, y;
  for (const QPointF& p : mm) {
    x.push_back(p.x());
    y.push_back(p.y());
  }
  choose(unitsInPolygon(*plan(), x, y), mode);
}

void MapCanvas::selectDisc(const QPointF& centreMm, double radiusMm, Selection::Mode mode) {
  if (plan() != nullptr) choose(unitsInDisc(*plan(), centreMm.x(), centreMm.y(), radiusMm), mode);
}

const QImage& MapCanvas::selectionPicture() const {
  if (m_selectionPicture) return *m_selectionPicture;
  m_selectionPicture.emplace();
  const auto places = grid();
  if (!places || m_selection.selectedSheet() != m_selection.sheet()) return *m_selectionPicture;
  std::vector<std::uint8_t> chosen(plan()->xMm.size(), 0);
  for (const std::int32_t u : m_selection.units())
    if (u >= 0 && static_cast<std::size_t>(u) < chosen.size()) chosen[static_cast<std::size_t>(u)] = 1;
  const int side = places->side();
  const std::vector<std::int32_t>& nearest = places->nearest();
  const auto isChosen = [&](int row, int column) {
    if (row < 0 || column < 0 || row >= side || column >= side) return false;
    const std::int32_t u =
        nearest[static_cast<std::size_t>(row) * static_cast<std::size_t>(side) + static_cast<std::size_t>(column)];
    return u >= 0 && chosen[static_cast<std::size_t>(u)] != 0;
  };
  QImage image(side, side, QImage::Format_ARGB32_Premultiplied);
  image.fill(Qt::transparent);
  const auto around = [&](int row, int column, int reach) {
    return std::array{isChosen(row - reach, column), isChosen(row + reach, column), isChosen(row, column - reach),
                      isChosen(row, column + reach)};
  };
  // A line of the selection's colour inside, a dark one outside: seen on every hue.
  const QRgb edge = selectionColour().rgb();
  const QRgb outside = qRgb(20, 20, 20);
  QColor tint = selectionColour();
  tint.setAlpha(70);
  const QRgb inner = qPremultiply(tint.rgba());
  const auto all = [](const auto& four) { return std::all_of(four.begin(), four.end(), [](bool b) { return b; }); };
  const auto any = [](const auto& four) { return std::any_of(four.begin(), four.end(), [](bool b) { return b; }); };
  for (int row = 0; row < side; ++row) {
    auto* line = reinterpret_cast<QRgb*>(image.scanLine(row));
    for (int column = 0; column < side; ++column)
      if (isChosen(row, column))
        line[column] = all(around(row, column, 1)) && all(around(row, column, 2)) ? inner : edge;
      else if (any(around(row, column, 1)))
        line[column] = outside;
  }
  m_selectionPicture = std::move(image);
  return *m_selectionPicture;
}

void MapCanvas::paintEvent(QPaintEvent* /*event*/) {
  QPainter painter(this);
  const MapLayout& where = mapLayout();  // brings content and style up to date
  const MapOptions chosen = options();
  MapPainter(content(), chosen, m_style).paint(painter, where);
  painter.setRenderHint(QPainter::Antialiasing);
  paintMarks(painter);
  if (hasFocus()) {
    painter.setPen(QPen(palette().color(QPalette::Highlight), 2));
    painter.setBrush(Qt::NoBrush);
    painter.drawRect(QRectF(rect()).adjusted(1, 1, -1, -1));
  }
}

// Selection, hover, and the gesture under way.
void MapCanvas::paintMarks(QPainter& painter) const {
  const session::SheetPlan* shown = plan();
  if (shown == nullptr) return;
  painter.setClipRect(mapLayout().map);
  const double side = shown->spec.displaySideMm;
  if (const QImage& chosen = selectionPicture(); !chosen.isNull()) {
    // Shrunk, the outline would break into dots.
    painter.setRenderHint(QPainter::SmoothPixmapTransform, side * mapLayout().perMm * devicePixelRatioF() < kGridSide);
    painter.drawImage(QRectF(toPixel({0, 0}), toPixel({side, side})), chosen);
  }
  const int hovered = m_selection.hoverUnit();
  if (m_selection.hoverSheet() == m_selection.sheet() && hovered >= 0 &&
      static_cast<std::size_t>(hovered) < shown->xMm.size()) {
    const auto u = static_cast<std::size_t>(hovered);
    const QPointF at = toPixel({static_cast<double>(shown->xMm[u]), static_cast<double>(shown->yMm[u])});
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(Qt::white, 4));
    painter.drawEllipse(at, 6, 6);
    painter.setPen(QPen(hoverColour(), 2));
    painter.drawEllipse(at, 6, 6);
  }
  if (!m_gesture || m_gesture->pan || m_gesture->mm.isEmpty()) return;
  QPolygonF pixels;
  for (const QPointF& p : m_gesture->mm) pixels.append(toPixel(p));
  QColor fill = selectionColour();
  fill.setAlpha(90);
  painter.setPen(QPen(selectionColour(), 1.5));
  painter.setBrush(fill);
  if (m_tool == Tool::lasso) {
    painter.drawPolygon(pixels);
  } else if (m_tool == Tool::disc) {
    const double radius = length(pixels.last() - pixels.first());
    painter.drawEllipse(pixels.first(), radius, radius);
  } else if (m_tool == Tool::brush) {
    painter.setPen(QPen(fill, 2 * m_brushMm * mapLayout().perMm, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    if (pixels.size() == 1)
      painter.drawPoint(pixels.first());
    else
      painter.drawPolyline(pixels);
  }
}

}  // namespace pinwheel::views
