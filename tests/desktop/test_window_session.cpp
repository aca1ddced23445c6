// What the window keeps, with a scripted engine: saved sessions, crashes, and what it asks before something is lost.
#include <QDir>
#include <QDropEvent>
#include <QLabel>
#include <QMimeData>
#include <QPushButton>
#include <QToolButton>

#include "tests/desktop/window_test.h"
#include "views/vtk/graphics.h"
#include "views/window/command_registry.h"
#include "views/window/notice_bar.h"
#include "views/window/training_dialog.h"
#include "views/window/welcome_page.h"
#include "views/window/workspace.h"

using namespace pinwheel;
using namespace pinwheel::views;
using test::Answer;

class TestWindowSession : public QObject, private test::WindowTest {
  Q_OBJECT

private Q_SLOTS:
  void init() { openWindow(); }
  void cleanup() { closeWindow(); }

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

  void everyWayToAnotherNetworkAsks_data() {
    QTest::addColumn<QString>("way");
    for (const char* way : {"checkpoint", "session", "drop", "demo", "recent", "grow"})
      QTest::newRow(way) << QString(way);
  }
  void everyWayToAnotherNetworkAsks() {
    QFETCH(QString, way);
    openDemo();
    lesion();
    m_engine->commands.clear();
    const auto begun = [this] {
      return m_engine->count<session::OpenCheckpoint>() + m_engine->count<session::StartTraining>();
    };
    {
      Answer cancel(QMessageBox::Cancel);
      leaveBy(way);
      QVERIFY(!cancel.text().isEmpty());
    }
    QCOMPARE(begun(), 0);
    QCOMPARE(m_window->scene().lesion().units(), std::int64_t{3});
    QVERIFY(m_window->undoStack().canUndo());
    Answer discard(QMessageBox::Discard);
    leaveBy(way);
    QVERIFY(!discard.text().isEmpty());
    QCOMPARE(begun(), 1);
  }

  // What was done to one network is not undone on another, even where that one brings a lesion of its own.
  void anotherNetworkBeginsWithNothingToUndo() {
    openDemo();
    lesion();
    auto network = test::makeNetwork(++m_networks);
    network->path = "/other.safetensors";
    network->lesion.parts = {{1, {7}, session::PerturbationKind::silence, 1, {}}};
    network->lesion.version = session::kStoredLesion | m_networks;
    network->stamp.lesion = network->lesion.version;
    m_engine->news.network = network;
    m_window->scene().pump();
    QCOMPARE(m_window->scene().lesion().units(), std::int64_t{1});
    QVERIFY(!m_window->undoStack().canUndo());
    QVERIFY(m_window->undoStack().isClean());
  }

  void afterACrashTheSessionIsOffered() {
    openDemo();
    m_window->selection().setSheet(1);
    lesion();
    m_window->selection().select(1, {4, 5});
    QTest::qWait(50);
    m_window->undoStack().push(
        new SetLesionCommand(m_window->scene(), m_window->scene().lesion(), m_window->scene().lesion(), "Again"));
    crash();
    Answer yes(QMessageBox::Yes);
    m_window->start();
    QVERIFY(!yes.text().isEmpty());
    m_window->scene().pump();
    QCOMPARE(m_window->selection().sheet(), 1);
    QCOMPARE(m_window->selection().units(), (std::vector<std::int32_t>{4, 5}));
    QCOMPARE(m_window->scene().lesion().units(), std::int64_t{3});
    QCOMPARE(m_engine->last<session::SetLesion>()->lesion.units(), std::int64_t{3});
    QVERIFY(!m_window->undoStack().isClean());  // it is in no file yet
    Answer discard(QMessageBox::Discard);
    QVERIFY(m_window->close());
  }

  void aFileWaitsForTheAnswer_data() {
    QTest::addColumn<bool>("goOn");
    QTest::newRow("go on") << true;
    QTest::newRow("forget it") << false;
  }
  void aFileWaitsForTheAnswer() {
    QFETCH(bool, goOn);
    const QString other = otherCheckpoint();
    openDemo();
    lesion();
    crash();
    Answer answer(goOn ? QMessageBox::Yes : QMessageBox::No);
    m_window->start(other);
    QVERIFY(answer.text().contains("other.safetensors"));
    QCOMPARE(m_engine->count<session::OpenCheckpoint>(), 1);
    QCOMPARE(m_engine->last<session::OpenCheckpoint>()->path,
             std::filesystem::path((goOn ? m_demo : other).toStdString()));
    m_window->scene().pump();
    QCOMPARE(m_window->scene().lesion().units(), std::int64_t{goOn ? 3 : 0});
  }

