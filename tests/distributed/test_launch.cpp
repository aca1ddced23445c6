// `pinwheel-cli launch`: the same training on one rank, two and four, resumed on another number, and with a rank
// killed.
#include <signal.h>

#include <QTemporaryDir>
#include <cmath>
#include <nlohmann/json.hpp>

#include "engine/training/checkpoint.h"
#include "tests/cli/program.h"
#include "tests/support.h"

using namespace pinwheel;
using test::pathOf;

namespace {

// Three epochs of four batches; the whole batch's norms and correlations, so that the number of ranks does not matter.
QStringList trainInto(const std::filesystem::path& out) {
  QStringList arguments{"train", "--out", QString::fromStdString(out.string()), "--threads", "1"};
  for (const char* set : {"data.train_count=64", "data.validation_count=20", "data.crop_padding=2", "training.epochs=3",
                          "training.batch_size=16", "training.warmup_epochs=0.5", "stc.clusters=2",
                          "sheets.cluster_count=100", "sheets.cluster_max_units=40", "sheets.v1.neighbourhood_mm=5",
                          "placement.enabled=false", "evaluation.smoothness_every=0", "parallel.stc=gathered"})
    arguments << "--set" << set;
  return arguments;
}

QStringList launched(int ranks, const QStringList& arguments) {
  return QStringList{"launch", "--nproc", QString::number(ranks), "--"} + arguments;
}

std::vector<nlohmann::json> metricsOf(const std::filesystem::path& run) {
  std::ifstream file(run / "metrics.jsonl");
  std::vector<nlohmann::json> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(nlohmann::json::parse(line, nullptr, false));
  return lines;
}

// The loss curves' largest relative difference. Sums over ranks round otherwise than those over one batch (2^-24 a
// step): 1e-8 apart was seen in these 12 steps. A spike that falls on the other side of its threshold would make more
// of it; a share that is wrong, norms or correlations of a part alone make percents.
constexpr double kTolerance = 1e-4;
double apart(const std::filesystem::path& a, const std::filesystem::path& b) {
  const auto one = metricsOf(a), other = metricsOf(b);
  if (one.size() != 3 || other.size() != 3) return std::nan("");
  double largest = 0;
  for (std::size_t i = 0; i < one.size(); ++i)
    for (const char* term : {"task", "topographic"}) {
      const double x = one[i]["loss"][term].get<double>(), y = other[i]["loss"][term].get<double>();
      largest = std::max(largest, std::abs(x - y) / std::abs(x));
    }
  return largest;
}

}  // namespace

class TestLaunch : public QObject {
  Q_OBJECT
private Q_SLOTS:
  void initTestCase() {
    QVERIFY(m_folder.isValid());
    const auto outcome = test::run(trainInto(pathOf(m_folder, "one")));
    QVERIFY2(outcome.code == 0, qPrintable(outcome.error));
  }

  void theSameCurve_data() {
    QTest::addColumn<int>("ranks");
    QTest::newRow("2") << 2;
    QTest::newRow("4") << 4;
  }
  void theSameCurve() {
    QFETCH(int, ranks);
    const auto out = pathOf(m_folder, "many" + std::to_string(ranks));
    const auto outcome = test::run(launched(ranks, trainInto(out)));
    QVERIFY2(outcome.code == 0, qPrintable(outcome.error));
    const double difference = apart(pathOf(m_folder, "one"), out);
    QVERIFY2(difference < kTolerance, qPrintable(QString::number(difference)));
    const auto checkpoint = training::loadCheckpoint(out / "checkpoint.safetensors");
    QVERIFY_OK(checkpoint);
    QVERIFY(checkpoint->state.finished);
    QCOMPARE(checkpoint->state.step, 12);
  }

  // Stopped in the second epoch on two ranks, ended in one process, and on four.
  void resumedOnAnotherNumber_data() {
    QTest::addColumn<int>("ranks");
    QTest::newRow("1") << 1;
    QTest::newRow("4") << 4;
  }
  void resumedOnAnotherNumber() {
    QFETCH(int, ranks);
    const auto out = pathOf(m_folder, "resumed" + std::to_string(ranks));
    QProcess process;
    test::prepare(process);
    // A checkpoint after every batch, so that there is one of the second epoch.
    process.start(PINWHEEL_CLI_PATH, launched(2, trainInto(out) << "--set"
                                                                << "training.checkpoint_minutes=0"));
    QVERIFY(process.waitForStarted());
    QTRY_VERIFY_WITH_TIMEOUT(metricsOf(out).size() == 1, 120000);
    process.terminate();  // launch hands it on
    QVERIFY(process.waitForFinished(120000));
    const QString said = process.readAllStandardError();
    QVERIFY2(process.exitCode() == 130 || process.exitCode() == 0, qPrintable(said));
    const QStringList resume{"train", "--resume", "--out", QString::fromStdString(out.string())};
    const auto outcome = test::run(ranks == 1 ? resume : launched(ranks, resume));
    QVERIFY2(outcome.code == 0, qPrintable(outcome.error));
    const double difference = apart(pathOf(m_folder, "one"), out);
    QVERIFY2(difference < kTolerance, qPrintable(QString::number(difference)));
  }

  void aKilledRankEndsAll() {
    const auto out = pathOf(m_folder, "killed");
    QProcess process;
    test::prepare(process);
    process.start(PINWHEEL_CLI_PATH, launched(2, trainInto(out) << "--set"
                                                                << "training.epochs=100000"
                                                                << "--set"
                                                                << "training.checkpoint_minutes=0"));
    QVERIFY(process.waitForStarted());
    QTRY_VERIFY_WITH_TIMEOUT(metricsOf(out).size() >= 1, 120000);
    // The launcher's second child is rank 1.
    QFile children(QString("/proc/%1/task/%1/children").arg(process.processId()));
    QVERIFY(children.open(QIODevice::ReadOnly));
    const QList<QByteArray> ids = children.readAll().simplified().split(' ');
    QCOMPARE(ids.size(), 2);
    QCOMPARE(::kill(ids[1].toInt(), SIGKILL), 0);
    QVERIFY(process.waitForFinished(60000));
    const QString said = process.readAllStandardError();
    QVERIFY2(said.contains("rank 1 of 2 ended with signal 9"), qPrintable(said));
    QVERIFY2(said.contains("rank 1 of 2 on "), qPrintable(said));  // rank 0 says it too
    QCOMPARE(process.exitCode(), 1);
    const auto checkpoint = training::loadCheckpoint(out / "checkpoint.safetensors");
    QVERIFY_OK(checkpoint);
    QVERIFY(checkpoint->state.step >= 4);
  }

  void aBatchThatCannotBeShared() {
    const auto outcome = test::run(launched(3, trainInto(pathOf(m_folder, "odd"))));
    QCOMPARE(outcome.code, 1);
    QVERIFY2(outcome.error.contains("A batch of 16 images cannot be shared by 3 ranks"), qPrintable(outcome.error));
    QVERIFY(!QFile::exists(m_folder.filePath("odd/config.toml")));
  }

  void onlyTrain() {
    const auto outcome = test::run(launched(2, {"evaluate", "x"}));
    QCOMPARE(outcome.code, 2);
    QVERIFY2(outcome.error.contains("Only `train` runs on several ranks"), qPrintable(outcome.error));
  }

private:
  QTemporaryDir m_folder;
};

QTEST_GUILESS_MAIN(TestLaunch)
#include "test_launch.moc"
