// metrics.jsonl: written by the trainer, read by whoever draws a run's curves.
#include "engine/training/metrics.h"

#include <cmath>

#include "engine/core/files.h"
#include "tests/support.h"

using namespace pinwheel;
using namespace pinwheel::training;

namespace {

EpochReport example(int epoch) {
  EpochReport report;
  report.epoch = epoch;
  report.step = 10 * (epoch + 1);
  report.learningRate = 1e-3;
  report.taskLoss = 2.25;
  report.topographicLoss = 0.5;
  report.layers = {{"IT", 0.25, std::nan("")}, {"V1", 0.125, 0.75}};
  report.trainAccuracy = 0.5;
  report.validationAccuracy = 0.375;
  report.validationLoss = std::nan("");
  report.firingRates = {0.1, 0.2};
  report.smoothness = {{"V1", 0.5, 0.0625}};
  report.imagesPerSecond = 250;
  report.seconds = 12.5;
  return report;
}

}  // namespace

class TestMetrics : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void roundTrip() {
    const auto path = test::pathOf(m_folder, "metrics.jsonl");
    for (int epoch = 0; epoch < 3; ++epoch) QVERIFY_OK(appendMetrics(path, example(epoch)));
    const auto read = readMetrics(path);
    QVERIFY_OK(read);
    QCOMPARE(read->size(), std::size_t{3});
    const EpochReport& got = read->back();
    QCOMPARE(got.epoch, std::int64_t{2});
    QCOMPARE(got.step, std::int64_t{30});
    QCOMPARE(got.taskLoss, 2.25);
    QCOMPARE(got.layers.size(), std::size_t{2});
    QCOMPARE(got.layers[0].layer, std::string("IT"));
    QCOMPARE(got.layers[0].slow, 0.25);
    QVERIFY(std::isnan(got.layers[0].fast));
    QCOMPARE(got.layers[1].fast, 0.75);
    QCOMPARE(got.validationAccuracy, 0.375);
    QVERIFY(std::isnan(got.validationLoss));
    QCOMPARE(got.smoothness[0].shuffled, 0.0625);
    QCOMPARE(got.imagesPerSecond, 250.0);
  }

  void truncatedAtEveryLength() {
    const auto path = test::pathOf(m_folder, "whole.jsonl");
    for (int epoch = 0; epoch < 2; ++epoch) QVERIFY_OK(appendMetrics(path, example(epoch)));
    const auto whole = readFile(path, 1 << 20);
    QVERIFY_OK(whole);
    const std::size_t first = whole->find('\n');
    const auto cut = test::pathOf(m_folder, "cut.jsonl");
    for (std::size_t length = 0; length < whole->size(); length += 7) {
      test::put(cut, whole->substr(0, length));
      const auto read = readMetrics(cut);
      QVERIFY_OK(read);
      QCOMPARE(read->size(), std::size_t{length > first ? 1U : 0U});
    }
  }

  void damagedLines_data() {
    QTest::addColumn<QByteArray>("line");
    QTest::newRow("text") << QByteArray("hello\n");
    QTest::newRow("array") << QByteArray("[1,2]\n");
    QTest::newRow("no step") << QByteArray("{\"epoch\":1}\n");
    QTest::newRow("epoch is text") << QByteArray("{\"epoch\":\"1\",\"step\":1}\n");
    QTest::newRow("deep") << QByteArray(100000, '[') + "\n";
  }
  void damagedLines() {
    QFETCH(QByteArray, line);
    const auto path = test::pathOf(m_folder, "damaged.jsonl");
    test::put(path, std::string_view(line.constData(), static_cast<std::size_t>(line.size())));
    QVERIFY_REFUSED(readMetrics(path), "line 1");
  }

  void strangeMembersAreNoObstacle() {
    const auto path = test::pathOf(m_folder, "strange.jsonl");
    test::put(path, "{\"epoch\":1,\"step\":5,\"loss\":7,\"smoothness\":[],\"train_accuracy\":\"x\"}\n");
    const auto read = readMetrics(path);
    QVERIFY_OK(read);
    QVERIFY(std::isnan(read->front().taskLoss) && std::isnan(read->front().trainAccuracy));
    QVERIFY(read->front().layers.empty() && read->front().smoothness.empty());
  }

  void noFile() { QVERIFY(!readMetrics(test::pathOf(m_folder, "none.jsonl"))); }

private:
  QTemporaryDir m_folder;
};

QTEST_GUILESS_MAIN(TestMetrics)
#include "test_metrics.moc"
