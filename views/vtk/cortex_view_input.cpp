// The cortex view's mouse and keys. The camera's drags and wheel are VTK's; a press that does not move is a choice.
#include <QApplication>
#include <QKeyEvent>
#include <QLabel>
#include <QMouseEvent>
#include <numbers>

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
  const auto mode = modifiers.testFlag(Qt::ShiftModifier) ? Selection::Mode::add
                    : modifiers.testFlag(Qt::AltModifier) ? Selection::Mode::subtract
                                                          : Selection::Mode::replace;
  const auto met = placeAt(place);
  const int unit = met ? m_pictures.unitAt(met->sheet, met->xMm, met->yMm) : -1;
  if (unit < 0) {
    if (mode == Selection::Mode::replace) m_selection->clear();
    return;
  }
  m_selection->setSheet(met->sheet);
  m_selection->select(met->sheet, {unit}, mode);
}

bool CortexView::keyPressed(int key, Qt::KeyboardModifiers modifiers) {
  if (modifiers & (Qt::ControlModifier | Qt::AltModifier | Qt::MetaModifier)) return false;
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
