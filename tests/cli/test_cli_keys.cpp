// pinwheel-cli keys, and what is told of wrong keys and addresses before a training begins.
#include "engine/transport/client.h"
#include "engine/transport/keys.h"
#include "engine/transport/server.h"
#include "tests/cli/program.h"
#include "tests/support.h"

using namespace pinwheel;
using test::Outcome;
using test::pathOf;
using test::run;

namespace {

constexpr int kDeadlineMs = 20'000;

QString text(const std::filesystem::path& path) {
  return QString::fromStdString(path.string());
}

}  // namespace

class TestCliKeys : public QObject {
  Q_OBJECT

private Q_SLOTS:
  // As two people do it: an engine's folder, a pair, its public half allowed, a connection, and an end to it.
  void aKeyIsMadeAllowedUsedAndWithdrawn() {
    const Outcome made = run({"keys", "create", text(at("engine"))});
    QVERIFY2(made.code == 0, qPrintable(made.error));
    QVERIFY2(made.out.contains("server.pub") && made.out.contains("--serve-remote"), qPrintable(made.out));
    const Outcome pair = run({"keys", "new", "ada", "--out", text(at(""))});
    QVERIFY2(pair.code == 0, qPrintable(pair.error));
    QVERIFY2(pair.out.contains("ada.pub") && pair.out.contains("keys allow"), qPrintable(pair.out));
    const auto keys = transport::readKeyPair(at("ada.key"));
    QVERIFY_OK(keys);
    QVERIFY(!transport::roleOf(at("engine"), keys->publicKey));

    const Outcome allowed = run({"keys", "allow", text(at("engine")), "ada", text(at("ada.pub")), "--watch"});
    QVERIFY2(allowed.code == 0, qPrintable(allowed.error));
    QVERIFY2(allowed.out.contains("ada may watch") && allowed.out.contains("server.pub"), qPrintable(allowed.out));
    QCOMPARE(transport::roleOf(at("engine"), keys->publicKey), std::optional(transport::Role::watcher));
    QVERIFY(connects(*keys));

    QCOMPARE(run({"keys", "allow", text(at("engine")), "ada", text(at("ada.pub")), "--control"}).code, 0);
    QCOMPARE(transport::roleOf(at("engine"), keys->publicKey), std::optional(transport::Role::controller));
    const QString listed = run({"keys", "list", text(at("engine"))}).out;
    QVERIFY2(listed.contains("ada ") && listed.contains("watch and command") &&
                 listed.contains(QString::fromStdString(keys->publicKey)),
             qPrintable(listed));

    const Outcome gone = run({"keys", "withdraw", text(at("engine")), "ada"});
    QVERIFY2(gone.code == 0, qPrintable(gone.error));
    QVERIFY(!transport::roleOf(at("engine"), keys->publicKey));
    QVERIFY(!run({"keys", "list", text(at("engine"))}).out.contains("ada"));
    // Nothing is made or withdrawn twice.
    QCOMPARE(run({"keys", "create", text(at("engine"))}).code, 1);
    QCOMPARE(run({"keys", "new", "ada", "--out", text(at(""))}).code, 1);
    QCOMPARE(run({"keys", "withdraw", text(at("engine")), "ada"}).code, 1);
  }

