#include "views/panels/chart_view.h"

#include <QFontMetricsF>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QToolTip>
#include <QWheelEvent>
#include <algorithm>
#include <cmath>

#include "views/theme.h"

namespace pinwheel::views {

ChartView::ChartView(QWidget* parent) : QWidget(parent) {
  setMouseTracking(true);
  setFocusPolicy(Qt::StrongFocus);
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
}

void ChartView::setChart(Chart chart) {
  const bool same =
      chart.title == m_chart.title && chart.xLabel == m_chart.xLabel && chart.categories == m_chart.categories;
  const double low = m_chart.xLow;
  const double high = m_chart.xHigh;
  const bool zoomed = !(low == m_fitLow || (std::isnan(low) && std::isnan(m_fitLow))) ||
                      !(high == m_fitHigh || (std::isnan(high) && std::isnan(m_fitHigh)));
  m_fitLow = chart.xLow;
  m_fitHigh = chart.xHigh;
  m_chart = std::move(chart);
  if (same && zoomed) {
    m_chart.xLow = low;
    m_chart.xHigh = high;
  }
  if (m_pointed) point(m_pointer);
  update();
}

ChartStyle ChartView::style() const {
  QFont small = font();
  small.setPointSizeF(std::max(7.0, 0.85 * font().pointSizeF()));
  return ChartStyle::screen(palette(), small);
}

QRectF ChartView::chartRect() const {
  return QRectF(rect()).adjusted(6, 4, -6, -4);
}

ChartLayout ChartView::chartLayout() const {
  return layOut(m_chart, style(), chartRect(), this);
}

void ChartView::setRange(double low, double high) {
  m_chart.xLow = low;
  m_chart.xHigh = high;
  if (m_pointed) point(m_pointer);
  update();
}

void ChartView::fit() {
  setRange(m_fitLow, m_fitHigh);
}

void ChartView::zoom(double factor, double centre) {
  if (!m_chart.categories.isEmpty()) return;
  Chart whole = m_chart;
  whole.xLow = m_fitLow;
  whole.xHigh = m_fitHigh;
  const ChartLayout all = layOut(whole, style(), chartRect(), this);
  const ChartLayout now = chartLayout();
  const double span = (now.xHigh - now.xLow) / factor;
  if (span >= all.xHigh - all.xLow) return fit();
  if (span < 1e-6 * (all.xHigh - all.xLow)) return;
  const double part = (centre - now.xLow) / (now.xHigh - now.xLow);
  const double low = std::clamp(centre - part * span, all.xLow, all.xHigh - span);
  setRange(low, low + span);
}

void ChartView::pan(double part) {
  if (!m_chart.categories.isEmpty()) return;
  Chart whole = m_chart;
  whole.xLow = m_fitLow;
  whole.xHigh = m_fitHigh;
  const ChartLayout all = layOut(whole, style(), chartRect(), this);
  const ChartLayout now = chartLayout();
  const double span = now.xHigh - now.xLow;
  if (span >= all.xHigh - all.xLow) return;
  const double low = std::clamp(now.xLow + part * span, all.xLow, all.xHigh - span);
  setRange(low, low + span);
}

void ChartView::point(const QPointF& at) {
  m_pointer = at;
  m_readout.clear();
  const ChartLayout layout = chartLayout();
  if (!layout.usable || !layout.plot.adjusted(-8, -8, 8, 8).contains(at)) {
    update();
    return;
  }
  double best = 24 * 24;  // farther than 24 px is not pointed at
  const ChartStyle look = style();
  for (std::size_t s = 0; s < m_chart.series.size(); ++s) {
    const ChartSeries& series = m_chart.series[s];
    for (std::size_t i = 0; i < std::min(series.x.size(), series.y.size()); ++i) {
      if (!std::isfinite(series.y[i]) || (m_chart.logY && series.y[i] <= 0)) continue;
      const QPointF p = pointAt(m_chart, layout, s, i);
      const double distance = QPointF::dotProduct(p - at, p - at);
      if (distance >= best || !layout.plot.adjusted(-1, -1, 1, 1).contains(p)) continue;
      best = distance;
      m_mark = p;
      const auto category = static_cast<qsizetype>(std::lround(series.x[i]));
      const QString x = category >= 0 && category < m_chart.categories.size()
                            ? m_chart.categories[category]
                            : (m_chart.xLabel.isEmpty() ? QString() : m_chart.xLabel + QLatin1Char(' ')) +
                                  look.locale.toString(series.x[i], 'g', 6);
      m_readout = x + QStringLiteral(": ") + (series.name.isEmpty() ? QString() : series.name + QLatin1Char(' ')) +
                  look.locale.toString(series.y[i], 'g', 4);
      if (i < series.low.size() && i < series.high.size())
        m_readout +=
            QStringLiteral(" [%1, %2]")
                .arg(look.locale.toString(series.low[i], 'g', 4), look.locale.toString(series.high[i], 'g', 4));
    }
  }
  update();
}

QSize ChartView::sizeHint() const {
  return {280, 170};
}

QSize ChartView::minimumSizeHint() const {
  return {180, 120};
}

bool ChartView::event(QEvent* event) {
  if (event->type() != QEvent::ToolTip) return QWidget::event(event);
  const auto* help = static_cast<QHelpEvent*>(event);
  for (const ChartLayout::Text& text : chartLayout().texts) {
    if (text.whole.isEmpty() || !text.box.contains(help->pos())) continue;
    QToolTip::showText(help->globalPos(), text.whole, this, text.box.toAlignedRect());
    return true;
  }
  return QWidget::event(event);
}

void ChartView::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  const ChartStyle look = style();
  painter.fillRect(rect(), look.ground);
  const ChartLayout layout = layOut(m_chart, look, chartRect(), this);
  paintChart(painter, chartRect(), m_chart, look, layout);
  if (!m_readout.isEmpty()) {
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(look.ink, 1.2));
    painter.setBrush(Qt::NoBrush);
    painter.drawEllipse(m_mark, 5, 5);
    painter.setFont(look.font);
    const QFontMetricsF metrics(look.font, this);
    const QString text = metrics.elidedText(m_readout, Qt::ElideRight, width() - 12);
    QRectF box(0, 0, metrics.horizontalAdvance(text) + 8, metrics.height() + 4);
    box.moveBottomLeft(m_mark + QPointF(8, -8));
    if (box.right() > width() - 2) box.moveRight(width() - 2);
    if (box.left() < 2) box.moveLeft(2);
    if (box.top() < 2) box.moveTop(m_mark.y() + 8);
    painter.setPen(QPen(look.quiet, 1));
    painter.setBrush(palette().color(QPalette::ToolTipBase));
    painter.drawRect(box);
    painter.setPen(palette().color(QPalette::ToolTipText));
    painter.drawText(box, Qt::AlignCenter, text);
  }
  if (hasFocus()) {
    painter.setRenderHint(QPainter::Antialiasing, false);
    painter.setPen(palette().color(QPalette::Highlight));
    painter.setBrush(Qt::NoBrush);
    painter.drawRect(rect().adjusted(0, 0, -1, -1));
  }
}

