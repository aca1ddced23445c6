#include "engine/training/trainer.h"

#include <QJsonDocument>
#include <QJsonObject>
#include <cmath>

#include "engine/core/files.h"
#include "engine/training/checkpoint.h"
#include "tests/support.h"
#include "tests/training/small_run.h"

using namespace pinwheel;
using namespace pinwheel::training;
using namespace pinwheel::test;

namespace {

// The same weights, optimiser state and positions, byte for byte.
void compareRuns(const std::filesystem::path& a, const std::filesystem::path& b) {
  const auto first = loadCheckpoint(a / "checkpoint.safetensors");
  const auto second = loadCheckpoint(b / "checkpoint.safetensors");
  QVERIFY_OK(first);
  QVERIFY_OK(second);
  QCOMPARE(first->model.size(), second->model.size());
  for (const auto& [name, tensor] : first->model) QVERIFY2(tensor.bytes == second->model.at(name).bytes, name.c_str());
  for (const auto& [name, tensor] : first->optimizer)
    QVERIFY2(tensor.bytes == second->optimizer.at(name).bytes, name.c_str());
  for (std::size_t s = 0; s < first->sheets.size(); ++s) QCOMPARE(first->sheets[s].xMm, second->sheets[s].xMm);
  QCOMPARE(first->state.step, second->state.step);
  // The numbers of metrics.jsonl that are not times.
  const auto linesA = linesOf(a / "metrics.jsonl");
  const auto linesB = linesOf(b / "metrics.jsonl");
  QCOMPARE(linesA.size(), linesB.size());
  for (std::size_t i = 0; i < linesA.size(); ++i) {
    QJsonObject objectA = QJsonDocument::fromJson(QByteArray::fromStdString(linesA[i])).object();
    QJsonObject objectB = QJsonDocument::fromJson(QByteArray::fromStdString(linesB[i])).object();
    QVERIFY(!objectA.isEmpty());
    for (const char* key : {"images_per_second", "seconds", "peak_memory_bytes"}) {
      objectA.remove(key);
      objectB.remove(key);
    }
    QCOMPARE(objectA, objectB);
  }
}

}  // namespace