  void whatCannotBeOpenedAfterACrashIsKept() {
    const QString other = otherCheckpoint();
    openDemo();
    lesion();
    crash();
    QVERIFY(QFile::remove(m_demo));
    Answer none(QMessageBox::Yes);
    m_window->start(other);
    QVERIFY(none.text().isEmpty());
    QVERIFY2(told().contains(m_demo) && told().contains("after-crash.json"), qPrintable(told()));
    QCOMPARE(m_engine->last<session::OpenCheckpoint>()->path, std::filesystem::path(other.toStdString()));
    m_window->scene().pump();
    const auto kept = loadWorkspace(m_state + "/after-crash.json");
    QVERIFY_OK(kept);
    QCOMPARE(kept->checkpoint, m_demo);
    QCOMPARE(kept->lesion.units(), std::int64_t{3});
  }

  void afterAnOrderlyEndNothingIsOffered() {
    openDemo();
    QVERIFY(m_window->close());
    m_window = makeWindow();
    Answer none(QMessageBox::Yes);
    m_window->start(m_demo);
    QVERIFY(none.text().isEmpty());
    QCOMPARE(m_engine->count<session::OpenCheckpoint>(), 2);
  }

  // The sham of a saved session is measured with the draw that it was seen with; and what is in a file is not asked for
  // when it is closed.
  void aSessionBringsItsSham() {
    const QString file = savedSession(m_demo);
    m_window->open(file);
    m_window->scene().pump();
    QCOMPARE(m_engine->last<session::SetLesion>()->shamSeed, std::uint64_t{9});
    QCOMPARE(m_engine->last<session::SetLesion>()->lesion.units(), std::int64_t{3});
    QVERIFY(m_window->findChild<QLabel*>("shamSeed")->text().contains(QLatin1Char('9')));
    QVERIFY(m_window->undoStack().isClean());
    m_window->undoStack().undo();
    QVERIFY(!m_window->undoStack().isClean());
    m_window->undoStack().redo();
    Answer none(QMessageBox::Discard);
    QVERIFY(m_window->close());
    QVERIFY(none.text().isEmpty());
  }

  // The button of the map stands as it did.
  void aSessionShowsTheMapsBeforeTheLesionAgain() {
    const auto before = [this] { return m_window->findChild<QToolButton*>("mapBefore"); };
    openDemo();
    lesion();
    before()->click();
    QVERIFY(m_window->selection().field().before);
    const QString file = m_folder.filePath("before.json");
    {
      test::FileName name(file);
      m_window->commands().action("file.saveSession")->trigger();
    }
    QVERIFY(m_window->close());
    m_window.reset();
    m_window = makeWindow();
    QVERIFY(!m_window->selection().field().before);
    m_window->open(file);
    m_window->scene().pump();
    QVERIFY(m_window->selection().field().before);
    QVERIFY(before()->isChecked() && before()->isEnabled());
    before()->click();
    QVERIFY(!m_window->selection().field().before);
    QVERIFY(m_window->close());
  }

