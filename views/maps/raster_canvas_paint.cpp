// Painting of the raster: a blit of the ring, lines of rates, labels.
#include <QCursor>
#include <QLocale>
#include <QPainter>
#include <algorithm>
#include <cmath>

#include "views/maps/raster_canvas.h"
#include "views/theme.h"

namespace pinwheel::views {
namespace {

constexpr double kMargin = 6;
constexpr int kBudgetMs = 8;  // of a painting, for columns
constexpr double kTickPx = 6;
constexpr double kLeastTickPx = 3;

}  // namespace

void RasterCanvas::paintEvent(QPaintEvent* /*event*/) {
  (void)buffer();  // its rows
  m_buffer.draw(kPortion, QDeadlineTimer(kBudgetMs, Qt::PreciseTimer));
  if (!m_buffer.isWhole()) m_goOn.start();
  QPainter painter(this);
  painter.fillRect(plot(), groundColour(palette()));
  if (m_buffer.frames().empty()) {
    painter.setPen(quietColour(palette()));
    painter.drawText(plot(), Qt::AlignCenter | Qt::TextWordWrap,
                     m_scene.network() ? tr("No stimulus is shown yet") : tr("No network is open"));
  } else {
    paintSpikes(painter);
    paintRates(painter);
    paintAxis(painter);
    paintLabels(painter);
  }
  painter.setPen(quietColour(palette()));
  painter.drawRect(plot());
  if (hasFocus()) {
    painter.setPen(QPen(palette().color(QPalette::Highlight), 2));
    painter.drawRect(QRectF(rect()).adjusted(1, 1, -1, -1));
  }
}

void RasterCanvas::paintSpikes(QPainter& painter) const {
  const RasterBuffer& ring = buffer();
  const QRectF area = plot();
  painter.save();
  painter.setClipRect(area);
  // Wide columns keep their edges; narrow ones are averaged, so that none gets lost.
  painter.setRenderHint(QPainter::SmoothPixmapTransform, columnWidth() * devicePixelRatioF() < 1);
  std::int64_t column = std::max(ring.begin(), static_cast<std::int64_t>(std::floor(leftColumn())));
  const std::int64_t end = std::min(ring.end(), static_cast<std::int64_t>(std::ceil(rightColumn())));
  while (column < end) {
    if (!ring.isDrawn(column)) {
      ++column;
      continue;
    }
    const int at = ring.ringIndex(column);
    std::int64_t run = 1;  // up to the ring's end or the next column that is still to be drawn
    while (column + run < end && at + run < ring.capacity() && ring.isDrawn(column + run)) ++run;
    painter.drawImage(
        QRectF(xOf(static_cast<double>(column)), area.top(), static_cast<double>(run) * columnWidth(), area.height()),
        ring.image(), QRectF(at, 0, static_cast<double>(run), ring.rows()));
    column += run;
  }
  const double rowHeight = area.height() / ring.rows();
  painter.setPen(quietColour(palette()));
  for (const RasterBand& band : ring.bands())
    if (band.firstRow > 0) {
      const double y = area.top() + band.firstRow * rowHeight;
      painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y));
    }
  paintSelected(painter);
  const double hovered = pixelOf(m_selection.hoverSheet(), m_selection.hoverUnit());
  if (std::isfinite(hovered)) {
    painter.setPen(QPen(selectionColour(), std::max(1.0, std::min(2.0, rowHeight))));
    painter.drawLine(QPointF(area.left(), hovered), QPointF(area.right(), hovered));
  }
  if (m_press && m_press->range && m_press->dragged) {
    QColor fill = palette().color(QPalette::Highlight);
    fill.setAlpha(70);
    const double from = m_press->at.x();
    const double x = mapFromGlobal(QCursor::pos()).x();
    painter.fillRect(QRectF(std::min(x, from), area.top(), std::abs(x - from), area.height()), fill);
  }
  painter.restore();
}

// Rows of selected units: a tint, and a tick at the left edge that is seen however thin the rows are.
void RasterCanvas::paintSelected(QPainter& painter) const {
  const RasterBuffer& ring = buffer();
  std::vector<std::uint8_t> chosen(static_cast<std::size_t>(ring.rows()) + 1, 0);  // one more, to end the last run
  for (const RasterBand& band : ring.bands())
    if (static_cast<int>(band.sheet) == m_selection.selectedSheet())
      for (const std::int32_t u : m_selection.units())
        if (u >= 0 && static_cast<std::size_t>(u) < band.rowOf.size())
          chosen[static_cast<std::size_t>(band.rowOf[static_cast<std::size_t>(u)])] = 1;
  const QRectF area = plot();
  const double rowHeight = area.height() / ring.rows();
  QColor tint = selectionColour();
  tint.setAlpha(70);
  for (std::size_t row = 0; row < chosen.size(); ++row) {
    if (chosen[row] == 0) continue;
    const double top = area.top() + static_cast<double>(row) * rowHeight;
    std::size_t rows = 1;
    while (chosen[row + rows] != 0) ++rows;
    row += rows;
    const double height = static_cast<double>(rows) * rowHeight;
    painter.fillRect(QRectF(area.left(), top, area.width(), std::max(height, 1.0)), tint);
    const double tick = std::max(height, kLeastTickPx);
    painter.fillRect(QRectF(area.left(), top + (height - tick) / 2, kTickPx, tick), selectionColour());
  }
}

