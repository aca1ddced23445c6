// The window with a scripted engine: every door, linked panels, lesions and their undo, closing, crashes.
#include <QAbstractButton>
#include <QApplication>
#include <QDialog>
#include <QDockWidget>
#include <QDropEvent>
#include <QLabel>
#include <QListWidget>
#include <QMessageBox>
#include <QMimeData>
#include <QPushButton>
#include <QStackedWidget>
#include <QTimer>
#include <QUndoStack>
#include <fstream>
#include <set>

#include "tests/support.h"
#include "tests/views/fake_engine.h"
#include "views/panels/lesion_commands.h"
#include "views/vtk/graphics.h"
#include "views/window/command_registry.h"
#include "views/window/main_window.h"
#include "views/window/notice_bar.h"
#include "views/window/training_dialog.h"
#include "views/window/welcome_page.h"
#include "views/window/workspace.h"

using namespace pinwheel;
using namespace pinwheel::views;

namespace {

// Presses a button of the modal box that opens next; tells whether one opened.
class Answer {
public:
  explicit Answer(QMessageBox::StandardButton button) : m_button(button) {
    QObject::connect(&m_timer, &QTimer::timeout, [this] {
      auto* box = qobject_cast<QMessageBox*>(QApplication::activeModalWidget());
      if (box == nullptr) return;
      m_timer.stop();
      m_text = box->text();
      box->button(m_button)->click();
    });
    m_timer.start(10);
  }
  [[nodiscard]] const QString& text() const { return m_text; }

private:
  QMessageBox::StandardButton m_button;
  QTimer m_timer;
  QString m_text;
};

}  // namespace

