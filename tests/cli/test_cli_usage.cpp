#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <cstdlib>

#include "tests/cli/program.h"
#include "tests/support.h"

using namespace pinwheel;
using test::Outcome;
using test::pathOf;
using test::prepare;
using test::run;

namespace {

// The program's output on a terminal of `columns`, and its exit code.
Outcome runOnTerminal(const QStringList& arguments, unsigned short columns) {
  const int terminal = ::posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
  if (terminal < 0 || ::grantpt(terminal) != 0 || ::unlockpt(terminal) != 0) return {};
  const struct winsize size { 24, columns, 0, 0 };
  ::ioctl(terminal, TIOCSWINSZ, &size);
  // As long as it is open here, what the program wrote can be read after its end.
  const QString name = ::ptsname(terminal);
  const int other = ::open(qPrintable(name), O_RDWR | O_NOCTTY);
  QProcess process;
  prepare(process);
  process.setStandardOutputFile(name);
  process.start(PINWHEEL_CLI_PATH, arguments);
  QByteArray shown;
  for (bool ended = false; !ended;) {
    ended = process.waitForFinished(20) || process.state() == QProcess::NotRunning;
    char part[4096];
    for (ssize_t got = 0; (got = ::read(terminal, part, sizeof part)) > 0;) shown.append(part, got);
  }
  ::close(other);
  ::close(terminal);
  return {process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1, shown,
          process.readAllStandardError()};
}

}  // namespace

class TestCliUsage : public QObject {
  Q_OBJECT

private Q_SLOTS:
  // A run of a second or two on a narrow terminal; the other tests look at what it left.
  void initTestCase() {
    QStringList arguments{"train", "--recipe", "demo", "--out", text(at("run")), "--threads", "1"};
    for (const char* assignment : {"data.train_count=320", "data.validation_count=20", "training.batch_size=8",
                                   "training.epochs=1", "training.warmup_epochs=0", "placement.enabled=false",
                                   "stc.clusters=1", "sheets.cluster_count=100", "evaluation.smoothness_every=0"})
      arguments << "--set" << assignment;
    m_narrow = runOnTerminal(arguments, 40);
    QVERIFY2(m_narrow.code == 0, qPrintable(m_narrow.error + m_narrow.out));
  }

  // What is cut is the end: the speed and the time left stay.
  void theMovingLineFitsTheTerminal() {
    int moving = 0;
    const QStringList parts = m_narrow.out.split("\r\033[K");
    for (qsizetype i = 1; i < parts.size(); ++i) {
      if (!parts[i].startsWith('[')) continue;
      ++moving;
      QVERIFY2(!parts[i].contains('\n') && parts[i].size() == 39, qPrintable(parts[i]));
      QVERIFY2(parts[i].contains(" images/s") && parts[i].contains(" left"), qPrintable(parts[i]));
    }
    QVERIFY2(moving > 0, qPrintable(m_narrow.out));
  }

  void wrongUsageIsTwo_data() {
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QString>("says");
    const QString out = text(at("never"));
    const QString checkpoint = text(at("run") / "checkpoint.safetensors");
    const QStringList train{"train", "--out", out};
    const QStringList evaluate{"evaluate", checkpoint, "--out", out};
    QTest::newRow("a mistyped command") << QStringList{"trian"} << "did you mean \"train\"?";
    QTest::newRow("a mistyped command with options")
        << QStringList{"evalute", checkpoint, "--out", out} << "did you mean \"evaluate\"?";
    QTest::newRow("no such command") << QStringList{"frobnicate"} << "`pinwheel-cli --help`";
    QTest::newRow("a mistyped flag") << train + QStringList{"--thread", "2"} << "did you mean \"--threads\"?";
    QTest::newRow("a mistyped flag with a value") << train + QStringList{"--thread=2"} << "did you mean \"--threads\"?";
    QTest::newRow("a mistyped flag, and none required")
        << QStringList{"train", "--thread", "2"} << "did you mean \"--threads\"?";
    QTest::newRow("a mistyped flag of the program") << QStringList{"--verison"} << "did you mean \"--version\"?";
    QTest::newRow("a mistyped flag of evaluate")
        << evaluate + QStringList{"--no-picture"} << "did you mean \"--no-pictures\"?";
    QTest::newRow("no such flag") << train + QStringList{"--frobnicate"} << "`pinwheel-cli train --help`";
    QTest::newRow("a word too many") << QStringList{"recipes", "demo", "cifar10"} << "cifar10";
    for (const auto& [name, command] : {std::pair{"train: ", train}, std::pair{"evaluate: ", evaluate}}) {
      const auto row = [&](const char* what, const QStringList& more, const char* says) {
        QTest::newRow((std::string(name) + what).c_str()) << command + more << says;
      };
      row("a mistyped kind of data", {"--data", "cifar1000:/x"}, "did you mean \"cifar100\"?");
      row("no such kind of data", {"--data", "zip:/x"}, "`pinwheel-cli datasets`");
      row("a kind without its folder", {"--data", "cifar100"}, "write --data cifar100:DIR");
      row("a folder for the built-in world", {"--data", "builtin:/x"}, "takes no folder");
    }
    QTest::newRow("train: data by --set") << train + QStringList{"--set", "data.source=cifar1000:/x"} << "cifar100";
    QTest::newRow("train: no name of a folder") << QStringList{"train", "--out", ""} << "--out";
    QTest::newRow("place: no name of a folder") << QStringList{"place", "--out", ""} << "--out";
    QTest::newRow("evaluate: no name of a folder") << QStringList{"evaluate", checkpoint, "--out", ""} << "--out";
    QTest::newRow("evaluate: no data") << evaluate + QStringList{"--data", ""} << "--data";
    QTest::newRow("evaluate: no name of a file") << QStringList{"evaluate", "", "--out", out} << "checkpoint";
    QTest::newRow("info: no name of a file") << QStringList{"info", ""} << "checkpoint";
  }
  void wrongUsageIsTwo() {
    QFETCH(QStringList, arguments);
    QFETCH(QString, says);
    const Outcome outcome = run(arguments);
    QVERIFY2(outcome.code == 2, qPrintable(QString::number(outcome.code) + outcome.error));
    QVERIFY2(outcome.error.contains(says), qPrintable(outcome.error));
    QVERIFY(!std::filesystem::exists(at("never")));
  }

