#include <QAction>
#include <QDockWidget>
#include <QLabel>
#include <QMainWindow>

#include "cortex_desk.h"

using namespace pinwheel;
using test::Desk;
using views::CortexCamera;
using views::CortexView;

class TestCortexView final : public QObject {
  Q_OBJECT

  // The units of a sheet in rows of `columns`, evenly, as one reads.
  static void standInRows(Desk& desk, std::size_t sheet, int columns) {
    session::SheetPlan& plan = desk.network->sheets[sheet];
    const auto side = static_cast<float>(plan.spec.displaySideMm);
    const auto units = static_cast<int>(plan.xMm.size());
    for (int u = 0; u < units; ++u) {
      const auto at = static_cast<std::size_t>(u);
      plan.xMm[at] = (static_cast<float>(u % columns) + 0.5F) * side / static_cast<float>(columns);
      plan.yMm[at] = (static_cast<float>(u / columns) + 0.5F) * side / static_cast<float>(units / columns);
    }
  }

private Q_SLOTS:
  void init() { test::failOnVtkMessages(); }
  void cleanup() { QCOMPARE(QApplication::topLevelWidgets().size(), 0); }

  void emptyUntilANetworkIsOpen() {
    Desk desk;
    desk.show();
    auto* empty = desk.view->findChild<QLabel*>(QStringLiteral("cortexEmpty"));
    QVERIFY(empty->isVisible());
    desk.view->flyTo(0);
    QVERIFY(!desk.view->placeOf(0, 0));
    desk.open();
    QVERIFY(!empty->isVisible());
    QVERIFY(desk.view->placeOf(0, 0));
    QVERIFY(!desk.view->placeOf(0, 2048));
    QVERIFY(!desk.view->placeOf(2, 0));
  }

  void pointingAndChoosing() {
    Desk desk;
    desk.open();
    desk.show();
    for (int sheet = 0; sheet < 2; ++sheet) {
      desk.faceSheet(sheet);
      const int unit = desk.loneliestUnit(static_cast<std::size_t>(sheet));
      const QPoint place = test::pixelOf(desk, sheet, unit);
      auto* widget = desk.view->renderWidget();
      QTest::mouseMove(widget, place + QPoint(40, 0));
      QTest::mouseMove(widget, place);
      QTRY_COMPARE(desk.selection->hoverUnit(), unit);
      QCOMPARE(desk.selection->hoverSheet(), sheet);
      QTest::mouseClick(widget, Qt::LeftButton, Qt::NoModifier, place);
      QCOMPARE(desk.selection->selectedSheet(), sheet);
      QCOMPARE(desk.selection->units(), std::vector<std::int32_t>{unit});
      QCOMPARE(desk.selection->sheet(), sheet);
      const QPoint other = test::pixelOf(desk, sheet, unit == 0 ? 1 : 0);
      QTest::mouseClick(widget, Qt::LeftButton, Qt::ShiftModifier, other);
      QCOMPARE(desk.selection->units().size(), std::size_t{2});
      QTest::mouseClick(widget, Qt::LeftButton, Qt::AltModifier, other);
      QCOMPARE(desk.selection->units(), std::vector<std::int32_t>{unit});
      QTest::mouseClick(widget, Qt::LeftButton, Qt::NoModifier, QPoint(2, 2));
      QVERIFY(desk.selection->units().empty());
      // Past the double click's time: the next click is one of its own.
      QTest::qWait(QApplication::doubleClickInterval() + 50);
    }
  }

  void aDragTurnsAndChoosesNothing() {
    Desk desk;
    desk.open();
    desk.show();
    auto* widget = desk.view->renderWidget();
    const CortexCamera before = desk.view->camera();
    QSignalSpy moved(desk.view.get(), &CortexView::cameraChanged);
    const QPoint from = test::pixelOf(desk, 0, 500);
    QTest::mousePress(widget, Qt::LeftButton, Qt::NoModifier, from);
    for (int i = 1; i <= 10; ++i) {
      QMouseEvent move(QEvent::MouseMove, from + QPointF(5 * i, 2 * i),
                       widget->mapToGlobal(from + QPointF(5 * i, 2 * i)), Qt::NoButton, Qt::LeftButton, Qt::NoModifier);
      QCoreApplication::sendEvent(widget, &move);
    }
    QTest::mouseRelease(widget, Qt::LeftButton, Qt::NoModifier, from + QPoint(50, 20));
    QVERIFY(desk.selection->units().empty());
    QVERIFY(!(desk.view->camera() == before));
    QCOMPARE(moved.count(), 1);
    // What was turned stays as it was when the window changes; the whole cortex fits itself.
    const CortexCamera turned = desk.view->camera();
    desk.view->resize(600, 400);
    desk.settle();
    QCOMPARE(desk.view->camera(), turned);
    desk.view->wholeCortex();
    QTRY_COMPARE(desk.view->camera(), desk.view->viewOf(-1));
  }

