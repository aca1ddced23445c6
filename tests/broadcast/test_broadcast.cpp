// From an engine's mailbox to watchers and into a recording, on a thread of its own.
#include <sys/resource.h>
#include <unistd.h>

#include <future>
#include <mutex>
#include <thread>

#include "engine/broadcast/broadcast.h"
#include "engine/broadcast/quiet_server.h"
#include "tests/broadcast/recorded_frames.h"
#include "tests/broadcast/scripted_news.h"
#include "tests/transport/support.h"

using namespace pinwheel;
using namespace pinwheel::broadcast;
using namespace pinwheel::test;
using session::News;
using session::TrainingPhase;

namespace {

// A session's mailbox, filled by the test.
class Mailbox {
public:
  void put(std::shared_ptr<const session::NetworkFrame> frame) { put(&News::network, std::move(frame)); }
  void put(std::shared_ptr<const session::MapsFrame> frame) { put(&News::maps, std::move(frame)); }
  void put(std::shared_ptr<const session::TrainingFrame> frame) { put(&News::training, std::move(frame)); }
  std::function<News()> source() {
    return [this] {
      const std::lock_guard lock(m_mutex);
      return std::exchange(m_news, {});
    };
  }

private:
  template <class Frame>
  void put(std::shared_ptr<const Frame> News::*box, std::shared_ptr<const Frame> frame) {
    const std::lock_guard lock(m_mutex);
    m_news.*box = std::move(frame);
  }
  std::mutex m_mutex;
  News m_news;
};

RecordingTarget targetIn(const QTemporaryDir& folder) {
  RecordingTarget target;
  target.path = pathOf(folder, "recording.pwrec");
  target.metadata = "{}";
  target.bytesPerSecond = 0;
  return target;
}

}  // namespace

