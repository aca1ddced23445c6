// What the raster does with mouse and keys: panning, zooming, ranges, pointing, selecting, telling what is there.
#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QTextDocument>
#include <QToolTip>
#include <QWheelEvent>
#include <algorithm>
#include <cmath>

#include "views/gestures.h"
#include "views/maps/raster_canvas.h"

namespace pinwheel::views {
namespace {

constexpr double kClickPx = 3;  // a hand that trembles at a click drags nothing

}  // namespace

bool RasterCanvas::event(QEvent* event) {
  if (event->type() != QEvent::ToolTip) return QWidget::event(event);
  const auto* help = static_cast<QHelpEvent*>(event);
  const QString text = describe(help->pos());
  // A stimulus is named after its file: whatever is in there is text, and no mark-up. Moved on, the tip goes.
  const QRect here = QRect(help->pos(), QSize(1, 1)).adjusted(-2, -2, 2, 2);
  QToolTip::showText(help->globalPos(), text.isEmpty() ? text : Qt::convertFromPlainText(text), this, here);
  return true;
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
