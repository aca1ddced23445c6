#include "views/vtk/vtk_events.h"

#include <vtkCommand.h>
#include <vtkRenderWindowInteractor.h>

#include <QKeyEvent>
#include <QMouseEvent>
#include <QWheelEvent>
#include <QWidget>
#include <array>
#include <utility>

namespace pinwheel::views {
namespace {

constexpr int kNotch = 120;

// ASCII's signs have the same code in Qt; letters and digits are their own names.
constexpr std::array<std::pair<int, const char*>, 44> kKeySyms{{
    {Qt::Key_Escape, "Escape"},
    {Qt::Key_Tab, "Tab"},
    {Qt::Key_Backspace, "BackSpace"},
    {Qt::Key_Return, "Return"},
    {Qt::Key_Enter, "KP_Enter"},
    {Qt::Key_Insert, "Insert"},
    {Qt::Key_Delete, "Delete"},
    {Qt::Key_Pause, "Pause"},
    {Qt::Key_Home, "Home"},
    {Qt::Key_End, "End"},
    {Qt::Key_Left, "Left"},
    {Qt::Key_Up, "Up"},
    {Qt::Key_Right, "Right"},
    {Qt::Key_Down, "Down"},
    {Qt::Key_PageUp, "Prior"},
    {Qt::Key_PageDown, "Next"},
    {Qt::Key_Shift, "Shift_L"},
    {Qt::Key_Control, "Control_L"},
    {Qt::Key_Alt, "Alt_L"},
    {Qt::Key_Meta, "Super_L"},
    {Qt::Key_CapsLock, "Caps_Lock"},
    {Qt::Key_NumLock, "Num_Lock"},
    {Qt::Key_F1, "F1"},
    {Qt::Key_F2, "F2"},
    {Qt::Key_F3, "F3"},
    {Qt::Key_F4, "F4"},
    {Qt::Key_F5, "F5"},
    {Qt::Key_F6, "F6"},
    {Qt::Key_F7, "F7"},
    {Qt::Key_F8, "F8"},
    {Qt::Key_F9, "F9"},
    {Qt::Key_F10, "F10"},
    {Qt::Key_F11, "F11"},
    {Qt::Key_F12, "F12"},
    {Qt::Key_Space, "space"},
    {Qt::Key_Plus, "plus"},
    {Qt::Key_Minus, "minus"},
    {Qt::Key_Equal, "equal"},
    {Qt::Key_Comma, "comma"},
    {Qt::Key_Period, "period"},
    {Qt::Key_Slash, "slash"},
    {Qt::Key_Asterisk, "asterisk"},
    {Qt::Key_Question, "question"},
    {Qt::Key_Underscore, "underscore"},
}};

constexpr std::array<std::array<char, 2>, 36> letterTable() {
  std::array<std::array<char, 2>, 36> names{};
  for (std::size_t i = 0; i < 26; ++i) names[i] = {static_cast<char>('a' + i), 0};
  for (std::size_t i = 0; i < 10; ++i) names[26 + i] = {static_cast<char>('0' + i), 0};
  return names;
}
constexpr auto kLetters = letterTable();

void place(const QPointF& dip, Qt::KeyboardModifiers modifiers, int repeats, const QWidget& widget,
           vtkRenderWindowInteractor& interactor) {
  const double ratio = widget.devicePixelRatioF();
  // VTK's y grows upwards.
  interactor.SetEventInformation(
      static_cast<int>(dip.x() * ratio), static_cast<int>((widget.height() - 1 - dip.y()) * ratio),
      modifiers.testFlag(Qt::ControlModifier), modifiers.testFlag(Qt::ShiftModifier), 0, repeats);
  interactor.SetAltKey(modifiers.testFlag(Qt::AltModifier));
}

unsigned long buttonEvent(Qt::MouseButton button, bool down) {
  switch (button) {
    case Qt::LeftButton:
      return down ? vtkCommand::LeftButtonPressEvent : vtkCommand::LeftButtonReleaseEvent;
    case Qt::MiddleButton:
      return down ? vtkCommand::MiddleButtonPressEvent : vtkCommand::MiddleButtonReleaseEvent;
    case Qt::RightButton:
      return down ? vtkCommand::RightButtonPressEvent : vtkCommand::RightButtonReleaseEvent;
    default:
      return vtkCommand::NoEvent;
  }
}

}  // namespace

const char* vtkKeySym(int qtKey) {
  if (qtKey >= Qt::Key_A && qtKey <= Qt::Key_Z) return kLetters[static_cast<std::size_t>(qtKey - Qt::Key_A)].data();
  if (qtKey >= Qt::Key_0 && qtKey <= Qt::Key_9)
    return kLetters[static_cast<std::size_t>(26 + qtKey - Qt::Key_0)].data();
  for (const auto& [key, name] : kKeySyms)
    if (key == qtKey) return name;
  return nullptr;
}

bool VtkEvents::pass(const QEvent& event, const QWidget& widget, vtkRenderWindowInteractor& interactor) {
  switch (event.type()) {
    case QEvent::MouseMove: {
      const auto& mouse = static_cast<const QMouseEvent&>(event);
      place(mouse.position(), mouse.modifiers(), 0, widget, interactor);
      interactor.InvokeEvent(vtkCommand::MouseMoveEvent);
      return true;
    }
    case QEvent::MouseButtonPress:
    case QEvent::MouseButtonDblClick:
    case QEvent::MouseButtonRelease: {
      const auto& mouse = static_cast<const QMouseEvent&>(event);
      const unsigned long told = buttonEvent(mouse.button(), event.type() != QEvent::MouseButtonRelease);
      if (told == vtkCommand::NoEvent) return false;
      place(mouse.position(), mouse.modifiers(), event.type() == QEvent::MouseButtonDblClick ? 1 : 0, widget,
            interactor);
      interactor.InvokeEvent(told);
      return true;
    }
    case QEvent::Wheel: {
      const auto& wheel = static_cast<const QWheelEvent&>(event);
      // A touchpad sends many small turns: they add up to notches.
      m_wheel += wheel.angleDelta().y();
      place(wheel.position(), wheel.modifiers(), 0, widget, interactor);
      for (; m_wheel >= kNotch; m_wheel -= kNotch) interactor.InvokeEvent(vtkCommand::MouseWheelForwardEvent);
      for (; m_wheel <= -kNotch; m_wheel += kNotch) interactor.InvokeEvent(vtkCommand::MouseWheelBackwardEvent);
      return true;
    }
    case QEvent::KeyPress:
    case QEvent::KeyRelease: {
      const auto& key = static_cast<const QKeyEvent&>(event);
      const char* name = vtkKeySym(key.key());
      if (!name) return false;
      const QByteArray text = key.text().toLatin1();
      interactor.SetKeyEventInformation(key.modifiers().testFlag(Qt::ControlModifier),
                                        key.modifiers().testFlag(Qt::ShiftModifier),
                                        text.isEmpty() ? char{0} : text.at(0), key.count(), name);
      interactor.SetAltKey(key.modifiers().testFlag(Qt::AltModifier));
      interactor.InvokeEvent(event.type() == QEvent::KeyPress ? vtkCommand::KeyPressEvent
                                                              : vtkCommand::KeyReleaseEvent);
      return true;
    }
    default:
      return false;
  }
}

}  // namespace pinwheel::views
