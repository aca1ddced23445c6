#include "views/maps/raster_canvas.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QWheelEvent>
#include <algorithm>
#include <cmath>
#include <limits>

#include "views/gestures.h"
#include "views/theme.h"

namespace pinwheel::views {
namespace {

constexpr int kMostRows = 512;
constexpr double kMargin = 6;
constexpr double kFewestPx = 0.1;
constexpr double kMostPx = 64;
constexpr double kClickPx = 3;  // a hand that trembles at a click drags nothing

}  // namespace

RasterCanvas::RasterCanvas(Scene& scene, Selection& selection, QWidget* parent)
    : QWidget(parent), m_scene(scene), m_selection(selection) {
  setObjectName(QStringLiteral("rasterCanvas"));
  setAccessibleName(tr("Spikes against time"));
  setAccessibleDescription(tr(
      "Left and right pan, plus and minus zoom, F follows, P pauses, A shows all, up and down move the hovered unit, "
      "Space selects it"));
  setFocusPolicy(Qt::StrongFocus);
  setMouseTracking(true);
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
  connect(&scene, &Scene::networkChanged, this, &RasterCanvas::networkChanged);
  connect(&scene, &Scene::activityChanged, this, &RasterCanvas::activityChanged);
  connect(&scene, &Scene::mapsChanged, this, [this] {
    if (m_order == RasterOrder::orientation || m_order == RasterOrder::rate) rowsDirty();
  });
  connect(&selection, &Selection::sheetChanged, this, [this] {
    if (!m_allSheets) rowsDirty();
  });
  connect(&selection, &Selection::hoverChanged, this, qOverload<>(&QWidget::update));
  connect(&selection, &Selection::selectionChanged, this, qOverload<>(&QWidget::update));
  m_goOn.setSingleShot(true);
  connect(&m_goOn, &QTimer::timeout, this, qOverload<>(&QWidget::update));
  if (scene.activity()) activityChanged();
}

void RasterCanvas::networkChanged() {
  m_buffer.clear();
  follow();
  rowsDirty();
}

void RasterCanvas::activityChanged() {
  m_buffer.append(m_scene.activity());
  update();
}

void RasterCanvas::rowsDirty() {
  m_rowsDirty = true;
  update();
}

QString RasterCanvas::layerName(std::size_t sheet) const {
  const auto& network = m_scene.network();
  return network && sheet < network->sheets.size() ? QString::fromStdString(network->sheets[sheet].spec.layer)
                                                   : QString();
}

std::vector<std::size_t> RasterCanvas::shownSheets() const {
  std::vector<std::size_t> shown;
  if (const auto& network = m_scene.network())
    for (std::size_t s = 0; s < network->sheets.size(); ++s)
      if (m_allSheets || static_cast<int>(s) == m_selection.sheet()) shown.push_back(s);
  return shown;
}

int RasterCanvas::rowsPerSheet(std::size_t sheets) const {
  if (sheets == 0) return 0;
  // No more rows than pixels: shrunk, spikes would get lost.
  int most = kMostRows / static_cast<int>(sheets);
  while (most > 8 && most * static_cast<double>(sheets) > plot().height() * devicePixelRatioF()) most /= 2;
  return most;
}

std::vector<RasterBand> RasterCanvas::makeBands() const {
  std::vector<RasterBand> bands;
  const std::vector<std::size_t> shown = shownSheets();
  m_rowsEach = rowsPerSheet(shown.size());
  int row = 0;
  for (const std::size_t s : shown) {
    const auto& maps = m_scene.maps();
    const session::SheetMaps* sheetMaps = maps && s < maps->sheets.size() ? &maps->sheets[s] : nullptr;
    bands.push_back(makeBand(m_scene.network()->sheets[s], sheetMaps, s, m_order, row, m_rowsEach,
                             categoricalColour(static_cast<int>(s), palette()).rgb()));
    row += bands.back().rows;
  }
  return bands;
}

const RasterBuffer& RasterCanvas::buffer() const {
  if (m_rowsDirty) {
    const auto& network = m_scene.network();
    m_buffer.setRows(makeBands(), network ? network->sheets.size() : 0, groundColour(palette()).rgb(),
                     palette().color(QPalette::AlternateBase).rgb());
    m_rowsDirty = false;
  }
  return m_buffer;
}

void RasterCanvas::setOrder(RasterOrder order) {
  if (order == m_order) return;
  m_order = order;
  rowsDirty();
}

void RasterCanvas::setAllSheets(bool all) {
  if (all == m_allSheets) return;
  m_allSheets = all;
  rowsDirty();
  Q_EMIT sheetsChanged();
}

void RasterCanvas::setMode(TimeMode mode) {
  update();
  if (mode == m_mode) return;
  m_mode = mode;
  Q_EMIT timeModeChanged();
}

void RasterCanvas::follow() {
  setMode(TimeMode::follow);
}

void RasterCanvas::pause() {
  const double right = rightColumn();
  const double width = columnWidth();
  m_right = right;
  m_columnPx = std::clamp(width, kFewestPx, kMostPx);
  setMode(TimeMode::paused);
}

void RasterCanvas::setRange(std::int64_t first, std::int64_t end) {
  m_rangeFirst = std::min(first, end);
  m_rangeEnd = std::max(m_rangeFirst + 1, std::max(first, end));
  setMode(TimeMode::range);
}

void RasterCanvas::showAll() {
  setRange(buffer().begin(), std::max(buffer().begin() + 1, buffer().end()));
}

void RasterCanvas::panBy(double columns) {
  pause();
  m_right = std::clamp(m_right + columns, static_cast<double>(buffer().begin()),
                       std::max(static_cast<double>(m_buffer.end()), m_right));
}

void RasterCanvas::zoomBy(double factor, double x) {
  const double column = columnAt(x);
  if (m_mode == TimeMode::range) pause();
  m_columnPx = std::clamp(columnWidth() * factor, kFewestPx, kMostPx);
  if (m_mode == TimeMode::paused) m_right = column + (plot().right() - x) / m_columnPx;
  update();
}

double RasterCanvas::columnWidth() const {
  if (m_mode == TimeMode::range) return plot().width() / static_cast<double>(m_rangeEnd - m_rangeFirst);
  return m_columnPx;
}

double RasterCanvas::rightColumn() const {
  if (m_mode == TimeMode::range) return static_cast<double>(m_rangeEnd);
  return m_mode == TimeMode::follow ? static_cast<double>(m_buffer.end()) : m_right;
}

double RasterCanvas::leftColumn() const {
  return columnAt(plot().left());
}

double RasterCanvas::columnAt(double x) const {
  return rightColumn() - (plot().right() - x) / columnWidth();
}

double RasterCanvas::xOf(double column) const {
  return plot().right() - (rightColumn() - column) * columnWidth();
}

QRectF RasterCanvas::plot() const {
  const QFontMetricsF metrics(font(), this);
  double label = metrics.horizontalAdvance(tr("Rate"));
  if (const auto& network = m_scene.network())
    for (std::size_t s = 0; s < network->sheets.size(); ++s)
      label = std::max(label, metrics.horizontalAdvance(layerName(s)));
  const double left = kMargin + std::min(label, width() / 4.0) + kMargin;
  const double bottom = rateStrip().top() - kMargin - metrics.height();
  return {left, kMargin, std::max(1.0, width() - left - kMargin), std::max(1.0, bottom - kMargin)};
}

QRectF RasterCanvas::rateStrip() const {
  const double em = QFontMetricsF(font(), this).height();
  const double height = std::clamp(0.16 * this->height(), 1.5 * em, 6 * em);
  return {0, this->height() - kMargin - em - height, static_cast<double>(width()), height};
}

std::pair<int, int> RasterCanvas::unitAt(const QPointF& pixel) const {
  const QRectF area = plot();
  if (!area.contains(pixel)) return {-1, -1};
  const int row = static_cast<int>((pixel.y() - area.top()) / area.height() * buffer().rows());
  for (const RasterBand& band : buffer().bands())
    if (const std::int32_t unit = band.unitOfRow(row); unit >= 0) return {static_cast<int>(band.sheet), unit};
  return {-1, -1};
}

double RasterCanvas::pixelOf(int sheet, int unit) const {
  for (const RasterBand& band : buffer().bands())
    if (static_cast<int>(band.sheet) == sheet && unit >= 0 && static_cast<std::size_t>(unit) < band.rowOf.size())
      return plot().top() + (band.rowOf[static_cast<std::size_t>(unit)] + 0.5) * plot().height() /
                                static_cast<double>(buffer().rows());
  return std::numeric_limits<double>::quiet_NaN();
}

void RasterCanvas::resizeEvent(QResizeEvent* /*event*/) {
  if (rowsPerSheet(shownSheets().size()) != m_rowsEach) m_rowsDirty = true;
}

void RasterCanvas::changeEvent(QEvent* event) {
  if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange) rowsDirty();
  QWidget::changeEvent(event);
}

