// Where the scope's frames come from: an engine in this process, a recording, made-up ones.
#include <atomic>

#include "app/scope/live_feed.h"
#include "app/scope/model.h"
#include "app/scope/replay_feed.h"
#include "app/scope/synthetic_feed.h"
#include "engine/transport/server.h"
#include "engine/wire/decode.h"
#include "engine/wire/fit.h"
#include "tests/scope/scope_samples.h"

using namespace pinwheel;
using namespace pinwheel::scope;
using namespace std::chrono_literals;

class TestScopeFeeds : public QObject {
  Q_OBJECT

  static constexpr int kDeadlineMs = 20'000;

  // Which unit of the first sheet fired in the newest column; -1: none or several.
  static int newestUnit(const Model& model) {
    const RasterRing& ring = model.rasters().at(0);
    int found = -1;
    for (std::size_t row = 0; row < ring.rows(); ++row)
      if (ring.cells(ring.written() - 1)[row] != 0) found = found < 0 ? static_cast<int>(row) : -2;
    return found;
  }
  static void takeAll(Model& model, Feed& feed, double now = 0) { model.take(feed.take(now), now); }

private Q_SLOTS:
  void framesOfAnEngineArrive() {
    const QTemporaryDir folder;
    transport::ServerOptions serving;
    serving.endpoint = transport::endpointOf(folder.path().toStdString()).value();
    serving.beacon = 50ms;
    auto server = transport::Server::open(serving, [](const wire::Request&) -> Status { return {}; });
    QVERIFY_OK(server);

    std::atomic<int> woken = 0;
    transport::ClientOptions options;
    options.endpoint = (*server)->endpoint();
    options.retry = 50ms;
    options.wake = [&woken] { ++woken; };
    auto feed = LiveFeed::open(options);
    QVERIFY_OK(feed);
    QVERIFY(!(*feed)->text().empty());

    Model model;
    const auto look = [&] {
      takeAll(model, **feed);
      return true;
    };
    (*server)->frames().publish(test::held(test::squareNetwork()));
    QTRY_VERIFY_WITH_TIMEOUT(look() && model.network() != nullptr, kDeadlineMs);
    QVERIFY(woken > 0);
    (*server)->frames().publish(test::held(test::answer(70, {0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0})));
    (*server)->frames().publish(test::held(test::squareMaps(60, 10)));
    (*server)->frames().publish(test::held(test::training(70)));
    QTRY_VERIFY_WITH_TIMEOUT(
        look() && model.maps() != nullptr && model.training() != nullptr && model.counters().answers > 0, kDeadlineMs);
    QCOMPARE(newestUnit(model), 2);
    QCOMPARE(model.step(), std::int64_t{70});
    QCOMPARE(model.curves().taskLoss.size(), std::size_t{8});
    QVERIFY((*feed)->text().find((*server)->endpoint().path) != std::string::npos);
    QVERIFY(!(*feed)->nextAt());
  }

  void anEngineThatIsRestartedBeginsAnew() {
    const QTemporaryDir folder;
    transport::ServerOptions serving;
    serving.endpoint = transport::endpointOf(folder.path().toStdString()).value();
    serving.beacon = 50ms;
    const auto handler = [](const wire::Request&) -> Status { return {}; };
    auto server = transport::Server::open(serving, handler);
    QVERIFY_OK(server);
    transport::ClientOptions options;
    options.endpoint = serving.endpoint;
    options.retry = 50ms;
    auto feed = LiveFeed::open(options);
    QVERIFY_OK(feed);
    Model model;
    const auto look = [&] {
      takeAll(model, **feed);
      return true;
    };
    (*server)->frames().publish(test::held(test::squareNetwork(1, 2)));
    QTRY_VERIFY_WITH_TIMEOUT(look() && model.rasters().size() == 2, kDeadlineMs);
    server->reset();
    server = transport::Server::open(serving, handler);
    QVERIFY_OK(server);
    (*server)->frames().publish(test::held(test::squareNetwork(1, 1)));
    QTRY_VERIFY_WITH_TIMEOUT(look() && model.rasters().size() == 1, kDeadlineMs);
  }

