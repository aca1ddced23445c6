#include <vtkActor.h>
#include <vtkCamera.h>
#include <vtkGenericOpenGLRenderWindow.h>
#include <vtkProperty.h>
#include <vtkRenderWindowInteractor.h>
#include <vtkRenderer.h>
#include <vtkSmartPointer.h>

#include <QDockWidget>
#include <QMainWindow>
#include <QVBoxLayout>

#include "graphics_test.h"
#include "views/vtk/vtk_events.h"
#include "views/vtk/vtk_shapes.h"

using namespace pinwheel;
using views::RenderWidget;

namespace {

constexpr QRgb kGround = 0xff204060;
constexpr QRgb kSquare = 0xffe08020;

/// A square of 1 on a ground of another colour; the square fills the middle third of the view's height.
struct Space {
  vtkSmartPointer<vtkRenderer> renderer = vtkSmartPointer<vtkRenderer>::New();
  views::TexturedSquare square;

  Space() {
    renderer->SetBackground(qRed(kGround) / 255.0, qGreen(kGround) / 255.0, qBlue(kGround) / 255.0);
    square.setCorners({views::Vec3{-0.5, 0.5, 0}, {0.5, 0.5, 0}, {0.5, -0.5, 0}, {-0.5, -0.5, 0}});
    QImage picture(4, 4, QImage::Format_RGB32);
    picture.fill(kSquare);
    square.setPicture(picture);
    renderer->AddActor(square.actor());
    vtkCamera* camera = renderer->GetActiveCamera();
    camera->ParallelProjectionOn();
    camera->SetParallelScale(1.5);
    camera->SetPosition(0, 0, 10);
    camera->SetFocalPoint(0, 0, 0);
  }
};

/// The picture is there, upright, in its colours, and OpenGL has nothing to say.
void verifyPicture(RenderWidget& widget) {
  const QImage picture = widget.grabFramebuffer();
  QCOMPARE(picture.size(), widget.size() * widget.devicePixelRatioF());
  const int w = picture.width();
  const int h = picture.height();
  QVERIFY2(test::near(picture.pixel(w / 2, h / 2), kSquare, 1), "the square is missing");
  QVERIFY2(test::near(picture.pixel(w / 2, h / 2 - h / 8), kSquare, 1), "the square is too small");
  QVERIFY2(test::near(picture.pixel(w / 2, h / 2 - h / 4), kGround, 1), "the square is too large");
  QVERIFY2(test::near(picture.pixel(2, 2), kGround, 1), "the ground is missing");
  QVERIFY2(test::near(picture.pixel(w - 3, h - 3), kGround, 1), "the ground does not reach the corner");
  QCOMPARE(qAlpha(picture.pixel(w / 2, h / 2)), 255);
  QCOMPARE(test::glErrorOf(widget), GLenum{GL_NO_ERROR});
}

}  // namespace

