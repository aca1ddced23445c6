// VTK inside Qt 6: a QOpenGLWidget whose context vtkGenericOpenGLRenderWindow borrows. VTK draws into a framebuffer of
// its own, which is copied into the widget's; a plain repaint copies without drawing anew.
#pragma once

#include <vtkSmartPointer.h>

#include <QElapsedTimer>
#include <QOpenGLWidget>
#include <QTimer>
#include <cstdint>

#include "views/vtk/vtk_events.h"

class QOpenGLContext;
class QSurface;
class vtkGenericOpenGLRenderWindow;
class vtkObject;
class vtkRenderer;
class vtkRenderWindowInteractor;

namespace pinwheel::views {

class VtkInteractor;

/// GUI thread only. Call prepareGraphics() before QApplication, and ask graphicsAvailable() first. Survives being
/// hidden, moved to another window (a new OpenGL context), moved to a screen of another density.
class RenderWidget final : public QOpenGLWidget {
  Q_OBJECT

public:
  explicit RenderWidget(QWidget* parent = nullptr);
  ~RenderWidget() override;

  void addRenderer(vtkRenderer* renderer);
  [[nodiscard]] vtkGenericOpenGLRenderWindow* renderWindow() const;
  [[nodiscard]] vtkRenderWindowInteractor* interactor() const;

  /// A new picture as soon as 60 a second allow; none while hidden, but one as soon as it is shown.
  void requestRender();
  /// Pictures that VTK drew so far.
  [[nodiscard]] std::uint64_t frames() const { return m_frames; }

Q_SIGNALS:
  /// Inside paintGL, before VTK draws: the last moment to bring what is drawn up to date.
  void aboutToRender();

protected:
  void initializeGL() override;
  void resizeGL(int width, int height) override;
  void paintGL() override;
  bool event(QEvent* event) override;
  void showEvent(QShowEvent* event) override;

private:
  void observe();
  void onMakeCurrent(vtkObject*, unsigned long, void*);
  void onIsCurrent(vtkObject*, unsigned long, void* callData);
  void onFrame(vtkObject*, unsigned long, void*);
  void syncSize();
  void blit();
  void releaseGraphics();

  vtkSmartPointer<vtkGenericOpenGLRenderWindow> m_window;
  vtkSmartPointer<VtkInteractor> m_interactor;
  VtkEvents m_events;
  QMetaObject::Connection m_contextGone;
  QSurface* m_surface = nullptr;  ///< the widget's own, for as long as its context lives
  QTimer m_pause;
  QElapsedTimer m_sinceFrame;
  bool m_renderNeeded = true;
  bool m_inPaint = false;
  std::uint64_t m_frames = 0;
};

}  // namespace pinwheel::views
