// A training that its program leads itself, while others watch: what is told to whom, and how it ends.
#include <algorithm>
#include <atomic>
#include <thread>

#include "engine/session/watched_run.h"
#include "tests/training/small_run.h"

using namespace pinwheel;
using namespace pinwheel::session;
using namespace pinwheel::test;

namespace {

constexpr int kDeadlineMs = 60'000;

// Trains on a thread of its own; keeps the newest frames and all notices.
class Watched {
public:
  Watched(training::TrainConfig config, training::RunOptions options)
      : m_config(std::move(config)), m_options(std::move(options)) {}
  ~Watched() { join(); }
  void start() {
    m_thread = std::thread([this] { m_result = run.train(m_config, m_options, beside, stop); });
  }
  Expected<training::TrainResult> join() {
    if (m_thread.joinable()) m_thread.join();
    look();
    return m_result;
  }
  void look() {
    News news = run.take();
    if (news.network) network = news.network;
    if (news.training) training = news.training;
    for (Notice& notice : news.notices) notices.push_back(std::move(notice));
  }
  bool isIn(TrainingPhase phase) {
    look();
    return training && training->phase == phase;
  }

  std::atomic<int> woken{0};
  WatchedRun run{[this] { ++woken; }};
  Recorder beside;
  StopFlag stop;
  std::shared_ptr<const NetworkFrame> network;
  std::shared_ptr<const TrainingFrame> training;
  std::vector<Notice> notices;

private:
  training::TrainConfig m_config;
  training::RunOptions m_options;
  Expected<training::TrainResult> m_result;
  std::thread m_thread;
};

}  // namespace

class TestWatchedRun : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void bothAreToldEverything() {
    Watched watched(plainConfig(), runInto(at("both") / ""));
    watched.start();
    const auto result = watched.join();
    QVERIFY_OK(result);
    QCOMPARE(result->outcome, training::Outcome::finished);
    QCOMPARE(watched.beside.steps.size(), std::size_t{4});
    QCOMPARE(watched.beside.epochs.size(), std::size_t{1});
    QVERIFY(watched.woken > 0);
    QVERIFY(watched.network && watched.network->live);
    QCOMPARE(watched.network->title, std::string("both"));
    QCOMPARE(watched.training->phase, TrainingPhase::finished);
    QCOMPARE(watched.training->points.size(), std::size_t{4});
    QCOMPARE(watched.training->epochs.size(), std::size_t{1});
    QVERIFY(watched.training->folder.is_absolute());
    QCOMPARE(watched.notices.size(), watched.beside.warnings.size());
    // It has ended: nobody waits for commands any more.
    QVERIFY(watched.run.ended());
    QVERIFY(!watched.run.post(Pause{}));
  }

  // What a signal handler asks for, while a watcher holds the training up.
  void aStopEndsAPause() {
    Watched watched(plainConfig(), runInto(at("paused")));
    QVERIFY(watched.run.post(Pause{}));
    watched.start();
    QTRY_VERIFY_WITH_TIMEOUT(watched.isIn(TrainingPhase::paused), kDeadlineMs);
    QVERIFY(!watched.run.ended());
    watched.stop.request();
    const auto result = watched.join();
    QVERIFY_OK(result);
    QCOMPARE(result->outcome, training::Outcome::stopped);
    QVERIFY(std::filesystem::exists(result->checkpoint));
    QCOMPARE(watched.training->phase, TrainingPhase::stopped);
    QCOMPARE(watched.training->stamp.step, std::int64_t{0});
    QVERIFY(watched.run.ended());
  }

  void aWatcherStopsItWithoutTheFlag() {
    Watched watched(plainConfig(), runInto(at("stopped")));
    QVERIFY(watched.run.post(Step{2}));
    watched.start();
    QTRY_VERIFY_WITH_TIMEOUT(watched.isIn(TrainingPhase::paused), kDeadlineMs);
    QCOMPARE(watched.training->stamp.step, std::int64_t{2});
    QVERIFY(watched.run.post(StopTraining{}));
    const auto result = watched.join();
    QVERIFY_OK(result);
    QCOMPARE(result->outcome, training::Outcome::stopped);
    QVERIFY(!watched.stop.requested());
    QCOMPARE(training::loadCheckpoint(result->checkpoint)->state.step, std::int64_t{2});
  }

  void aFailureIsToldToWatchers() {
    training::TrainConfig config = plainConfig();
    config.training.weights = at("missing.pt").string();
    Watched watched(config, runInto(at("failed")));
    watched.start();
    const auto result = watched.join();
    QVERIFY_REFUSED(result, "missing.pt");
    QCOMPARE(watched.training->phase, TrainingPhase::failed);
    QVERIFY(!watched.notices.empty());
    QCOMPARE(watched.notices.back().kind, Notice::Kind::error);
    QCOMPARE(watched.notices.back().error.text(), result.error().text());
    QVERIFY(!watched.network);
  }

  void beforeTheNetworkStimuliAreRefused() {
    Watched watched(plainConfig(), runInto(at("early")));
    QVERIFY(watched.run.post(ShowStimulus{}));
    watched.start();
    QVERIFY_OK(watched.join());
    QCOMPARE(std::count_if(watched.notices.begin(), watched.notices.end(),
                           [](const Notice& notice) { return notice.error.what == "There is no network yet"; }),
             std::ptrdiff_t{1});
  }

private:
  std::filesystem::path at(const std::string& name) const { return pathOf(m_folder, name); }

  QTemporaryDir m_folder;
};

QTEST_GUILESS_MAIN(TestWatchedRun)
#include "test_watched_run.moc"
