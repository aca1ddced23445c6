// Between two machines. Everything else of the transport is tested on one.
#include "tests/machines.h"
#include "tests/transport/door.h"
#include "tests/transport/support.h"

using namespace pinwheel;
using namespace pinwheel::transport;
using namespace pinwheel::test;

class TestTwoMachines : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void init() {
    if (!m_machines.there()) QSKIP("network namespaces cannot be made here: that takes root and the program ip");
  }

  void framesAndCommandsWithKeysAlone() {
    const QTemporaryDir folder;
    const Door door(folder);
    Received received;
    const std::unique_ptr<Server> server = serveThere(door, received);
    QVERIFY(server);
    const Endpoint at = server->endpoint();
    std::unique_ptr<Client> controller;
    std::unique_ptr<Client> watcher;
    std::unique_ptr<Client> stranger;
    QVERIFY(m_machines.on(1, [&] {
      controller = door.connect(at, door.controller);
      watcher = door.connect(at, door.watcher, false);
      stranger = door.connect(at, door.stranger);
    }));
    QTRY_CONNECTED(*controller);
    QTRY_VERIFY_WITH_TIMEOUT(isConnected(watcher->frames()), kDeadlineMs);
    QTRY_VERIFY_WITH_TIMEOUT(isRefused(stranger->frames()), kDeadlineMs);
    server->frames().publish(shared(sampleNetwork()));
    server->frames().publish(shared(sampleMaps()));
    for (Client* client : {controller.get(), watcher.get()}) {
      Watcher looks(*client);
      QVERIFY(looks.sees([](const session::News& n) { return n.network && n.maps; }));
      QCOMPARE(difference(*looks.news.network, sampleNetwork()), std::string());
    }
    QVERIFY(!stranger->take().news.network);
    const auto answer = answerOf(*controller, session::Command(session::Pause{}));
    QVERIFY(answer);
    QVERIFY_OK(*answer);
    QCOMPARE(received.requests().size(), std::size_t{1});
  }

  // The wire is cut and mended: the engine is not held up, the watcher says what it waits for, and has the newest then.
  void aWireThatIsCutAndMended() {
    const QTemporaryDir folder;
    const Door door(folder);
    Received received;
    const std::unique_ptr<Server> server = serveThere(door, received);
    QVERIFY(server);
    std::unique_ptr<Client> client;
    QVERIFY(m_machines.on(1, [&] { client = door.connect(server->endpoint(), door.watcher, false); }));
    Watcher looks(*client);
    server->frames().publish(shared(sampleNetwork()));
    QVERIFY(looks.sees([](const session::News& n) { return n.network != nullptr; }));
    QVERIFY(m_machines.setWire(false));
    const auto start = std::chrono::steady_clock::now();
    for (int i = 1; i <= 1000; ++i) server->frames().publish(shared(session::JobFrame{"counting", i, 0, 0}));
    QVERIFY(std::chrono::steady_clock::now() - start < kDeadline);
    QTRY_VERIFY_WITH_TIMEOUT(client->frames().silent > kSilence, kDeadlineMs);
    QVERIFY(client->frames().text().find("10.231.0.1") != std::string::npos);
    QVERIFY(m_machines.setWire(true));
    QVERIFY(looks.sees([](const session::News& n) { return n.job && n.job->done == 1000; }));
    QVERIFY(!looks.restarted);
  }

private:
  // On the first machine.
  std::unique_ptr<Server> serveThere(const Door& door, Received& received) const {
    std::unique_ptr<Server> server;
    m_machines.on(0, [&] {
      ServerOptions options = serving(endpoint("tcp://10.231.0.1:0"), door.folder);
      options.allowRemote = true;
      auto opened = Server::open(options, received.handler());
      if (opened) server = std::move(*opened);
    });
    return server;
  }

  Machines m_machines;
};

QTEST_GUILESS_MAIN(TestTwoMachines)
#include "test_two_machines.moc"
