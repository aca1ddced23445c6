#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <csignal>

#include "engine/core/random.h"
#include "engine/training/checkpoint.h"
#include "tests/cli/program.h"
#include "tests/support.h"

using namespace pinwheel;
using test::Outcome;
using test::pathOf;
using test::run;

namespace {

// A run of seconds: no placement, 4 batches an epoch, a checkpoint after every batch.
QStringList smallTraining(const std::filesystem::path& out) {
  QStringList arguments{"train", "--recipe", "demo", "--out", QString::fromStdString(out.string()), "--threads", "1"};
  for (const char* assignment :
       {"data.train_count=64", "data.validation_count=20", "training.batch_size=16", "training.epochs=3",
        "training.warmup_epochs=0", "placement.enabled=false", "stc.clusters=1", "sheets.cluster_count=100",
        "evaluation.smoothness_every=0", "training.checkpoint_minutes=0"})
    arguments << "--set" << assignment;
  return arguments;
}

// The same with placement, and weights from another run's checkpoint.
QStringList placedTraining(const std::filesystem::path& out, const std::filesystem::path& weights) {
  QStringList arguments = smallTraining(out);
  for (const char* assignment : {"placement.enabled=true", "placement.windows=200", "placement.attempts=50",
                                 "placement.auxiliary_epochs=1", "training.seed=7"})
    arguments << "--set" << assignment;
  return arguments << "--weights" << QString::fromStdString(weights.string());
}

// The command that the program prints, run as a shell reads it.
Outcome runPrinted(const QString& text) {
  const QString before = "Continue with: pinwheel-cli ";
  const auto start = text.indexOf(before);
  if (start < 0) return {};
  const QString command = text.mid(start + before.size()).section('\n', 0, 0);
  return test::runProgram("/bin/sh", {"-c", QString("exec '%1' %2").arg(PINWHEEL_CLI_PATH, command)});
}

void compareCheckpoints(const std::filesystem::path& a, const std::filesystem::path& b) {
  const auto first = training::loadCheckpoint(a / "checkpoint.safetensors");
  const auto second = training::loadCheckpoint(b / "checkpoint.safetensors");
  QVERIFY_OK(first);
  QVERIFY_OK(second);
  QVERIFY(first->state.finished && second->state.finished);
  for (const auto& [name, tensor] : first->model) QVERIFY2(tensor.bytes == second->model.at(name).bytes, name.c_str());
  for (const auto& [name, tensor] : first->optimizer)
    QVERIFY2(tensor.bytes == second->optimizer.at(name).bytes, name.c_str());
  QCOMPARE(first->sheets.size(), second->sheets.size());
  for (std::size_t i = 0; i < first->sheets.size(); ++i) QCOMPARE(first->sheets[i].xMm, second->sheets[i].xMm);
}

// Everything that a run leaves, and nothing else.
void verifyTidy(const std::filesystem::path& out) {
  const QStringList known{"checkpoint.safetensors", "checkpoint.safetensors.bak", "config.toml", "metrics.jsonl",
                          "placement.jsonl",        "positions.safetensors",      "run.json",    "run.lock"};
  for (const QString& file : QDir(QString::fromStdString(out.string())).entryList(QDir::Files | QDir::Hidden))
    QVERIFY2(known.contains(file), qPrintable(file));
}

}  // namespace