void RasterCanvas::paintRates(QPainter& painter) const {
  const RasterBuffer& ring = buffer();
  const QRectF area = plot();
  const QRectF strip(area.left(), rateStrip().top(), area.width(), rateStrip().height());
  const std::int64_t first = std::max(ring.begin(), static_cast<std::int64_t>(std::floor(leftColumn())));
  const std::int64_t end = std::min(ring.end(), static_cast<std::int64_t>(std::ceil(rightColumn())));
  float highest = 0;
  for (std::size_t s = 0; s < ring.sheets(); ++s)
    for (std::int64_t c = first; c < end; ++c)
      if (const float r = ring.rate(s, c); r > highest) highest = r;
  painter.save();
  painter.fillRect(strip, groundColour(palette()));
  painter.setClipRect(strip);
  for (std::size_t s = 0; s < ring.sheets() && highest > 0; ++s) {
    painter.setPen(QPen(categoricalColour(static_cast<int>(s), palette()), 1.5));
    QPolygonF line;
    const auto flush = [&] {
      if (line.size() == 1) line.append(line.first() + QPointF(1, 0));
      painter.drawPolyline(line);
      line.clear();
    };
    for (std::int64_t c = first; c < end; ++c) {
      const float r = ring.rate(s, c);
      if (std::isfinite(r))
        line.append({xOf(static_cast<double>(c) + 0.5),
                     strip.bottom() - 2 - static_cast<double>(r / highest) * (strip.height() - 4)});
      else if (!line.isEmpty())
        flush();
    }
    if (!line.isEmpty()) flush();
  }
  painter.restore();
  painter.setPen(quietColour(palette()));
  painter.drawRect(strip);
  const QFontMetricsF metrics(font(), this);
  painter.drawText(QPointF(kMargin, strip.top() + metrics.ascent()), tr("Rate"));
  if (highest > 0 && strip.height() > 2 * metrics.height())
    painter.drawText(QPointF(kMargin, strip.top() + metrics.height() + metrics.ascent()),
                     QLocale().toString(static_cast<double>(highest), 'g', 2));
  // Which line is which, beneath.
  double x = area.left();
  const double y = strip.bottom() + 2 + metrics.ascent();
  for (std::size_t s = 0; s < ring.sheets(); ++s) {
    const QString name = layerName(s);
    const double wide = metrics.height() + metrics.horizontalAdvance(name);
    if (x + wide > area.right()) break;
    painter.fillRect(QRectF(x, y - 0.35 * metrics.ascent() - 1.5, 0.7 * metrics.height(), 3),
                     categoricalColour(static_cast<int>(s), palette()));
    painter.setPen(palette().color(QPalette::WindowText));
    painter.drawText(QPointF(x + 0.9 * metrics.height(), y), name);
    x += wide + metrics.height();
  }
}

void RasterCanvas::paintAxis(QPainter& painter) const {
  const QRectF area = plot();
  const QFontMetricsF metrics(font(), this);
  const double y = area.bottom() + 1 + metrics.ascent();
  painter.setPen(quietColour(palette()));
  painter.drawText(QPointF(kMargin, y), metrics.elidedText(tr("Step"), Qt::ElideRight, area.left() - kMargin));
  double last = area.left() - metrics.height();
  for (const RasterBuffer::HeldFrame& frame : buffer().frames()) {
    const double x = xOf(static_cast<double>(frame.column));
    if (frame.column < buffer().begin() || x < last + metrics.height()) continue;
    const QString text = QLocale().toString(static_cast<qlonglong>(frame.activity->stamp.step));
    const double wide = metrics.horizontalAdvance(text);
    if (x + wide > area.right()) continue;
    painter.drawLine(QPointF(x, area.bottom()), QPointF(x, area.bottom() + 3));
    painter.drawText(QPointF(x + 2, y), text);
    last = x + wide;
  }
}

void RasterCanvas::paintLabels(QPainter& painter) const {
  const QRectF area = plot();
  const QFontMetricsF metrics(font(), this);
  painter.setPen(palette().color(QPalette::WindowText));
  for (const RasterBand& band : buffer().bands()) {
    const double top = area.top() + area.height() * band.firstRow / buffer().rows();
    const double height = area.height() * band.rows / buffer().rows();
    if (height < metrics.height()) continue;
    const double wide = area.left() - 2 * kMargin;
    painter.drawText(QRectF(kMargin, top, wide, height), Qt::AlignVCenter | Qt::AlignRight,
                     metrics.elidedText(layerName(band.sheet), Qt::ElideRight, wide));
  }
}

}  // namespace pinwheel::views