  void keysFly() {
    Desk desk;
    desk.open();
    desk.show();
    desk.view->renderWidget()->setFocus();
    QTRY_VERIFY(desk.view->renderWidget()->hasFocus());
    for (const auto& [key, sheet] :
         {std::pair{Qt::Key_2, 1}, {Qt::Key_1, 0}, {Qt::Key_0, -1}, {Qt::Key_2, 1}, {Qt::Key_Home, -1}}) {
      QSignalSpy arrived(desk.view.get(), &CortexView::cameraChanged);
      QTest::keyClick(desk.view->renderWidget(), key);
      QTRY_COMPARE_WITH_TIMEOUT(arrived.count(), 1, 2000);
      QCOMPARE(desk.view->camera(), desk.view->viewOf(sheet));
    }
    QVERIFY(CortexView::kFlightMs <= 300);
    const CortexCamera before = desk.view->camera();
    QTest::keyClick(desk.view->renderWidget(), Qt::Key_8);
    QCOMPARE(desk.view->camera(), before);
    QTest::keyClick(desk.view->renderWidget(), Qt::Key_Right);
    QVERIFY(!(desk.view->camera() == before));
    QTest::keyClick(desk.view->renderWidget(), Qt::Key_Left);
    for (std::size_t i = 0; i < 3; ++i) QVERIFY(std::abs(desk.view->camera().position[i] - before.position[i]) < 1e-6);
    QTest::keyClick(desk.view->renderWidget(), Qt::Key_Plus);
    const auto distance = [](const CortexCamera& c) { return views::length(views::minus(c.position, c.focalPoint)); };
    QVERIFY(distance(desk.view->camera()) < distance(before));
  }

  void keysGoFromUnitToUnit() {
    Desk desk;
    standInRows(desk, 0, 64);
    standInRows(desk, 1, 32);
    desk.open();
    QCursor::setPos(1500, 900);  // a pointer over the picture hovers, too
    desk.show();
    desk.faceSheet(0);
    desk.selection->setHover(-1, -1);
    const auto press = [&](Qt::Key key, Qt::KeyboardModifiers modifiers = Qt::NoModifier) {
      QTest::keyClick(desk.view->renderWidget(), key, modifiers);
      return std::pair{desk.selection->hoverSheet(), desk.selection->hoverUnit()};
    };
    const CortexCamera before = desk.view->camera();
    // The first step shows where the middle is: unit 31 of row 15.
    QCOMPARE(press(Qt::Key_Right, Qt::ControlModifier), std::pair(0, 15 * 64 + 31));
    QCOMPARE(press(Qt::Key_Right, Qt::ControlModifier), std::pair(0, 15 * 64 + 32));
    QCOMPARE(press(Qt::Key_Down, Qt::ControlModifier), std::pair(0, 16 * 64 + 32));
    QCOMPARE(press(Qt::Key_Left, Qt::ControlModifier), std::pair(0, 16 * 64 + 31));
    QCOMPARE(press(Qt::Key_Up, Qt::ControlModifier), std::pair(0, 15 * 64 + 31));
    QCOMPARE(desk.view->camera(), before);
    QVERIFY(desk.selection->units().empty());
    press(Qt::Key_Space);
    QCOMPARE(desk.selection->selectedSheet(), 0);
    QCOMPARE(desk.selection->units(), std::vector<std::int32_t>{15 * 64 + 31});
    press(Qt::Key_Right, Qt::ControlModifier);
    press(Qt::Key_Return, Qt::ShiftModifier);
    QCOMPARE(desk.selection->units(), (std::vector<std::int32_t>{15 * 64 + 31, 15 * 64 + 32}));
    press(Qt::Key_Enter, Qt::AltModifier);
    QCOMPARE(desk.selection->units(), std::vector<std::int32_t>{15 * 64 + 31});
    // Where the pointer left, it goes on at what is chosen; beyond the edge is nothing.
    desk.selection->setHover(-1, -1);
    QCOMPARE(press(Qt::Key_Up, Qt::ControlModifier), std::pair(0, 15 * 64 + 31));
    desk.selection->setHover(0, 63);
    QCOMPARE(press(Qt::Key_Right, Qt::ControlModifier), std::pair(0, 63));
    QVERIFY(desk.view->renderWidget()->accessibleDescription().contains(QStringLiteral("Page Down")));
  }

