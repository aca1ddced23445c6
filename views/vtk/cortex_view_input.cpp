// The cortex view's mouse and keys. The camera's drags and wheel are VTK's; a press that does not move is a choice. The
// keyboard's cursor is the hovered unit.
#include <QApplication>
#include <QKeyEvent>
#include <QLabel>
#include <QMouseEvent>
#include <algorithm>
#include <numbers>

#include "views/gestures.h"
#include "views/vtk/cortex_view.h"
#include "views/vtk/legend_overlay.h"
#include "views/vtk/render_widget.h"

namespace pinwheel::views {
namespace {

constexpr double kTurnDeg = 6;
constexpr double kCloser = 0.88;
constexpr int kOverlayMargin = 8;

Vec3 rotated(const Vec3& v, const Vec3& axis, double degrees) {
  // Rodrigues' formula.
  const double a = degrees * std::numbers::pi / 180;
  return plus(plus(times(v, std::cos(a)), times(cross(axis, v), std::sin(a))),
              times(axis, dot(axis, v) * (1 - std::cos(a))));
}

}  // namespace

bool CortexView::eventFilter(QObject* watched, QEvent* event) {
  if (watched != m_surface) return QWidget::eventFilter(watched, event);
  switch (event->type()) {
    case QEvent::Resize:
      m_legend->setGeometry({{kOverlayMargin, kOverlayMargin}, m_legend->sizeHint()});
      m_empty->setGeometry(m_surface->rect().adjusted(24, 24, -24, -24));
      if (m_fitting) {
        m_flight.stop();
        m_stage->setCamera(viewOf(m_stage->camera().sheet));
      }
      redraw();
      break;
    case QEvent::MouseMove: {
      const auto* mouse = static_cast<QMouseEvent*>(event);
      if (!m_buttonDown) {
        hoverAt(mouse->position());
      } else if (!m_dragging) {
        m_dragging = (mouse->position() - m_pressed).manhattanLength() >= QApplication::startDragDistance() / 2.0;
        // A hand that trembles at a click does not move the camera.
        if (!m_dragging) return true;
        userMoved();
      }
      break;
    }
    case QEvent::MouseButtonPress: {
      const auto* mouse = static_cast<QMouseEvent*>(event);
      m_pressed = mouse->position();
      m_buttonDown = true;
      m_dragging = false;
      break;
    }
    case QEvent::MouseButtonRelease: {
      const auto* mouse = static_cast<QMouseEvent*>(event);
      const bool click = m_buttonDown && !m_dragging && mouse->button() == Qt::LeftButton;
      m_buttonDown = mouse->buttons() != Qt::NoButton;
      if (click) clickAt(mouse->position(), mouse->modifiers());
      if (m_dragging && !m_buttonDown) Q_EMIT cameraChanged();
      break;
    }
    case QEvent::MouseButtonDblClick: {
      const auto* mouse = static_cast<QMouseEvent*>(event);
      m_pressed = mouse->position();
      m_buttonDown = true;
      m_dragging = false;
      if (mouse->button() != Qt::LeftButton) break;
      if (const auto place = placeAt(mouse->position())) flyTo(place->sheet);
      break;
    }
    case QEvent::Wheel:
      userMoved();
      // The camera moves when VTK has seen the event, which is after this.
      QMetaObject::invokeMethod(this, &CortexView::cameraChanged, Qt::QueuedConnection);
      break;
    case QEvent::Leave:
      if (m_selection) m_selection->setHover(-1, -1);
      break;
    case QEvent::KeyPress: {
      const auto* key = static_cast<QKeyEvent*>(event);
      if (keyPressed(key->key(), key->modifiers())) return true;
      break;
    }
    default:
      break;
  }
  return QWidget::eventFilter(watched, event);
}

void CortexView::userMoved() {
  m_flight.stop();
  m_fitting = false;
}

std::optional<SheetPlace> CortexView::placeAt(QPointF place) const {
  const CortexCamera pose = camera();
  return m_stage->layout().met(rayThrough(pose, place, m_surface->size()), pose.sheet);
}

void CortexView::hoverAt(QPointF place) {
  if (!m_selection) return;
  const auto met = placeAt(place);
  const int unit = met ? m_pictures.unitAt(met->sheet, met->xMm, met->yMm) : -1;
  m_selection->setHover(met ? met->sheet : -1, unit);
}

void CortexView::clickAt(QPointF place, Qt::KeyboardModifiers modifiers) {
  if (!m_selection) return;
  const auto met = placeAt(place);
  const int unit = met ? m_pictures.unitAt(met->sheet, met->xMm, met->yMm) : -1;
  if (unit >= 0)
    choose(met->sheet, unit, modifiers);
  else if (selectionMode(modifiers) == Selection::Mode::replace)
    m_selection->clear();
}

void CortexView::choose(int sheet, int unit, Qt::KeyboardModifiers modifiers) {
  m_selection->setSheet(sheet);
  m_selection->select(sheet, {unit}, selectionMode(modifiers));
}

bool CortexView::keyPressed(int key, Qt::KeyboardModifiers modifiers) {
  const auto others = modifiers & (Qt::ControlModifier | Qt::AltModifier | Qt::MetaModifier);
  switch (key) {
    case Qt::Key_Left:
    case Qt::Key_Right:
    case Qt::Key_Up:
    case Qt::Key_Down:
      if (others != Qt::ControlModifier) break;
      stepCursor(key);
      return true;
    case Qt::Key_PageUp:
    case Qt::Key_PageDown:
      if (others) break;
      changeSheet(key == Qt::Key_PageDown ? 1 : -1);
      return true;
    case Qt::Key_Space:
    case Qt::Key_Return:
    case Qt::Key_Enter:
      if (modifiers & (Qt::ControlModifier | Qt::MetaModifier)) break;
      if (m_selection && m_selection->hoverUnit() >= 0)
        choose(m_selection->hoverSheet(), m_selection->hoverUnit(), modifiers);
      return true;
    default:
      break;
  }
  return !others && cameraKeyPressed(key);
}

// The sheet that stands alone, else the one that is pointed at, else that of the flat panels; -1: there is none.
int CortexView::cursorSheet() const {
  if (!m_selection) return -1;
  for (const int sheet : {camera().sheet, m_selection->hoverSheet(), m_selection->sheet()})
    if (sheet >= 0 && sheet < m_stage->layout().count()) return sheet;
  return -1;
}

// The one of a sheet's four directions that on the screen goes where the arrow points: seen from behind, right is left.
QPointF CortexView::alongSheet(int arrow) const {
  const CortexCamera pose = camera();
  const Vec3 forward = unit(minus(pose.focalPoint, pose.position));
  const Vec3 right = unit(cross(forward, pose.viewUp));
  const bool across = arrow == Qt::Key_Left || arrow == Qt::Key_Right;
  const double sign = arrow == Qt::Key_Left || arrow == Qt::Key_Down ? -1 : 1;
  const Vec3 way = times(across ? right : cross(right, forward), sign);
  // A sheet's y grows downwards.
  if (std::abs(way[0]) >= std::abs(way[1])) return {way[0] < 0 ? -1.0 : 1.0, 0};
  return {0, way[1] < 0 ? 1.0 : -1.0};
}

// The first step shows where the cursor is: at what is chosen, else in the middle.
void CortexView::stepCursor(int arrow) {
  const int sheet = cursorSheet();
  if (sheet < 0) return;
  if (m_selection->hoverSheet() == sheet) {
    const QPointF way = alongSheet(arrow);
    const int next =
        unitToward(m_network->sheets[static_cast<std::size_t>(sheet)], m_selection->hoverUnit(), way.x(), way.y());
    if (next >= 0) m_selection->setHover(sheet, next);
  } else if (m_selection->selectedSheet() == sheet) {
    m_selection->setHover(sheet, m_selection->units().front());
  } else {
    const double middle = m_stage->layout().sideMm(sheet) / 2;
    m_selection->setHover(sheet, m_pictures.unitAt(sheet, middle, middle));
  }
}

// To the same place of the visual field, for that is what a sheet's place is a map of.
void CortexView::changeSheet(int by) {
  const int from = cursorSheet();
  const int to = from + by;
  if (from < 0 || to < 0 || to >= m_stage->layout().count()) return;
  const session::SheetPlan& plan = m_network->sheets[static_cast<std::size_t>(from)];
  const auto u = static_cast<std::size_t>(m_selection->hoverUnit());
  QPointF share(0.5, 0.5);
  if (m_selection->hoverSheet() == from && u < plan.xMm.size()) {
    // A float may lie a hair outside the side in double.
    const auto shareOf = [side = m_stage->layout().sideMm(from)](float mm) {
      return std::clamp(static_cast<double>(mm) / side, 0.0, 1.0);
    };
    share = {shareOf(plan.xMm[u]), shareOf(plan.yMm[u])};
  }
  if (camera().sheet >= 0)
    flyTo(to);
  else
    m_selection->setSheet(to);
  const QPointF place = share * m_stage->layout().sideMm(to);
  m_selection->setHover(to, m_pictures.unitAt(to, place.x(), place.y()));
}

bool CortexView::cameraKeyPressed(int key) {
  switch (key) {
    case Qt::Key_Left:
      turn(-kTurnDeg, 0);
      return true;
    case Qt::Key_Right:
      turn(kTurnDeg, 0);
      return true;
    case Qt::Key_Up:
      turn(0, kTurnDeg);
      return true;
    case Qt::Key_Down:
      turn(0, -kTurnDeg);
      return true;
    case Qt::Key_Plus:
    case Qt::Key_Equal:
    case Qt::Key_Minus: {
      userMoved();
      CortexCamera pose = camera();
      const double factor = key == Qt::Key_Minus ? 1 / kCloser : kCloser;
      pose.position = plus(pose.focalPoint, times(minus(pose.position, pose.focalPoint), factor));
      setCamera(pose);
      Q_EMIT cameraChanged();
      return true;
    }
    default:
      return false;
  }
}

void CortexView::turn(double azimuthDeg, double elevationDeg) {
  userMoved();
  CortexCamera pose = camera();
  const Vec3 up = unit(pose.viewUp);
  Vec3 arm = rotated(minus(pose.position, pose.focalPoint), up, azimuthDeg);
  const Vec3 right = unit(cross(times(arm, -1), up));
  arm = rotated(arm, right, -elevationDeg);
  pose.position = plus(pose.focalPoint, arm);
  pose.viewUp = unit(cross(right, times(arm, -1)));
  setCamera(pose);
  Q_EMIT cameraChanged();
}

}  // namespace pinwheel::views
