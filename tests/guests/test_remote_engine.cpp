// A training in another program as an engine, against a server: frames, commands and what becomes of them, a server
// that goes and comes again; and what people name to attach to.
#include "engine/guests/remote_engine.h"

#include <atomic>
#include <fstream>

#include "engine/guests/attach_request.h"
#include "tests/transport/support.h"

using namespace pinwheel;
using guests::RemoteEngine;
using guests::RemoteOptions;
using namespace std::chrono_literals;

class TestRemoteEngine : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void init() {
    m_folder = std::make_unique<QTemporaryDir>();
    m_received = std::make_unique<test::Received>();
    m_news = {};
    m_notices.clear();
    m_woken = 0;
    serve();
  }
  void cleanup() {
    m_engine.reset();
    m_server.reset();
  }

  void framesArrive() {
    m_server->frames().publish(test::shared(test::sampleNetwork()));
    m_server->frames().publish(test::shared(test::sampleTraining()));
    attach();
    QVERIFY(sees([](const session::News& n) { return n.network && n.training; }));
    QCOMPARE(test::difference(*m_news.network, test::sampleNetwork()), std::string());
    QCOMPARE(test::difference(*m_news.training, test::sampleTraining()), std::string());
    QVERIFY(m_woken > 0);
    QVERIFY(m_engine->sharesFiles());
  }

  void mapsComeToTheBitWhereThatIsAsked() {
    m_server->frames().publish(test::shared(test::sampleNetwork()));
    m_server->frames().publish(test::shared(test::sampleMaps()));
    attach();
    QVERIFY(sees([](const session::News& n) { return n.maps != nullptr; }));
    QVERIFY(!test::difference(*m_news.maps, test::sampleMaps()).empty());
    m_news.maps = nullptr;
    m_engine->askExactMaps();
    QVERIFY(sees([](const session::News& n) { return n.maps != nullptr; }));
    QCOMPARE(test::difference(*m_news.maps, test::sampleMaps()), std::string());
  }

  void commandsArrive() {
    attach();
    QVERIFY(m_engine->post(session::Pause{}));
    QVERIFY(m_engine->post(session::Step{7}));
    m_engine->cancel();
    QTRY_COMPARE_WITH_TIMEOUT(m_received->requests().size(), std::size_t{3}, test::kDeadlineMs);
    const auto requests = m_received->requests();
    QVERIFY(std::holds_alternative<session::Pause>(std::get<session::Command>(requests[0].ask)));
    QCOMPARE(std::get<session::Step>(std::get<session::Command>(requests[1].ask)).steps, 7);
    QVERIFY(std::holds_alternative<wire::Cancel>(requests[2].ask));
    QVERIFY(m_notices.empty());
  }

  void aRefusalBecomesANotice() {
    attach();
    QVERIFY(sees([this](const session::News&) { return isConnected(); }));
    const int before = m_woken;
    m_engine->post(session::CloseNetwork{});  // that is what this server refuses
    // Without frames nothing else wakes the window.
    QTRY_VERIFY_WITH_TIMEOUT(m_woken > before, test::kDeadlineMs);
    QVERIFY(sees([this](const session::News&) { return !m_notices.empty(); }));
    QCOMPARE(m_notices.size(), std::size_t{1});
    QCOMPARE(m_notices[0].error.what, std::string("There is no network"));
    QCOMPARE(m_notices[0].kind, session::Notice::Kind::warning);
    QVERIFY(m_engine->takeDoubtedLesions().empty());
  }

  void noAnswerBecomesANotice() {
    m_server.reset();
    attach([](RemoteOptions& options) { options.answerWithin = 100ms; });
    m_engine->post(session::Pause{});
    QTRY_VERIFY_WITH_TIMEOUT(m_woken > 0, test::kDeadlineMs);
    QVERIFY(sees([this](const session::News&) { return !m_notices.empty(); }));
    QCOMPARE(m_notices[0].error.what, std::string("The request was not sent"));
    QVERIFY(m_notices[0].error.why.find("Waiting for an engine at ipc://") == 0);
    session::SetLesion set;
    set.lesion.version = 5;
    m_engine->post(set);
    QVERIFY(sees([this](const session::News&) { return m_notices.size() == 2; }));
    QCOMPARE(m_engine->takeDoubtedLesions(), std::vector<std::uint64_t>{5});
    QVERIFY(m_engine->takeDoubtedLesions().empty());
    // It was given up: an engine that comes later is not told.
    serve();
    QVERIFY(sees([this](const session::News&) { return isConnected(); }));
    m_engine->post(session::Step{2});
    QTRY_COMPARE_WITH_TIMEOUT(m_received->requests().size(), std::size_t{1}, test::kDeadlineMs);
    QVERIFY(std::holds_alternative<session::Step>(std::get<session::Command>(m_received->requests()[0].ask)));
  }

  // Panels ask whenever the pointer moves.
  void aWatcherIsToldOnce() {
    m_server->frames().publish(test::shared(test::sampleNetwork()));
    attach([](RemoteOptions& options) { options.watchOnly = true; });
    for (int i = 0; i < 3; ++i) QVERIFY(m_engine->post(session::AskTuning{0, {i}}));
    QVERIFY(m_woken > 0);
    QVERIFY(sees([](const session::News& n) { return n.network != nullptr; }));
    QCOMPARE(m_notices.size(), std::size_t{1});
    QCOMPARE(m_notices[0].error.why, std::string("this connection only watches"));
    // What a user asks for is answered every time.
    m_engine->post(session::Pause{});
    m_engine->post(session::Pause{});
    look();
    QCOMPARE(m_notices.size(), std::size_t{3});
    QVERIFY(m_received->requests().empty());
    const guests::RemoteStatus status = m_engine->status();
    QVERIFY(!status.commands);
    QVERIFY(QString::fromStdString(status.text()).endsWith("(only watching)"));
  }

  // The same number, as every engine counts its networks from the same one on.
  void aServerThatWasStartedAgainIsFollowed() {
    m_server->frames().publish(test::shared(test::sampleNetwork()));
    attach();
    QVERIFY(sees([](const session::News& n) { return n.network != nullptr; }));
    QVERIFY(sees([this](const session::News&) { return isConnected(); }));
    m_server.reset();
    QTRY_VERIFY_WITH_TIMEOUT(m_engine->status().text().find("Waiting for an engine at ipc://") == 0, test::kDeadlineMs);
    m_news = {};
    serve();
    session::NetworkFrame again = test::sampleNetwork();
    again.title = "the second start";
    m_server->frames().publish(test::shared(again));
    QVERIFY(sees([](const session::News& n) { return n.network != nullptr; }));
    QCOMPARE(m_news.network->title, again.title);
    QCOMPARE(m_news.network->stamp.network, test::sampleNetwork().stamp.network);
    QCOMPARE(m_notices.size(), std::size_t{1});
    QCOMPARE(m_notices[0].kind, session::Notice::Kind::information);
    QTRY_VERIFY_WITH_TIMEOUT(m_engine->status().text().find("Connected to ipc://") == 0, test::kDeadlineMs);
    QVERIFY(!m_engine->status().problem());
  }

  void itMayGoWithRequestsOnTheirWay() {
    m_server.reset();
    attach();
    for (int i = 0; i < 20; ++i) m_engine->post(session::Step{i});
    m_engine.reset();
    QVERIFY(m_received->requests().empty());
  }

  // The engine would look for the file on its own machine.
  void anImageOfThisMachineIsNotSentElsewhere() {
    attach([](RemoteOptions& options) { options.endpoint = test::endpoint("tcp://127.0.0.1:9"); });
    QVERIFY(!m_engine->sharesFiles());
    session::ShowStimulus show;
    show.stimulus.kind = session::Stimulus::Kind::file;
    show.stimulus.file = "/pictures/cat.png";
    m_engine->post(show);
    look();
    QCOMPARE(m_notices.size(), std::size_t{1});
    QCOMPARE(m_notices[0].error.what, std::string("The image was not shown"));
    attach();
    m_engine->post(show);
    QTRY_COMPARE_WITH_TIMEOUT(m_received->requests().size(), std::size_t{1}, test::kDeadlineMs);
  }

  void aRunsFolderIsAnAddress() {
    const auto options = guests::remoteOptions({m_folder->path().toStdString()});
    QVERIFY_OK(options);
    QCOMPARE(options->endpoint.text(), test::ipcIn(*m_folder).text());
    QVERIFY(!options->keys && !options->watchOnly);
    // Written otherwise it is the same.
    const auto same = guests::remoteOptions({m_folder->path().toStdString() + "/./"});
    QVERIFY_OK(same);
    QCOMPARE(same->endpoint.text(), test::ipcIn(*m_folder).text());
  }

  void whatCannotBeAttachedToIsTold_data() {
    QTest::addColumn<QString>("where");
    QTest::addColumn<QString>("key");
    QTest::addColumn<QString>("serverKey");
    QTest::addColumn<QString>("part");
    QTest::newRow("nothing") << ""
                             << ""
                             << ""
                             << "Nothing is named";
    QTest::newRow("no folder") << "/no/such/run"
                               << ""
                               << ""
                               << "There is no such run";
    QTest::newRow("no address") << "http://a:1"
                                << ""
                                << ""
                                << "cannot be used";
    QTest::newRow("no port") << "tcp://127.0.0.1"
                             << ""
                             << ""
                             << "cannot be used";
    QTest::newRow("without keys") << "tcp://10.0.0.1:7310"
                                  << ""
                                  << ""
                                  << "with keys only";
    QTest::newRow("one key") << "tcp://10.0.0.1:7310"
                             << "me.key"
                             << ""
                             << "public key is missing";
    QTest::newRow("the other") << "tcp://10.0.0.1:7310"
                               << ""
                               << "server.pub"
                               << "own key is missing";
    QTest::newRow("no such key") << "tcp://10.0.0.1:7310"
                                 << "/no/me.key"
                                 << "/no/server.pub"
                                 << "/no/me.key";
  }
  void whatCannotBeAttachedToIsTold() {
    QFETCH(QString, where);
    QFETCH(QString, key);
    QFETCH(QString, serverKey);
    QFETCH(QString, part);
    QVERIFY_REFUSED(guests::remoteOptions({where.toStdString(), key.toStdString(), serverKey.toStdString()}),
                    part.toStdString());
  }

  void keysAreRead() {
    const auto own = transport::makeKeyPair();
    const auto engine = transport::makeKeyPair();
    QVERIFY_OK(own);
    QVERIFY_OK(engine);
    QVERIFY_OK(transport::writeKeyPair(test::pathOf(*m_folder, "me.key"), *own));
    QVERIFY_OK(transport::writeKeyPair(test::pathOf(*m_folder, "server.key"), *engine));
    const auto options = guests::remoteOptions(
        {"tcp://10.0.0.1:7310", test::pathOf(*m_folder, "me.key"), test::pathOf(*m_folder, "server.pub"), true});
    QVERIFY_OK(options);
    QCOMPARE(options->keys->secretKey, own->secretKey);
    QCOMPARE(options->serverKey, engine->publicKey);
    QVERIFY(options->watchOnly);
  }

