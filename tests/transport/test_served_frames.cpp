// Frames from a server to its watchers: whole, newest first, and whatever watchers do at no cost to who publishes.
#include "tests/transport/support.h"

using namespace pinwheel;
using namespace pinwheel::transport;
using namespace pinwheel::test;
using session::News;

namespace {

std::unique_ptr<Server> serve(const Endpoint& at, Received& received) {
  auto server = Server::open(serving(at), received.handler());
  if (!server) qWarning("%s", server.error().text().c_str());
  return server ? std::move(*server) : nullptr;
}
std::unique_ptr<Client> connectTo(const Endpoint& at) {
  auto client = Client::open(connecting(at));
  return client ? std::move(*client) : nullptr;
}
void publishSamples(FrameServer& frames) {
  frames.publish(shared(sampleNetwork()));
  frames.publish(shared(sampleMaps()));
  frames.publish(shared(sampleActivity()));
  frames.publish(shared(sampleTuning()));
  frames.publish(shared(sampleLesionEffect()));
  frames.publish(shared(sampleTraining()));
  frames.publish(shared(sampleJob()));
  frames.publish(shared(sampleNotice()));
}
bool hasAll(const News& n) {
  return n.network && n.maps && n.activity && n.tuning && n.lesion && n.training && n.job;
}
session::JobFrame job(std::int64_t done) {
  return {"counting", done, 0, 0};
}
session::Notice notice(int number) {
  return {session::Notice::Kind::information, {std::to_string(number), "", "", ""}};
}

}  // namespace

