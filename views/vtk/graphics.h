// What must be settled before there is a QApplication, so that VTK can draw inside Qt.
#pragma once

class QWidget;

namespace pinwheel::views {

/// Main thread, before QApplication is made. Sets the surface format (OpenGL 3.2 core, no stencil, no samples), shared
/// contexts, and, under X11 and unless the environment says otherwise, the xcb platform with GLX: VTK's loader knows
/// neither EGL nor Wayland.
void prepareGraphics();

/// False under Qt's platforms without OpenGL (offscreen, minimal): a QOpenGLWidget that is shown there crashes in Qt.
[[nodiscard]] bool graphicsAvailable();
/// A label that says why there is no picture; owned by `parent`.
[[nodiscard]] QWidget* makeGraphicsPlaceholder(QWidget* parent);

}  // namespace pinwheel::views
