// When the scene has the loss share measured, and when it leaves that; where its network is found again.
#include "views/scene.h"

#include "tests/support.h"
#include "tests/views/fake_engine.h"

using namespace pinwheel;
using namespace pinwheel::views;

class TestScene : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void init() {
    m_engine = std::make_unique<test::FakeEngine>();
    m_scene = std::make_unique<Scene>(*m_engine);
    m_engine->news.network = m_network;
    m_scene->pump();
  }

  void onceForTheSameMaps() {
    QCOMPARE(asked(), 0);  // there are no maps yet
    publish(*m_unasked);
    QCOMPARE(asked(), 1);
    QCOMPARE(asked(), 1);
    // Measured anew, they are other maps.
    publish(*m_unasked);
    QCOMPARE(asked(), 2);
  }

  void whereItIsKnownOrGivenUpNothingIsAsked_data() {
    QTest::addColumn<int>("state");
    QTest::newRow("under way") << static_cast<int>(session::LossShareState::underWay);
    QTest::newRow("stopped") << static_cast<int>(session::LossShareState::stopped);
    QTest::newRow("there") << static_cast<int>(session::LossShareState::there);
    QTest::newRow("impossible") << static_cast<int>(session::LossShareState::impossible);
  }
  void whereItIsKnownOrGivenUpNothingIsAsked() {
    QFETCH(int, state);
    publish(*test::withoutLossShare(*m_unasked, static_cast<session::LossShareState>(state)));
    QCOMPARE(asked(), 0);
  }

  void aFullQueueIsAskedAgain() {
    publish(*m_unasked);
    m_engine->full = true;
    QCOMPARE(asked(), 0);
    m_engine->full = false;
    QCOMPARE(asked(), 1);
  }

  void aLesionsMapsAreWaitedFor() {
    session::Lesion lesion;
    lesion.parts = {{0, {1, 2, 3}, session::PerturbationKind::silence, 1, {}}};
    m_scene->setLesion(lesion);
    publish(*m_unasked);
    QCOMPARE(asked(), 0);
    session::MapsFrame lesioned = *m_unasked;
    lesioned.stamp.lesion = m_scene->lesion().version;
    publish(lesioned);
    QCOMPARE(asked(), 1);
  }

  void aTrainingIsNotHeldUp() {
    train(session::TrainingPhase::preparing);
    session::MapsFrame now = *m_unasked;
    now.stamp.step = m_scene->training()->stamp.step;
    publish(now);
    QCOMPARE(asked(), 0);
    train(session::TrainingPhase::running);
    QCOMPARE(asked(), 0);
    train(session::TrainingPhase::paused);
    QCOMPARE(asked(), 1);
    // Previews, and maps of an earlier step, are not of the network that stands still.
    session::MapsFrame preview = now;
    preview.preview = true;
    publish(preview);
    QCOMPARE(asked(), 1);
    session::MapsFrame earlier = now;
    earlier.stamp.step -= 1;
    publish(earlier);
    QCOMPARE(asked(), 1);
    train(session::TrainingPhase::finished);
    QCOMPARE(asked(), 2);
  }

  void aNetworkThatIsTrainedIsFoundInItsRun() {
    QCOMPARE(m_scene->checkpoint(), std::filesystem::path());
    const auto train = [this](session::TrainingPhase phase, const char* folder) {
      const auto training = test::makeTraining(phase);
      training->folder = folder;
      m_engine->news.training = training;
    };
    train(session::TrainingPhase::stopped, "/runs/before");
    m_scene->pump();
    // It is asked for as soon as the network is there.
    std::filesystem::path told;
    connect(m_scene.get(), &Scene::networkChanged, this, [&] { told = m_scene->checkpoint(); });
    const auto live = test::makeNetwork(2);
    live->live = true;
    m_engine->news.network = live;
    train(session::TrainingPhase::running, "/runs/now");
    m_scene->pump();
    QCOMPARE(told, std::filesystem::path("/runs/now/checkpoint.safetensors"));
    train(session::TrainingPhase::running, "runs/now");
    m_scene->pump();
    QCOMPARE(m_scene->checkpoint(), std::filesystem::current_path() / "runs/now/checkpoint.safetensors");
    const auto opened = test::makeNetwork(3);
    opened->path = "/a/b.safetensors";
    m_engine->news.network = opened;
    m_scene->pump();
    QCOMPARE(told, std::filesystem::path("/a/b.safetensors"));
  }

private:
  // Asks, and tells how often the engine has heard of it by now.
  int asked() {
    m_scene->askLossShare();
    return m_engine->count<session::MeasureLossShare>();
  }
  void publish(const session::MapsFrame& maps) {
    m_engine->news.maps = std::make_shared<const session::MapsFrame>(maps);
    m_scene->pump();
  }
  void train(session::TrainingPhase phase) {
    m_engine->news.training = test::makeTraining(phase);
    m_scene->pump();
  }

  std::shared_ptr<session::NetworkFrame> m_network = test::makeNetwork();
  std::shared_ptr<session::MapsFrame> m_unasked = test::withoutLossShare(*test::makeMaps(*m_network));
  std::unique_ptr<test::FakeEngine> m_engine;
  std::unique_ptr<Scene> m_scene;
};

QTEST_GUILESS_MAIN(TestScene)
#include "test_scene.moc"