class TestBroadcast : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void watchersAndTheRecordingGetTheFrames() {
    const QTemporaryDir folder;
    Received received;
    const auto server = openServer(serving(ipcIn(folder)), received.handler());
    QVERIFY_OK(server);
    const auto client = transport::Client::open(connecting(ipcIn(folder)));
    QVERIFY_OK(client);
    QTRY_CONNECTED(**client);
    Mailbox mailbox;
    Broadcast broadcast({mailbox.source(), &(*server)->frames(), targetIn(folder)});
    mailbox.put(networkAt(10));
    mailbox.put(mapsAt(10));
    mailbox.put(trainingAt(10));
    broadcast.wake();
    Watcher watcher(**client);
    QVERIFY(watcher.sees([](const News& news) { return news.network && news.maps && news.training; }));
    QCOMPARE(difference(*watcher.news.network, *networkAt(10)), std::string());
    QCOMPARE(difference(*watcher.news.training, *trainingAt(10)), std::string());
    mailbox.put(trainingAt(20, TrainingPhase::paused));
    broadcast.wake();
    QVERIFY(watcher.sees([](const News& news) { return news.training->phase == TrainingPhase::paused; }));
    // Nobody is woken for the last ones: they go out all the same.
    mailbox.put(trainingAt(30, TrainingPhase::finished));
    broadcast.finish();
    broadcast.finish();
    QVERIFY(watcher.sees([](const News& news) { return news.training->phase == TrainingPhase::finished; }));
    const auto frames = framesOf(pathOf(folder, "recording.pwrec"));
    QVERIFY_OK(frames);
    QCOMPARE(kindsOf(*frames), std::string("network maps training training training"));
    QCOMPARE(stepsOf(*frames), (std::vector<std::int64_t>{10, 10, 10, 20, 30}));
    QVERIFY(recording::RecordingReader::open(pathOf(folder, "recording.pwrec"))->isClosed());
    QVERIFY(watcher.news.notices.empty());
    // Commands reach the handler through the same door.
    const auto answer = answerOf(**client, session::Command(session::Pause{}));
    QVERIFY(answer);
    QVERIFY_OK(*answer);
    QCOMPARE(received.requests().size(), std::size_t{1});
  }

  void itRecordsWithoutWatchers() {
    const QTemporaryDir folder;
    Mailbox mailbox;
    mailbox.put(networkAt(5));
    { const Broadcast broadcast({mailbox.source(), nullptr, targetIn(folder)}); }
    const auto frames = framesOf(pathOf(folder, "recording.pwrec"));
    QVERIFY_OK(frames);
    QCOMPARE(kindsOf(*frames), std::string("network"));
  }

  // Frames still come where nothing can be recorded, and the trouble is told once.
  void aRecordingThatFailsIsOneWarning() {
    const QTemporaryDir folder;
    Received received;
    const auto server = transport::Server::open(serving(ipcIn(folder)), received.handler());
    QVERIFY_OK(server);
    const auto client = transport::Client::open(connecting(ipcIn(folder)));
    QVERIFY_OK(client);
    QTRY_CONNECTED(**client);
    RecordingTarget target = targetIn(folder);
    target.path = pathOf(folder, "missing") / "recording.pwrec";
    target.retry = 1ms;
    Mailbox mailbox;
    std::mutex mutex;
    std::vector<session::Notice> told;
    BroadcastOptions options{mailbox.source(), &(*server)->frames(), target};
    options.told = [&](const session::Notice& notice) {
      const std::lock_guard lock(mutex);
      told.push_back(notice);
    };
    Broadcast broadcast(std::move(options));
    mailbox.put(networkAt(1));
    broadcast.wake();
    Watcher watcher(**client);
    QVERIFY(watcher.sees([](const News& news) { return news.network && !news.notices.empty(); }));
    QCOMPARE(watcher.news.notices[0].kind, session::Notice::Kind::warning);
    for (std::int64_t step = 2; step < 6; ++step) {
      mailbox.put(trainingAt(step));
      broadcast.wake();
      QVERIFY(watcher.sees([&](const News& news) { return news.training && news.training->stamp.step == step; }));
    }
    broadcast.finish();
    QVERIFY(watcher.sees([](const News& news) { return news.training->stamp.step == 5; }));
    QCOMPARE(watcher.news.notices.size(), std::size_t{1});
    const std::lock_guard lock(mutex);
    QCOMPARE(told.size(), std::size_t{1});
    QCOMPARE(difference(told[0], watcher.news.notices[0]), std::string());
  }

  // The engine publishes while the broadcast is held up: it is not waited for, and then has the newest alone.
  void theEngineWaitsForNobody() {
    const QTemporaryDir folder;
    Mailbox mailbox;
    std::promise<void> held;
    std::promise<void> goOn;
    std::shared_future<void> mayGoOn = goOn.get_future().share();
    std::vector<std::int64_t> seen;
    BroadcastOptions options{mailbox.source(), nullptr, targetIn(folder)};
    options.seen = [&](const News& news) {
      seen.push_back(news.training ? news.training->stamp.step : -1);
      if (seen.size() > 1) return;
      held.set_value();
      mayGoOn.wait();
    };
    Broadcast broadcast(std::move(options));
    mailbox.put(networkAt(0));
    broadcast.wake();
    QVERIFY(held.get_future().wait_for(kDeadline) == std::future_status::ready);
    for (std::int64_t step = 1; step <= 1000; ++step) {
      mailbox.put(trainingAt(step));
      broadcast.wake();
    }
    goOn.set_value();
    broadcast.finish();
    QCOMPARE(seen, (std::vector<std::int64_t>{-1, 1000}));
    const auto frames = framesOf(pathOf(folder, "recording.pwrec"));
    QVERIFY_OK(frames);
    QCOMPARE(stepsOf(*frames), (std::vector<std::int64_t>{0, 1000}));
  }

  void itsThreadGivesWay() {
    Mailbox mailbox;
    std::promise<std::pair<std::thread::id, int>> told;
    BroadcastOptions options{mailbox.source()};
    options.seen = [&](const News&) {
      told.set_value({std::this_thread::get_id(), ::getpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()))});
    };
    const int ours = ::getpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()));
    Broadcast broadcast(std::move(options));
    mailbox.put(networkAt(0));
    broadcast.wake();
    auto future = told.get_future();
    QVERIFY(future.wait_for(kDeadline) == std::future_status::ready);
    const auto [thread, nice] = future.get();
    QVERIFY(thread != std::this_thread::get_id());
    QCOMPARE(nice, std::max(ours, 10));
    QCOMPARE(::getpriority(PRIO_PROCESS, static_cast<id_t>(::gettid())), ours);
  }
};

QTEST_GUILESS_MAIN(TestBroadcast)
#include "test_broadcast.moc"