  void textThatIsNotUtf8IsRefusedByName() {
    QProcess process;
    prepare(process);
    const QString script = "exec \"$0\" train --out \"$1\" --set \"placement.positions=$(printf '\\377')\"";
    process.start("/bin/sh", {"-c", script, PINWHEEL_CLI_PATH, text(at("never"))});
    QVERIFY(process.waitForFinished());
    QCOMPARE(process.exitCode(), 2);
    const QByteArray error = process.readAllStandardError();
    QVERIFY2(error.contains("placement.positions") && error.contains("not UTF-8"), error.constData());
    QVERIFY(!std::filesystem::exists(at("never")));
  }

  void aRunsFolderStandsForItsCheckpoint() {
    const Outcome file = run({"info", text(at("run") / "checkpoint.safetensors")});
    const Outcome folder = run({"info", text(at("run"))});
    QCOMPARE(folder.code, 0);
    QCOMPARE(folder.out, file.out);
    // Past the checkpoint, it is the data that is missing.
    const Outcome evaluated =
        run({"evaluate", text(at("run")), "--out", text(at("never")), "--data", "cifar100:/no/such"});
    QCOMPARE(evaluated.code, 1);
    QVERIFY2(evaluated.error.contains("/no/such"), qPrintable(evaluated.error));
    std::filesystem::create_directory(at("empty"));
    for (const QStringList& command : {QStringList{"info", text(at("empty"))},
                                       QStringList{"evaluate", text(at("empty")), "--out", text(at("never"))}}) {
      const Outcome refused = run(command);
      QCOMPARE(refused.code, 1);
      QVERIFY2(refused.error.contains("This is a folder") && refused.error.contains("no checkpoint.safetensors"),
               qPrintable(refused.error));
    }
  }

  void infoGivesOptionsTheirTypes() {
    const QJsonObject json = QJsonDocument::fromJson(run({"info", text(at("run")), "--json"}).out.toUtf8()).object();
    const QJsonObject config = json["config"].toObject();
    QCOMPARE(config["training.batch_size"], QJsonValue(8));
    QCOMPARE(config["placement.enabled"], QJsonValue(false));
    QVERIFY(config["stc.alpha"].isDouble());
    QCOMPARE(config["model.backbone"], QJsonValue("tiny"));
    QCOMPARE(config["placement.positions"], QJsonValue(""));
  }

  void infoNamesTheWorldsOwnSeed() {
    const Outcome info = run({"info", text(at("run"))});
    QVERIFY2(info.out.contains("built-in world (seed 1)"), qPrintable(info.out));
  }

  void helpIsForPeople() {
    for (const char* command : {"train", "evaluate", "place", "info"}) {
      const QString help = run({command, "--help"}).out;
      QVERIFY2(!help.contains("{false}") && !help.contains("0 to 0.\n") && !help.contains("e+0"), command);
    }
    QVERIFY(run({"evaluate", "--help"}).out.contains("--no-pictures"));
  }

private:
  std::filesystem::path at(const std::string& name) const { return pathOf(m_folder, name); }
  static QString text(const std::filesystem::path& path) { return QString::fromStdString(path.string()); }

  QTemporaryDir m_folder;
  Outcome m_narrow;
};

QTEST_GUILESS_MAIN(TestCliUsage)
#include "test_cli_usage.moc"
