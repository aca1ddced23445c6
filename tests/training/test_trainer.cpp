#include "engine/training/trainer.h"

#include <QJsonDocument>
#include <QJsonObject>
#include <cmath>
#include <cstring>
#include <limits>

#include "engine/core/files.h"
#include "engine/formats/safetensors.h"
#include "engine/training/checkpoint.h"
#include "tests/support.h"
#include "tests/training/small_run.h"

using namespace pinwheel;
using namespace pinwheel::training;
using namespace pinwheel::test;

namespace {

void poison(formats::HostTensor& tensor, float value) {
  std::memcpy(tensor.bytes.data(), &value, sizeof value);
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

  // The numbers of a run hang on its threads, but not on how these take turns.
  void theSameSeedGivesTheSameBytesOnTwoThreads() {
    TrainConfig config = smallConfig();
    config.training.epochs = 1;
    config.evaluation.smoothnessEvery = 0;
    for (const char* name : {"two threads", "two threads again"}) {
      Recorder recorder;
      QVERIFY_OK(train(config, runInto(at(name), 2), recorder, recorder.stop));
      QCOMPARE(loadCheckpoint(at(name) / "checkpoint.safetensors")->provenance.threads, 2);
    }
    compareRuns(at("two threads"), at("two threads again"));
  }

  // Of two epochs, measured every four, the last is measured all the same: it is what the run leaves.
  void theLastEpochIsAlwaysMeasured() {
    TrainConfig config = plainConfig();
    config.training.epochs = 2;
    config.evaluation.smoothnessEvery = 4;
    Recorder recorder;
    QVERIFY_OK(train(config, runInto(at("measured")), recorder, recorder.stop));
    QCOMPARE(recorder.epochs.size(), std::size_t{2});
    QCOMPARE(recorder.epochs[0].smoothness.size(), std::size_t{0});
    QCOMPARE(recorder.epochs[1].smoothness.size(), std::size_t{4});
    const auto lines = linesOf(at("measured/metrics.jsonl"));
    QCOMPARE(lines.size(), std::size_t{2});
    const QJsonObject epoch = QJsonDocument::fromJson(QByteArray::fromStdString(lines[1])).object();
    QVERIFY2(epoch["smoothness"].toObject().size() == 4, lines[1].c_str());
  }

  void whatCannotStartLeavesNothing_data() {
    QTest::addColumn<QString>("assignment");
    QTest::addColumn<QString>("says");
    QTest::newRow("weights that are not there") << "training.weights=/no/such.pt"
                                                << "cannot be opened";
    QTest::newRow("weights of another network") << QString("training.weights=%1/module.pt").arg(PINWHEEL_TEST_FIXTURES)
                                                << "The weights do not fit this network";
    auto weights = loadCheckpoint(at("whole/checkpoint.safetensors"))->model;
    poison(weights.at("layer3.0.conv2.weight"), std::numeric_limits<float>::quiet_NaN());
    poison(weights.at("layer4.0.bn1.running_var"), std::numeric_limits<float>::infinity());
    QVERIFY_OK(formats::saveSafetensors(at("poisoned.safetensors"), {weights, {}}));
    QTest::newRow("weights that are not finite")
        << "training.weights=" + QString::fromStdString(at("poisoned.safetensors").string())
        << "tensor \"layer3.0.conv2.weight\" holds NaN or Inf";
    QTest::newRow("positions that are not there") << "placement.positions=/no/such.safetensors"
                                                  << "/no/such.safetensors";
    QTest::newRow("a batch larger than the data") << "training.batch_size=65"
                                                  << "it has 64 images, a batch takes 65";
    QTest::newRow("sheets too sparse for clusters") << "sheets.it.neighbourhood_mm=0.001"
                                                    << "too sparse";
    QTest::newRow("no data") << "data.source=cifar10:/no/such"
                             << "/no/such";
  }
  void whatCannotStartLeavesNothing() {
    QFETCH(QString, assignment);
    QFETCH(QString, says);
    TrainConfig config = smallConfig();  // with placement: it must fail before
    QVERIFY_OK(describe(config).setAssignment(assignment.toStdString()));
    Recorder recorder;
    QVERIFY_REFUSED(train(config, runInto(at("unstarted")), recorder, recorder.stop), says.toStdString());
    QVERIFY(recorder.phases.empty());
    QVERIFY(!std::filesystem::exists(at("unstarted")));
  }

  void anAttemptThatPlacedNothingDoesNotBlockTheFolder() {
    Recorder killed;
    killed.killAt = "auxiliary network";
    QVERIFY_REFUSED(train(smallConfig(), runInto(at("attempt")), killed, killed.stop), "killed at");
    QVERIFY(std::filesystem::exists(at("attempt/config.toml")));
    Recorder recorder;
    QVERIFY_OK(train(plainConfig(), runInto(at("attempt")), recorder, recorder.stop));
    QVERIFY(!loadCheckpoint(at("attempt/checkpoint.safetensors"))->config.placement.enabled);
  }

  void aTermWithoutWeightHasNoValue() {
    TrainConfig config = plainConfig();
    config.stc.beta = 0;
    Recorder recorder;
    QVERIFY_OK(train(config, runInto(at("slow")), recorder, recorder.stop));
    QVERIFY(std::isnan(recorder.epochs[0].layers[0].fast));
    const QJsonObject epoch =
        QJsonDocument::fromJson(QByteArray::fromStdString(linesOf(at("slow/metrics.jsonl"))[0])).object();
    const QJsonObject layer = epoch["loss"].toObject()["layers"].toObject()["V1"].toObject();
    QVERIFY(layer["L_S"].isNull());
    QVERIFY(layer["L_L"].toDouble() > 0);
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

  void notANumberStopsWithTheLayerNamed_data() {
    QTest::addColumn<QString>("tensor");
    QTest::addColumn<QString>("layer");
    QTest::newRow("the stem") << "conv1.weight"
                              << "conv1";
    QTest::newRow("a batch norm") << "layer1.0.bn1.bias"
                                  << "layer1.0.bn1";
    QTest::newRow("a convolution") << "layer3.0.conv2.weight"
                                   << "layer3.0.conv2";
    QTest::newRow("the classifier") << "fc.bias"
                                    << "fc";
  }
  // One number of one layer, between two batches: spikes hide it from the layers behind, gradients carry it to those
  // before.
  void notANumberStopsWithTheLayerNamed() {
    QFETCH(QString, tensor);
    QFETCH(QString, layer);
    const auto out = at("poisoned " + layer.toStdString());
    Recorder first;
    first.stopAfter = 2;
    QVERIFY_OK(train(plainConfig(), runInto(out), first, first.stop));
    auto checkpoint = loadCheckpoint(out / "checkpoint.safetensors");
    QVERIFY_OK(checkpoint);
    poison(checkpoint->model.at(tensor.toStdString()), std::numeric_limits<float>::quiet_NaN());
    QVERIFY_OK(saveCheckpoint(out / "checkpoint.safetensors", *checkpoint));
    RunOptions again = runInto(out);
    again.resume = true;
    Recorder second;
    QVERIFY_REFUSED(train(plainConfig(), again, second, second.stop),
                    "NaN or Inf in layer " + layer.toStdString() + " at step 3 (epoch 1)");
    QVERIFY(second.steps.empty());
  }

  void whatDivergesKeepsTheLastGoodCheckpoint() {
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
    // It can be repeated until it has placed something.
    const auto repeated = place(smallConfig(), runInto(at("place")), second, second.stop);
    QVERIFY_REFUSED(repeated, "already holds positions or a run");
    QVERIFY(repeated.error().text().find("--resume") == std::string::npos);
    Recorder killed;
    killed.killAt = "placing V2";
    QVERIFY_REFUSED(place(smallConfig(), runInto(at("place again")), killed, killed.stop), "killed at");
    QVERIFY_OK(place(smallConfig(), runInto(at("place again")), second, second.stop));
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
    // A part of it, with two time steps and one thread: seconds of work, which a busy machine does in time, too.
    const auto part = at("cifar part");
    std::filesystem::create_directories(part);
    for (const auto& entry : std::filesystem::directory_iterator(data))
      std::filesystem::copy(entry.path(), part / entry.path().filename());
    constexpr std::uintmax_t kRecord = 2 + 3 * 32 * 32;
    for (const auto& [name, records] : {std::pair{"train.bin", 3000}, std::pair{"test.bin", 1000}}) {
      std::filesystem::permissions(part / name, std::filesystem::perms::owner_write,
                                   std::filesystem::perm_options::add);
      std::filesystem::resize_file(part / name, kRecord * static_cast<std::uintmax_t>(records));
    }
    TrainConfig config = plainConfig();
    config.data.source = "cifar100:" + part.string();
    config.data.labels = "coarse";
    config.model.timeSteps = 2;
    config.training.batchSize = 32;
    config.training.learningRate = 3e-3;
    config.training.warmupEpochs = 0.25;
    config.stc.loss = "none";
    Recorder recorder;
    QVERIFY_OK(train(config, runInto(at("cifar")), recorder, recorder.stop));
    // Chance is 5 %, with a standard error of 0.7 % over 1000 images.
    qInfo("CIFAR-100, 20 classes, after 3000 images: %.1f %%", 100 * recorder.epochs[0].validationAccuracy);
    QVERIFY(recorder.epochs[0].validationAccuracy > 0.075);
    QVERIFY(recorder.steps.back().taskLoss < recorder.steps.front().taskLoss);
  }

private:
  std::filesystem::path at(const std::string& name) const { return pathOf(m_folder, name); }

  QTemporaryDir m_folder;
  std::vector<EpochReport> m_epochs;
};

QTEST_APPLESS_MAIN(TestTrainer)
#include "test_trainer.moc"