private:
  void serve() {
    auto server = transport::Server::open(test::serving(test::ipcIn(*m_folder)), m_received->handler());
    QVERIFY_OK(server);
    m_server = std::move(*server);
  }
  void attach(const std::function<void(RemoteOptions&)>& change = {}) {
    RemoteOptions options;
    options.endpoint = test::ipcIn(*m_folder);
    options.retry = 50ms;
    options.wake = [this] { ++m_woken; };
    if (change) change(options);
    m_engine.reset();
    m_notices.clear();
    auto engine = RemoteEngine::open(std::move(options));
    QVERIFY_OK(engine);
    m_engine = std::move(*engine);
  }
  [[nodiscard]] bool isConnected() const { return m_engine->status().isConnected(); }
  void look() {
    session::News news = m_engine->take();
    if (news.network) m_news.network = news.network;
    if (news.maps) m_news.maps = news.maps;
    if (news.training) m_news.training = news.training;
    m_notices.insert(m_notices.end(), news.notices.begin(), news.notices.end());
  }
  template <class Condition>
  bool sees(Condition condition) {
    return QTest::qWaitFor(
        [&] {
          look();
          return condition(m_news);
        },
        test::kDeadlineMs);
  }

  std::unique_ptr<QTemporaryDir> m_folder;
  std::unique_ptr<test::Received> m_received;
  std::atomic<int> m_woken = 0;
  std::unique_ptr<transport::Server> m_server;
  std::unique_ptr<RemoteEngine> m_engine;
  session::News m_news;
  std::vector<session::Notice> m_notices;
};

QTEST_GUILESS_MAIN(TestRemoteEngine)
#include "test_remote_engine.moc"
