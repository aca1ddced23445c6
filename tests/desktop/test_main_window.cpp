// The window with a scripted engine: every door, linked panels, lesions and their undo. What it keeps, and what it asks
// before something is lost: test_window_session.cpp.
#include <QComboBox>
#include <QDockWidget>
#include <QDropEvent>
#include <QLabel>
#include <QListWidget>
#include <QMimeData>
#include <QPushButton>
#include <QStackedWidget>
#include <QStatusBar>
#include <set>

#include "engine/formats/image_file.h"
#include "tests/desktop/window_test.h"
#include "views/maps/map_view.h"
#include "views/maps/raster_view.h"
#include "views/panels/floc_page.h"
#include "views/vtk/cortex_view.h"
#include "views/vtk/graphics.h"
#include "views/vtk/render_widget.h"
#include "views/window/command_registry.h"
#include "views/window/notice_bar.h"
#include "views/window/training_dialog.h"

using namespace pinwheel;
using namespace pinwheel::views;

class TestMainWindow : public QObject, private test::WindowTest {
  Q_OBJECT

private Q_SLOTS:
  void init() { openWindow(); }
  void cleanup() { closeWindow(); }

  void firstStartShowsFiveDoors() {
    auto* centre = m_window->findChild<QStackedWidget*>("centre");
    QCOMPARE(centre->currentWidget()->objectName(), QString("welcome"));
    for (const char* name : {"welcome.file.demo", "welcome.file.grow", "welcome.file.open", "welcome.file.attach"}) {
      const auto* door = m_window->findChild<QPushButton*>(name);
      QVERIFY(door->isVisible());
      QVERIFY(door->visibleRegion().boundingRect().contains(door->rect()));  // all of it
    }
    QVERIFY(m_window->findChild<QListWidget*>("welcome.recent")->isVisible());
    for (const QDockWidget* dock : m_window->findChildren<QDockWidget*>()) QVERIFY(!dock->isVisible());
  }

  void demoDoor() {
    m_window->findChild<QPushButton*>("welcome.file.demo")->click();
    QCOMPARE(m_engine->count<session::OpenCheckpoint>(), 1);
    QCOMPARE(m_engine->last<session::OpenCheckpoint>()->path, std::filesystem::path(m_demo.toStdString()));
    QTRY_COMPARE(m_window->findChild<QStackedWidget*>("centre")->currentIndex(), 1);
    for (const QDockWidget* dock : m_window->findChildren<QDockWidget*>()) QVERIFY(!dock->isHidden());
    QVERIFY(m_window->windowTitle().contains("synthetic"));
  }

  // The doors must not make the window higher than a small screen once they are not shown.
  void allFitsASmallScreen() {
    QTRY_COMPARE(m_window->size(), QSize(1366, 768));
    openDemo();
    for (int i = 0; i < 20; ++i) QCoreApplication::processEvents();
    QCOMPARE(m_window->size(), QSize(1366, 768));
    QVERIFY(m_window->minimumSizeHint().height() <= 700);
  }

  void demoMissingIsTold() {
    QVERIFY(QFile::remove(m_demo));
    m_window->findChild<QPushButton*>("welcome.file.demo")->click();
    QCOMPARE(m_engine->count<session::OpenCheckpoint>(), 0);
    auto* bar = m_window->findChild<NoticeBar*>("noticeBar");
    QVERIFY(bar->isVisible());
    QVERIFY(bar->findChild<QLabel*>("noticeBar.text")->text().contains("Watch one grow"));
  }

  void growDoor() {
    QTimer::singleShot(50, this, [] {
      auto* dialog = qobject_cast<TrainingDialog*>(QApplication::activeModalWidget());
      QVERIFY(dialog != nullptr);
      dialog->findChild<QPushButton*>("trainingDialog.train")->click();
    });
    m_window->findChild<QPushButton*>("welcome.file.grow")->click();
    QCOMPARE(m_engine->count<session::StartTraining>(), 1);
    const auto* command = m_engine->last<session::StartTraining>();
    QCOMPARE(command->recipe, std::string("demo"));
    QCOMPARE(command->data, std::string("builtin"));
    QVERIFY(!command->out.empty());
    QVERIFY(!command->resume);
  }

  void recentDoorRemembers() {
    openDemo();
    m_window.reset();
    m_window = makeWindow();
    auto* recent = m_window->findChild<QListWidget*>("welcome.recent");
    QCOMPARE(recent->count(), 1);
    recent->setCurrentRow(0);
    recent->setFocus();
    QTest::keyClick(recent, Qt::Key_Return);
    QCOMPARE(m_engine->last<session::OpenCheckpoint>()->path, std::filesystem::path(m_demo.toStdString()));
  }

