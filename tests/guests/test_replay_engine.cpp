// Recordings as an engine: the state at every step, forwards and backwards, of whole, resumed, growing, cut and damaged
// files.
#include <QObject>
#include <algorithm>
#include <array>
#include <atomic>

#include "engine/core/files.h"
#include "engine/guests/replay_engine.h"
#include "tests/guests/recorded_training.h"
#include "tests/wire/samples.h"

using namespace pinwheel;
using namespace pinwheel::guests;
using test::TrainingRecorder;

namespace {

// Without a lesion that came with it, and with a path that is nobody's here.
session::NetworkFrame network(std::uint64_t number = 3, std::int64_t step = 0) {
  session::NetworkFrame frame = test::sampleNetwork();
  frame.stamp = {number, step, 0};
  frame.lesion = {};
  return frame;
}
session::MapsFrame maps(std::int64_t step, std::uint64_t number = 3) {
  session::MapsFrame frame = test::sampleMaps();
  frame.stamp = {number, step, 0};
  frame.lossShareState = session::LossShareState::notAsked;
  return frame;
}
session::ActivityFrame activity(std::int64_t step) {
  session::ActivityFrame frame = test::sampleActivity();
  frame.stamp = {3, step, 0};
  return frame;
}
session::TrainingFrame trainingAt(std::int64_t step, int epochs, std::uint64_t number = 3) {
  session::TrainingFrame frame = test::sampleTraining();
  frame.stamp = {number, step, 0};
  frame.phase = session::TrainingPhase::running;
  frame.epochs.clear();
  for (int e = 1; e <= epochs; ++e) frame.epochs.push_back({10 * e, 0.1 * e, {}});
  return frame;
}

// Keeps what a scene would: the newest frame of each kind, all but the training gone when a network comes.
struct Watched {
  session::News news;
  int networks = 0;