class TestCli : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void initTestCase() {
    const Outcome outcome = run(smallTraining(at("whole")));
    QVERIFY2(outcome.code == 0, qPrintable(outcome.error + outcome.out));
    QVERIFY(outcome.out.contains("epoch 3: task"));
    QVERIFY(outcome.out.contains("L_L/L_S"));
    QVERIFY(outcome.out.contains("images/s"));
  }

  void helpAndVersion() {
    for (const char* command : {"train", "evaluate", "place", "info", "datasets", "recipes"}) {
      const Outcome help = run({command, "--help"});
      QCOMPARE(help.code, 0);
      QVERIFY2(help.out.contains("--help"), command);
    }
    QVERIFY(run({"--help"}).out.contains("evaluate"));
    QVERIFY(run({"--version"}).out.contains("LibTorch"));
    // Every option is told with its default, from its declaration.
    const QString help = run({"train", "--help"}).out;
    for (const char* key : {"stc.alpha", "sheets.v1.training_mm", "training.learning_rate", "placement.windows"})
      QVERIFY2(help.contains(key), key);
  }

  void lists() {
    const QString recipes = run({"recipes"}).out;
    for (const char* name : {"demo", "cifar100-small", "cifar10", "cifar100", "imagenet"})
      QVERIFY2(recipes.contains(name), name);
    QVERIFY(run({"recipes", "imagenet"}).out.contains("alpha = 50.0"));
    const QString datasets = run({"datasets"}).out;
    for (const char* name : {"builtin", "cifar10:DIR", "cifar100:DIR", "folder:DIR"})
      QVERIFY2(datasets.contains(name), name);
  }

  void wrongUsageIsTwo_data() {
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QString>("says");
    const QString out = QString::fromStdString(at("never").string());
    QTest::newRow("no command") << QStringList{} << "subcommand";
    QTest::newRow("unknown command") << QStringList{"trian"} << "did you mean \"train\"";
    QTest::newRow("no --out") << QStringList{"train"} << "--out";
    QTest::newRow("unknown flag") << QStringList{"train", "--out", out, "--fast"} << "--fast";
    QTest::newRow("unknown recipe") << QStringList{"train", "--out", out, "--recipe", "dmeo"}
                                    << "did you mean \"demo\"";
    QTest::newRow("unknown option") << QStringList{"train", "--out", out, "--set", "stc.alhpa=1"}
                                    << "did you mean \"stc.alpha\"";
    for (const char* command : {"train", "place"})
      QTest::addRow("%s without the recipe's data", command)
          << QStringList{command, "--out", out, "--recipe", "cifar100-small"} << "--data cifar100:FOLDER";
    QTest::newRow("folder of images") << QStringList{"train", "--out", out, "--recipe", "imagenet"}
                                      << "--data folder:FOLDER";
    QTest::newRow("a kind without its folder")
        << QStringList{"train", "--out", out, "--data", "cifar100:"} << "--data cifar100:DIR";
    QTest::newRow("out of range") << QStringList{"train", "--out", out, "--set", "stc.alpha=-1"} << "range";
    QTest::newRow("no value") << QStringList{"train", "--out", out, "--set", "stc.alpha"} << "key=value";
    QTest::newRow("bad threads") << QStringList{"train", "--out", out, "--threads", "many"} << "--threads";
    QTest::newRow("bad device") << QStringList{"train", "--out", out, "--device", "tpu"} << "--device";
    QTest::newRow("bad seed") << QStringList{"train", "--out", out, "--seed", "-4"} << "--seed";
    QTest::newRow("info without a file") << QStringList{"info"} << "checkpoint";
    QTest::newRow("no lesion of a new run") << QStringList{"train", "--out", out, "--without-lesion"} << "--resume";
    QTest::newRow("nothing to resume") << QStringList{"train", "--out", out, "--resume"} << "no run to resume";
    QTest::newRow("nothing to resume with a recipe")
        << QStringList{"train", "--out", out, "--resume", "--recipe", "demo"} << "no run to resume";
  }
  void wrongUsageIsTwo() {
    QFETCH(QStringList, arguments);
    QFETCH(QString, says);
    const Outcome outcome = run(arguments);
    QVERIFY2(outcome.code == 2, qPrintable(QString::number(outcome.code) + outcome.error));
    QVERIFY2(outcome.error.contains(says), qPrintable(outcome.error));
    QVERIFY(!std::filesystem::exists(at("never")));
  }

  void failuresAreOneAndNamed_data() {
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QString>("says");
    const QString out = QString::fromStdString(at("failed").string());
    QTest::newRow("missing data") << QStringList{"train", "--out", out, "--data", "cifar100:/no/such"} << "/no/such";
    QTest::newRow("a used folder") << smallTraining(at("whole")) << "already holds a run";
    QTest::newRow("a folder that cannot be") << QStringList{"train", "--out", "/proc/none"} << "cannot be made";
    QTest::newRow("missing checkpoint") << QStringList{"evaluate", "/no/such.safetensors", "--out", out}
                                        << "/no/such.safetensors";
    QTest::newRow("missing info") << QStringList{"info", "/no/such.safetensors"} << "/no/such.safetensors";
    QTest::newRow("hostile weights") << (smallTraining(at("hostile"))
                                         << "--weights" << PINWHEEL_TEST_FIXTURES "/hostile.pt")
                                     << "posix.system";
    QTest::newRow("other weights") << (smallTraining(at("misfit"))
                                       << "--weights" << PINWHEEL_TEST_FIXTURES "/module.pt")
                                   << "The weights do not fit this network";
  }
  void failuresAreOneAndNamed() {
    QFETCH(QStringList, arguments);
    QFETCH(QString, says);
    const Outcome outcome = run(arguments);
    QVERIFY2(outcome.code == 1, qPrintable(QString::number(outcome.code) + outcome.error));
    QVERIFY2(outcome.error.contains(says), qPrintable(outcome.error));
  }

  void absentGpuIsThree() {
    if (run({"--version"}).out.contains("CUDA")) QSKIP("a GPU is here");
    const Outcome outcome = run({"train", "--out", QString::fromStdString(at("never").string()), "--device", "cuda"});
    QCOMPARE(outcome.code, 3);
    QVERIFY(outcome.error.contains("--device cpu"));
  }

  void infoTellsWhatIsThere() {
    const QString path = QString::fromStdString((at("whole") / "checkpoint.safetensors").string());
    const Outcome text = run({"info", path});
    QCOMPARE(text.code, 0);
    for (const char* part : {"tiny", "V1", "36.75", "finished", "pinwheel-cli train"})
      QVERIFY2(text.out.contains(part), part);
    const QJsonObject json = QJsonDocument::fromJson(run({"info", path, "--json"}).out.toUtf8()).object();
    QCOMPARE(json["step"].toInt(), 12);
    QCOMPARE(json["sheets"].toArray().size(), 4);
    QVERIFY(json["config"].toObject().contains("stc.alpha"));
    QVERIFY(json["lesion"].isArray() && json["lesion"].toArray().isEmpty());
    QVERIFY2(!text.out.contains("lesion"), qPrintable(text.out));
  }

  // A run of which the evaluation of its last epoch is left, and which holds a lesion.
  void aHeldLesionIsToldKeptAndDropped() {
    for (const bool dropped : {false, true}) {
      const auto out = at(dropped ? "dropped" : "held");
      std::filesystem::copy(at("whole"), out);
      auto checkpoint = training::loadCheckpoint(out / "checkpoint.safetensors.bak");
      QVERIFY_OK(checkpoint);
      QVERIFY(!checkpoint->state.finished);
      checkpoint->lesion.parts = {{0, {1, 2}, perturbation::PerturbationKind::damp, 0.5, {}}};
      QVERIFY_OK(training::saveCheckpoint(out / "checkpoint.safetensors", *checkpoint));
      const QString folder = QString::fromStdString(out.string());
      const Outcome text = run({"info", folder});
      QVERIFY2(text.out.contains("lesion held: V1, 2 units, damp 0.5"), qPrintable(text.out));
      const QJsonObject json = QJsonDocument::fromJson(run({"info", folder, "--json"}).out.toUtf8()).object();
      const QJsonObject part = json["lesion"].toArray()[0].toObject();
      QCOMPARE(part["sheet"].toString(), QString("V1"));
      QCOMPARE(part["kind"].toString(), QString("damp"));
      QCOMPARE(part["strength"].toDouble(), 0.5);
      QCOMPARE(part["count"].toInt(), 2);

      QStringList resume{"train", "--resume", "--out", folder};
      if (dropped) resume << "--without-lesion";
      const Outcome resumed = run(resume);
      QVERIFY2(resumed.code == 0, qPrintable(resumed.error));
      QVERIFY2(resumed.out.contains(dropped ? "lesion dropped: V1" : "lesion held: V1"), qPrintable(resumed.out));
      const auto last = training::loadCheckpoint(out / "checkpoint.safetensors");
      QVERIFY_OK(last);
      QVERIFY(last->state.finished);
      QCOMPARE(last->lesion.parts.size(), dropped ? std::size_t{0} : std::size_t{1});
      QCOMPARE(QString::fromStdString(last->provenance.commandLine).endsWith(" --resume --without-lesion"), dropped);
      QCOMPARE(std::filesystem::exists(out / "events.jsonl"), dropped);
    }
  }

  void weightsCanBeTakenOver() {
    const QString weights = QString::fromStdString((at("whole") / "checkpoint.safetensors").string());
    const Outcome outcome = run(smallTraining(at("taken")) << "--weights" << weights);
    QVERIFY2(outcome.code == 0, qPrintable(outcome.error));
    QVERIFY2(outcome.out.contains("weights of " + weights + ": "), qPrintable(outcome.out));
    QVERIFY2(outcome.out.contains("parameters), 0 missing, 0 unexpected"), qPrintable(outcome.out));
  }

  // Resumed by the very command that the program prints: it must name the folder so that a shell finds it, and the run
  // must remember its threads.
  void interruptSavesAndResumes() {
    const auto out = at("it's interrupted");
    QProcess process;
    test::prepare(process);
    process.start(PINWHEEL_CLI_PATH, smallTraining(out));
    QTRY_VERIFY_WITH_TIMEOUT(std::filesystem::exists(out / "checkpoint.safetensors"), 60000);
    // Meanwhile nobody else may work there.
    const auto pid = static_cast<pid_t>(process.processId());
    ::kill(pid, SIGSTOP);
    const Outcome intruder = run({"train", "--resume", "--out", QString::fromStdString(out.string())});
    ::kill(pid, SIGINT);
    ::kill(pid, SIGCONT);
    QCOMPARE(intruder.code, 1);
    QVERIFY2(intruder.error.contains("Another run is at work"), qPrintable(intruder.error));
    QVERIFY(process.waitForFinished(60000));
    QCOMPARE(process.exitCode(), 130);
    const Outcome resumed = runPrinted(process.readAllStandardOutput());
    QVERIFY2(resumed.code == 0, qPrintable(resumed.error));
    compareCheckpoints(at("whole"), out);
    const auto checkpoint = training::loadCheckpoint(out / "checkpoint.safetensors");
    QCOMPARE(checkpoint->provenance.threads, 1);
    const QString command = QString::fromStdString(checkpoint->provenance.commandLine);
    QVERIFY2(command.contains("--threads 1") && command.contains("'\\''s interrupted'") &&
                 command.contains(" ; resumed: pinwheel-cli train --out ") && command.endsWith(" --resume"),
             qPrintable(command));
  }

  // Inside a batch of seconds: nothing of it is waited for, and nothing saved.
  void aSecondInterruptQuitsAtOnce() {
    const auto out = at("interrupted twice");
    QStringList arguments = smallTraining(out);
    arguments << "--set"
              << "data.train_count=256"
              << "--set"
              << "training.batch_size=256";
    QProcess process;
    test::prepare(process);
    process.start(PINWHEEL_CLI_PATH, arguments);
    QByteArray told;
    while (!told.contains("training\n") && process.waitForReadyRead(60000)) told += process.readAllStandardOutput();
    QVERIFY2(told.contains("training\n"), told.constData());
    QTest::qSleep(50);  // behind the last look at the stop flag before the batch
    const auto pid = static_cast<pid_t>(process.processId());
    ::kill(pid, SIGINT);
    QByteArray answer;
    process.setReadChannel(QProcess::StandardError);
    while (!answer.contains("Ctrl-C again") && process.waitForReadyRead(60000))
      answer += process.readAllStandardError();
    QVERIFY2(answer.contains("Ctrl-C again"), answer.constData());
    ::kill(pid, SIGINT);
    QVERIFY(process.waitForFinished(60000));
    QVERIFY(process.exitStatus() == QProcess::NormalExit);
    QCOMPARE(process.exitCode(), 130);
    told += process.readAllStandardOutput();
    QVERIFY2(!told.contains("Continue with"), told.constData());
    const auto checkpoint = training::loadCheckpoint(out / "checkpoint.safetensors");
    QVERIFY_OK(checkpoint);
    QCOMPARE(checkpoint->state.step, std::int64_t{0});
  }

  void aFinishedRunSaysSo() {
    const Outcome again = run({"train", "--resume", "--out", QString::fromStdString(at("whole").string())});
    QCOMPARE(again.code, 0);
    QVERIFY2(again.out.contains("already finished"), qPrintable(again.out));
  }

  // SIGKILL at random moments, while placing, training and saving (a checkpoint is written after every batch, so that a
  // good part of the time is saving): whatever happens, the run goes on from the last checkpoint to the very same end.
  void killedAnywhereNothingIsLost_data() {
    QTest::addColumn<bool>("placed");
    QTest::newRow("training") << false;
    QTest::newRow("placed, with weights from a file") << true;
  }
  void killedAnywhereNothingIsLost() {
    QFETCH(bool, placed);
    constexpr std::uint64_t kSeed = 31;
    qInfo("seed %llu", static_cast<unsigned long long>(kSeed));
    Random random(kSeed, placed ? 1 : 0);
    const auto out = at(placed ? "killed placed" : "killed");
    const auto weights = at("whole") / "checkpoint.safetensors";
    const QStringList begin = placed ? placedTraining(out, weights) : smallTraining(out);
    const QStringList resume{"train", "--resume", "--out", QString::fromStdString(out.string())};
    if (placed) makePlaced();
    int kills = 0;
    for (int attempt = 0; attempt < 12; ++attempt) {
      QProcess process;
      test::prepare(process);
      process.start(PINWHEEL_CLI_PATH, std::filesystem::exists(out / "config.toml") ? resume : begin);
      if (process.waitForFinished(static_cast<int>(500 + random.below(placed ? 1800 : 900)))) {
        QVERIFY2(process.exitCode() == 0, process.readAllStandardError().constData());
        break;
      }
      process.kill();
      QVERIFY(process.waitForFinished());
      ++kills;
      if (std::filesystem::exists(out / "checkpoint.safetensors"))
        QVERIFY_OK(training::loadCheckpoint(out / "checkpoint.safetensors"));
    }
    qInfo("killed %d times", kills);
    QVERIFY(kills > 0);
    const Outcome last = run(std::filesystem::exists(out / "config.toml") ? resume : begin);
    QVERIFY2(last.code == 0, qPrintable(last.error));
    compareCheckpoints(at(placed ? "placed" : "whole"), out);
    verifyTidy(out);
  }

  // Killed at a known place: each is before the first batch, where a run begins again with what it was given.
  void killedBeforeTheFirstBatch_data() {
    QTest::addColumn<QString>("phase");
    QTest::newRow("auxiliary network") << "auxiliary network";
    QTest::newRow("placing") << "placing V4";
    QTest::newRow("training") << "\ntraining";
  }
  void killedBeforeTheFirstBatch() {
    QFETCH(QString, phase);
    const auto out = at(("killed at " + phase.trimmed()).toStdString());
    makePlaced();
    QProcess process;
    test::prepare(process);
    process.start(PINWHEEL_CLI_PATH, placedTraining(out, at("whole") / "checkpoint.safetensors"));
    QString told;
    while (!told.contains(phase) && process.waitForReadyRead(60000)) told += process.readAllStandardOutput();
    QVERIFY2(told.contains(phase), qPrintable(told));
    process.kill();
    QVERIFY(process.waitForFinished());
    const Outcome last = run({"train", "--resume", "--out", QString::fromStdString(out.string())});
    QVERIFY2(last.code == 0, qPrintable(last.error));
    compareCheckpoints(at("placed"), out);
    verifyTidy(out);
  }

  void placeWritesPositions() {
    QStringList arguments = smallTraining(at("place"));
    arguments[0] = "place";
    arguments << "--set"
              << "placement.enabled=true"
              << "--set"
              << "placement.windows=20"
              << "--set"
              << "placement.attempts=20"
              << "--set"
              << "placement.auxiliary_epochs=1";
    const Outcome outcome = run(arguments);
    QVERIFY2(outcome.code == 0, qPrintable(outcome.error));
    QVERIFY(outcome.out.contains("IT: loss"));
    QVERIFY_OK(training::loadPositions(at("place") / "positions.safetensors"));
    QVERIFY(std::filesystem::exists(at("place") / "placement.jsonl"));
  }

private:
  // The uninterrupted run that those with placement and weights are compared with, once.
  void makePlaced() const {
    if (std::filesystem::exists(at("placed"))) return;
    const Outcome outcome = run(placedTraining(at("placed"), at("whole") / "checkpoint.safetensors"));
    QVERIFY2(outcome.code == 0, qPrintable(outcome.error));
  }

  std::filesystem::path at(const std::string& name) const { return pathOf(m_folder, name); }

  QTemporaryDir m_folder;
};

QTEST_GUILESS_MAIN(TestCli)
#include "test_cli.moc"