  void theLocalisersFolderIsRemembered() {
    const std::filesystem::path folder = test::pathOf(m_folder, "floc");
    for (const char* name : {"adult/1.png", "adult/2.png", "house/1.png", "house/2.png"}) {
      std::filesystem::create_directories((folder / name).parent_path());
      QVERIFY_OK(formats::writePng(folder / name, {8, 8, std::vector<std::uint8_t>(192, 90)}));
    }
    const auto categories = [this] { return m_window->findChild<QComboBox*>("flocCategory")->count(); };
    m_window->findChild<FlocPage*>()->open(QString::fromStdString(folder.string()));
    QTRY_COMPARE(categories(), 2);
    m_window.reset();
    m_window = makeWindow();
    openDemo();
    QCOMPARE(categories(), 0);
    m_window->findChild<QComboBox*>("stimulusKind")->setCurrentIndex(3);
    QTRY_COMPARE(categories(), 2);
  }

  void aDroppedCheckpointOpens() {
    QMimeData data;
    data.setUrls({QUrl::fromLocalFile(m_demo)});
    QDragEnterEvent enter(QPoint(50, 50), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QApplication::sendEvent(m_window.get(), &enter);
    QVERIFY(enter.isAccepted());
    QDropEvent drop(QPointF(50, 50), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QApplication::sendEvent(m_window.get(), &drop);
    QCOMPARE(m_engine->count<session::OpenCheckpoint>(), 1);
  }

  void aBrokenCheckpointIsToldAndNothingChanges() {
    m_engine->onPost = [this](const session::Command&) {
      m_engine->news.notices.push_back(
          {session::Notice::Kind::error, {"The file is cut off", "it ends early", "copy it again", "/a/b"}});
    };
    m_window->open(m_demo);
    m_window->scene().pump();
    auto* bar = m_window->findChild<NoticeBar*>("noticeBar");
    QVERIFY(bar->isVisible());
    bar->copyDetails();
    QVERIFY(bar->details().contains("/a/b"));
    QCOMPARE(m_window->findChild<QStackedWidget*>("centre")->currentIndex(), 0);
  }

  void everyCommandIsDescribedAndNoKeyIsTakenTwice() {
    std::set<QString> keys;
    for (const QAction* action : m_window->commands().actions()) {
      QVERIFY(!action->text().isEmpty());
      QVERIFY2(!action->statusTip().isEmpty(), qPrintable(action->objectName()));
      const QString key = action->shortcut().toString();
      if (!key.isEmpty()) QVERIFY2(keys.insert(key).second, qPrintable(key));
    }
    QVERIFY(m_window->commands().actions().size() > 20);
  }

  void commandsFollowTheTraining() {
    openDemo();
    auto& commands = m_window->commands();
    QVERIFY(!commands.action("training.pause")->isEnabled());
    publish(test::makeTraining(session::TrainingPhase::running));
    QVERIFY(commands.action("training.pause")->isEnabled());
    QVERIFY(!commands.action("training.resume")->isEnabled());
    commands.action("training.pause")->trigger();
    QCOMPARE(m_engine->count<session::Pause>(), 1);
    publish(test::makeTraining(session::TrainingPhase::paused));
    commands.action("training.step")->trigger();
    QCOMPARE(m_engine->last<session::Step>()->steps, 1);
    commands.action("training.resume")->trigger();
    QCOMPARE(m_engine->count<session::Resume>(), 1);
    commands.action("training.stop")->trigger();
    QCOMPARE(m_engine->count<session::StopTraining>(), 1);
  }

  void lesionsAreUndoneAndRedone() {
    openDemo();
    QUndoStack& undo = m_window->undoStack();
    for (int i = 1; i <= 3; ++i) {
      session::Lesion lesion = m_window->scene().lesion();
      lesion.parts.push_back({0, {i, i + 10}, session::PerturbationKind::silence, 1, {}});
      undo.push(new SetLesionCommand(m_window->scene(), m_window->scene().lesion(), lesion, "Silence"));
    }
    QCOMPARE(m_engine->last<session::SetLesion>()->lesion.parts.size(), std::size_t{3});
    for (int i = 0; i < 3; ++i) m_window->commands().action("edit.undo")->trigger();
    QVERIFY(!undo.canUndo());
    QVERIFY(m_engine->last<session::SetLesion>()->lesion.parts.empty());
    QCOMPARE(m_engine->last<session::SetLesion>()->lesion.version, std::uint64_t{0});
    for (int i = 0; i < 3; ++i) m_window->commands().action("edit.redo")->trigger();
    QVERIFY(!undo.canRedo());
    QCOMPARE(m_engine->last<session::SetLesion>()->lesion.units(), std::int64_t{6});
  }

  // Between a gesture and the looks at all panels no event is handled.
  void whatIsChosenInOnePanelIsSeenInTheOthers() {
    openDemo();
    Selection& selection = m_window->selection();
    const Scene& scene = m_window->scene();
    m_engine->news.activity = test::makeActivity(*scene.network(), *scene.maps());
    m_window->scene().pump();
    auto* map = m_window->findChild<MapView*>();
    auto* cortex = m_window->findChild<CortexView*>();
    auto* raster = m_window->findChild<RasterView*>();
    const auto text = [this](const char* name) { return m_window->findChild<QLabel*>(name)->text(); };
    QTRY_VERIFY(map->isVisible() && raster->isVisible() && map->canvas().isSettled() && raster->canvas().isSettled());
    // Pointed at, a unit is marked in the map and in the raster.
    selection.setHover(-1, -1);
    const QImage plainMap = map->canvas().grab().toImage();
    const QImage plainRaster = raster->canvas().grab().toImage();
    selection.setHover(0, 321);
    const QImage pointedMap = map->canvas().grab().toImage();
    QVERIFY(pointedMap != plainMap);
    QVERIFY(raster->canvas().grab().toImage() != plainRaster);
    QVERIFY(text("cortexReadout").startsWith("V1, unit 321"));
    // Chosen in the map.
    QTest::keyClick(&map->canvas(), Qt::Key_Space);
    QCOMPARE(selection.selectedSheet(), 0);
    QCOMPARE(selection.units(), std::vector<std::int32_t>{321});
    QVERIFY(map->canvas().grab().toImage() != pointedMap);
    QCOMPARE(text("mapCount"), QString("1 unit selected"));
    QCOMPARE(cortex->stage().projectedLines(), 1);
    QVERIFY(text("cortexReadout").endsWith("1 chosen on V1"));
    QVERIFY(text("selectionCount").startsWith("1 of "));
    selection.setHover(-1, -1);
    QVERIFY(raster->canvas().grab().toImage() != plainRaster);
    // Chosen in the cortex, which takes the flat panels along to its sheet.
    for (const int unit : {5, 9}) {
      selection.setHover(1, unit);
      QTest::keyClick(cortex->renderWidget(), Qt::Key_Space, unit == 5 ? Qt::NoModifier : Qt::ShiftModifier);
    }
    QCOMPARE(selection.selectedSheet(), 1);
    QCOMPARE(selection.units(), (std::vector<std::int32_t>{5, 9}));
    QCOMPARE(m_window->findChild<QComboBox*>("mapSheet")->currentIndex(), 1);
    QCOMPARE(m_window->findChild<QComboBox*>("rasterSheet")->currentIndex(), 1);
    QCOMPARE(text("mapCount"), QString("2 units selected"));
    QCOMPARE(cortex->stage().projectedLines(), 2);
    QVERIFY(text("cortexReadout").endsWith("2 chosen on IT"));
    QVERIFY(text("selectionCount").startsWith("2 of "));
    // Chosen in the lesion panel; no key is held any more.
    QTest::keyClick(m_window.get(), Qt::Key_F12);
    m_window->findChild<QPushButton*>("selectAbove")->click();
    QVERIFY(selection.units().size() > 2);
    const QString count = QLocale().toString(static_cast<qulonglong>(selection.units().size()));
    QCOMPARE(text("mapCount"), count + " units selected");
    QVERIFY(text("cortexReadout").endsWith(count + " chosen on IT"));
    QVERIFY(cortex->stage().projectedLines() > 2);
    // The tuning is asked for once the hand rests, and nothing is pointed at any more.
    selection.setHover(-1, -1);
    QTRY_VERIFY(m_engine->last<session::AskTuning>() != nullptr &&
                m_engine->last<session::AskTuning>()->units == selection.units());
    QCOMPARE(m_engine->last<session::AskTuning>()->sheet, std::size_t{1});
  }

  void anotherSheetsUnitsAreRefusedAndToldOf() {
    openDemo();
    m_window->selection().select(0, {1, 2});
    m_window->selection().select(1, {3}, Selection::Mode::subtract);
    QVERIFY(m_window->statusBar()->currentMessage().isEmpty());
    m_window->selection().select(1, {3}, Selection::Mode::add);
    QVERIFY(m_window->statusBar()->currentMessage().contains("one sheet"));
    QCOMPARE(m_window->selection().units(), (std::vector<std::int32_t>{1, 2}));
  }

  // Measured where somebody looks at it, once for the same maps.
  void theLossShareIsAskedForWhereItIsSeen() {
    openDemo();
    const auto asked = [this] { return m_engine->count<session::MeasureLossShare>(); };
    const auto complete = m_window->scene().maps();
    publish(test::withoutLossShare(*complete));
    QCOMPARE(asked(), 0);
    m_window->selection().setField({Quantity::lossShare});
    QCOMPARE(asked(), 1);
    m_window->selection().setField({Quantity::lossShare, 0, 0, true});
    QCOMPARE(asked(), 1);
    m_window->commands().action("training.measure")->trigger();
    QVERIFY(m_engine->last<session::MeasureMaps>()->lossShare);
    publish(test::withoutLossShare(*complete));  // other maps
    QCOMPARE(asked(), 2);
    m_window->selection().setField({Quantity::orientation});
    m_window->commands().action("training.measure")->trigger();
    QVERIFY(!m_engine->last<session::MeasureMaps>()->lossShare);
    publish(test::withoutLossShare(*complete));
    QCOMPARE(asked(), 2);
  }

  void layoutIsRemembered() {
    openDemo();
    m_window->findChild<QDockWidget*>("dock.raster")->hide();
    QVERIFY(m_window->close());
    m_window = makeWindow();
    openDemo();
    QVERIFY(m_window->findChild<QDockWidget*>("dock.raster")->isHidden());
    m_window->commands().action("view.resetLayout")->trigger();
    QVERIFY(!m_window->findChild<QDockWidget*>("dock.raster")->isHidden());
  }

  void panelsFloatAndComeBack() {
    openDemo();
    auto* dock = m_window->findChild<QDockWidget*>("dock.map");
    dock->setFloating(true);
    QTest::qWait(100);
    dock->setFloating(false);
    QTest::qWait(100);
    QVERIFY(!dock->isHidden());
  }

  // Behind another tab a panel would draw, and the whole window with it, for nobody.
  void panelsBehindOthersAreHidden() {
    openDemo();
    auto* behind = m_window->findChild<QDockWidget*>("dock.training");
    auto* before = m_window->findChild<QDockWidget*>("dock.tuning");
    QVERIFY(behind && before && m_window->tabifiedDockWidgets(before).contains(behind));
    before->raise();
    QTRY_VERIFY(before->widget()->isVisible());
    QTRY_VERIFY(!behind->widget()->isVisible());
    const int width = before->width();
    behind->raise();
    QTRY_VERIFY(behind->widget()->isVisible());
    QTRY_VERIFY(!before->widget()->isVisible());
    QCOMPARE(behind->width(), width);  // the room that it needs is kept
    behind->hide();
    behind->show();
    behind->raise();
    QTRY_VERIFY(behind->widget()->isVisible());
  }

  void everythingHasAName() {
    openDemo();
    for (QDockWidget* dock : m_window->findChildren<QDockWidget*>()) {
      dock->raise();
      QTRY_VERIFY2(dock->widget()->isVisible(), qPrintable(dock->objectName()));
      for (const QWidget* widget : m_window->findChildren<QWidget*>()) {
        if (!widget->isEnabled() || widget->focusPolicy() == Qt::NoFocus || !widget->isVisible()) continue;
        // Qt's own parts: scroll areas' viewports, spin boxes' lines, tab bars of docks.
        if (widget->objectName().startsWith("qt_") || widget->inherits("QTabBar") || widget->inherits("QMenuBar"))
          continue;
        QVERIFY2(!widget->accessibleName().isEmpty() || !widget->windowTitle().isEmpty(),
                 qPrintable(QString("%1 \"%2\" in %3")
                                .arg(widget->metaObject()->className(), widget->objectName(),
                                     widget->parentWidget() ? widget->parentWidget()->objectName() : QString())));
      }
    }
  }
};

int main(int argc, char** argv) {
  prepareGraphics();
  QApplication application(argc, argv);
  TestMainWindow test;
  return QTest::qExec(&test, argc, argv);
}
#include "test_main_window.moc"
