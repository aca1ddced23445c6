#include "views/vtk/render_widget.h"

#include <vtkCommand.h>
#include <vtkGenericOpenGLRenderWindow.h>
#include <vtkInteractorStyleTrackballCamera.h>
#include <vtkNew.h>
#include <vtkOpenGLState.h>
#include <vtkRenderer.h>
#include <vtkRendererCollection.h>

#include <QEvent>
#include <QOpenGLContext>
#include <QOpenGLFunctions>
#include <QScopedValueRollback>
#include <algorithm>

#include "views/vtk/vtk_interactor.h"
#include "views/vtk/vtk_messages.h"

namespace pinwheel::views {
namespace {

constexpr qint64 kFrameMs = 16;

/// Smoothing costs a software rasteriser more than the picture itself.
bool drawsInSoftware(QOpenGLFunctions& gl) {
  const QByteArray renderer(reinterpret_cast<const char*>(gl.glGetString(GL_RENDERER)));
  return renderer.contains("llvmpipe") || renderer.contains("softpipe") || renderer.contains("SWR");
}

}  // namespace

RenderWidget::RenderWidget(QWidget* parent) : QOpenGLWidget(parent) {
  routeVtkMessages();
  setUpdateBehavior(NoPartialUpdate);
  setFocusPolicy(Qt::StrongFocus);
  setMouseTracking(true);

  m_window = vtkSmartPointer<vtkGenericOpenGLRenderWindow>::New();
  m_window->SetReadyForRendering(false);
  m_window->SetFrameBlitModeToNoBlit();
  m_window->SetMultiSamples(0);

  m_interactor = vtkSmartPointer<VtkInteractor>::New();
  m_interactor->setRenderRequest([this] { requestRender(); });
  vtkNew<vtkInteractorStyleTrackballCamera> style;
  m_interactor->SetInteractorStyle(style);
  m_interactor->SetRenderWindow(m_window);
  m_interactor->Initialize();
  observe();

  m_pause.setSingleShot(true);
  m_pause.setTimerType(Qt::PreciseTimer);
  connect(&m_pause, &QTimer::timeout, this, [this] { update(); });
}

RenderWidget::~RenderWidget() {
  // First: the context that goes with the widget must not call back into what is half gone.
  disconnect(m_contextGone);
  releaseGraphics();
  m_window->RemoveAllObservers();
  m_interactor->setRenderRequest({});
  m_interactor->SetRenderWindow(nullptr);
}

void RenderWidget::observe() {
  m_window->AddObserver(vtkCommand::WindowMakeCurrentEvent, this, &RenderWidget::onMakeCurrent);
  m_window->AddObserver(vtkCommand::WindowIsCurrentEvent, this, &RenderWidget::onIsCurrent);
  m_window->AddObserver(vtkCommand::WindowFrameEvent, this, &RenderWidget::onFrame);
}

void RenderWidget::addRenderer(vtkRenderer* renderer) {
  m_window->AddRenderer(renderer);
  m_window->SetNumberOfLayers(std::max(m_window->GetNumberOfLayers(), renderer->GetLayer() + 1));
  requestRender();
}

vtkGenericOpenGLRenderWindow* RenderWidget::renderWindow() const {
  return m_window;
}

vtkRenderWindowInteractor* RenderWidget::interactor() const {
  return m_interactor;
}

void RenderWidget::requestRender() {
  m_renderNeeded = true;
  if (!isVisible() || m_pause.isActive() || m_inPaint) return;
  const qint64 wait = m_sinceFrame.isValid() ? kFrameMs - m_sinceFrame.elapsed() : 0;
  if (wait <= 0)
    update();
  else
    m_pause.start(static_cast<int>(wait));
}

void RenderWidget::showEvent(QShowEvent* event) {
  QOpenGLWidget::showEvent(event);
  if (m_renderNeeded) update();
}

void RenderWidget::initializeGL() {
  // Runs again with every new context: when a dock floats, the old one is gone.
  disconnect(m_contextGone);
  m_contextGone = connect(context(), &QOpenGLContext::aboutToBeDestroyed, this, [this] { releaseGraphics(); });
  m_surface = context()->surface();
  m_window->SetForceMaximumHardwareLineWidth(1);
  m_window->SetMultiSamples(drawsInSoftware(*context()->functions()) ? 0 : 4);
  m_window->SetReadyForRendering(true);
  m_window->SetOwnContext(0);
  m_window->OpenGLInitContext();
  m_window->OpenGLInit();
  m_window->SetMapped(1);
  vtkOpenGLState* state = m_window->GetState();
  state->Reset();
  state->vtkglDepthFunc(GL_LEQUAL);
  state->vtkglEnable(GL_DEPTH_TEST);
  syncSize();
  m_renderNeeded = true;
}

void RenderWidget::resizeGL(int, int) {
  syncSize();
}

void RenderWidget::syncSize() {
  // As Qt makes the framebuffer that the picture is copied into.
  const double ratio = devicePixelRatioF();
  const QSize pixels = (size() * ratio).expandedTo(QSize(1, 1));
  const int dpi = qRound(72 * ratio);
  const int* old = m_window->GetActualSize();
  if (old[0] == pixels.width() && old[1] == pixels.height() && m_window->GetDPI() == dpi) return;
  m_interactor->UpdateSize(pixels.width(), pixels.height());
  m_window->SetSize(pixels.width(), pixels.height());
  m_window->SetDPI(dpi);
  m_interactor->InvokeEvent(vtkCommand::ConfigureEvent);
  m_renderNeeded = true;
}

void RenderWidget::paintGL() {
  if (m_inPaint || !m_window->GetReadyForRendering()) return;
  const QScopedValueRollback<bool> guard(m_inPaint, true);
  syncSize();
  vtkOpenGLState* state = m_window->GetState();
  state->Reset();
  state->Push();
  // Qt's compositing leaves its own.
  state->vtkglDepthFunc(GL_LEQUAL);
  state->vtkglEnable(GL_DEPTH_TEST);
  if (m_renderNeeded) {
    m_renderNeeded = false;
    m_sinceFrame.start();
    Q_EMIT aboutToRender();
    m_window->Render();
    ++m_frames;
  }
  blit();
  state->Pop();
  // What asked for another picture while this one was drawn had to wait.
  if (m_renderNeeded) m_pause.start(static_cast<int>(kFrameMs));
}

void RenderWidget::blit() {
  context()->makeCurrent(m_surface);
  QOpenGLFunctions* gl = context()->functions();
  vtkOpenGLState* state = m_window->GetState();
  // Never 0, and never remembered: Qt makes a new one at every resize.
  gl->glBindFramebuffer(GL_DRAW_FRAMEBUFFER, defaultFramebufferObject());
  state->vtkglDisable(GL_SCISSOR_TEST);
  const int* size = m_window->GetActualSize();
  m_window->BlitDisplayFramebuffer(0, 0, 0, size[0], size[1], 0, 0, size[0], size[1], GL_COLOR_BUFFER_BIT, GL_NEAREST);
  // Qt mixes the widget with what is behind it by its alpha.
  gl->glBindFramebuffer(GL_FRAMEBUFFER, defaultFramebufferObject());
  gl->glColorMask(GL_FALSE, GL_FALSE, GL_FALSE, GL_TRUE);
  gl->glClearColor(0, 0, 0, 1);
  gl->glClear(GL_COLOR_BUFFER_BIT);
  gl->glColorMask(GL_TRUE, GL_TRUE, GL_TRUE, GL_TRUE);
}

bool RenderWidget::event(QEvent* event) {
  if (m_events.pass(*event, *this, *m_interactor)) {
    // Keys are told to VTK and go on to who asked for them; the mouse is the camera's.
    const bool key = event->type() == QEvent::KeyPress || event->type() == QEvent::KeyRelease;
    if (!key) {
      event->accept();
      return true;
    }
  }
  return QOpenGLWidget::event(event);
}

void RenderWidget::onMakeCurrent(vtkObject*, unsigned long, void*) {
  // Not the widget's makeCurrent(): that binds its framebuffer, and VTK would draw there without knowing it.
  if (context() && m_surface) context()->makeCurrent(m_surface);
}

void RenderWidget::onIsCurrent(vtkObject*, unsigned long, void* callData) {
  *static_cast<bool*>(callData) = context() && QOpenGLContext::currentContext() == context();
}

void RenderWidget::onFrame(vtkObject*, unsigned long, void*) {
  if (m_inPaint) return;
  m_renderNeeded = false;
  update();
}

void RenderWidget::releaseGraphics() {
  if (!m_window->GetReadyForRendering()) return;
  makeCurrent();
  m_window->Finalize();
  m_window->SetReadyForRendering(false);
  doneCurrent();
  m_surface = nullptr;
  m_renderNeeded = true;
}

}  // namespace pinwheel::views