class TestServedFrames : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void roundTrip_data() {
    QTest::addColumn<bool>("tcp");
    QTest::newRow("ipc") << false;
    QTest::newRow("tcp") << true;
  }
  void roundTrip() {
    QFETCH(bool, tcp);
    const QTemporaryDir folder;
    Received received;
    const auto server = serve(tcp ? endpoint("tcp://127.0.0.1:0") : ipcIn(folder), received);
    QVERIFY(server);
    QVERIFY(!tcp || server->endpoint().port > 0);
    const auto client = connectTo(server->endpoint());
    QVERIFY(client);
    QTRY_CONNECTED(*client);
    Watcher watcher(*client);
    // A watcher has the baseline of notices from the first beacon on.
    QTRY_VERIFY_WITH_TIMEOUT(client->frames().silent < 1s, kDeadlineMs);
    server->frames().publish(shared(sampleNetwork()));
    QVERIFY(watcher.sees([](const News& n) { return n.network != nullptr; }));
    publishSamples(server->frames());
    QVERIFY(watcher.sees([](const News& n) { return hasAll(n) && !n.notices.empty(); }));
    QCOMPARE(difference(*watcher.news.network, sampleNetwork()), std::string());
    QCOMPARE(difference(*watcher.news.activity, sampleActivity()), std::string());
    QCOMPARE(difference(*watcher.news.tuning, sampleTuning()), std::string());
    QCOMPARE(difference(*watcher.news.training, sampleTraining()), std::string());
    QCOMPARE(difference(*watcher.news.job, sampleJob()), std::string());
    QCOMPARE(watcher.news.notices.size(), std::size_t{1});
    QCOMPARE(difference(watcher.news.notices[0], sampleNotice()), std::string());
    QVERIFY(!watcher.restarted);
    QCOMPARE(client->counts().damaged, std::uint64_t{0});
  }

  void whoComesLateGetsTheNewest() {
    const QTemporaryDir folder;
    Received received;
    const auto server = serve(ipcIn(folder), received);
    QVERIFY(server);
    server->frames().publish(shared(job(1)));
    publishSamples(server->frames());
    const auto client = connectTo(server->endpoint());
    Watcher watcher(*client);
    QVERIFY(watcher.sees(hasAll));
    QCOMPARE(difference(*watcher.news.network, sampleNetwork()), std::string());
    QCOMPARE(difference(*watcher.news.job, sampleJob()), std::string());
    QVERIFY(watcher.news.notices.empty());  // told before it came
    // And maps to the bit when it asks.
    QVERIFY(difference(*watcher.news.maps, sampleMaps()) != "");
    client->askFrames({{wire::FrameKind::maps}, wire::MapPrecision::exact});
    QVERIFY(watcher.sees([](const News& n) { return difference(*n.maps, sampleMaps()).empty(); }));
    QCOMPARE(watcher.news.dropped, std::uint64_t{0});
  }

  void aReaderThatNeverReadsCostsNothing() {
    const QTemporaryDir folder;
    Received received;
    const auto server = serve(ipcIn(folder), received);
    QVERIFY(server);
    zmq::context_t context;
    const auto stuck = rawSocket(context, zmq::socket_type::sub, server->endpoint().framesAddress());
    auto slow = connectTo(server->endpoint());
    QTRY_CONNECTED(*slow);
    // Frames of 8 MB: more than any buffer of the system holds.
    session::ActivityFrame large = sampleActivity();
    large.picture = samplePicture(1920, 1440);
    server->frames().publish(shared(sampleNetwork()));
    constexpr std::int64_t kFrames = 200;
    std::weak_ptr<const session::ActivityFrame> first;
    for (std::int64_t i = 1; i <= kFrames; ++i) {
      large.stamp.step = i;
      auto frame = shared(large);
      if (i == 1) first = frame;
      server->frames().publish(std::move(frame));
    }
    server->frames().publish(shared(job(kFrames)));
    Watcher watcher(*slow);
    QVERIFY(watcher.sees([](const News& n) { return n.activity && n.activity->stamp.step == kFrames; }));
    const FrameCounts counts = server->counts().frames;
    QCOMPARE(counts.published, std::uint64_t{kFrames + 2});
    // What was sent or dropped is all that was published: nothing waits, and of the frames themselves none is kept but
    // the newest.
    QTRY_COMPARE_WITH_TIMEOUT(server->counts().frames.sent + server->counts().frames.dropped,
                              std::uint64_t{kFrames + 2}, kDeadlineMs);
    QVERIFY(first.expired());
  }

  void dropsAreCountedAndShown() {
    FrameInbox inbox;
    QVERIFY(!inbox.begin(5));
    using Verdict = FrameInbox::Verdict;
    const auto put = [&](std::uint64_t sequence, wire::FrameVariant frame, bool asked = false) {
      return inbox.put({{sequence, 3, wire::MapPrecision::half16}, std::move(frame)}, asked);
    };
    QVERIFY(put(10, job(1)) == Verdict::taken);  // the first one that it sees: none was missed
    QVERIFY(put(10, job(1)) == Verdict::old);    // sent again
    QVERIFY(put(9, job(0)) == Verdict::old);
    QVERIFY(put(14, job(2)) == Verdict::taken);  // 11, 12, 13 missed; 10 replaced
    QCOMPARE(inbox.gaps().missed, std::uint64_t{3});
    QCOMPARE(inbox.gaps().replaced, std::uint64_t{1});
    QCOMPARE(inbox.gaps().publisher, std::uint64_t{3});
    // Notices: those between are asked for.
    QVERIFY(put(1, notice(1)) == Verdict::taken);
    QVERIFY(put(3, notice(3)) == Verdict::gap);
    QVERIFY(put(2, notice(2), true) == Verdict::taken);
    QVERIFY(put(3, notice(3), true) == Verdict::taken);
    QVERIFY(put(7, notice(7), true) == Verdict::taken);  // 4 to 6 are no longer kept
    QCOMPARE(inbox.gaps().missed, std::uint64_t{6});
    bool restarted = false;
    const News news = inbox.take(restarted);
    QCOMPARE(news.job->done, std::int64_t{2});
    QCOMPARE(news.notices.size(), std::size_t{4});
    QCOMPARE(news.dropped, std::uint64_t{7});
    QVERIFY(!restarted);
    // The beacon tells what never came.
    Beacon beacon;
    beacon.sequences = {0, 2, 0, 0, 0, 0, 14, 8};
    QVERIFY(inbox.missing(beacon) == (std::vector{wire::FrameKind::maps, wire::FrameKind::notice}));
    // Another start of the engine: nothing that was seen holds.
    QVERIFY(inbox.begin(6));
    QVERIFY(put(1, job(8)) == Verdict::taken);
    QCOMPARE(inbox.take(restarted).job->done, std::int64_t{8});
    QVERIFY(restarted);
  }

  void framesWaitForTheirNetworkAndMustFitIt() {
    FrameInbox inbox;
    inbox.begin(5);
    bool restarted = false;
    inbox.put({{1, 0, wire::MapPrecision::half16}, sampleMaps()}, false);
    QVERIFY(!inbox.take(restarted).maps);
    inbox.put({{1, 0, wire::MapPrecision::half16}, sampleNetwork()}, false);
    const News news = inbox.take(restarted);
    QVERIFY(news.network && news.maps);
    session::MapsFrame wrong = sampleMaps();
    wrong.sheets.pop_back();
    inbox.put({{2, 0, wire::MapPrecision::half16}, wrong}, false);
    QVERIFY(!inbox.take(restarted).maps);
    QCOMPARE(inbox.gaps().misfits, std::uint64_t{1});
  }

  void newestWinsAndNoNoticeIsLost() {
    const QTemporaryDir folder;
    Received received;
    const auto server = serve(ipcIn(folder), received);
    QVERIFY(server);
    const auto client = connectTo(server->endpoint());
    QTRY_CONNECTED(*client);
    Watcher watcher(*client);
    server->frames().publish(shared(notice(0)));
    // Not before it listens: the first notice is its baseline, or came with it.
    server->frames().publish(shared(job(1)));
    QVERIFY(watcher.sees([](const News& n) { return n.job != nullptr; }));
    const std::size_t before = watcher.news.notices.size();
    constexpr int kNotices = 60;
    for (int i = 1; i <= kNotices; ++i) {
      server->frames().publish(shared(job(i)));
      server->frames().publish(shared(notice(i)));
    }
    QVERIFY(watcher.sees([&](const News& n) {
      return n.job->done == kNotices && !n.notices.empty() && n.notices.back().error.what == std::to_string(kNotices);
    }));
    QCOMPARE(watcher.news.notices.size(), before + kNotices);
    for (int i = 1; i <= kNotices; ++i)
      QCOMPARE(watcher.news.notices[before + static_cast<std::size_t>(i) - 1].error.what, std::to_string(i));
  }

  void theServerIsRestartedWhileTheClientLives() {
    const QTemporaryDir folder;
    Received received;
    auto server = serve(ipcIn(folder), received);
    QVERIFY(server);
    for (int i = 0; i < 5; ++i) server->frames().publish(shared(job(i)));
    server->frames().publish(shared(sampleNetwork()));
    const auto client = connectTo(server->endpoint());
    Watcher watcher(*client);
    QVERIFY(watcher.sees([](const News& n) { return n.network && n.job && n.job->done == 4; }));
    const auto second = Server::open(serving(ipcIn(folder)), received.handler());
    QVERIFY_REFUSED(second, "another engine is served there");
    server.reset();
    QTRY_VERIFY_WITH_TIMEOUT(!isConnected(client->frames()), kDeadlineMs);
    QVERIFY(client->frames().text().find("Waiting for an engine") == 0);
    server = serve(ipcIn(folder), received);
    QVERIFY(server);
    server->frames().publish(shared(job(77)));
    QVERIFY(watcher.sees([](const News& n) { return n.job->done == 77; }));
    QVERIFY(watcher.restarted);
    QTRY_CONNECTED(*client);
    const auto answer = answerOf(*client, session::Command(session::Pause{}));
    QVERIFY(answer);
    QVERIFY_OK(*answer);
  }

  void theClientWakesItsReader() {
    const QTemporaryDir folder;
    Received received;
    const auto server = serve(ipcIn(folder), received);
    QVERIFY(server);
    std::atomic<int> woken = 0;
    ClientOptions options = connecting(server->endpoint());
    options.wake = [&] { ++woken; };
    const auto client = Client::open(std::move(options));
    QVERIFY_OK(client);
    server->frames().publish(shared(job(1)));
    QTRY_VERIFY_WITH_TIMEOUT(woken > 0, kDeadlineMs);
    QCOMPARE(woken.load(), 1);  // until it is taken
    Watcher watcher(**client);
    QVERIFY(watcher.sees([](const News& n) { return n.job != nullptr; }));
  }
};

QTEST_GUILESS_MAIN(TestServedFrames)
#include "test_served_frames.moc"