class TestRenderWidget final : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void init() { test::failOnVtkMessages(); }
  void cleanup() { QCOMPARE(QApplication::topLevelWidgets().size(), 0); }

  void keysHaveX11sNames_data() {
    QTest::addColumn<int>("key");
    QTest::addColumn<QString>("name");
    QTest::newRow("letter") << int{Qt::Key_A} << "a";
    QTest::newRow("last letter") << int{Qt::Key_Z} << "z";
    QTest::newRow("digit") << int{Qt::Key_0} << "0";
    QTest::newRow("last digit") << int{Qt::Key_9} << "9";
    QTest::newRow("arrow") << int{Qt::Key_Left} << "Left";
    QTest::newRow("page") << int{Qt::Key_PageUp} << "Prior";
    QTest::newRow("return") << int{Qt::Key_Return} << "Return";
    QTest::newRow("keypad") << int{Qt::Key_Enter} << "KP_Enter";
    QTest::newRow("modifier") << int{Qt::Key_Control} << "Control_L";
    QTest::newRow("function") << int{Qt::Key_F12} << "F12";
    QTest::newRow("sign") << int{Qt::Key_Plus} << "plus";
    QTest::newRow("unknown") << int{Qt::Key_Camera} << QString();
  }
  void keysHaveX11sNames() {
    QFETCH(int, key);
    QFETCH(QString, name);
    QCOMPARE(QString::fromLatin1(views::vtkKeySym(key)), name);
  }

  void showsWhatVtkDraws() {
    Space space;
    RenderWidget widget;
    widget.addRenderer(space.renderer);
    widget.resize(240, 180);
    widget.show();
    QVERIFY(QTest::qWaitForWindowExposed(&widget));
    QTRY_VERIFY(widget.frames() > 0);
    verifyPicture(widget);
    widget.resize(333, 211);
    QTRY_COMPARE(widget.grabFramebuffer().size(), QSize(333, 211) * widget.devicePixelRatioF());
    verifyPicture(widget);
  }

  void screensOfOtherDensities_data() {
    QTest::addColumn<QString>("factor");
    QTest::newRow("1.5") << "1.5";
    QTest::newRow("2") << "2";
  }
  void screensOfOtherDensities() {
    QFETCH(QString, factor);
    const QString failure = test::failureAtScale(QStringLiteral("showsWhatVtkDraws"), factor);
    QVERIFY2(failure.isEmpty(), qPrintable(failure));
  }

  void aRepaintCostsNoRender() {
    Space space;
    RenderWidget widget;
    widget.addRenderer(space.renderer);
    widget.show();
    QTRY_VERIFY(widget.frames() > 0);
    QTest::qWait(50);
    const auto frames = widget.frames();
    widget.repaint();
    widget.update();
    QTest::qWait(50);
    QCOMPARE(widget.frames(), frames);
    verifyPicture(widget);
    widget.requestRender();
    QTRY_COMPARE(widget.frames(), frames + 1);
  }

  void manyRequestsMakeFewPictures() {
    Space space;
    RenderWidget widget;
    widget.addRenderer(space.renderer);
    widget.show();
    QTRY_VERIFY(widget.frames() > 0);
    const auto before = widget.frames();
    QElapsedTimer time;
    time.start();
    while (time.elapsed() < 400) {
      widget.interactor()->Render();
      QCoreApplication::processEvents();
    }
    const auto frames = static_cast<qint64>(widget.frames() - before);
    QVERIFY2(frames >= 2, "nothing was drawn");
    QVERIFY2(frames <= time.elapsed() / 16 + 2, qPrintable(QString::number(frames)));
  }

  void nothingWhileHidden() {
    Space space;
    RenderWidget widget;
    widget.addRenderer(space.renderer);
    widget.show();
    QTRY_VERIFY(widget.frames() > 0);
    QTest::qWait(50);
    for (int round = 0; round < 3; ++round) {
      widget.hide();
      const auto frames = widget.frames();
      for (int i = 0; i < 20; ++i) {
        widget.requestRender();
        QTest::qWait(2);
      }
      QCOMPARE(widget.frames(), frames);
      widget.show();
      QTRY_VERIFY(widget.frames() > frames);
      verifyPicture(widget);
    }
  }

  void movesBetweenWindows() {
    Space space;
    auto* widget = new RenderWidget;
    widget->addRenderer(space.renderer);
    QWidget first, second;
    for (QWidget* window : {&first, &second}) {
      new QVBoxLayout(window);
      window->resize(260, 200);
      window->show();
    }
    for (int round = 0; round < 3; ++round)
      for (QWidget* window : {&first, &second}) {
        window->layout()->addWidget(widget);
        const auto frames = widget->frames();
        widget->requestRender();
        QTRY_VERIFY(widget->frames() > frames);
        verifyPicture(*widget);
      }
  }

  void floatsAndDocks() {
    Space space;
    QMainWindow window;
    window.resize(400, 300);
    auto* dock = new QDockWidget(&window);
    auto* widget = new RenderWidget(dock);
    widget->addRenderer(space.renderer);
    widget->setMinimumSize(150, 120);
    dock->setWidget(widget);
    window.addDockWidget(Qt::LeftDockWidgetArea, dock);
    window.show();
    QTRY_VERIFY(widget->frames() > 0);
    for (const bool floating : {true, false, true, false}) {
      dock->setFloating(floating);
      QTRY_VERIFY(widget->isVisible());
      const auto frames = widget->frames();
      widget->requestRender();
      QTRY_VERIFY(widget->frames() > frames);
      verifyPicture(*widget);
    }
  }

  void aPressNeedsAWholeNotchOfTheWheel() {
    Space space;
    RenderWidget widget;
    widget.addRenderer(space.renderer);
    widget.show();
    QTRY_VERIFY(widget.frames() > 0);
    vtkCamera* camera = space.renderer->GetActiveCamera();
    const double scale = camera->GetParallelScale();
    const auto turn = [&widget](int angle) {
      QWheelEvent event(QPointF(50, 50), widget.mapToGlobal(QPointF(50, 50)), {}, {0, angle}, Qt::NoButton,
                        Qt::NoModifier, Qt::NoScrollPhase, false);
      QCoreApplication::sendEvent(&widget, &event);
    };
    turn(50);
    turn(50);
    QCOMPARE(camera->GetParallelScale(), scale);
    turn(50);
    const double closer = camera->GetParallelScale();
    QVERIFY(closer < scale);
    turn(-150);
    QVERIFY(camera->GetParallelScale() > closer);
  }

  void mouseSpeaksVtksLanguage() {
    Space space;
    RenderWidget widget;
    widget.addRenderer(space.renderer);
    widget.resize(200, 150);
    widget.show();
    QTRY_VERIFY(widget.frames() > 0);
    QTest::mouseMove(&widget, {30, 20});
    QTRY_COMPARE(widget.interactor()->GetEventPosition()[0], qRound(30 * widget.devicePixelRatioF()));
    QCOMPARE(widget.interactor()->GetEventPosition()[1], qRound((149 - 20) * widget.devicePixelRatioF()));
    QTest::mousePress(&widget, Qt::RightButton, Qt::ShiftModifier, {31, 20});
    QVERIFY(widget.interactor()->GetShiftKey());
    QVERIFY(!widget.interactor()->GetControlKey());
    QTest::mouseRelease(&widget, Qt::RightButton, Qt::ControlModifier, {31, 20});
    QVERIFY(widget.interactor()->GetControlKey());
  }

  void vtksOwnKeysDoNothing() {
    Space space;
    RenderWidget widget;
    widget.addRenderer(space.renderer);
    widget.show();
    QTRY_VERIFY(widget.frames() > 0);
    QTest::keyClicks(&widget, QStringLiteral("wqer3pf"));
    QCOMPARE(space.square.actor()->GetProperty()->GetRepresentation(), VTK_SURFACE);
    QCOMPARE(widget.renderWindow()->GetStereoRender(), 0);
    QCOMPARE(QString::fromLatin1(widget.interactor()->GetKeySym()), QStringLiteral("f"));
  }

  void goesBeforeAndAfterItsRenderer() {
    auto space = std::make_unique<Space>();
    auto widget = std::make_unique<RenderWidget>();
    widget->addRenderer(space->renderer);
    widget->show();
    QTRY_VERIFY(widget->frames() > 0);
    widget.reset();
    // The same actors in a new widget, with a new context.
    widget = std::make_unique<RenderWidget>();
    widget->addRenderer(space->renderer);
    widget->show();
    QTRY_VERIFY(widget->frames() > 0);
    verifyPicture(*widget);
    space.reset();
    widget->requestRender();
    const auto frames = widget->frames();
    QTRY_VERIFY(widget->frames() > frames);
    widget.reset();
    // Never shown: there is no context to give back.
    widget = std::make_unique<RenderWidget>();
  }
};

int main(int argc, char** argv) {
  return test::runWithGraphics<TestRenderWidget>(argc, argv);
}
#include "test_render_widget.moc"