class TestMainWindow : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void initTestCase() { QVERIFY(m_folder.isValid()); }

  void init() {
    m_state = m_folder.filePath(QString("state-%1").arg(++m_test));
    m_demo = m_folder.filePath("demo.safetensors");
    std::ofstream(m_demo.toStdString()) << "x";
    m_engine = std::make_unique<test::FakeEngine>();
    m_engine->onPost = [this](const session::Command& command) { answer(command); };
    m_window = makeWindow();
  }

  void cleanup() {
    m_window.reset();
    m_engine.reset();
    QVERIFY(QApplication::topLevelWidgets().isEmpty());
  }

  void firstStartShowsFourDoors() {
    auto* centre = m_window->findChild<QStackedWidget*>("centre");
    QCOMPARE(centre->currentWidget()->objectName(), QString("welcome"));
    for (const char* name : {"welcome.file.demo", "welcome.file.grow", "welcome.file.open"})
      QVERIFY(m_window->findChild<QPushButton*>(name)->isVisible());
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

  void closingWithLesionsAsks() {
    openDemo();
    lesion();
    {
      Answer cancel(QMessageBox::Cancel);
      QVERIFY(!m_window->close());
      QVERIFY(!cancel.text().isEmpty());
    }
    Answer discard(QMessageBox::Discard);
    QVERIFY(m_window->close());
  }

  void closingWhileTrainingAsks() {
    openDemo();
    publish(test::makeTraining(session::TrainingPhase::running));
    {
      Answer no(QMessageBox::No);
      QVERIFY(!m_window->close());
      QVERIFY(no.text().contains("saved"));
    }
    Answer yes(QMessageBox::Yes);
    QVERIFY(m_window->close());
  }

  void afterACrashTheSessionIsOffered() {
    openDemo();
    m_window->selection().setSheet(1);
    lesion();
    m_window->selection().select(1, {4, 5});
    QTest::qWait(50);
    m_window->undoStack().push(
        new SetLesionCommand(m_window->scene(), m_window->scene().lesion(), m_window->scene().lesion(), "Again"));
    m_window.reset();  // no close(): as a crash would leave it
    m_engine->commands.clear();
    m_window = makeWindow();
    Answer yes(QMessageBox::Yes);
    m_window->offerAutosave();
    QVERIFY(!yes.text().isEmpty());
    m_window->scene().pump();
    QCOMPARE(m_window->selection().sheet(), 1);
    QCOMPARE(m_window->selection().units(), (std::vector<std::int32_t>{4, 5}));
    QCOMPARE(m_window->scene().lesion().units(), std::int64_t{3});
    QCOMPARE(m_engine->last<session::SetLesion>()->lesion.units(), std::int64_t{3});
    Answer discard(QMessageBox::Discard);
    QVERIFY(m_window->close());
  }

  // The sham of a saved session is measured with the draw that it was seen with.
  void aSessionBringsItsSham() {
    Workspace stored;
    stored.checkpoint = m_demo;
    stored.lesion.parts = {{0, {1, 2, 3}, session::PerturbationKind::silence, 1, {}}};
    stored.shamSeed = 9;
    const QString file = m_folder.filePath("sham.json");
    QVERIFY_OK(saveWorkspace(file, stored));
    m_window->open(file);
    m_window->scene().pump();
    QCOMPARE(m_engine->last<session::SetLesion>()->shamSeed, std::uint64_t{9});
    QCOMPARE(m_engine->last<session::SetLesion>()->lesion.units(), std::int64_t{3});
    QVERIFY(m_window->findChild<QLabel*>("shamSeed")->text().contains(QLatin1Char('9')));
    Answer discard(QMessageBox::Discard);
    QVERIFY(m_window->close());
  }

  void afterAnOrderlyEndNothingIsOffered() {
    openDemo();
    QVERIFY(m_window->close());
    m_window = makeWindow();
    Answer none(QMessageBox::Yes);
    m_window->offerAutosave();
    QVERIFY(none.text().isEmpty());
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

  void everythingHasAName() {
    openDemo();
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

private:
  std::unique_ptr<MainWindow> makeWindow() {
    WindowOptions options;
    options.demoCheckpoint = m_demo;
    options.runsFolder = m_folder.filePath("runs");
    options.stateFolder = m_state;
    auto window = std::make_unique<MainWindow>(*m_engine, options);
    window->show();
    [&] { QVERIFY(QTest::qWaitForWindowExposed(window.get())); }();
    return window;
  }

  void answer(const session::Command& command) {
    if (const auto* open = std::get_if<session::OpenCheckpoint>(&command)) {
      auto network = test::makeNetwork(++m_networks);
      network->path = open->path;
      m_engine->news.network = network;
      m_engine->news.maps = test::makeMaps(*network);
    }
    // As the real engine's: on a later turn of the event loop.
    QTimer::singleShot(0, this, [this] {
      if (m_window) m_window->scene().pump();
    });
  }

  void openDemo() {
    m_window->open(m_demo);
    m_window->scene().pump();
    QVERIFY(m_window->scene().network() != nullptr);
  }

  void lesion() {
    session::Lesion lesion;
    lesion.parts = {{0, {1, 2, 3}, session::PerturbationKind::silence, 1, {}}};
    m_window->undoStack().push(new SetLesionCommand(m_window->scene(), m_window->scene().lesion(), lesion, "Silence"));
  }

  void publish(std::shared_ptr<const session::TrainingFrame> frame) {
    m_engine->news.training = std::move(frame);
    m_window->scene().pump();
  }
  void publish(std::shared_ptr<const session::MapsFrame> frame) {
    m_engine->news.maps = std::move(frame);
    m_window->scene().pump();
  }

  QTemporaryDir m_folder;
  QString m_state, m_demo;
  int m_test = 0;
  std::uint64_t m_networks = 0;
  std::unique_ptr<test::FakeEngine> m_engine;
  std::unique_ptr<MainWindow> m_window;
};

int main(int argc, char** argv) {
  prepareGraphics();
  QApplication application(argc, argv);
  TestMainWindow test;
  return QTest::qExec(&test, argc, argv);
}
#include "test_main_window.moc"