class TestTrainer : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void initTestCase() {
    QVERIFY(m_folder.isValid());
    Recorder recorder;
    const auto result = train(smallConfig(), runInto(at("whole")), recorder, recorder.stop);
    QVERIFY_OK(result);
    QVERIFY(result->outcome == Outcome::finished);
    QCOMPARE(recorder.epochs.size(), std::size_t{2});
    QVERIFY(recorder.placementPoints >= 4 * 10);
    m_epochs = recorder.epochs;
  }

  void aRunLeavesItsRecord() {
    for (const char* name :
         {"config.toml", "positions.safetensors", "placement.jsonl", "metrics.jsonl", "checkpoint.safetensors"})
      QVERIFY2(std::filesystem::exists(at("whole") / name), name);
    const auto lines = linesOf(at("whole") / "metrics.jsonl");
    QCOMPARE(lines.size(), std::size_t{2});
    const QJsonObject epoch = QJsonDocument::fromJson(QByteArray::fromStdString(lines[1])).object();
    QCOMPARE(epoch["epoch"].toInt(), 2);
    QCOMPARE(epoch["step"].toInt(), 8);
    const QJsonObject layers = epoch["loss"].toObject()["layers"].toObject();
    QCOMPARE(layers.keys(), (QStringList{"IT", "V1", "V2", "V4"}));
    double weighted = 0;
    for (const QString& layer : layers.keys()) {
      const double slow = layers[layer].toObject()["L_L"].toDouble(-1);
      const double fast = layers[layer].toObject()["L_S"].toDouble(-1);
      QVERIFY(slow > 0 && slow < 1 && fast > 0 && fast < 1);
      weighted += 0.5 * slow + 0.5 * fast;
    }
    // The parts add up to the whole: alpha = beta = 0.5 here.
    QVERIFY(std::abs(weighted - epoch["loss"].toObject()["topographic"].toDouble()) < 1e-5);
    for (const char* key : {"train_accuracy", "validation_accuracy", "images_per_second", "peak_memory_bytes",
                            "firing_rates", "smoothness", "learning_rate"})
      QVERIFY2(epoch.contains(key), key);
    QVERIFY(epoch["peak_memory_bytes"].toDouble() > 1e7);
    const auto checkpoint = loadCheckpoint(at("whole/checkpoint.safetensors"));
    QVERIFY_OK(checkpoint);
    QVERIFY(checkpoint->state.finished);
    QCOMPARE(checkpoint->provenance.classNames.size(), std::size_t{10});
    QCOMPARE(checkpoint->sheets.size(), std::size_t{4});
  }

  void theSameSeedGivesTheSameBytes() {
    Recorder recorder;
    QVERIFY_OK(train(smallConfig(), runInto(at("again")), recorder, recorder.stop));
    compareRuns(at("whole"), at("again"));
    TrainConfig other = smallConfig();
    other.training.seed = 2;
    Recorder second;
    QVERIFY_OK(train(other, runInto(at("seed2")), second, second.stop));
    const auto a = loadCheckpoint(at("whole/checkpoint.safetensors"));
    const auto b = loadCheckpoint(at("seed2/checkpoint.safetensors"));
    QVERIFY(a->model.at("fc.weight").bytes != b->model.at("fc.weight").bytes);
    // Positions have a seed of their own: twins share them.
    QCOMPARE(a->sheets[0].xMm, b->sheets[0].xMm);
  }

  void resumingIsExact_data() {
    QTest::addColumn<int>("step");
    QTest::newRow("inside the first epoch") << 2;
    QTest::newRow("at its last batch") << 4;
    QTest::newRow("inside the second") << 7;
  }
  void resumingIsExact() {
    QFETCH(int, step);
    const auto out = at("resume" + std::to_string(step));
    Recorder first;
    first.stopAfter = step;
    const auto stopped = train(smallConfig(), runInto(out), first, first.stop);
    QVERIFY_OK(stopped);
    QVERIFY(stopped->outcome == Outcome::stopped);
    QCOMPARE(loadCheckpoint(out / "checkpoint.safetensors")->state.step, std::int64_t{step});
    RunOptions again = runInto(out);
    again.resume = true;
    Recorder second;
    const auto result = train(smallConfig(), again, second, second.stop);
    QVERIFY_OK(result);
    QVERIFY(result->outcome == Outcome::finished);
    QCOMPARE(second.placementPoints, 0);
    compareRuns(at("whole"), out);
  }

  void aDamagedCheckpointFallsBackOnTheOneBefore() {
    const auto out = at("damaged");
    std::filesystem::copy(at("whole"), out);
    QVERIFY(std::filesystem::exists(out / "checkpoint.safetensors.bak"));
    std::filesystem::resize_file(out / "checkpoint.safetensors", 1000);
    RunOptions again = runInto(out);
    again.resume = true;
    Recorder recorder;
    QVERIFY_OK(train(smallConfig(), again, recorder, recorder.stop));
    QCOMPARE(recorder.warnings.size(), std::size_t{1});
    QVERIFY(recorder.warnings[0].find("The checkpoint before it is used") != std::string::npos);
    compareRuns(at("whole"), out);
  }

  void aFolderHoldsOneRun() {
    Recorder recorder;
    QVERIFY_REFUSED(train(smallConfig(), runInto(at("whole")), recorder, recorder.stop), "already holds a run");
    TrainConfig other = smallConfig();
    other.stc.alpha = 0.25;
    RunOptions again = runInto(at("whole"));
    again.resume = true;
    QVERIFY_REFUSED(train(other, again, recorder, recorder.stop), "stc.alpha (0.5 there, 0.25 asked)");
  }

  void notANumberStopsWithTheLayerNamed() {
    TrainConfig config = smallConfig();
    config.training.optimizer = "sgd";
    config.training.learningRate = 1000;
    config.training.warmupEpochs = 1;
    config.training.epochs = 20;
    config.training.checkpointMinutes = 0;
    config.placement.enabled = false;
    config.stc.loss = "none";
    Recorder recorder;
    const auto result = train(config, runInto(at("nan")), recorder, recorder.stop);
    QVERIFY2(!result, "a learning rate of 1000 must not train");
    QVERIFY_REFUSED(result, "NaN or Inf in layer ");
    QVERIFY_REFUSED(result, "last good checkpoint is kept");
    // What is kept is finite.
    const auto checkpoint = loadCheckpoint(at("nan/checkpoint.safetensors"));
    QVERIFY_OK(checkpoint);
    for (const auto& [name, tensor] : checkpoint->model)
      for (const double v : tensor.toDoubles()) QVERIFY2(std::isfinite(v), name.c_str());
  }

  void stopsWhilePlacing() {
    class StopsAtOnce final : public Recorder {
    public:
      void onPlacement(const std::string&, const topography::PlacementPoint&, std::int64_t) override { stop.request(); }
    } recorder;
    const auto result = train(smallConfig(), runInto(at("placing")), recorder, recorder.stop);
    QVERIFY_OK(result);
    QVERIFY(result->outcome == Outcome::stopped && result->checkpoint.empty());
    RunOptions again = runInto(at("placing"));
    again.resume = true;
    Recorder second;
    QVERIFY_OK(train(smallConfig(), again, second, second.stop));
    compareRuns(at("whole"), at("placing"));
  }

  void placementAloneAndItsReuse() {
    Recorder recorder;
    const auto positions = place(smallConfig(), runInto(at("place")), recorder, recorder.stop);
    QVERIFY_OK(positions);
    const auto sheets = loadPositions(*positions);
    QVERIFY_OK(sheets);
    QCOMPARE((*sheets)[0].xMm, loadCheckpoint(at("whole/checkpoint.safetensors"))->sheets[0].xMm);
    QVERIFY(linesOf(at("place/placement.jsonl")).size() >= 4 * 10);
    TrainConfig twin = smallConfig();
    twin.placement.positions = positions->string();
    twin.stc.loss = "none";
    twin.training.epochs = 1;
    Recorder second;
    QVERIFY_OK(train(twin, runInto(at("twin")), second, second.stop));
    QVERIFY(second.epochs[0].layers.empty());
    QCOMPARE(second.epochs[0].topographicLoss, 0.0);
    // Another network's positions are refused.
    twin.model.imageSide = 64;
    QVERIFY_REFUSED(train(twin, runInto(at("misfit")), second, second.stop), "do not fit its units");
  }

  void everyNeuronAndLossTrains_data() {
    QTest::addColumn<QString>("assignment");
    QTest::newRow("ATan surrogate") << "model.surrogate=atan";
    QTest::newRow("ReLU twin") << "model.neuron=relu";
    QTest::newRow("rate only") << "stc.beta=0";
    QTest::newRow("fast only") << "stc.alpha=0";
    QTest::newRow("one time step") << "model.time_steps=1";
    QTest::newRow("wide window") << "stc.window=9";
    QTest::newRow("SGD") << "training.optimizer=sgd";
    QTest::newRow("clipping") << "training.clip_norm=0.5";
  }
  void everyNeuronAndLossTrains() {
    QFETCH(QString, assignment);
    TrainConfig config = smallConfig();
    config.placement.enabled = false;
    config.training.epochs = 1;
    config.evaluation.smoothnessEvery = 0;
    QVERIFY_OK(describe(config).setAssignment(assignment.toStdString()));
    Recorder recorder;
    QVERIFY_OK(train(config, runInto(at(assignment.toStdString())), recorder, recorder.stop));
    QCOMPARE(recorder.epochs.size(), std::size_t{1});
    QVERIFY(std::isfinite(recorder.epochs[0].taskLoss) && recorder.epochs[0].taskLoss > 0.5);
    QVERIFY(std::isfinite(recorder.epochs[0].topographicLoss) && recorder.epochs[0].topographicLoss > 0);
  }

  void sharedCifarTrains() {
    const std::filesystem::path data = std::filesystem::path(PINWHEEL_SHARED_DATA) / "cifar100";
    if (!std::filesystem::exists(data)) QSKIP("needs the shared data");
    TrainConfig config = smallConfig();
    config.data.labels = "coarse";
    config.placement.enabled = false;
    config.training.epochs = 1;
    config.training.batchSize = 64;
    config.training.learningRate = 2e-3;
    config.stc.loss = "none";
    config.evaluation.smoothnessEvery = 0;
    RunOptions run = runInto(at("cifar"));
    config.data.source = "cifar100:" + data.string();
    run.threads = 0;
    Recorder recorder;
    QVERIFY_OK(train(config, run, recorder, recorder.stop));
    // Chance is 5 %.
    qInfo("CIFAR-100, 20 classes, after one epoch: %.1f %%", 100 * recorder.epochs[0].validationAccuracy);
    QVERIFY(recorder.epochs[0].validationAccuracy > 0.10);
    QVERIFY(recorder.steps.back().taskLoss < recorder.steps.front().taskLoss);
  }

private:
  std::filesystem::path at(const std::string& name) const { return pathOf(m_folder, name); }

  QTemporaryDir m_folder;
  std::vector<EpochReport> m_epochs;
};

QTEST_APPLESS_MAIN(TestTrainer)
#include "test_trainer.moc"
