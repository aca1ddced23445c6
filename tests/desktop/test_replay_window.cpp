// The window and recordings: opened, scrubbed, left again, with the scripted engine behind it.
#include <QDropEvent>
#include <QLabel>
#include <QMimeData>

#include "tests/desktop/window_test.h"
#include "tests/guests/recorded_training.h"
#include "views/panels/lesion_panel.h"
#include "views/panels/replay_bar.h"
#include "views/vtk/graphics.h"
#include "views/window/command_registry.h"
#include "views/window/notice_bar.h"

using namespace pinwheel;
using namespace pinwheel::views;

class TestReplayWindow : public QObject, private test::WindowTest {
  Q_OBJECT

  QString m_recording;

  ReplayBar& bar() { return *m_window->findChild<ReplayBar*>("replayBar"); }
  [[nodiscard]] std::int64_t mapsShown() {
    const auto& maps = m_window->scene().maps();
    return maps ? maps->stamp.step : -1;
  }

private Q_SLOTS:
  void initTestCase() {
    m_recording = m_folder.filePath("recording.pwrec");
    test::TrainingRecorder recorder(m_recording.toStdString());
    auto network = test::makeNetwork(7);
    network->title = "recorded";
    network->path = "/runs/elsewhere/checkpoint.safetensors";
    recorder.add(*network);
    const auto maps = test::makeMaps(*network);
    for (const int step : {10, 20, 30}) {
      session::MapsFrame frame = *test::turned(*maps, static_cast<float>(step));
      frame.stamp.step = step;
      recorder.add(frame);
      auto training = test::makeTraining(session::TrainingPhase::running, step);
      training->stamp.network = 7;
      recorder.add(*training);
    }
    recorder.close();
  }
  void init() { openWindow(); }
  void cleanup() { closeWindow(); }

  void openedAndScrubbed() {
    QVERIFY(!bar().isVisible());
    m_window->open(m_recording);
    QTRY_COMPARE(mapsShown(), 30);
    QVERIFY(bar().isVisible());
    QVERIFY(m_window->windowTitle().contains("recorded"));
    bar().goTo(12);
    QTRY_COMPARE(mapsShown(), 10);
    QTRY_COMPARE(m_window->scene().training()->points.size(), std::size_t{10});
    // Before the first maps; who looks at a unit goes on doing so.
    int networks = 0;
    const auto look = connect(&m_window->scene(), &views::Scene::networkChanged, this, [&] { ++networks; });
    bar().goTo(3);
    QTRY_COMPARE(mapsShown(), -1);
    QCOMPARE(networks, 0);
    disconnect(look);
    QTRY_VERIFY(m_window->scene().training()->points.empty());
    m_window->commands().action("replay.next")->trigger();
    QTRY_COMPARE(mapsShown(), 10);
  }

  void nothingOfItCanBeSteeredOrSaved() {
    m_window->open(m_recording);
    QTRY_COMPARE(mapsShown(), 30);
    QVERIFY(!m_window->scene().trainingUnderWay());
    for (const char* id : {"file.saveSession", "file.saveCheckpoint", "training.pause", "training.resume",
                           "training.stop", "lesion.add"}) {
      m_window->commands().refresh();
      QVERIFY2(!m_window->commands().action(id)->isEnabled(), id);
    }
    QVERIFY(m_window->commands().action("file.export")->isEnabled());
    QVERIFY(!m_window->findChild<LesionPanel*>()->isEnabled());
    m_window->commands().action("training.measure")->trigger();
    auto* notices = m_window->findChild<NoticeBar*>("noticeBar");
    QTRY_VERIFY(notices->isVisible());
    QVERIFY(notices->findChild<QLabel*>("noticeBar.text")->text().contains("cannot be steered"));
    QVERIFY(m_window->scene().checkpoint().empty());
    // Nor does closing ask for anything.
    QVERIFY(m_window->close());
  }

  // The network of before is closed, and the next one is the engine's again.
  void backToTheEngine() {
    openDemo();
    m_window->open(m_recording);
    QCOMPARE(m_engine->count<session::CloseNetwork>(), 1);
    QTRY_COMPARE(mapsShown(), 30);
    const auto commands = m_engine->commands.size();
    m_window->scene().post(session::MeasureMaps{});
    QCOMPARE(m_engine->commands.size(), commands);
    m_window->open(m_demo);
    QVERIFY(!bar().isVisible());
    QCOMPARE(m_engine->count<session::OpenCheckpoint>(), 2);
    QTRY_VERIFY(m_window->scene().network());
    QCOMPARE(QString::fromStdString(m_window->scene().network()->title), QString("synthetic"));
    QVERIFY(m_window->findChild<LesionPanel*>()->isEnabled());
    m_window->commands().refresh();
    QVERIFY(m_window->commands().action("file.saveSession")->isEnabled());
    QVERIFY(!m_window->commands().action("file.closeRecording")->isEnabled());
  }

  void aTrainingIsAskedFor() {
    openDemo();
    publish(test::makeTraining(session::TrainingPhase::running));
    test::Answer no(QMessageBox::No);
    m_window->open(m_recording);
    QVERIFY(no.text().contains("saved"));
    QVERIFY(!bar().isVisible());
    QCOMPARE(m_engine->count<session::CloseNetwork>(), 0);
    test::Answer yes(QMessageBox::Yes);
    m_window->open(m_recording);
    QCOMPARE(m_engine->count<session::CloseNetwork>(), 1);
    QTRY_COMPARE(mapsShown(), 30);
  }

  void droppedOnTheWindow() {
    QMimeData data;
    data.setUrls({QUrl::fromLocalFile(m_recording)});
    QDragEnterEvent enter(QPoint(5, 5), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QApplication::sendEvent(m_window.get(), &enter);
    QVERIFY(enter.isAccepted());
    QDropEvent drop(QPointF(5, 5), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QApplication::sendEvent(m_window.get(), &drop);
    QTRY_COMPARE(mapsShown(), 30);
  }

  void whatIsNoRecordingIsTold() {
    const QString path = m_folder.filePath("broken.pwrec");
    test::put(path.toStdString(), "no recording");
    openDemo();
    const auto network = m_window->scene().network();
    m_window->open(path);
    QVERIFY(m_window->findChild<NoticeBar*>("noticeBar")->isVisible());
    QVERIFY(!bar().isVisible());
    QCOMPARE(m_window->scene().network(), network);
    QCOMPARE(m_engine->count<session::CloseNetwork>(), 0);
  }
};

int main(int argc, char** argv) {
  prepareGraphics();
  QCoreApplication::setAttribute(Qt::AA_DontUseNativeDialogs);
  QApplication application(argc, argv);
  TestReplayWindow test;
  return QTest::qExec(&test, argc, argv);
}
#include "test_replay_window.moc"
