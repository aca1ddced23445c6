#include "views/panels/chart.h"

#include <QPen>
#include <algorithm>
#include <array>
#include <cmath>

#include "views/theme.h"

namespace pinwheel::views {
namespace {

bool drawable(const ChartLayout& layout, double y) {
  return std::isfinite(y) && !(layout.logY && y <= 0);
}

bool standsBeside(const ChartSeries& series) {
  return series.kind != ChartSeries::Kind::line;
}

// Where in its category's slot a series stands: its centre's offset and its width, in categories.
std::pair<double, double> placeInSlot(const Chart& chart, std::size_t index) {
  if (chart.categories.isEmpty() || !standsBeside(chart.series[index])) return {0, 0.8};
  int count = 0;
  int place = 0;
  for (std::size_t s = 0; s < chart.series.size(); ++s) {
    if (!standsBeside(chart.series[s])) continue;
    if (s < index) ++place;
    ++count;
  }
  const double width = 0.8 / count;
  return {(place - (count - 1) / 2.0) * width, width};
}

struct Brushes {
  QPainter& painter;
  const Chart& chart;
  const ChartStyle& style;
  const ChartLayout& layout;
  double pt;  ///< pixels of a point
};

QPen linePen(const Brushes& b, const ChartSeries& series) {
  QPen pen(series.colour, 1.1 * b.pt, series.dashed ? Qt::DashLine : Qt::SolidLine, Qt::FlatCap, Qt::RoundJoin);
  return pen;
}

void paintBand(const Brushes& b, const ChartSeries& series) {
  QColor colour = series.colour;
  colour.setAlphaF(0.22F);
  b.painter.setPen(Qt::NoPen);
  b.painter.setBrush(colour);
  const std::size_t n = std::min({series.x.size(), series.low.size(), series.high.size()});
  QPolygonF above;
  QPolygonF below;
  const auto flush = [&] {
    std::reverse(below.begin(), below.end());
    if (above.size() > 1) b.painter.drawPolygon(above + below);
    above.clear();
    below.clear();
  };
  for (std::size_t i = 0; i < n; ++i) {
    if (!drawable(b.layout, series.low[i]) || !drawable(b.layout, series.high[i])) {
      flush();
      continue;
    }
    above << QPointF(b.layout.pixelX(series.x[i]), b.layout.pixelY(series.high[i]));
    below << QPointF(b.layout.pixelX(series.x[i]), b.layout.pixelY(series.low[i]));
  }
  flush();
}

void paintLine(const Brushes& b, const ChartSeries& series) {
  b.painter.setBrush(Qt::NoBrush);
  for (const QPolygonF& run : decimated(b.layout, series.x, series.y)) {
    if (run.size() > 1) {
      b.painter.setPen(linePen(b, series));
      b.painter.drawPolyline(run);
    } else {  // a value between two gaps is seen too
      b.painter.setPen(QPen(series.colour, 2.4 * b.pt, Qt::SolidLine, Qt::RoundCap));
      b.painter.drawPoint(run.front());
    }
  }
}

void paintDots(const Brushes& b, std::size_t index) {
  const ChartSeries& series = b.chart.series[index];
  b.painter.setPen(QPen(b.style.ground, 0.4 * b.pt));
  b.painter.setBrush(series.colour);
  for (std::size_t i = 0; i < std::min(series.x.size(), series.y.size()); ++i)
    if (drawable(b.layout, series.y[i])) {
      const QPointF at = pointAt(b.chart, b.layout, index, i);
      b.painter.drawEllipse(at, 1.9 * b.pt, 1.9 * b.pt);
    }
}

void paintIntervals(const Brushes& b, std::size_t index) {
  const ChartSeries& series = b.chart.series[index];
  // On a bar of its own colour an interval would not be seen.
  const bool bars = series.kind == ChartSeries::Kind::bars;
  b.painter.setPen(QPen(bars ? b.style.ink : series.colour, 0.9 * b.pt));
  const std::size_t n = std::min({series.x.size(), series.y.size(), series.low.size(), series.high.size()});
  for (std::size_t i = 0; i < n; ++i) {
    if (!drawable(b.layout, series.y[i]) || !drawable(b.layout, series.low[i]) || !drawable(b.layout, series.high[i]))
      continue;
    const double x = pointAt(b.chart, b.layout, index, i).x();
    const double low = b.layout.pixelY(series.low[i]);
    const double high = b.layout.pixelY(series.high[i]);
    const double cap = 1.5 * b.pt;
    b.painter.drawLine(QPointF(x, low), QPointF(x, high));
    b.painter.drawLine(QPointF(x - cap, low), QPointF(x + cap, low));
    b.painter.drawLine(QPointF(x - cap, high), QPointF(x + cap, high));
  }
}

void paintBars(const Brushes& b, std::size_t index) {
  const ChartSeries& series = b.chart.series[index];
  const double width = placeInSlot(b.chart, index).second * 0.9 * b.layout.plot.width() /
                       static_cast<double>(std::max<qsizetype>(1, b.chart.categories.size()));
  b.painter.setPen(Qt::NoPen);
  b.painter.setBrush(series.colour);
  const double zero = b.layout.pixelY(b.layout.logY ? b.layout.yLow : std::clamp(0.0, b.layout.yLow, b.layout.yHigh));
  for (std::size_t i = 0; i < std::min(series.x.size(), series.y.size()); ++i) {
    if (!drawable(b.layout, series.y[i])) continue;
    const QPointF at = pointAt(b.chart, b.layout, index, i);
    b.painter.drawRect(QRectF(QPointF(at.x() - width / 2, at.y()), QPointF(at.x() + width / 2, zero)).normalized());
  }
}

void paintNotes(const Brushes& b, std::size_t index) {
  const ChartSeries& series = b.chart.series[index];
  const QFontMetricsF metrics(b.style.font, b.painter.device());
  b.painter.setPen(b.style.ink);
  for (std::size_t i = 0; i < std::min(series.y.size(), static_cast<std::size_t>(series.notes.size())); ++i) {
    if (!drawable(b.layout, series.y[i])) continue;
    const QPointF at = pointAt(b.chart, b.layout, index, i);
    double top = at.y();
    if (i < series.high.size() && drawable(b.layout, series.high[i])) top = b.layout.pixelY(series.high[i]);
    const QString& note = series.notes[static_cast<qsizetype>(i)];
    const double width = metrics.horizontalAdvance(note) + 2;
    // A long note of the first or last bar is moved in.
    const QRectF& outer = b.layout.outer;
    const double left = std::clamp(at.x() - width / 2, outer.left(), std::max(outer.left(), outer.right() - width));
    b.painter.drawText(QRectF(left, top - metrics.height() - b.pt, width, metrics.height()), Qt::AlignCenter, note);
  }
}

void paintText(QPainter& painter, const ChartLayout::Text& text) {
  if (!text.upright) {
    painter.drawText(text.box, static_cast<int>(text.alignment) | Qt::TextDontClip | Qt::TextSingleLine, text.text);
    return;
  }
  painter.save();
  painter.translate(text.box.center());
  painter.rotate(-90);
  const QRectF box(-text.box.height() / 2, -text.box.width() / 2, text.box.height(), text.box.width());
  painter.drawText(box, static_cast<int>(text.alignment) | Qt::TextDontClip | Qt::TextSingleLine, text.text);
  painter.restore();
}

void paintAxes(const Brushes& b) {
  QPainter& p = b.painter;
  const QRectF& plot = b.layout.plot;
  p.setPen(QPen(b.style.grid, 0.5 * b.pt));
  for (const double tick : b.layout.yTicks) {
    const double y = b.layout.pixelY(tick);
    p.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y));
  }
  p.setPen(QPen(b.style.quiet, 0.75 * b.pt));
  p.drawLine(plot.topLeft(), plot.bottomLeft());
  p.drawLine(plot.bottomLeft(), plot.bottomRight());
  for (const double tick : b.layout.xTicks) {
    const double x = b.layout.pixelX(tick);
    p.drawLine(QPointF(x, plot.bottom()), QPointF(x, plot.bottom() + 2 * b.pt));
  }
}