  void aRecordingIsShownAtAnyStep() {
    const QTemporaryDir folder;
    const auto path = test::pathOf(folder, "recording.pwrec");
    QVERIFY_OK(test::writeRecording(path));
    auto feed = ReplayFeed::open(path);
    QVERIFY_OK(feed);
    QCOMPARE((*feed)->steps(), (std::vector<std::int64_t>{0, 10, 20, 30, 40, 50}));
    QCOMPARE((*feed)->step(), std::int64_t{50});
    QVERIFY((*feed)->text().find("recording.pwrec") != std::string::npos);

    Model model;
    takeAll(model, **feed);
    QCOMPARE(model.step(), std::int64_t{50});
    QCOMPARE(model.counters().answers, std::uint64_t{6});
    QCOMPARE(newestUnit(model), 1);  // 50 / 10 % 4
    QCOMPARE(model.maps()->sheets[0].tuning.orientationDeg[0], 60.0F);
    QCOMPARE(model.curves().taskLoss.size(), std::size_t{6});

    // Back: what came later is gone.
    (*feed)->setStep(25);
    QCOMPARE((*feed)->step(), std::int64_t{20});
    takeAll(model, **feed);
    QCOMPARE(model.step(), std::int64_t{20});
    QCOMPARE(model.rasters()[0].written(), std::uint64_t{9});
    QCOMPARE(newestUnit(model), 2);
    QCOMPARE(model.maps()->sheets[0].tuning.orientationDeg[0], 10.0F);
    QCOMPARE(model.curves().taskLoss.size(), std::size_t{3});

    // On: what lies between is added.
    (*feed)->setStep(40);
    const FeedUpdate update = (*feed)->take(0);
    QVERIFY(!update.reset);
    QCOMPARE(update.activities.size(), std::size_t{2});
    QCOMPARE(update.activities[0]->stamp.step, std::int64_t{30});
    QVERIFY(update.news.maps != nullptr);
    QVERIFY(update.news.network == nullptr);

    // Nothing new at the same step; before the first one it is the first.
    const FeedUpdate same = (*feed)->take(0);
    QVERIFY(!same.reset && same.activities.empty() && !same.news.training);
    (*feed)->setStep(-5);
    QCOMPARE((*feed)->step(), std::int64_t{0});
    QCOMPARE((*feed)->dropped(), std::uint64_t{0});
  }

  void aRecordingPlays() {
    const QTemporaryDir folder;
    const auto path = test::pathOf(folder, "recording.pwrec");
    QVERIFY_OK(test::writeRecording(path));
    auto feed = ReplayFeed::open(path);
    QVERIFY_OK(feed);
    QVERIFY(!(*feed)->nextAt());
    (*feed)->setStep(30);
    (void)(*feed)->take(100);
    (*feed)->setPlaying(true);
    QCOMPARE((*feed)->nextAt().value(), 100 + 1 / ReplayFeed::kPlayed);
    (void)(*feed)->take(100.01);
    QCOMPARE((*feed)->step(), std::int64_t{30});
    for (int i = 1; i <= 3; ++i) (void)(*feed)->take(100 + i);
    QCOMPARE((*feed)->step(), std::int64_t{50});
    QVERIFY(!(*feed)->isPlaying());
    // From its end it begins anew.
    (*feed)->setPlaying(true);
    QCOMPARE((*feed)->step(), std::int64_t{0});
  }

  // A training that goes on being recorded: who stands at the end is taken along, who looks back is left there.
  void aRecordingThatGrowsIsFollowed() {
    const QTemporaryDir folder;
    const auto path = test::pathOf(folder, "growing.pwrec");
    auto writer = recording::RecordingWriter::create(path, "{}");
    QVERIFY_OK(writer);
    const auto add = [&](std::int64_t step) {
      return test::record(**writer, wire::FrameKind::training, step, test::training(step));
    };
    QVERIFY_OK(test::record(**writer, wire::FrameKind::network, 0, test::squareNetwork()));
    QVERIFY_OK(add(10));
    QVERIFY_OK((*writer)->flush());
    auto feed = ReplayFeed::open(path);
    QVERIFY_OK(feed);
    (*feed)->take(100);
    QCOMPARE((*feed)->step(), std::int64_t{10});
    QCOMPARE((*feed)->nextAt().value(), 100 + ReplayFeed::kLook);
    QVERIFY_OK(add(20));
    QVERIFY_OK((*writer)->flush());
    QVERIFY(!(*feed)->take(100.5).news.training);
    const FeedUpdate update = (*feed)->take(101);
    QCOMPARE((*feed)->step(), std::int64_t{20});
    QVERIFY(update.news.training);
    QCOMPARE(update.news.training->stamp.step, std::int64_t{20});
    // More of the step that is shown: a training that is paused, and shown images.
    QVERIFY_OK(
        test::record(**writer, wire::FrameKind::activity, 20, test::answer(20, std::vector<std::uint8_t>(12, 1))));
    QVERIFY_OK((*writer)->flush());
    QCOMPARE((*feed)->take(102.5).activities.size(), std::size_t{1});
    QCOMPARE((*feed)->take(104).activities.size(), std::size_t{0});
    (*feed)->setStep(10);
    QVERIFY_OK(add(30));
    QVERIFY_OK((*writer)->close());
    (*feed)->take(106);
    QCOMPARE((*feed)->step(), std::int64_t{10});
    QCOMPARE((*feed)->steps().back(), std::int64_t{30});
    QVERIFY(!(*feed)->nextAt());
  }