void RasterCanvas::mousePressEvent(QMouseEvent* event) {
  const bool left = event->button() == Qt::LeftButton;
  if (!left && event->button() != Qt::MiddleButton) return;
  m_press = Press{.at = event->position(),
                  .button = event->button(),
                  .mode = selectionMode(event->modifiers()),
                  .range = left && event->modifiers().testFlag(Qt::ShiftModifier),
                  .lastX = event->position().x()};
}

void RasterCanvas::mouseMoveEvent(QMouseEvent* event) {
  if (m_press) {
    if ((event->position() - m_press->at).manhattanLength() > kClickPx) m_press->dragged = true;
    if (!m_press->dragged) return;
    if (!m_press->range) {
      const double moved = event->position().x() - std::exchange(m_press->lastX, event->position().x());
      if (moved != 0) panBy(-moved / columnWidth());
      return;
    }
    update();
  }
  const auto [sheet, unit] = unitAt(event->position());
  m_selection.setHover(sheet, unit);
}

void RasterCanvas::mouseReleaseEvent(QMouseEvent* event) {
  if (!m_press || event->button() != m_press->button) return;
  const Press press = *std::exchange(m_press, std::nullopt);
  update();
  const QPointF to = event->position();
  if (!press.dragged && (to - press.at).manhattanLength() <= kClickPx) {
    if (press.button != Qt::LeftButton) return;
    const auto [sheet, unit] = unitAt(press.at);
    choose(sheet, unit, press.mode);
  } else if (press.range && std::abs(to.x() - press.at.x()) > kClickPx) {
    setRange(std::llround(columnAt(std::min(press.at.x(), to.x()))),
             std::llround(columnAt(std::max(press.at.x(), to.x()))));
  }
}

