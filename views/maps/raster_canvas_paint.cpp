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
  (void)buffer();  // asks for its rows
  // Without rows nothing can be drawn; when they come this is painted again.
  if (!m_buffer.bands().empty()) {
    m_buffer.draw(kPortion, QDeadlineTimer(kBudgetMs, Qt::PreciseTimer));
    if (!m_buffer.isWhole()) m_goOn.start();
  }
  QPainter painter(this);
  painter.fillRect(plot(), groundColour(palette()));
  if (m_buffer.frames().empty()) {
    painter.setPen(quietColour(palette()));
    painter.drawText(plot(), Qt::AlignCenter | Qt::TextWordWrap,
                     !m_scene.network()                         ? tr("No network is open")
                     : probeImage() != RasterBuffer::kAllImages ? tr("This image has not come by yet")
                                                                : tr("No stimulus is shown yet"));
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
  const double width = columnWidth();
  const double right = rightColumn();
  // No more points than pixels: of columns that are thinner the mean stands, always of the same ones.
  const auto each = static_cast<std::int64_t>(std::ceil(std::max(1.0, 1 / width)));
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
    for (std::int64_t c = first / each * each; c < end; c += each) {
      float sum = 0;
      int known = 0;
      for (std::int64_t k = c; k < c + each; ++k)
        if (const float r = ring.rate(s, k); std::isfinite(r)) {
          sum += r;
          ++known;
        }
      if (known > 0)
        line.append({area.right() - (right - static_cast<double>(c) - 0.5 * static_cast<double>(each)) * width,
                     strip.bottom() - 2 -
                         static_cast<double>(sum / static_cast<float>(known) / highest) * (strip.height() - 4)});
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

// Beneath the plot two rows: time steps within every answer; training steps, with the image that was answered.
void RasterCanvas::paintAxis(QPainter& painter) const {
  const QRectF area = plot();
  const QFontMetricsF metrics(font(), this);
  const double upper = area.bottom() + 1 + metrics.ascent();
  const double lower = upper + metrics.height();
  painter.setPen(quietColour(palette()));
  const double labels = area.left() - 2 * kMargin;
  painter.drawText(QPointF(kMargin, upper), metrics.elidedText(tr("Time step"), Qt::ElideRight, labels));
  painter.drawText(QPointF(kMargin, lower), metrics.elidedText(tr("Training step"), Qt::ElideRight, labels));
  const double width = columnWidth();
  const double right = rightColumn();
  double last = area.left() - metrics.height();
  for (const RasterBuffer::HeldFrame& frame : buffer().frames()) {
    const double x = area.right() - (right - static_cast<double>(frame.column)) * width;
    if (x > area.right()) break;
    if (x + (frame.activity->timeSteps + 1) * width < area.left()) continue;
    if (frame.activity->timeSteps * width > metrics.height())  // in less not even the shortest text has room
      paintTimeSteps(painter, frame.activity->timeSteps, x, upper);
    if (frame.column < buffer().begin() || x < last + metrics.height()) continue;
    const QString text = stepText(*frame.activity);
    const double wide = metrics.horizontalAdvance(text);
    if (x + wide > area.right()) continue;
    painter.drawLine(QPointF(x, area.bottom()), QPointF(x, area.bottom() + 3));
    painter.drawText(QPointF(x + 2, lower), text);
    last = x + wide;
  }
}

// Where one image is shown alone its name would be the same everywhere.
QString RasterCanvas::stepText(const session::ActivityFrame& frame) const {
  const QString step = QLocale().toString(static_cast<qlonglong>(frame.stamp.step));
  const bool named = frame.probeImage >= 0 && static_cast<std::size_t>(frame.probeImage) < frame.probeBatch.size();
  if (!named || probeImage() != RasterBuffer::kAllImages) return step;
  return tr("%1 %2", "training step, image")
      .arg(step, QString::fromStdString(frame.probeBatch[static_cast<std::size_t>(frame.probeImage)]));
}

// Every step of a frame its number where there is room, else the first and the last, else none.
void RasterCanvas::paintTimeSteps(QPainter& painter, int steps, double left, double baseline) const {
  const QRectF area = plot();
  const QFontMetricsF metrics(font(), this);
  const double width = columnWidth();
  const auto put = [&](const QString& text, double middle) {
    const double wide = metrics.horizontalAdvance(text);
    if (middle - wide / 2 >= area.left() && middle + wide / 2 <= area.right())
      painter.drawText(QPointF(middle - wide / 2, baseline), text);
  };
  const QString both = tr("%1-%2", "first and last time step").arg(QLocale().toString(1), QLocale().toString(steps));
  constexpr double kBetweenPx = 4;
  if (metrics.horizontalAdvance(QLocale().toString(steps)) + kBetweenPx <= width) {
    for (int t = 0; t < steps; ++t) put(QLocale().toString(t + 1), left + (t + 0.5) * width);
  } else if (steps > 1 && metrics.horizontalAdvance(both) + kBetweenPx <= steps * width) {
    put(both, left + 0.5 * steps * width);
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
