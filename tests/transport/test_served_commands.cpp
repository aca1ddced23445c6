// Commands with an answer each, of whoever may; garbage at both sockets, and a server that talks nonsense.
#include <cstring>

#include "engine/core/random.h"
#include "tests/transport/door.h"
#include "tests/transport/support.h"

using namespace pinwheel;
using namespace pinwheel::transport;
using namespace pinwheel::test;

namespace {

const wire::Ask kPause = session::Command(session::Pause{});

}  // namespace

class TestServedCommands : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void everyCommandIsAnswered() {
    const QTemporaryDir folder;
    Received received;
    const auto server = Server::open(serving(ipcIn(folder)), received.handler());
    QVERIFY_OK(server);
    const auto client = Client::open(connecting(ipcIn(folder)));
    QVERIFY_OK(client);
    std::vector<wire::Ask> sent;
    for (const wire::Ask& ask : sampleAsks()) {
      if (std::holds_alternative<wire::AskFrames>(ask)) continue;  // asked at the socket of frames
      const auto answer = answerOf(**client, ask);
      QVERIFY(answer);
      const auto* command = std::get_if<session::Command>(&ask);
      if (command != nullptr && std::holds_alternative<session::CloseNetwork>(*command))
        QVERIFY_REFUSED(*answer, "There is no network");
      else
        QVERIFY_OK(*answer);
      sent.push_back(ask);
    }
    const auto requests = received.requests();
    QCOMPARE(requests.size(), sent.size());
    for (std::size_t i = 0; i < sent.size(); ++i) QCOMPARE(difference(requests[i].ask, sent[i]), std::string());
    QCOMPARE((*server)->counts().commands.taken, sent.size() - 1);
    QCOMPARE((*server)->counts().commands.refused, std::uint64_t{1});
  }

  void withoutAnAnswerItTimesOut() {
    const QTemporaryDir folder;
    const auto client = Client::open(connecting(ipcIn(folder)));
    QVERIFY_OK(client);
    auto answer = answerOf(**client, kPause, 20ms);
    QVERIFY(answer);
    QVERIFY_REFUSED(*answer, "was not sent");
    QVERIFY_REFUSED(*answer, "Waiting for an engine at ipc://");
    // An engine that takes it and says nothing.
    zmq::context_t context;
    zmq::socket_t mute(context, zmq::socket_type::router);
    mute.set(zmq::sockopt::linger, 0);
    mute.bind(ipcIn(folder).commandsAddress());
    QTRY_VERIFY_WITH_TIMEOUT(isConnected((*client)->commands()), kDeadlineMs);
    answer = answerOf(**client, kPause, 100ms);
    QVERIFY(answer);
    QVERIFY_REFUSED(*answer, "may still be carried out");
    // One that breaks off.
    auto broken = (*client)->request(kPause, 15s);
    zmq::message_t part;
    int parts = 0;
    mute.set(zmq::sockopt::rcvtimeo, kDeadlineMs);
    while (parts < 4 && mute.recv(part)) ++parts;  // both requests, each behind its sender
    QCOMPARE(parts, 4);
    mute.close();
    QVERIFY(broken.wait_for(kDeadline) == std::future_status::ready);
    QVERIFY_REFUSED(broken.get(), "broke");
  }

  void keysDecideWhoMayWhat_data() {
    QTest::addColumn<bool>("tcp");
    QTest::newRow("ipc") << false;
    QTest::newRow("tcp") << true;
  }
  void keysDecideWhoMayWhat() {
    QFETCH(bool, tcp);
    const QTemporaryDir folder;
    const Door door(folder);
    Received received;
    const auto server =
        Server::open(serving(tcp ? endpoint("tcp://127.0.0.1:0") : ipcIn(folder), door.folder), received.handler());
    QVERIFY_OK(server);
    const Endpoint at = (*server)->endpoint();
    const auto controller = door.connect(at, door.controller);
    const auto watcher = door.connect(at, door.watcher);
    const auto stranger = door.connect(at, door.stranger);
    const auto keyless = door.connect(at, std::nullopt);
    const auto wrongServer = door.connect(at, door.controller, true, door.stranger.publicKey);
    QTRY_CONNECTED(*controller);
    QTRY_VERIFY_WITH_TIMEOUT(isConnected(watcher->frames()), kDeadlineMs);
    for (Client* refused : {watcher.get(), stranger.get(), keyless.get(), wrongServer.get()}) {
      QTRY_VERIFY_WITH_TIMEOUT(isRefused(refused->commands()), kDeadlineMs);
      if (refused != watcher.get()) QTRY_VERIFY_WITH_TIMEOUT(isRefused(refused->frames()), kDeadlineMs);
      const auto answer = answerOf(*refused, kPause, 1500ms);
      QVERIFY(answer);
      QVERIFY(!answer->has_value());
    }
    QVERIFY(received.requests().empty());
    QVERIFY(stranger->commands().text().find("its key may not be used here") != std::string::npos);
    QVERIFY(keyless->commands().text().find("keys only") != std::string::npos);
    QVERIFY(wrongServer->commands().text().find("server.pub is another engine's") != std::string::npos);
    QVERIFY((*server)->counts().keysRefused > 0);

    (*server)->frames().publish(shared(sampleNetwork()));
    Watcher looks(*watcher);
    QVERIFY(looks.sees([](const session::News& n) { return n.network != nullptr; }));
    QVERIFY(!stranger->take().news.network && !keyless->take().news.network);
    const auto answer = answerOf(*controller, kPause);
    QVERIFY(answer);
    QVERIFY_OK(*answer);
    QCOMPARE(received.requests().size(), std::size_t{1});
    // Whoever is let in later gets in without a restart of either.
    QVERIFY_OK(authorise(door.folder, Role::controller, "stranger", door.stranger.publicKey));
    QTRY_CONNECTED(*stranger);
  }

  void noKeyNoDoor() {
    Received received;
    ServerOptions options = serving(endpoint("tcp://*:0"));
    QVERIFY_REFUSED(Server::open(options, received.handler()), "was not asked for");
    options.allowRemote = true;
    QVERIFY_REFUSED(Server::open(options, received.handler()), "no key, no door");
    const QTemporaryDir folder;
    options.keys = pathOf(folder, "none");
    QVERIFY_REFUSED(Server::open(options, received.handler()), "cannot be read");
    const Door door(folder);
    options.keys = door.folder;
    const auto server = Server::open(options, received.handler());
    QVERIFY_OK(server);
    QVERIFY_REFUSED(Client::open(connecting(endpoint("tcp://192.0.2.1:5570"))), "with keys only");
  }

  void garbageAtBothSockets() {
    constexpr std::uint64_t kSeed = 20261129;
    qInfo("seed %llu", static_cast<unsigned long long>(kSeed));
    const QTemporaryDir folder;
    Received received;
    const auto server = Server::open(serving(ipcIn(folder)), received.handler());
    QVERIFY_OK(server);
    zmq::context_t context;
    auto commands = rawSocket(context, zmq::socket_type::dealer, ipcIn(folder).commandsAddress());
    auto frames = rawSocket(context, zmq::socket_type::xsub, ipcIn(folder).framesAddress());
    const wire::Bytes whole = *wire::encode(wire::Request{3, session::Command(session::SetLesion{sampleLesion(), 7})});
    Random random(kSeed, 0, 0);
    std::size_t taken = 0;
    const auto ask = [&](const wire::Bytes& bytes) {
      zmq::message_t reply;
      const bool came = commands.send(zmq::buffer(bytes), zmq::send_flags::none) && commands.recv(reply);
      const auto answer = wire::decodeAnswer({static_cast<const std::byte*>(reply.data()), reply.size()});
      QVERIFY(came);  // one answer to each
      QVERIFY_OK(answer);
      if (!answer->refusal) ++taken;
    };
    for (std::size_t n = 0; n < whole.size(); ++n)
      ask(wire::Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n)));
    for (int i = 0; i < 300; ++i) {
      wire::Bytes bytes(random.below(200));
      for (std::byte& byte : bytes) byte = static_cast<std::byte>(random.next());
      ask(bytes);
      bytes = whole;
      bytes[random.below(bytes.size())] ^= static_cast<std::byte>(1U << random.below(8));
      ask(bytes);
    }
    // What was taken reached the handler, and nothing else did.
    QCOMPARE(received.requests().size(), taken);
    QCOMPARE((*server)->counts().commands.taken, taken);
    QVERIFY((*server)->counts().commands.damaged >= 300);

    // Subscriptions that mean nothing, cut and changed asks, and messages that are no subscriptions.
    const std::string topic = *askTopic(5, {{wire::FrameKind::job}, wire::MapPrecision::exact});
    for (std::size_t n = 0; n < topic.size(); ++n)
      frames.send(zmq::buffer("\x01" + topic.substr(0, n)), zmq::send_flags::none);
    for (int i = 0; i < 300; ++i) {
      std::string bytes = i % 3 == 0 ? "" : std::string(1, '\x01');
      if (i % 3 == 2) bytes += 'A';
      const std::uint64_t length = random.below(60);
      for (std::uint64_t n = 0; n < length; ++n) bytes += static_cast<char>(random.next());
      frames.send(zmq::buffer(bytes), zmq::send_flags::none);
    }
    QTRY_VERIFY_WITH_TIMEOUT((*server)->counts().frames.damaged >= 100, kDeadlineMs);
    const auto client = Client::open(connecting(ipcIn(folder)));
    QVERIFY_OK(client);
    (*server)->frames().publish(shared(sampleNetwork()));
    Watcher watcher(**client);
    QVERIFY(watcher.sees([](const session::News& n) { return n.network != nullptr; }));
    const auto answer = answerOf(**client, kPause);
    QVERIFY(answer);
    QVERIFY_OK(*answer);
  }

  void aServerThatTalksNonsense() {
    constexpr std::uint64_t kSeed = 20261130;
    qInfo("seed %llu", static_cast<unsigned long long>(kSeed));
    const QTemporaryDir folder;
    zmq::context_t context;
    zmq::socket_t frames(context, zmq::socket_type::xpub);
    frames.set(zmq::sockopt::linger, 0);
    frames.set(zmq::sockopt::rcvtimeo, kDeadlineMs);
    frames.set(zmq::sockopt::sndhwm, 0);
    frames.bind(ipcIn(folder).framesAddress());
    ClientOptions options = connecting(ipcIn(folder));
    options.commands = false;
    const auto client = Client::open(std::move(options));
    QVERIFY_OK(client);
    zmq::message_t subscription;
    for (int i = 0; i < 3; ++i) QVERIFY(frames.recv(subscription));
    const wire::Bytes whole = *wire::encode(wire::Published{{1, 0}, sampleTuning()});
    const std::string topic = withInstance(frameTopic(wire::FrameKind::tuning), 9);
    const std::string beacon = withInstance("S", 9);
    Random random(kSeed, 0, 0);
    const auto send = [&](const std::string& first, wire::Bytes body) {
      frames.send(zmq::buffer(first), zmq::send_flags::sndmore);
      frames.send(zmq::buffer(body), zmq::send_flags::none);
    };
    for (std::size_t n = 0; n < whole.size(); n += 3) {
      const wire::Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n));
      send(topic, cut);
      send(beacon, cut);
      send(topic.substr(0, n % topic.size()), whole);
    }
    for (int i = 0; i < 300; ++i) {
      wire::Bytes bytes(random.below(300));
      for (std::byte& byte : bytes) byte = static_cast<std::byte>(random.next());
      send(topic, bytes);
      bytes = whole;
      bytes[random.below(bytes.size())] = static_cast<std::byte>(random.next());
      send(topic, bytes);
    }
    frames.send(zmq::buffer(topic), zmq::send_flags::none);
    QTRY_VERIFY_WITH_TIMEOUT((*client)->counts().damaged >= 300, kDeadlineMs);
    // Another version: which side is the older one.
    for (const auto& [version, who] : {std::pair{wire::kVersion + 1, "this one is the older"},
                                       std::pair{wire::kVersion + 2, "this one is the older"}}) {
      Beacon other;
      other.version = version;
      send(beacon, write(other));
      QTRY_VERIFY_WITH_TIMEOUT((*client)->frames().state == Connection::State::otherVersion, kDeadlineMs);
      QVERIFY((*client)->frames().text().find(who) != std::string::npos);
      QVERIFY((*client)->frames().text().find("update this program") != std::string::npos);
    }
    // And then an engine of this version.
    wire::FrameHead head;
    head.sequence = 1;
    send(withInstance(frameTopic(wire::FrameKind::job), 10), *wire::encode(wire::Published{head, sampleJob()}));
    Watcher watcher(**client);
    QVERIFY(watcher.sees([](const session::News& n) { return n.job != nullptr; }));
    QVERIFY(isConnected((*client)->frames()));
  }
};

QTEST_GUILESS_MAIN(TestServedCommands)
#include "test_served_commands.moc"
