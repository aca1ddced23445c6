#include "views/maps/raster_canvas.h"

#include <QEvent>
#include <QLocale>
#include <QStringList>
#include <QToolTip>
#include <algorithm>
#include <cmath>
#include <limits>

#include "views/theme.h"

namespace pinwheel::views {
namespace {

constexpr int kMostRows = 512;
constexpr double kMargin = 6;
constexpr double kFewestPx = 0.1;
constexpr double kMostPx = 64;

}  // namespace

RasterCanvas::RasterCanvas(Scene& scene, Selection& selection, QWidget* parent)
    : QWidget(parent),
      m_scene(scene),
      m_selection(selection),
      m_background([this](Rows rows) { takeRows(std::move(rows)); }) {
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
  // The rows that are shown, and those under way, name units of the network before.
  m_background.cancel();
  takeRows({});
  m_labelsWidth.reset();
  rowsDirty();
  forgetActivity();
}

void RasterCanvas::forgetActivity() {
  m_buffer.clear();
  m_probeBatch.clear();
  follow();  // columns count from 0 again
  update();
  Q_EMIT imagesChanged();
}

void RasterCanvas::activityChanged() {
  const auto& activity = m_scene.activity();
  if (!activity) return forgetActivity();
  m_buffer.append(activity);
  // What the tip tells of moves on.
  if (m_mode == TimeMode::follow && underMouse()) QToolTip::hideText();
  update();
  if (activity->probeBatch.empty() || activity->probeBatch == m_probeBatch) return;
  m_probeBatch = activity->probeBatch;
  Q_EMIT imagesChanged();
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

// Sorting the units of a large sheet takes longer than a frame.
void RasterCanvas::askRows() const {
  m_rowsDirty = false;
  const std::vector<std::size_t> shown = shownSheets();
  m_rowsEach = rowsPerSheet(shown.size());
  const auto& now = m_scene.network();
  const Rows none{
      {}, now ? now->sheets.size() : 0, groundColour(palette()).rgb(), palette().color(QPalette::AlternateBase).rgb()};
  std::vector<QRgb> colours;
  for (const std::size_t s : shown) colours.push_back(categoricalColour(static_cast<int>(s), palette()).rgb());
  m_background.request(
      [network = now, maps = m_scene.maps(), order = m_order, each = m_rowsEach, shown, colours, none] {
        Rows made = none;
        int row = 0;
        for (std::size_t i = 0; i < shown.size(); ++i) {
          const std::size_t s = shown[i];
          const session::SheetMaps* sheetMaps = maps && s < maps->sheets.size() ? &maps->sheets[s] : nullptr;
          made.bands.push_back(makeBand(network->sheets[s], sheetMaps, s, order, row, each, colours[i]));
          row += made.bands.back().rows;
        }
        return made;
      });
}

void RasterCanvas::takeRows(Rows rows) {
  m_buffer.setRows(std::move(rows.bands), rows.sheets, rows.ground, rows.separator);
  update();
}

const RasterBuffer& RasterCanvas::buffer() const {
  if (m_rowsDirty) askRows();
  return m_buffer;
}

bool RasterCanvas::isSettled() const {
  (void)buffer();
  return !m_background.busy();
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

void RasterCanvas::setProbeImage(int image) {
  if (image == probeImage()) return;
  const bool all = m_rangeFirst <= m_buffer.begin() && m_rangeEnd >= m_buffer.end();
  const std::int64_t right = m_buffer.momentAt(std::llround(m_right));
  const std::int64_t first = m_buffer.momentAt(m_rangeFirst);
  const std::int64_t end = m_buffer.momentAt(m_rangeEnd);
  m_buffer.setProbeImage(image);
  m_right = static_cast<double>(m_buffer.columnOf(right));
  const std::int64_t newFirst = m_buffer.columnOf(first);
  const std::int64_t newEnd = m_buffer.columnOf(end);
  if (m_mode == TimeMode::range) {
    if (all || newEnd <= newFirst)  // it was everything, or none of these images came by in it
      showAll();
    else
      setRange(newFirst, newEnd);
  }
  update();
  Q_EMIT imagesChanged();
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
  if (!m_labelsWidth) {
    double widest = 0;
    for (const QString& text : {tr("Rate"), tr("Time step"), tr("Training step")})
      widest = std::max(widest, metrics.horizontalAdvance(text));
    if (const auto& network = m_scene.network())
      for (std::size_t s = 0; s < network->sheets.size(); ++s)
        widest = std::max(widest, metrics.horizontalAdvance(layerName(s)));
    m_labelsWidth = widest;
  }
  const double left = kMargin + std::min(*m_labelsWidth, width() / 4.0) + kMargin;
  const double bottom = rateStrip().top() - kMargin - 2 * metrics.height();
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

QString RasterCanvas::describe(const QPointF& pixel) const {
  const QRectF area = plot();
  if (pixel.x() < area.left() || pixel.x() > area.right() || !QRectF(rect()).contains(pixel)) return {};
  const auto column = static_cast<std::int64_t>(std::floor(columnAt(pixel.x())));
  const RasterBuffer::HeldFrame* held = buffer().frameAt(column);
  if (held == nullptr) return {};
  const session::ActivityFrame& frame = *held->activity;
  const QLocale locale;
  QStringList lines{QString::fromStdString(frame.stimulus)};
  if (frame.probeImage >= 0)
    lines[0] = tr("%1, image %2 of %3")
                   .arg(lines[0], locale.toString(frame.probeImage + 1),
                        locale.toString(static_cast<int>(frame.probeBatch.size())));
  const QString step = locale.toString(static_cast<qlonglong>(frame.stamp.step));
  const auto t = static_cast<int>(column - held->column);
  lines << (t < frame.timeSteps ? tr("Training step %1, time step %2 of %3")
                                      .arg(step, locale.toString(t + 1), locale.toString(frame.timeSteps))
                                : tr("Training step %1").arg(step));
  if (const auto [sheet, unit] = unitAt(pixel); unit >= 0)
    lines << tr("%1, unit %2").arg(layerName(static_cast<std::size_t>(sheet)), QString::number(unit));
  return lines.join(QLatin1Char('\n'));
}

void RasterCanvas::resizeEvent(QResizeEvent* /*event*/) {
  if (rowsPerSheet(shownSheets().size()) != m_rowsEach) m_rowsDirty = true;
}

void RasterCanvas::changeEvent(QEvent* event) {
  if (event->type() == QEvent::FontChange) m_labelsWidth.reset();
  if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange) rowsDirty();
  QWidget::changeEvent(event);
}

}  // namespace pinwheel::views