// A row may stand for several units. The one that is pointed at is selected; all of them are taken away, for otherwise
// the row would stay marked.
void RasterCanvas::choose(int sheet, int unit, Selection::Mode mode) {
  if (std::isnan(pixelOf(sheet, unit))) return;
  m_selection.setSheet(sheet);
  for (const RasterBand& band : buffer().bands()) {
    if (static_cast<int>(band.sheet) != sheet) continue;
    const int row = band.rowOf[static_cast<std::size_t>(unit)];
    m_selection.select(sheet, mode == Selection::Mode::subtract ? band.unitsOfRow(row) : std::vector{unit}, mode);
    return;
  }
}

void RasterCanvas::wheelEvent(QWheelEvent* event) {
  const QPoint delta = event->angleDelta();
  if (event->modifiers().testFlag(Qt::ShiftModifier) || std::abs(delta.x()) > std::abs(delta.y()))
    panBy(-(delta.x() != 0 ? delta.x() : delta.y()) / 120.0 * 40 / columnWidth());
  else if (delta.y() != 0)
    zoomBy(std::pow(1.25, delta.y() / 120.0), event->position().x());
  event->accept();
}

void RasterCanvas::leaveEvent(QEvent* /*event*/) {
  m_selection.setHover(-1, -1);
}

void RasterCanvas::keyPressEvent(QKeyEvent* event) {
  const auto hoverRow = [this](int by) {
    const double now = pixelOf(m_selection.hoverSheet(), m_selection.hoverUnit());
    const double row = plot().height() / static_cast<double>(buffer().rows());
    const double y = std::isfinite(now) ? now + by * row : plot().center().y();
    const auto [sheet, unit] = unitAt({plot().center().x(), std::clamp(y, plot().top(), plot().bottom() - row / 2)});
    m_selection.setHover(sheet, unit);
  };
  switch (event->key()) {
    case Qt::Key_Left:
      return panBy(-40 / columnWidth());
    case Qt::Key_Right:
      return panBy(40 / columnWidth());
    case Qt::Key_Up:
      return hoverRow(-1);
    case Qt::Key_Down:
      return hoverRow(1);
    case Qt::Key_Plus:
    case Qt::Key_Equal:
      return zoomBy(1.25, plot().center().x());
    case Qt::Key_Minus:
      return zoomBy(0.8, plot().center().x());
    case Qt::Key_F:
    case Qt::Key_End:
      return follow();
    case Qt::Key_P:
      return pause();
    case Qt::Key_A:
    case Qt::Key_0:
      return showAll();
    case Qt::Key_Space:
    case Qt::Key_Return:
    case Qt::Key_Enter:
      return choose(m_selection.hoverSheet(), m_selection.hoverUnit(), selectionMode(event->modifiers()));
    default:
      QWidget::keyPressEvent(event);
  }
}

}  // namespace pinwheel::views
