#include "views/vtk/graphics.h"

#include <QCoreApplication>
#include <QGuiApplication>
#include <QLabel>
#include <QSurfaceFormat>

#include "views/vtk/vtk_messages.h"

namespace pinwheel::views {

void prepareGraphics() {
  QSurfaceFormat format;
  format.setRenderableType(QSurfaceFormat::OpenGL);
  format.setVersion(3, 2);
  format.setProfile(QSurfaceFormat::CoreProfile);
  format.setSwapBehavior(QSurfaceFormat::DoubleBuffer);
  format.setRedBufferSize(8);
  format.setGreenBufferSize(8);
  format.setBlueBufferSize(8);
  format.setAlphaBufferSize(8);
  format.setDepthBufferSize(24);
  format.setStencilBufferSize(0);
  // VTK smooths in a framebuffer of its own: the widget's stays plain, or the blit into it fails.
  format.setSamples(0);
  QSurfaceFormat::setDefaultFormat(format);
  QCoreApplication::setAttribute(Qt::AA_ShareOpenGLContexts);
  if (!qEnvironmentVariableIsEmpty("DISPLAY")) {
    if (!qEnvironmentVariableIsSet("QT_QPA_PLATFORM")) qputenv("QT_QPA_PLATFORM", "xcb");
    if (!qEnvironmentVariableIsSet("QT_XCB_GL_INTEGRATION")) qputenv("QT_XCB_GL_INTEGRATION", "xcb_glx");
  }
  routeVtkMessages();
}

bool graphicsAvailable() {
  const QString platform = QGuiApplication::platformName();
  return platform != QLatin1String("offscreen") && platform != QLatin1String("minimal") &&
         !platform.startsWith(QLatin1String("wayland"));
}

QWidget* makeGraphicsPlaceholder(QWidget* parent) {
  auto* label = new QLabel(
      QCoreApplication::translate("pinwheel::views::CortexView",
                                  "The cortex needs OpenGL, and this platform of Qt has none. Start the program under "
                                  "X11 to see it; all other panels work."),
      parent);
  label->setObjectName(QStringLiteral("graphicsPlaceholder"));
  label->setAccessibleName(label->text());
  label->setAlignment(Qt::AlignCenter);
  label->setWordWrap(true);
  label->setFocusPolicy(Qt::StrongFocus);
  return label;
}

}  // namespace pinwheel::views
