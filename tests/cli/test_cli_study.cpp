// `pinwheel-cli study` and `train --loss`, run as a user runs them.
#include <QProcess>
#include <csignal>

#include "tests/cli/program.h"
#include "tests/support.h"

using namespace pinwheel;
using test::Outcome;
using test::pathOf;
using test::run;

namespace {

// Runs of seconds: no placement, many small batches, a checkpoint after each.
std::string smallStudy(const std::string& more = "") {
  return "[study]\nlosses = \"none, rate 1\"\nseeds = \"1\"\n" + more +
         "[data]\ntrain_count = 256\nvalidation_count = 20\n"
         "[model]\ntime_steps = 2\n"
         "[training]\nepochs = 6\nbatch_size = 16\nwarmup_epochs = 0.5\ncheckpoint_minutes = 0\n"
         "[stc]\nclusters = 1\n"
         "[sheets]\ncluster_count = 100\ncluster_max_units = 40\n"
         "[placement]\nenabled = false\n"
         "[evaluation]\nsmoothness_every = 0\n";
}

}  // namespace

class TestCliStudy : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void initTestCase() {
    QVERIFY(m_folder.isValid());
    test::put(pathOf(m_folder, "small.toml"), smallStudy());
  }

  void aDryRunTellsTheGridAndWritesNothing() {
    const Outcome outcome = run({"study", file("small.toml"), "--out", file("dry"), "--dry-run"});
    QVERIFY2(outcome.code == 0, qPrintable(outcome.error));
    for (const char* part :
         {"recipe demo on builtin, 6 epochs", "lif-none-seed1", "lif-rate-1-seed1", "to do", "2 runs"})
      QVERIFY2(outcome.out.contains(part), part);
    QVERIFY(!std::filesystem::exists(pathOf(m_folder, "dry")));
    const Outcome example =
        run({"study", PINWHEEL_SOURCE_DIR "/resources/studies/losses.toml", "--out", file("dry"), "--dry-run"});
    QVERIFY2(example.code == 0, qPrintable(example.error));
    QVERIFY(example.out.contains("15 runs") && example.out.contains("placed once for all"));
    const Outcome help = run({"study", "--help"});
    QCOMPARE(help.code, 0);
    for (const char* part : {"--dry-run", "study.losses", "study.seeds"}) QVERIFY2(help.out.contains(part), part);
  }

  void wrongUsageIsTwo_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("says");
    const auto with = [](const char* lines) { return QString::fromStdString(smallStudy(lines)); };
    QTest::newRow("unknown option") << with("seedz = 1\n") << "did you mean \"study.seeds\"";
    QTest::newRow("unknown kind of data")
        << with("").replace("train_count = 256", "source = \"cifra10:/x\"") << "cifar10";
    QTest::newRow("the recipe's data") << with("recipe = \"cifar100-small\"\n") << "source = \"cifar100:FOLDER\"";
    QTest::newRow("unknown recipe") << with("recipe = \"dmeo\"\n") << "did you mean \"demo\"";
  }
  void wrongUsageIsTwo() {
    QFETCH(QString, text);
    QFETCH(QString, says);
    test::put(pathOf(m_folder, "wrong.toml"), text.toStdString());
    const Outcome outcome = run({"study", file("wrong.toml"), "--out", file("never")});
    QVERIFY2(outcome.code == 2, qPrintable(QString::number(outcome.code) + outcome.error));
    QVERIFY2(outcome.error.contains(says), qPrintable(outcome.error));
    QVERIFY(!std::filesystem::exists(pathOf(m_folder, "never")));
  }

  void interruptedItGoesOn() {
    const QStringList command{"study", file("small.toml"), "--out", file("study"), "--threads", "1"};
    QProcess process;
    test::prepare(process);
    process.start(PINWHEEL_CLI_PATH, command);
    const auto first = pathOf(m_folder, "study/runs/lif-none-seed1/checkpoint.safetensors");
    QTRY_VERIFY_WITH_TIMEOUT(std::filesystem::exists(first), 60000);
    ::kill(static_cast<pid_t>(process.processId()), SIGINT);
    QVERIFY(process.waitForFinished(60000));
    QCOMPARE(process.exitCode(), 130);
    QVERIFY(process.readAllStandardOutput().contains("Continue with: pinwheel-cli study"));
    const Outcome plan = run(QStringList(command) << "--dry-run");
    QVERIFY2(plan.out.contains("begun"), qPrintable(plan.out));
    const Outcome rest = run(command);
    QVERIFY2(rest.code == 0, qPrintable(rest.error));
    QVERIFY(rest.out.contains("1/2 lif-none-seed1") && rest.out.contains("2/2 lif-rate-1-seed1"));
    for (const char* name : {"study.toml", "study.csv", "summary.csv", "study.md"})
      QVERIFY2(std::filesystem::exists(pathOf(m_folder, "study") / name), name);
    QVERIFY(run(QStringList(command) << "--dry-run").out.count(" done\n") == 2);
  }

  void theLossHasAShortForm() {
    const Outcome wrong = run({"train", "--out", file("never"), "--loss", "tadnn"});
    QCOMPARE(wrong.code, 2);
    QVERIFY2(wrong.error.contains("did you mean \"tdann\""), qPrintable(wrong.error));
    QStringList arguments{"train", "--out", file("topoloss"), "--loss", "topoloss", "--threads", "1"};
    for (const char* assignment : {"data.train_count=32", "data.validation_count=20", "training.batch_size=16",
                                   "training.epochs=1", "placement.enabled=false", "evaluation.smoothness_every=0"})
      arguments << "--set" << assignment;
    const Outcome outcome = run(arguments);
    QVERIFY2(outcome.code == 0, qPrintable(outcome.error));
    QVERIFY2(outcome.out.contains("(L_topo V1 "), qPrintable(outcome.out));
    const Outcome info = run({"info", file("topoloss")});
    QVERIFY2(info.out.contains("loss topoloss") && info.out.contains("--loss topoloss"), qPrintable(info.out));
  }

private:
  QString file(const char* name) const { return QString::fromStdString(pathOf(m_folder, name).string()); }

  QTemporaryDir m_folder;
};

QTEST_GUILESS_MAIN(TestCliStudy)
#include "test_cli_study.moc"