  // A lesion that cannot be restored leaves nothing to be before.
  void aLesionOfOtherUnitsHasNoBefore() {
    Workspace stored;
    stored.checkpoint = m_demo;
    stored.lesion.parts = {{0, {999'999}, session::PerturbationKind::silence, 1, {}}};
    stored.field.before = true;
    const QString file = m_folder.filePath("misfit.json");
    QVERIFY_OK(saveWorkspace(file, stored));
    m_window->open(file);
    m_window->scene().pump();
    QVERIFY2(told().contains("was not restored"), qPrintable(told()));
    QVERIFY(m_window->scene().lesion().parts.empty());
    QVERIFY(!m_window->selection().field().before);
  }

  void aSessionWithoutItsCheckpointIsRefused_data() {
    QTest::addColumn<QString>("checkpoint");
    QTest::addColumn<QString>("why");
    QTest::newRow("none") << QString() << "it names no checkpoint";
    QTest::newRow("gone") << "/no/such/run/checkpoint.safetensors"
                          << "its checkpoint /no/such/run/checkpoint.safetensors is not there";
  }
  void aSessionWithoutItsCheckpointIsRefused() {
    QFETCH(QString, checkpoint);
    QFETCH(QString, why);
    openDemo();
    lesion();
    m_engine->commands.clear();
    Answer none(QMessageBox::Discard);
    m_window->open(savedSession(checkpoint));
    QVERIFY(none.text().isEmpty());  // nothing is left for a session that cannot be opened
    QVERIFY(m_engine->commands.empty());
    QVERIFY2(told().startsWith("This session cannot be opened: " + why), qPrintable(told()));
    QVERIFY(told().contains("What to do: "));
  }

  void aTrainingIsAutosaved() {
    train(m_folder.filePath("runs/live"));
    // From the first look at the network on.
    m_window.reset();
    const auto first = loadWorkspace(m_state + "/autosave-1.json");
    QVERIFY_OK(first);
    QCOMPARE(first->checkpoint, m_folder.filePath("runs/live/checkpoint.safetensors"));
    m_window = makeWindow();
    train(m_folder.filePath("runs/live"));
    lesion();
    m_window.reset();
    const auto later = loadWorkspace(m_state + "/autosave-1.json");
    QVERIFY_OK(later);
    QCOMPARE(later->checkpoint, m_folder.filePath("runs/live/checkpoint.safetensors"));
    QCOMPARE(later->lesion.units(), std::int64_t{3});
  }

  void aSessionOfATrainingOpensItsRun() {
    const QString run = m_folder.filePath("runs/saved");
    const QString checkpoint = run + "/checkpoint.safetensors";
    train(run);
    lesion();
    QVERIFY(m_window->commands().action("file.saveSession")->isEnabled());
    const QString file = m_folder.filePath("live.json");
    {
      Answer yes(QMessageBox::Yes);
      Answer save(QMessageBox::Save);
      test::FileName name(file);
      QVERIFY(m_window->close());
      QVERIFY(!save.text().isEmpty());
    }
    const auto stored = loadWorkspace(file);
    QVERIFY_OK(stored);
    QCOMPARE(stored->checkpoint, checkpoint);
    m_window.reset();
    m_window = makeWindow();
    QVERIFY(QDir().mkpath(run));
    test::put(checkpoint.toStdString(), "x");
    m_window->open(file);
    QCOMPARE(m_engine->last<session::OpenCheckpoint>()->path, std::filesystem::path(checkpoint.toStdString()));
    m_window->scene().pump();
    QCOMPARE(m_window->scene().lesion().units(), std::int64_t{3});
  }

private:
  QString otherCheckpoint() {
    const QString path = m_folder.filePath("other.safetensors");
    test::put(path.toStdString(), "x");
    return path;
  }

  // With a lesion of three units and the ninth draw of its sham.
  QString savedSession(const QString& checkpoint) {
    Workspace stored;
    stored.checkpoint = checkpoint;
    stored.lesion.parts = {{0, {1, 2, 3}, session::PerturbationKind::silence, 1, {}}};
    stored.shamSeed = 9;
    const QString file = m_folder.filePath("session.json");
    [&] { QVERIFY_OK(saveWorkspace(file, stored)); }();
    return file;
  }

  void leaveBy(const QString& way) {
    // Watch one grow asks what to train.
    QTimer press;
    connect(&press, &QTimer::timeout, this, [] {
      if (auto* dialog = qobject_cast<TrainingDialog*>(QApplication::activeModalWidget()))
        dialog->findChild<QPushButton*>("trainingDialog.train")->click();
    });
    press.start(10);
    if (way == "checkpoint") m_window->open(otherCheckpoint());
    if (way == "session") m_window->open(savedSession(otherCheckpoint()));
    if (way == "demo") m_window->commands().action("file.demo")->trigger();
    if (way == "grow") m_window->commands().action("file.grow")->trigger();
    if (way == "recent") Q_EMIT m_window->findChild<WelcomePage*>()->fileChosen(m_demo);
    if (way == "drop") {
      QMimeData data;
      data.setUrls({QUrl::fromLocalFile(m_demo)});
      // The application hands a drop to what it was dragged into.
      QDragEnterEvent enter(QPoint(50, 50), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
      QApplication::sendEvent(m_window.get(), &enter);
      QDropEvent drop(QPointF(50, 50), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
      QApplication::sendEvent(m_window.get(), &drop);
    }
  }

  // A network that is being trained in `run`, behind a training in another folder.
  void train(const QString& run) {
    publish(test::makeTraining(session::TrainingPhase::stopped));
    auto network = test::makeNetwork(++m_networks);
    network->live = true;
    auto training = test::makeTraining(session::TrainingPhase::running);
    training->folder = run.toStdString();
    training->stamp.network = m_networks;
    m_engine->news.network = network;
    publish(training);
  }

  [[nodiscard]] QString told() const {
    const auto* bar = m_window->findChild<NoticeBar*>("noticeBar");
    return bar->isVisible() ? bar->findChild<QLabel*>("noticeBar.text")->text() : QString();
  }
};

int main(int argc, char** argv) {
  prepareGraphics();
  QApplication::setAttribute(Qt::AA_DontUseNativeDialogs);
  QApplication application(argc, argv);
  TestWindowSession test;
  return QTest::qExec(&test, argc, argv);
}
#include "test_window_session.moc"
