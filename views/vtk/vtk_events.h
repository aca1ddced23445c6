// Qt's mouse, wheel and key events, told to VTK's interactor in its own terms.
#pragma once

class QEvent;
class QWidget;
class vtkRenderWindowInteractor;

namespace pinwheel::views {

/// X11's name of a key (Qt::Key), as VTK expects it; null for keys without one.
[[nodiscard]] const char* vtkKeySym(int qtKey);

/// GUI thread. Keeps what is left of a wheel turned by less than a notch.
class VtkEvents {
public:
  /// True when the event was one of the mouse, the wheel or a key, and was passed on. VTK's characters (w: wireframe,
  /// q: quit, ...) are not sent: keys mean what the program says.
  bool pass(const QEvent& event, const QWidget& widget, vtkRenderWindowInteractor& interactor);

private:
  int m_wheel = 0;
};

}  // namespace pinwheel::views