  void keysGoFromSheetToSheet() {
    Desk desk;
    standInRows(desk, 0, 64);
    standInRows(desk, 1, 32);
    desk.open();
    QCursor::setPos(1500, 900);
    desk.show();
    auto* widget = desk.view->renderWidget();
    const auto hover = [&] { return std::pair{desk.selection->hoverSheet(), desk.selection->hoverUnit()}; };
    // All sheets in sight: the camera stays. The middle of IT is that of the whole cortex.
    const CortexCamera before = desk.view->camera();
    desk.selection->setHover(-1, -1);
    QTest::keyClick(widget, Qt::Key_PageDown);
    QCOMPARE(hover(), std::pair(1, 15 * 32 + 15));
    QCOMPARE(desk.selection->sheet(), 1);
    QCOMPARE(desk.view->camera(), before);
    QTest::keyClick(widget, Qt::Key_PageDown);
    QCOMPARE(hover(), std::pair(1, 15 * 32 + 15));
    // Seen from behind, right is left and up is up.
    CortexCamera behind;
    behind.position = {0, 0, -200};
    desk.view->setCamera(behind);
    desk.selection->setHover(0, 15 * 64 + 32);
    QTest::keyClick(widget, Qt::Key_Right, Qt::ControlModifier);
    QCOMPARE(hover(), std::pair(0, 15 * 64 + 31));
    QTest::keyClick(widget, Qt::Key_Up, Qt::ControlModifier);
    QCOMPARE(hover(), std::pair(0, 14 * 64 + 31));
    // One sheet that stands alone: the next one is flown to, at the place that corresponds.
    desk.faceSheet(0);
    desk.selection->setHover(0, 15 * 64 + 31);
    QTest::keyClick(widget, Qt::Key_PageDown);
    QCOMPARE(hover(), std::pair(1, 15 * 32 + 15));
    QTRY_COMPARE(desk.view->camera(), desk.view->viewOf(1));
    QTest::keyClick(widget, Qt::Key_PageUp);
    QCOMPARE(desk.selection->hoverSheet(), 0);
    QCOMPARE(desk.selection->sheet(), 0);
    QTRY_COMPARE(desk.view->camera(), desk.view->viewOf(0));
    QTest::keyClick(widget, Qt::Key_PageUp);
    QCOMPARE(desk.selection->sheet(), 0);
  }

  void aSheetIsFacedBesideTheLegend() {
    Desk desk;
    desk.open();
    desk.show({640, 480});
    auto* legend = desk.view->findChild<QWidget*>(QStringLiteral("cortexLegend"));
    for (int sheet = 0; sheet < 2; ++sheet) {
      desk.faceSheet(sheet);
      const CortexCamera camera = desk.view->camera();
      const auto& layout = desk.view->stage().layout();
      const QSizeF size = desk.view->renderWidget()->size();
      const double side = layout.sideMm(sheet);
      const QPointF corner = *views::projected(camera, layout.point(sheet, 0, 0), size);
      const QPointF opposite = *views::projected(camera, layout.point(sheet, side, side), size);
      QVERIFY(legend->isVisible());
      QVERIFY(corner.x() > legend->geometry().right() && corner.y() > 0);
      QVERIFY(opposite.x() < size.width() && opposite.y() < size.height());
      // Face to face a square is a square.
      QVERIFY(std::abs((opposite - corner).x() - (opposite - corner).y()) < 0.01);
      QVERIFY((opposite - corner).x() > 0.5 * size.height());
    }
  }

  void everyControlHasANameAndAKey() {
    Desk desk;
    for (QWidget* child : desk.view->findChildren<QWidget*>()) {
      if (child->objectName().startsWith(QLatin1String("qt_")) || child->focusPolicy() == Qt::NoFocus) continue;
      QVERIFY2(!child->objectName().isEmpty(), child->metaObject()->className());
      QVERIFY2(!child->accessibleName().isEmpty(), qPrintable(child->objectName()));
    }
    for (const QAction* action : desk.view->actions()) {
      QVERIFY(!action->objectName().isEmpty());
      QVERIFY(!action->shortcuts().isEmpty());
    }
  }

  void aStoredCameraIsTakenUp() {
    Desk desk;
    desk.open();
    desk.show();
    desk.faceSheet(1);
    const QString stored = desk.view->camera().toString();
    desk.view->wholeCortex();
    QTRY_COMPARE(desk.view->camera().sheet, -1);
    desk.view->setCamera(*CortexCamera::fromString(stored));
    QCOMPARE(desk.view->camera().toString(), stored);
  }