  void mistakesAreTold_data() {
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<int>("code");
    QTest::addColumn<QString>("says");
    const QString nowhere = text(at("nowhere"));
    const auto row = [](const char* name, const QStringList& arguments, int code, const char* says) {
      QTest::newRow(name) << arguments << code << says;
    };
    row("no command", {"keys"}, 2, "subcommand");
    row("a mistyped command", {"keys", "alow", nowhere, "ada", "ada.pub"}, 2, "did you mean \"allow\"?");
    row("a mistyped flag", {"keys", "allow", nowhere, "ada", "ada.pub", "--wach"}, 2, "did you mean \"--watch\"?");
    row("no folder", {"keys", "create"}, 2, "folder");
    row("a name that is a path", {"keys", "new", "../ada"}, 2, "letters, digits");
    row("nothing that it may", {"keys", "allow", nowhere, "ada", "ada.pub"}, 2, "--watch");
    row("both", {"keys", "allow", nowhere, "ada", "ada.pub", "--watch", "--control"}, 2, "--control");
    row("a folder without an engine's keys", {"keys", "allow", nowhere, "ada", "ada.pub", "--watch"}, 1, "server.key");
    row("a list of nothing", {"keys", "list", nowhere}, 1, "server.pub");
    const QStringList train{"train", "--out", nowhere};
    row("no address", train + QStringList{"--serve", "cortex"}, 2, "ipc://");
    row("beyond this machine unasked", train + QStringList{"--serve", "tcp://*:5570"}, 2, "--serve-remote");
    row("beyond this machine without keys", train + QStringList{"--serve", "tcp://*:5570", "--serve-remote"}, 2,
        "pinwheel-cli keys");
    row("keys that are none", train + QStringList{"--serve", "--keys", nowhere}, 2, "server.key");
    row("remote, and not served", train + QStringList{"--serve-remote"}, 2, "--serve");
    row("keys, and not served", train + QStringList{"--keys", nowhere}, 2, "--serve");
    row("no room for a socket's name", {"train", "--out", text(at(std::string(120, 'x'))), "--serve"}, 2,
        "--serve ipc://");
  }
  void mistakesAreTold() {
    QFETCH(QStringList, arguments);
    QFETCH(int, code);
    QFETCH(QString, says);
    const Outcome outcome = run(arguments);
    QVERIFY2(outcome.code == code, qPrintable(QString::number(outcome.code) + outcome.error));
    QVERIFY2(outcome.error.contains(says), qPrintable(outcome.error));
    QVERIFY(!std::filesystem::exists(at("nowhere")));
  }

  void aKeyOfAnEngineThatIsDamagedIsNamed() {
    QCOMPARE(run({"keys", "create", text(at("other"))}).code, 0);
    test::put(at("short.pub"), "public 1234\n");
    const Outcome refused = run({"keys", "allow", text(at("other")), "bob", text(at("short.pub")), "--watch"});
    QCOMPARE(refused.code, 1);
    QVERIFY2(refused.error.contains("a key has 40"), qPrintable(refused.error));
    // One that came into the folder by hand is listed with what it is worth.
    test::put(at("other") / "watchers" / "eve.pub", "nonsense\n");
    const QString listed = run({"keys", "list", text(at("other"))}).out;
    QVERIFY2(listed.contains("eve") && listed.contains("nothing"), qPrintable(listed));
  }

  // Rights are a key's, not a name's.
  void aKeyUnderTwoNamesKeepsItsRights() {
    const QString folder = text(at("twice"));
    QCOMPARE(run({"keys", "create", folder}).code, 0);
    QCOMPARE(run({"keys", "new", "two", "--out", text(at("."))}).code, 0);
    const QString key = text(at("two.pub"));
    QCOMPARE(run({"keys", "allow", folder, "boss", key, "--control"}).code, 0);
    const Outcome watching = run({"keys", "allow", folder, "guest", key, "--watch"});
    QCOMPARE(watching.code, 1);
    QVERIFY2(watching.error.contains("may still command"), qPrintable(watching.error));
    const Outcome withdrawn = run({"keys", "withdraw", folder, "guest"});
    QCOMPARE(withdrawn.code, 1);
    QVERIFY2(withdrawn.error.contains("can still connect"), qPrintable(withdrawn.error));
    QCOMPARE(run({"keys", "withdraw", folder, "boss"}).code, 0);
  }

private:
  std::filesystem::path at(const std::string& name) const { return pathOf(m_folder, name); }

  // To an engine with these keys, with the halves that the program wrote.
  bool connects(const transport::KeyPair& keys) const {
    const auto endpoint = transport::parseEndpoint("ipc://" + at("live").string());
    const auto server = transport::Server::open({*endpoint, false, at("engine"), std::chrono::milliseconds(50)},
                                                [](const wire::Request&) { return Status{}; });
    if (!server) return false;
    transport::ClientOptions options;
    options.endpoint = *endpoint;
    options.keys = keys;
    options.serverKey = transport::readPublicKey(at("engine") / "server.pub").value_or("");
    options.commands = false;
    const auto client = transport::Client::open(std::move(options));
    return client &&
           QTest::qWaitFor([&] { return (*client)->frames().state == transport::Connection::State::connected; },
                           kDeadlineMs);
  }

  QTemporaryDir m_folder;
};

QTEST_GUILESS_MAIN(TestCliKeys)
#include "test_cli_keys.moc"
