// When the scene has the loss share measured, and when it leaves that; where its network is found again; what it
// forgets when another engine answers, and whose lesions it shows then.
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

  void anotherEngineBeginsWithNothing() {
    publish(*m_unasked);
    m_engine->news.activity = test::makeActivity(*m_network, *m_unasked);
    m_engine->news.job = std::make_shared<const session::JobFrame>(session::JobFrame{"measuring", 1, 2});
    train(session::TrainingPhase::running);
    m_scene->setLesion(lesionOf({1, 2}));
    m_scene->setShamSeed(9);
    QVERIFY(m_scene->network() && m_scene->maps() && m_scene->activity() && m_scene->training() && m_scene->job());
    int told = 0;
    const auto look = connect(m_scene.get(), &Scene::networkChanged, this, [&] {
      ++told;
      QVERIFY(!m_scene->network() && !m_scene->maps() && !m_scene->activity() && !m_scene->training());
    });
    m_scene->forget();
    disconnect(look);
    QCOMPARE(told, 1);
    QVERIFY(!m_scene->job() && !m_scene->tuning() && !m_scene->lesionEffect());
    QVERIFY(m_scene->lesion().parts.empty());
    QCOMPARE(m_scene->shamSeed(), session::SetLesion{}.shamSeed);
    QVERIFY(m_scene->checkpoint().empty());
    // The other engine's networks may have the numbers of this one's.
    auto same = test::makeNetwork();
    same->title = "elsewhere";
    m_engine->news.network = same;
    m_scene->pump();
    QCOMPARE(m_scene->network()->title, std::string("elsewhere"));
    QVERIFY(!m_scene->maps());
  }

  // Another window may have given the same engine lesions; it counts from 0 as this one does.
  void lesionsOfOthersAreTakenOver() {
    m_scene->forget();
    auto other = test::makeNetwork(2);
    other->lesion = lesionOf({7});
    other->lesion.version = other->stamp.lesion = 1;
    m_engine->news.network = other;
    m_scene->pump();
    QCOMPARE(m_scene->lesion().units(), std::int64_t{1});
    QVERIFY(!m_scene->isOwnLesion(1));
    m_scene->setLesion(lesionOf({1, 2}));
    const std::uint64_t own = m_scene->lesion().version;
    QVERIFY(own > 1 && !session::isStored(own) && m_scene->isOwnLesion(own));
    // A network that comes with an older one of this window's: the newest is on its way.
    m_scene->setLesion(lesionOf({1, 2, 3}));
    auto retrained = test::makeNetwork(3);
    retrained->lesion = lesionOf({1, 2});
    retrained->lesion.version = retrained->stamp.lesion = own;
    m_engine->news.network = retrained;
    m_scene->pump();
    QCOMPARE(m_scene->lesion().units(), std::int64_t{3});
  }

  // An engine that was started again gives its stored lesion a version anew.
  void aStoredLesionMayChangeBehindItsVersion() {
    const auto publishStored = [this](std::vector<std::int32_t> units) {
      auto network = test::makeNetwork();
      network->lesion = lesionOf(std::move(units));
      network->lesion.version = network->stamp.lesion = session::kStoredLesion | 1;
      m_engine->news.network = network;
      m_scene->pump();
    };
    publishStored({1});
    QCOMPARE(m_scene->lesion().units(), std::int64_t{1});
    m_scene->setShamSeed(5);
    publishStored({1});  // the same: what was chosen with it stays
    QCOMPARE(m_scene->shamSeed(), std::uint64_t{5});
    publishStored({1, 2});
    QCOMPARE(m_scene->lesion().units(), std::int64_t{2});
    QCOMPARE(m_scene->shamSeed(), session::SetLesion{}.shamSeed);
  }

  // An engine elsewhere may refuse a lesion, or its answer get lost: the frames tell which one acts.
  void aDoubtedLesionIsWhatTheFramesSay() {
    const auto frameOf = [this](std::uint64_t version) {
      session::MapsFrame maps = *m_unasked;
      maps.stamp.lesion = version;
      publish(maps);
    };
    m_scene->setLesion(lesionOf({1, 2}));
    const std::uint64_t first = m_scene->lesion().version;
    frameOf(first);
    m_scene->setLesion(lesionOf({1, 2, 3}));
    const std::uint64_t second = m_scene->lesion().version;
    int told = 0;
    const auto look = connect(m_scene.get(), &Scene::lesionChanged, this, [&] { ++told; });
    frameOf(first);  // on its way before: not doubted, it stays
    QCOMPARE(m_scene->lesion().version, second);
    // What is known says so at once: an engine that ends sends no more.
    m_scene->doubtLesion(second);
    QCOMPARE(told, 1);
    QCOMPARE(m_scene->lesion().version, first);
    QCOMPARE(m_scene->lesion().units(), std::int64_t{2});
    // Its answer had got lost alone.
    frameOf(second);
    QCOMPARE(m_scene->lesion().units(), std::int64_t{3});
    // Nor was it taken away: the one before still acts.
    m_scene->setLesion({});
    m_scene->doubtLesion(0);
    QCOMPARE(m_scene->lesion().version, second);
    // Another one took the place of the doubted one.
    m_scene->setLesion(lesionOf({5, 6}));
    const std::uint64_t third = m_scene->lesion().version;
    m_scene->setLesion(lesionOf({5}));
    m_scene->doubtLesion(third);
    frameOf(second);
    QCOMPARE(m_scene->lesion().units(), std::int64_t{1});
    disconnect(look);
  }

  // As a recording that goes back to before its first maps.
  void theSameNetworkAgainForgetsWhatWasMeasured() {
    publish(*m_unasked);
    m_engine->news.activity = test::makeActivity(*m_network, *m_unasked);
    m_scene->pump();
    QVERIFY(m_scene->maps() && m_scene->activity());
    int networks = 0, maps = 0, activities = 0;
    const auto look = connect(m_scene.get(), &Scene::networkChanged, this, [&] { ++networks; });
    const auto lookMaps = connect(m_scene.get(), &Scene::mapsChanged, this, [&] { ++maps; });
    const auto lookActivity = connect(m_scene.get(), &Scene::activityChanged, this, [&] { ++activities; });
    m_engine->news.network = m_scene->network();
    m_scene->pump();
    QVERIFY(m_scene->network() && !m_scene->maps() && !m_scene->activity());
    QCOMPARE(networks, 0);
    QCOMPARE(maps, 1);
    QCOMPARE(activities, 1);
    for (const auto& one : {look, lookMaps, lookActivity}) disconnect(one);
  }

private:
  static session::Lesion lesionOf(std::vector<std::int32_t> units) {
    session::Lesion lesion;
    lesion.parts = {{0, std::move(units), session::PerturbationKind::silence, 1, {}}};
    return lesion;
  }
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