void ChartView::wheelEvent(QWheelEvent* event) {
  // In a panel that scrolls the wheel scrolls, until the chart was chosen by a click or the keyboard.
  if (!hasFocus() || !m_chart.categories.isEmpty()) return event->ignore();
  const double notches = event->angleDelta().y() / 120.0;
  zoom(std::pow(1.25, notches), chartLayout().valueX(event->position().x()));
  event->accept();
}

void ChartView::mousePressEvent(QMouseEvent* event) {
  if (event->button() != Qt::LeftButton) return event->ignore();
  m_dragging = true;
  m_dragFrom = event->position();
}

void ChartView::mouseMoveEvent(QMouseEvent* event) {
  if (m_dragging) {
    pan((m_dragFrom.x() - event->position().x()) / std::max(1.0, chartLayout().plot.width()));
    m_dragFrom = event->position();
  }
  m_pointed = true;
  point(event->position());
}

void ChartView::mouseReleaseEvent(QMouseEvent*) {
  m_dragging = false;
}

void ChartView::mouseDoubleClickEvent(QMouseEvent*) {
  fit();
}

void ChartView::leaveEvent(QEvent*) {
  m_pointed = false;
  m_readout.clear();
  update();
}

void ChartView::keyPressEvent(QKeyEvent* event) {
  const ChartLayout layout = chartLayout();
  const double middle = (layout.xLow + layout.xHigh) / 2;
  switch (event->key()) {
    case Qt::Key_0:
    case Qt::Key_Home:
      return fit();
    case Qt::Key_Plus:
    case Qt::Key_Equal:
      return zoom(1.25, middle);
    case Qt::Key_Minus:
      return zoom(0.8, middle);
    case Qt::Key_Left:
      return pan(-0.2);
    case Qt::Key_Right:
      return pan(0.2);
    default:
      QWidget::keyPressEvent(event);
  }
}

}  // namespace pinwheel::views