void paintSwatch(const Brushes& b, const ChartLayout::Swatch& swatch) {
  const ChartSeries& series = b.chart.series[swatch.series];
  const QPointF centre = swatch.box.center();
  if (series.kind == ChartSeries::Kind::line) {
    b.painter.setPen(linePen(b, series));
    b.painter.drawLine(QPointF(swatch.box.left(), centre.y()), QPointF(swatch.box.right(), centre.y()));
  }
  b.painter.setPen(Qt::NoPen);
  b.painter.setBrush(series.colour);
  if (series.kind == ChartSeries::Kind::points || series.marked)
    b.painter.drawEllipse(centre, 1.9 * b.pt, 1.9 * b.pt);
  else if (series.kind == ChartSeries::Kind::bars)
    b.painter.drawRect(swatch.box.adjusted(0.15 * swatch.box.width(), 0.2 * swatch.box.height(),
                                           -0.15 * swatch.box.width(), -0.2 * swatch.box.height()));
}

}  // namespace

ChartStyle ChartStyle::screen(const QPalette& palette, const QFont& font) {
  ChartStyle style;
  style.font = font;
  style.ground = groundColour(palette);
  style.ink = palette.color(QPalette::Text);
  style.quiet = quietColour(palette);
  style.grid = isDark(palette) ? QColor(0x3a, 0x3f, 0x46) : QColor(0xe2, 0xe5, 0xe9);
  return style;
}

