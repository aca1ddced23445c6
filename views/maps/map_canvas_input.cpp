// Mouse, wheel and keys of the map.
#include <QKeyEvent>
#include <QLineF>
#include <QMouseEvent>
#include <QWheelEvent>
#include <algorithm>
#include <cmath>

#include "views/gestures.h"
#include "views/maps/map_canvas.h"

namespace pinwheel::views {

void MapCanvas::updateCursor() {
  setCursor(m_tool == Tool::pan ? Qt::OpenHandCursor : m_tool == Tool::point ? Qt::ArrowCursor : Qt::CrossCursor);
}

void MapCanvas::resizeEvent(QResizeEvent* /*event*/) {
  m_layout.reset();
}

void MapCanvas::changeEvent(QEvent* event) {
  if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange) fieldDirty();
  QWidget::changeEvent(event);
}

void MapCanvas::mousePressEvent(QMouseEvent* event) {
  const bool left = event->button() == Qt::LeftButton;
  if (plan() == nullptr || (!left && event->button() != Qt::MiddleButton)) return;
  Gesture gesture;
  gesture.pan = !left || m_tool == Tool::pan;
  gesture.mode = selectionMode(event->modifiers());
  gesture.lastPixel = event->position();
  gesture.mm.append(toMm(event->position()));
  m_gesture = gesture;
  if (gesture.pan) setCursor(Qt::ClosedHandCursor);
  update();
}

void MapCanvas::mouseMoveEvent(QMouseEvent* event) {
  if (m_gesture && m_gesture->pan) {
    panBy(event->position() - m_gesture->lastPixel);
    m_gesture->lastPixel = event->position();
    return;
  }
  if (m_gesture) {
    m_gesture->mm.append(toMm(event->position()));
    update();
  }
  m_selection.setHover(m_selection.sheet(), unitAt(event->position()));
}

void MapCanvas::mouseReleaseEvent(QMouseEvent* event) {
  if (!m_gesture || (event->button() != Qt::LeftButton && event->button() != Qt::MiddleButton)) return;
  const Gesture gesture = *m_gesture;
  m_gesture.reset();
  updateCursor();
  update();
  if (!gesture.pan) finish(gesture);
}

void MapCanvas::finish(const Gesture& gesture) {
  const QPolygonF& mm = gesture.mm;
  if (m_tool == Tool::point)
    selectPoint(mm.last(), gesture.mode);
  else if (m_tool == Tool::brush)
    selectStroke(mm, gesture.mode);
  else if (m_tool == Tool::lasso)
    selectLasso(mm, gesture.mode);
  else if (m_tool == Tool::disc)
    selectDisc(mm.first(), QLineF(mm.first(), mm.last()).length(), gesture.mode);
}

void MapCanvas::wheelEvent(QWheelEvent* event) {
  const double notches = event->angleDelta().y() / 120.0;
  if (notches != 0) zoomBy(std::pow(1.25, notches), event->position());
  event->accept();
}

void MapCanvas::leaveEvent(QEvent* /*event*/) {
  m_selection.setHover(-1, -1);
}

void MapCanvas::moveHover(const QPointF& byMm) {
  const auto places = grid();
  if (!places) return;
  QPointF at = mapLayout().centreMm;
  const std::int32_t from = m_selection.hoverSheet() == m_selection.sheet() ? m_selection.hoverUnit() : -1;
  if (from >= 0) {
    const auto u = static_cast<std::size_t>(from);
    if (u < plan()->xMm.size()) at = {static_cast<double>(plan()->xMm[u]), static_cast<double>(plan()->yMm[u])};
    at += byMm;
  }
  const double side = places->sideMm();
  std::int32_t to = places->unitAt(std::clamp(at.x(), 0.0, side), std::clamp(at.y(), 0.0, side));
  // Where units stand far apart a step ends at the one that it began from.
  if (to == from) to = unitToward(*plan(), from, byMm.x(), byMm.y());
  if (to >= 0) m_selection.setHover(m_selection.sheet(), to);
}

void MapCanvas::selectAtHover(Selection::Mode mode) {
  const auto u = static_cast<std::size_t>(m_selection.hoverUnit());
  if (m_selection.hoverSheet() != m_selection.sheet() || plan() == nullptr || u >= plan()->xMm.size()) return;
  const QPointF at(static_cast<double>(plan()->xMm[u]), static_cast<double>(plan()->yMm[u]));
  if (m_tool == Tool::brush || m_tool == Tool::disc)
    selectDisc(at, m_brushMm, mode);
  else
    choose({m_selection.hoverUnit()}, mode);
}

void MapCanvas::keyPressEvent(QKeyEvent* event) {
  const bool control = event->modifiers().testFlag(Qt::ControlModifier);
  const auto arrow = [&](double x, double y) {
    if (control)
      moveHover(QPointF(x, y) * (plan() != nullptr ? plan()->spec.displaySideMm / 50 / m_zoom : 0));
    else
      panBy(QPointF(-x, -y) * 40);
  };
  switch (event->key()) {
    case Qt::Key_Left:
      return arrow(-1, 0);
    case Qt::Key_Right:
      return arrow(1, 0);
    case Qt::Key_Up:
      return arrow(0, -1);
    case Qt::Key_Down:
      return arrow(0, 1);
    case Qt::Key_Plus:
    case Qt::Key_Equal:
      return zoomBy(1.25, mapCentre());
    case Qt::Key_Minus:
      return zoomBy(0.8, mapCentre());
    case Qt::Key_0:
      return fit();
    case Qt::Key_Space:
    case Qt::Key_Return:
    case Qt::Key_Enter:
      return selectAtHover(selectionMode(event->modifiers()));
    case Qt::Key_Escape:
      if (!m_gesture) break;
      m_gesture.reset();
      updateCursor();
      return update();
    default:
      break;
  }
  QWidget::keyPressEvent(event);
}

}  // namespace pinwheel::views