  void hiddenReshownAndFloated() {
    Desk desk;
    desk.open();
    QMainWindow window;
    window.resize(700, 500);
    auto* dock = new QDockWidget(&window);
    dock->setWidget(desk.view.release());
    auto* view = static_cast<CortexView*>(dock->widget());
    window.addDockWidget(Qt::LeftDockWidgetArea, dock);
    window.show();
    auto* widget = view->renderWidget();
    QTRY_VERIFY(widget->frames() > 0);
    for (const bool floating : {true, false, true, false}) {
      dock->setFloating(floating);
      QTRY_VERIFY(widget->isVisible());
      desk.selection->setHover(0, 5);
      QTest::qWait(80);
      const QImage picture = widget->grabFramebuffer();
      const QRgb ground = views::groundColour(view->palette()).rgb();
      QCOMPARE(picture.pixel(3, 3), ground);
      int sheets = 0;
      for (int x = 0; x < picture.width(); ++x) sheets += picture.pixel(x, picture.height() / 2) != ground ? 1 : 0;
      QVERIFY2(sheets > picture.width() / 4, "the sheets are gone");
      QCOMPARE(test::glErrorOf(*widget), GLenum{GL_NO_ERROR});
      desk.selection->setHover(-1, -1);
    }
    dock->hide();
    const auto frames = widget->frames();
    desk.selection->setHover(0, 7);
    QTest::qWait(50);
    QCOMPARE(widget->frames(), frames);
    dock->show();
    QTRY_VERIFY(widget->frames() > frames);
  }

  void outlivesAndIsOutlived() {
    {
      Desk desk;
      desk.open();
      desk.show();
      desk.scene.reset();
      desk.selection.reset();
      desk.view->renderWidget()->requestRender();
      QTest::mouseMove(desk.view->renderWidget(), {60, 60});
      QTest::mouseClick(desk.view->renderWidget(), Qt::LeftButton, Qt::NoModifier, {60, 60});
      desk.view->flyTo(1);
      desk.settle();
      desk.view.reset();
    }
    Desk desk;
    desk.open();
    desk.show();
    desk.view->flyTo(1);
    desk.view.reset();
    desk.showActivity();
    desk.selection->setHover(0, 1);
  }

  void anotherNetworkReplacesTheSheets() {
    Desk desk;
    desk.open();
    desk.show();
    desk.view->flyTo(1);
    desk.settle();
    auto other = test::makeNetwork(2);
    other->sheets.push_back(test::makePlan("V4", "V4", 4, 8, 22, 5));
    desk.engine.news.network = other;
    desk.scene->pump();
    desk.selection->reset(3);
    QCOMPARE(desk.view->stage().layout().count(), 3);
    QCOMPARE(desk.view->camera(), desk.view->viewOf(-1));
    desk.settle();
    desk.view->flyTo(2);
    desk.settle();
    QCOMPARE(desk.view->camera().sheet, 2);
  }

  void screensOfOtherDensities_data() {
    QTest::addColumn<QString>("function");
    QTest::newRow("pointing") << "pointingAndChoosing";
  }
  void screensOfOtherDensities() {
    QFETCH(QString, function);
    const QString failure = test::failureAtScale(function, QStringLiteral("2"));
    QVERIFY2(failure.isEmpty(), qPrintable(failure));
  }

  void withoutOpenGlALabelStandsIn() {
    if (!views::graphicsAvailable()) {
      Desk desk;
      desk.open();
      desk.view->show();
      QVERIFY(!desk.view->renderWidget());
      QVERIFY(desk.view->findChild<QLabel*>(QStringLiteral("graphicsPlaceholder"))->isVisible());
      desk.view->flyTo(1);
      QCOMPARE(desk.view->camera().sheet, 1);
      return;
    }
    QProcess process;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert(QStringLiteral("QT_QPA_PLATFORM"), QStringLiteral("offscreen"));
    process.setProcessEnvironment(environment);
    process.setProcessChannelMode(QProcess::MergedChannels);
    process.start(QCoreApplication::applicationFilePath(), {QStringLiteral("withoutOpenGlALabelStandsIn")});
    QVERIFY(process.waitForFinished(60000));
    QVERIFY2(process.exitStatus() == QProcess::NormalExit && process.exitCode() == 0, process.readAll().constData());
  }
};

int main(int argc, char** argv) {
  return test::runWithGraphics<TestCortexView>(argc, argv);
}
#include "test_cortex_view.moc"