ChartStyle ChartStyle::figure(double fontPt) {
  ChartStyle style;
  style.font = figureFont(fontPt);
  style.ground = Qt::white;
  style.ink = Qt::black;
  style.quiet = QColor(0x40, 0x40, 0x40);
  style.grid = QColor(0xe2, 0xe5, 0xe9);
  style.locale = QLocale::c();
  return style;
}

QPointF pointAt(const Chart& chart, const ChartLayout& layout, std::size_t series, std::size_t index) {
  const ChartSeries& s = chart.series[series];
  return {layout.pixelX(s.x[index] + placeInSlot(chart, series).first), layout.pixelY(s.y[index])};
}

std::vector<QPolygonF> decimated(const ChartLayout& layout, std::span<const double> x, std::span<const double> y) {
  std::vector<QPolygonF> runs;
  QPolygonF run;
  // Of the column at hand: the first, lowest, highest and last point, and when they came.
  struct Held {
    QPointF point;
    std::size_t order = 0;
  };
  Held first, lowest, highest, last;
  long column = 0;
  bool open = false;
  const auto flushColumn = [&] {
    if (!open) return;
    std::array<Held, 4> held{first, lowest, highest, last};
    std::sort(held.begin(), held.end(), [](const Held& a, const Held& b) { return a.order < b.order; });
    for (std::size_t i = 0; i < held.size(); ++i)
      if (i == 0 || held[i].order != held[i - 1].order) run << held[i].point;
    open = false;
  };
  const auto flushRun = [&] {
    flushColumn();
    if (!run.isEmpty()) runs.push_back(run);
    run.clear();
  };
  // Points far outside are drawn to the border only: a painter's coordinates are bounded.
  const double reach = 4 * (layout.plot.width() + layout.plot.height());
  for (std::size_t i = 0; i < std::min(x.size(), y.size()); ++i) {
    if (!drawable(layout, y[i]) || !std::isfinite(x[i])) {
      flushRun();
      continue;
    }
    const double px = layout.pixelX(x[i]);
    if (px < layout.plot.left() - reach || px > layout.plot.right() + reach) {
      flushRun();
      continue;
    }
    const double py = std::clamp(layout.pixelY(y[i]), layout.plot.top() - reach, layout.plot.bottom() + reach);
    const long at = std::lround(std::floor(px));
    const Held here{{px, py}, i};
    if (open && at == column) {
      if (py < highest.point.y()) highest = here;
      if (py > lowest.point.y()) lowest = here;
      last = here;
      continue;
    }
    flushColumn();
    first = lowest = highest = last = here;
    column = at;
    open = true;
  }
  flushRun();
  return runs;
}

void paintChart(QPainter& painter, const QRectF& rect, const Chart& chart, const ChartStyle& style) {
  paintChart(painter, rect, chart, style, layOut(chart, style, rect, painter.device()));
}

void paintChart(QPainter& painter, const QRectF& rect, const Chart& chart, const ChartStyle& style,
                const ChartLayout& layout) {
  painter.save();
  painter.setRenderHint(QPainter::Antialiasing);
  painter.fillRect(rect, style.ground);
  if (layout.usable) {
    const Brushes b{painter, chart, style, layout, painter.device()->logicalDpiY() / 72.0};
    painter.setFont(style.font);
    paintAxes(b);
    painter.save();
    // Dots on the border are whole.
    const double margin = 2.2 * b.pt;
    painter.setClipRect(layout.plot.adjusted(-margin, -margin, margin, margin), Qt::IntersectClip);
    for (const ChartSeries& series : chart.series)
      if (series.band) paintBand(b, series);
    for (std::size_t s = 0; s < chart.series.size(); ++s) {
      const ChartSeries& series = chart.series[s];
      if (series.kind == ChartSeries::Kind::bars) paintBars(b, s);
      if (series.kind == ChartSeries::Kind::line) paintLine(b, series);
      if (!series.band) paintIntervals(b, s);
      if (series.kind == ChartSeries::Kind::points || series.marked) paintDots(b, s);
    }
    painter.restore();
    for (std::size_t s = 0; s < chart.series.size(); ++s) paintNotes(b, s);
    for (const ChartLayout::Swatch& swatch : layout.swatches) paintSwatch(b, swatch);
    for (const ChartLayout::Text& text : layout.texts) {
      QFont font = style.font;
      font.setBold(text.bold);
      painter.setFont(font);
      painter.setPen(text.quiet ? style.quiet : style.ink);
      paintText(painter, text);
    }
    if (layout.empty) {
      painter.setFont(style.font);
      painter.setPen(style.quiet);
      painter.drawText(layout.plot, static_cast<int>(Qt::AlignCenter) | Qt::TextWordWrap, chart.emptyNote);
    }
  }
  painter.restore();
}

}  // namespace pinwheel::views