  void look(ReplayEngine& engine) {
    session::News next = engine.take();
    if (next.network) {
      ++networks;
      news.network = next.network;
      news.maps.reset();
      news.activity.reset();
      news.lesion.reset();
    }
    if (next.maps) news.maps = next.maps;
    if (next.activity) news.activity = next.activity;
    if (next.lesion) news.lesion = next.lesion;
    if (next.training) news.training = next.training;
    for (session::Notice& notice : next.notices) news.notices.push_back(std::move(notice));
  }
};

std::int64_t stepOf(const auto& frame) {
  return frame ? frame->stamp.step : -1;
}

// Of the state at a step, once it is there: maps, activity, training; -1 for what is not there.
using Steps = std::array<std::int64_t, 3>;
Steps stateAt(ReplayEngine& engine, Watched& watched, std::int64_t step) {
  engine.seek(step);
  if (!QTest::qWaitFor([&] { return engine.shownStep() == step; }, 10'000))
    qFatal("the step %lld never came", static_cast<long long>(step));
  watched.look(engine);
  return {stepOf(watched.news.maps), stepOf(watched.news.activity), stepOf(watched.news.training)};
}

std::shared_ptr<ReplayEngine> opened(const std::filesystem::path& path, std::function<void()> wake = {}) {
  auto engine = ReplayEngine::open(path, std::move(wake), std::chrono::hours(1));
  if (!engine) qFatal("%s", engine.error().text().c_str());
  return *engine;
}

}  // namespace

class TestReplayEngine : public QObject {
  Q_OBJECT

  QTemporaryDir m_folder;
  int m_files = 0;

  std::filesystem::path fresh() { return test::pathOf(m_folder, std::to_string(++m_files) + ".pwrec"); }

  // Network at 0; maps at 10, 20, 30; activity at 5 and 25; training at 8 and 28.
  std::filesystem::path whole() {
    const auto path = fresh();
    TrainingRecorder recorder(path);
    recorder.add(network());
    recorder.add(activity(5));
    recorder.add(trainingAt(8, 0));
    recorder.add(maps(10));
    recorder.add(maps(20));
    recorder.add(activity(25));
    recorder.add(trainingAt(28, 2));
    recorder.add(maps(30));
    recorder.close();
    return path;
  }

private Q_SLOTS:
  void theStateAtEveryStep() {
    const auto engine = opened(whole());
    const auto line = engine->timeline();
    QCOMPARE(line->firstStep, 0);
    QCOMPARE(line->lastStep, 30);
    QCOMPARE(line->maps, (std::vector<std::int64_t>{10, 20, 30}));
    QCOMPARE(line->epochs, (std::vector<std::int64_t>{10, 20}));
    QVERIFY(!line->growing);
    Watched watched;
    QVERIFY(engine->take().network == nullptr);  // nothing comes unasked
    const std::vector<std::pair<std::int64_t, Steps>> want{
        {0, {-1, -1, 0}},  {4, {-1, -1, 0}},   {5, {-1, 5, 0}},     {9, {-1, 5, 8}},   {10, {10, 5, 8}},
        {24, {20, 5, 8}},  {30, {30, 25, 28}}, {999, {30, 25, 28}}, {21, {20, 5, 8}},  {9, {-1, 5, 8}},
        {-5, {-1, -1, 0}}, {30, {30, 25, 28}}, {0, {-1, -1, 0}},    {28, {20, 25, 28}}};
    for (const auto& [step, steps] : want) QCOMPARE(stateAt(*engine, watched, step), steps);
  }

  void whatDidNotChangeIsNotDeliveredAgain() {
    const auto engine = opened(whole());
    const auto newsAt = [&](std::int64_t step) {
      engine->seek(step);
      [&] { QTRY_COMPARE(engine->shownStep(), step); }();
      return engine->take();
    };
    session::News news = newsAt(20);
    QVERIFY(news.network && news.maps && news.activity && news.training);
    news = newsAt(30);
    QVERIFY(!news.network && news.maps && news.activity && news.training);
    QCOMPARE(news.maps->stamp.step, 30);
    news = newsAt(31);
    QVERIFY(!news.network && !news.maps && !news.activity && !news.training);
    news = newsAt(26);  // back: the older maps come, and those alone but for the training
    QVERIFY(!news.network && news.maps && !news.activity && news.training);
    QCOMPARE(news.maps->stamp.step, 20);
    news = newsAt(9);  // no maps yet: the network clears them
    QVERIFY(news.network && !news.maps && news.activity);
    QCOMPARE(news.activity->stamp.step, 5);
    QVERIFY(newsAt(10).network == nullptr);
  }

  // Frames that wait must not come behind a network that says they are not there.
  void whatWaitsGoesWithItsStep() {
    const auto engine = opened(whole());
    engine->seek(30);
    QTRY_COMPARE(engine->shownStep(), 30);
    engine->seek(2);
    QTRY_COMPARE(engine->shownStep(), 2);
    const session::News news = engine->take();
    QVERIFY(news.network && !news.maps && !news.activity);
    QVERIFY(news.training && news.training->points.empty());
  }

  void nothingOfItIsATrainingUnderWay() {
    const auto engine = opened(whole());
    Watched watched;
    (void)stateAt(*engine, watched, 30);
    QVERIFY(watched.news.training->phase == session::TrainingPhase::stopped);
    QVERIFY(watched.news.training->folder.empty());
    QCOMPARE(watched.news.training->epochs.size(), std::size_t{2});
    QVERIFY(watched.news.network->path.empty());
    QVERIFY(watched.news.network->stamp.network >= kReplayed);
    QCOMPARE(watched.news.maps->stamp.network, watched.news.network->stamp.network);
    QVERIFY(watched.news.maps->lossShareState == session::LossShareState::impossible);
  }

  void commandsAreRefused() {
    std::atomic<int> wakes = 0;
    const auto engine = opened(whole(), [&wakes] { ++wakes; });
    QVERIFY(engine->post(session::Pause{}));
    QCOMPARE(wakes.load(), 1);
    QVERIFY(engine->post(session::Pause{}));
    QCOMPARE(wakes.load(), 1);  // until it is taken
    auto notices = engine->take().notices;
    QCOMPARE(notices.size(), std::size_t{2});
    QVERIFY(notices[0].error.text().find("cannot be steered") != std::string::npos);
    for (int i = 0; i < 5; ++i) QVERIFY(engine->post(session::AskTuning{0, {1}}));
    QCOMPARE(engine->take().notices.size(), std::size_t{1});
  }

  void aResumedRunIsOneHistory() {
    const auto path = fresh();
    {
      TrainingRecorder recorder(path);
      recorder.add(network());
      for (const std::int64_t step : {10, 20, 30}) recorder.add(maps(step));
      recorder.add(trainingAt(31, 1));
      recorder.flush();
    }
    {
      TrainingRecorder recorder(path, 20);
      recorder.wait(100'000);
      recorder.add(network(1, 20));  // another process counts anew
      recorder.add(maps(35, 1));
      recorder.add(trainingAt(36, 3, 1));
      recorder.close();
    }
    const auto engine = opened(path);
    QCOMPARE(engine->timeline()->maps, (std::vector<std::int64_t>{10, 20, 35}));
    QCOMPARE(engine->timeline()->epochs, (std::vector<std::int64_t>{10, 20, 30}));
    QCOMPARE(engine->timeline()->lastStep, 36);
    QVERIFY(engine->timeline()->secondsAt(36) < 100);  // the night between them is not played
    Watched watched;
    const auto mapsAt = [&](std::int64_t step) { return stateAt(*engine, watched, step)[0]; };
    QCOMPARE(mapsAt(10), 10);
    QCOMPARE(mapsAt(32), 20);  // 30 was taken back
    QCOMPARE(mapsAt(36), 35);
    QCOMPARE(mapsAt(19), 10);
    QCOMPARE(watched.networks, 1);  // the same sheets: nothing that was selected is lost
  }

  void anotherNetworkTakesTheFramesOfTheOneBefore() {
    const auto path = fresh();
    TrainingRecorder recorder(path);
    recorder.add(network());
    recorder.add(maps(10));
    session::NetworkFrame other = network(4, 20);
    other.sheets.pop_back();
    recorder.add(other);
    session::MapsFrame few = maps(30, 4);
    few.sheets.pop_back();
    recorder.add(few);
    recorder.close();
    const auto engine = opened(path);
    Watched watched;
    QCOMPARE(stateAt(*engine, watched, 15)[0], 10);
    QCOMPARE(stateAt(*engine, watched, 25)[0], -1);
    QCOMPARE(watched.news.network->sheets.size(), std::size_t{1});
    QCOMPARE(stateAt(*engine, watched, 30)[0], 30);
    QCOMPARE(stateAt(*engine, watched, 10)[0], 10);
    QCOMPARE(watched.news.network->sheets.size(), std::size_t{2});
  }

  void damageIsPassedOverAndToldOnce() {
    const auto path = fresh();
    TrainingRecorder recorder(path);
    recorder.add(network());
    recorder.add(maps(10));
    recorder.addBytes(wire::FrameKind::maps, 20, std::as_bytes(std::span("no message at all")));
    session::MapsFrame misfit = maps(30);
    misfit.sheets.pop_back();
    recorder.add(misfit);
    recorder.addBytes(wire::FrameKind::maps, 40, *wire::encode(activity(40)));  // of another kind
    recorder.add(maps(50));
    recorder.close();
    const auto engine = opened(path);
    Watched watched;
    for (const std::int64_t step : {20, 30, 40, 49}) QCOMPARE(stateAt(*engine, watched, step)[0], 10);
    QCOMPARE(stateAt(*engine, watched, 50)[0], 50);
    QCOMPARE(watched.news.notices.size(), std::size_t{1});
    QVERIFY(watched.news.notices[0].error.text().find("cannot be shown") != std::string::npos);
  }

  // Bytes turned over in the middle of one chunk: its maps are gone, those before stand in.
  void aDamagedChunkIsPassedOver() {
    const auto path = whole();
    std::string bytes = *readFile(path, 1 << 24);
    // The fifth chunk holds the maps of step 20; its content ends where the next chunk begins.
    std::size_t at = 0;
    for (int chunk = 0; chunk < 6; ++chunk) at = bytes.find("PWCHUNK\n", at + 1);
    QVERIFY(at != std::string::npos);
    for (std::size_t i = at - 40; i < at - 20; ++i) bytes[i] = static_cast<char>(~bytes[i]);
    test::put(path, bytes);
    const auto engine = opened(path);
    Watched watched;
    QCOMPARE(stateAt(*engine, watched, 22)[0], 10);
    QCOMPARE(stateAt(*engine, watched, 30)[0], 30);
    QCOMPARE(watched.news.notices.size(), std::size_t{1});
  }

  void cutAnywhere() {
    const std::string bytes = *readFile(whole(), 1 << 24);
    const auto path = fresh();
    int shown = 0;
    for (std::size_t length = 0; length < bytes.size(); length += 1 + bytes.size() / 97) {
      test::put(path, std::string_view(bytes).substr(0, length));
      auto run = RecordedRun::open(path);
      if (!run) {
        QVERIFY(!run.error().why.empty() || !run.error().hint.empty());
        continue;
      }
      ++shown;
      const RecordedState& state = run->at(999);
      QVERIFY(state.network != nullptr);
      const std::int64_t last = stepOf(state.maps);
      QCOMPARE(last, run->timeline()->maps.empty() ? -1 : run->timeline()->maps.back());
    }
    QVERIFY(shown > 20);
  }

  void aRecordingWithoutANetworkIsRefused() {
    const auto path = fresh();
    {
      TrainingRecorder recorder(path);
      recorder.add(maps(10));
      recorder.close();
    }
    QVERIFY_REFUSED(ReplayEngine::open(path, {}), "holds no network");
    QVERIFY(!ReplayEngine::open(fresh(), {}).has_value());
    test::put(path, "not a recording");
    QVERIFY(!ReplayEngine::open(path, {}).has_value());
  }

  void itFollowsARecordingThatGrows() {
    const auto path = fresh();
    TrainingRecorder recorder(path);
    recorder.add(network());
    recorder.add(maps(10));
    recorder.flush();
    const auto engine = opened(path);
    QVERIFY(engine->timeline()->growing);
    Watched watched;
    QCOMPARE(stateAt(*engine, watched, 100)[0], 10);
    recorder.add(maps(20));
    recorder.flush();
    engine->refresh();
    QTRY_COMPARE(engine->timeline()->lastStep, 20);
    // Whoever looks at a step behind the end sees what comes.
    QTRY_VERIFY((watched.look(*engine), stepOf(watched.news.maps) == 20));
    recorder.close();
    engine->refresh();
    QTRY_VERIFY(!engine->timeline()->growing);
  }

  void aFileThatBecomesShorterIsToldOnce() {
    const auto path = whole();
    const auto engine = opened(path);
    std::filesystem::resize_file(path, 200);
    Watched watched;
    engine->refresh();
    QTRY_VERIFY((watched.look(*engine), !watched.news.notices.empty()));
    engine->refresh();
    engine->seek(7);
    QTRY_COMPARE(engine->shownStep(), 7);
    watched.look(*engine);
    const auto about = [&](const char* text) {
      return std::count_if(watched.news.notices.begin(), watched.news.notices.end(),
                           [&](const auto& notice) { return notice.error.text().find(text) != std::string::npos; });
    };
    QCOMPARE(about("became shorter"), 1);
  }

  void timesOfSteps() {
    Timeline line;
    line.firstStep = 0;
    line.lastStep = 100;
    line.moments = {{10, 0}, {20, 5}, {30, 5}, {40, 15}};
    QCOMPARE(line.secondsAt(0), 0.0);
    QCOMPARE(line.secondsAt(15), 2.5);
    QCOMPARE(line.secondsAt(35), 10.0);
    QCOMPARE(line.secondsAt(90), 15.0);
    QCOMPARE(line.stepAt(-1), 0);
    QCOMPARE(line.stepAt(2.5), 15);
    QCOMPARE(line.stepAt(5), 30);
    QCOMPARE(line.stepAt(10), 35);
    QCOMPARE(line.stepAt(15), 100);
    QCOMPARE(Timeline{}.secondsAt(5), 0.0);
    QCOMPARE(Timeline{}.stepAt(5), 0);
  }
};

QTEST_GUILESS_MAIN(TestReplayEngine)
#include "test_replay_engine.moc"