  void messagesThatCannotBeReadAreCounted() {
    const QTemporaryDir folder;
    const auto path = test::pathOf(folder, "recording.pwrec");
    auto made = recording::RecordingWriter::create(path, "{}");
    QVERIFY_OK(made);
    QVERIFY_OK(test::record(**made, wire::FrameKind::network, 0, test::squareNetwork()));
    QVERIFY_OK(test::record(**made, wire::FrameKind::activity, 1, test::answer(1, std::vector<std::uint8_t>(12, 1))));
    // No message at all, another kind than it says, of three sheets where there are two.
    QVERIFY_OK((*made)->append(static_cast<std::uint32_t>(wire::FrameKind::activity), 2, 2, test::bytesOf("garbage")));
    QVERIFY_OK(test::record(**made, wire::FrameKind::activity, 3, test::squareMaps(3, 10)));
    QVERIFY_OK(
        test::record(**made, wire::FrameKind::activity, 4, test::answer(4, std::vector<std::uint8_t>(12, 1), 1, 3)));
    QVERIFY_OK((*made)->close());
    auto feed = ReplayFeed::open(path);
    QVERIFY_OK(feed);
    Model model;
    takeAll(model, **feed);
    QCOMPARE(model.counters().answers, std::uint64_t{1});
    QCOMPARE((*feed)->dropped(), std::uint64_t{3});
  }

  void whatIsNoRecordingIsRefused() {
    const QTemporaryDir folder;
    QVERIFY_REFUSED(ReplayFeed::open(test::pathOf(folder, "none.pwrec")), "none.pwrec");
    const auto text = test::pathOf(folder, "text.pwrec");
    test::put(text, "this is a text and no recording");
    QVERIFY_REFUSED(ReplayFeed::open(text), "text.pwrec");
    const auto empty = test::pathOf(folder, "empty.pwrec");
    QVERIFY_OK(recording::RecordingWriter::create(empty, "{}"));
    QVERIFY_REFUSED(ReplayFeed::open(empty), "no frames");
  }

  void madeUpFramesComeAtTheirRate() {
    SyntheticFeed feed;
    Model model;
    takeAll(model, feed, 10);
    QCOMPARE(model.rasters().size(), SyntheticFeed::kSheets);
    QVERIFY(model.maps() != nullptr && model.training() != nullptr);
    // Over a full turn of what swells.
    for (int i = 1; i <= 5 * 20; ++i) takeAll(model, feed, 10 + i / 20.0);
    const double perSecond = static_cast<double>(model.counters().spikes) / 5;
    QVERIFY2(std::abs(perSecond / SyntheticFeed::kSpikesPerSecond - 1) < 0.03, std::to_string(perSecond).c_str());
    QCOMPARE(model.counters().misfits, std::uint64_t{0});
    QCOMPARE(model.counters().answers, std::uint64_t{301});
    QVERIFY(feed.nextAt().value() > 15);
  }

  void madeUpFramesCouldBeAnEngines() {
    SyntheticFeed feed;
    const FeedUpdate update = feed.take(0);
    const auto travels = [&](const auto& frame) {
      const auto bytes = wire::encode(*frame);
      if (!bytes) return false;
      const auto published = wire::decodeFrame(*bytes);
      return published.has_value() && wire::fits(published->frame, *update.news.network).has_value();
    };
    QVERIFY(travels(update.news.network));
    QVERIFY(travels(update.news.maps));
    QVERIFY(travels(update.news.training));
    QVERIFY(travels(update.activities.at(0)));
  }

  void madeUpFramesAreTheSameAgain() {
    const auto newest = [] {
      SyntheticFeed feed;
      Model model;
      for (int i = 0; i < 10; ++i) takeAll(model, feed, i / 60.0);
      const RasterRing& ring = model.rasters()[3];
      return std::vector<std::uint8_t>(ring.data(), ring.data() + ring.written() * ring.rows());
    };
    const auto first = newest();
    QCOMPARE(first.size(), std::size_t{10 * 4 * 256});
    QVERIFY(std::any_of(first.begin(), first.end(), [](std::uint8_t cell) { return cell != 0; }));
    QVERIFY(first == newest());
  }
};

QTEST_GUILESS_MAIN(TestScopeFeeds)
#include "test_scope_feeds.moc"
