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

}  // namespace

void RasterCanvas::paintEvent(QPaintEvent* /*event*/) {
  QPainter painter(this);
  painter.fillRect(plot(), groundColour(palette()));
  if (m_history.empty()) {
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
    const int at = ring.ringIndex(column);
    const std::int64_t run = std::min<std::int64_t>(end - column, ring.capacity() - at);
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
  const double hovered = pixelOf(m_selection.hoverSheet(), m_selection.hoverUnit());
  if (std::isfinite(hovered)) {
    painter.setPen(QPen(selectionColour(), std::max(1.0, std::min(2.0, rowHeight))));
    painter.drawLine(QPointF(area.left(), hovered), QPointF(area.right(), hovered));
  }
  if (m_selectX >= 0) {
    QColor fill = palette().color(QPalette::Highlight);
    fill.setAlpha(70);
    const double x = mapFromGlobal(QCursor::pos()).x();
    painter.fillRect(QRectF(std::min(x, m_selectX), area.top(), std::abs(x - m_selectX), area.height()), fill);
  }
  painter.restore();
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
  for (const RasterBuffer::FrameStart& frame : buffer().frames()) {
    const double x = xOf(static_cast<double>(frame.column));
    const QString text = QLocale().toString(static_cast<qlonglong>(frame.step));
    const double wide = metrics.horizontalAdvance(text);
    if (x < last + metrics.height() || x + wide > area.right()) continue;
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
