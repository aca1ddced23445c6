// Runs that were stopped, killed or damaged, and go on.
#include <cblas.h>

#include <algorithm>

#include "engine/core/files.h"
#include "engine/core/random.h"
#include "engine/formats/image_file.h"
#include "engine/training/checkpoint.h"
#include "engine/training/evaluation.h"
#include "engine/training/trainer.h"
#include "tests/support.h"
#include "tests/training/small_run.h"

using namespace pinwheel;
using namespace pinwheel::training;
using namespace pinwheel::test;

namespace {

// Without maps, which cost more than the training and know nothing of how it came about.
TrainConfig shortConfig() {
  TrainConfig config = smallConfig();
  config.evaluation.smoothnessEvery = 0;
  return config;
}

}  // namespace

class TestResuming : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void initTestCase() {
    QVERIFY(m_folder.isValid());
    Recorder recorder;
    QVERIFY_OK(train(shortConfig(), runInto(at("whole")), recorder, recorder.stop));
  }

  void resumingIsExact_data() {
    QTest::addColumn<int>("step");
    QTest::addColumn<int>("threads");
    QTest::newRow("inside the first epoch") << 2 << 1;
    QTest::newRow("at its last batch") << 4 << 1;
    QTest::newRow("inside the second") << 7 << 1;
    QTest::newRow("on two threads") << 3 << 2;
  }
  void resumingIsExact() {
    QFETCH(int, step);
    QFETCH(int, threads);
    // Two threads add up in another order than one: such a run is compared with one like it.
    const auto whole = at(threads == 1 ? "whole" : "whole on two threads");
    if (!std::filesystem::exists(whole)) {
      Recorder recorder;
      QVERIFY_OK(train(positionedConfig(), runInto(whole, threads), recorder, recorder.stop));
      QCOMPARE(openblas_get_num_threads(), 2);
    }
    const auto out = at("resume" + std::to_string(step));
    Recorder first;
    first.stopAfter = step;
    const auto stopped = train(positionedConfig(), runInto(out, threads), first, first.stop);
    QVERIFY_OK(stopped);
    QVERIFY(stopped->outcome == Outcome::stopped);
    QCOMPARE(loadCheckpoint(out / "checkpoint.safetensors")->state.step, std::int64_t{step});
    RunOptions again = runInto(out, threads);
    again.resume = true;
    Recorder second;
    const auto result = train(positionedConfig(), again, second, second.stop);
    QVERIFY_OK(result);
    QVERIFY(result->outcome == Outcome::finished);
    QCOMPARE(second.placementPoints, 0);
    // What was trained before counts in the epoch's speed: it is known even where only the evaluation was left.
    QVERIFY(second.epochs[0].imagesPerSecond > 0);
    QVERIFY(second.warnings.empty());
    compareRuns(whole, out);
  }

  void resumingNeedsNothingButTheFolder_data() {
    QTest::addColumn<QString>("phase");
    QTest::newRow("killed while the auxiliary network trains") << "auxiliary network";
    QTest::newRow("killed while placing") << "placing V2";
    QTest::newRow("killed before the first batch") << "training";
  }
  // A run with weights from a file, killed before any batch was trained: it starts from them again.
  void resumingNeedsNothingButTheFolder() {
    QFETCH(QString, phase);
    TrainConfig config = shortConfig();
    config.training.epochs = 1;
    config.training.seed = 5;
    const auto weights = at("weights.safetensors");
    config.training.weights = weights.string();
    if (!std::filesystem::exists(weights)) {
      std::filesystem::copy(at("whole/checkpoint.safetensors"), weights);
      Recorder recorder;
      QVERIFY_OK(train(config, runInto(at("weighted")), recorder, recorder.stop));
      QVERIFY2(recorder.phases[0].find("weights of " + weights.string() + ": ") == 0, recorder.phases[0].c_str());
      QVERIFY2(recorder.phases[0].find("parameters), 0 missing, 0 unexpected") != std::string::npos,
               recorder.phases[0].c_str());
      QCOMPARE(loadCheckpoint(at("weighted/checkpoint.safetensors"))->provenance.weights, weights.string());
    }
    const auto out = at("killed " + phase.toStdString());
    Recorder killed;
    killed.killAt = phase == "training" ? "training" : phase.toStdString();
    if (phase == "training") config.placement.positions = at("weighted/positions.safetensors").string();
    RunOptions first = runInto(out);
    first.commandLine = "first";
    QVERIFY_REFUSED(train(config, first, killed, killed.stop), "killed at");
    RunOptions again = runInto(out);
    again.resume = true;
    again.threads = 0;
    again.commandLine = "second";
    Recorder second;
    const bool hasCheckpoint = std::filesystem::exists(out / "checkpoint.safetensors");
    QCOMPARE(hasCheckpoint, phase == "training");
    std::filesystem::rename(weights, at("weights.away"));
    if (hasCheckpoint) {
      QCOMPARE(loadCheckpoint(out / "checkpoint.safetensors")->state.step, std::int64_t{0});
    } else {
      QVERIFY_REFUSED(train(config, again, second, second.stop), "the run starts from it and has no checkpoint yet");
      std::filesystem::rename(at("weights.away"), weights);
    }
    QVERIFY_OK(train(config, again, second, second.stop));
    if (hasCheckpoint) std::filesystem::rename(at("weights.away"), weights);
    for (const std::string& warning : second.warnings)
      QVERIFY2(warning.find("to the bit") == std::string::npos, warning.c_str());
    compareRuns(at("weighted"), out);
    const Provenance provenance = loadCheckpoint(out / "checkpoint.safetensors")->provenance;
    QCOMPARE(provenance.commandLine, std::string("first ; resumed: second"));
    QCOMPARE(provenance.threads, 1);
  }

  void anotherMachineIsTold() {
    Recorder first;
    first.stopAfter = 2;
    QVERIFY_OK(train(plainConfig(), runInto(at("threads")), first, first.stop));
    QCOMPARE(openblas_get_num_threads(), 1);
    RunOptions again = runInto(at("threads"));
    again.resume = true;
    again.threads = 2;
    Recorder second;
    QVERIFY_OK(train(plainConfig(), again, second, second.stop));
    QCOMPARE(second.warnings.size(), std::size_t{1});
    QVERIFY2(second.warnings[0].find("--threads 1, now it is 2") != std::string::npos, second.warnings[0].c_str());
    QCOMPARE(openblas_get_num_threads(), 2);
  }

  void aFinishedRunSaysSo() {
    RunOptions again = runInto(at("whole"));
    again.resume = true;
    Recorder recorder;
    const auto written = std::filesystem::last_write_time(at("whole/checkpoint.safetensors"));
    const auto result = train(shortConfig(), again, recorder, recorder.stop);
    QVERIFY_OK(result);
    QVERIFY(result->outcome == Outcome::finished);
    QCOMPARE(recorder.phases, std::vector<std::string>{"this run is already finished: 2 of 2 epochs"});
    QVERIFY(std::filesystem::last_write_time(at("whole/checkpoint.safetensors")) == written);
  }

  void aDamagedCheckpointFallsBackOnTheOneBefore() {
    const auto out = at("damaged");
    std::filesystem::copy(at("whole"), out);
    QVERIFY(std::filesystem::exists(out / "checkpoint.safetensors.bak"));
    std::filesystem::resize_file(out / "checkpoint.safetensors", 1000);
    RunOptions again = runInto(out);
    again.resume = true;
    Recorder recorder;
    QVERIFY_OK(train(shortConfig(), again, recorder, recorder.stop));
    QCOMPARE(recorder.warnings.size(), std::size_t{1});
    QVERIFY(recorder.warnings[0].find("The checkpoint before it is used") != std::string::npos);
    compareRuns(at("whole"), out);
    QVERIFY(std::filesystem::exists(out / "checkpoint.safetensors.broken"));
    QVERIFY_OK(loadCheckpoint(out / "checkpoint.safetensors.bak"));
  }

  void aLostCheckpointFallsBackOnTheOneBefore() {
    const auto out = at("lost");
    std::filesystem::copy(at("whole"), out);
    std::filesystem::remove(out / "checkpoint.safetensors");
    Recorder recorder;
    QVERIFY_REFUSED(train(shortConfig(), runInto(out), recorder, recorder.stop), "already holds a run");
    RunOptions again = runInto(out);
    again.resume = true;
    QVERIFY_OK(train(shortConfig(), again, recorder, recorder.stop));
    QCOMPARE(recorder.epochs.size(), std::size_t{1});
    compareRuns(at("whole"), out);
  }

  void theCheckpointsPositionsWin() {
    const auto out = at("repositioned");
    Recorder first;
    first.stopAfter = 6;
    QVERIFY_OK(train(positionedConfig(), runInto(out), first, first.stop));
    const auto right = loadPositions(out / "positions.safetensors");
    QVERIFY_OK(right);
    auto wrong = *right;
    std::swap(wrong[0].xMm[0], wrong[0].xMm[1]);
    QVERIFY_OK(savePositions(out / "positions.safetensors", wrong, ""));
    RunOptions again = runInto(out);
    again.resume = true;
    Recorder second;
    QVERIFY_OK(train(positionedConfig(), again, second, second.stop));
    QCOMPARE(second.warnings.size(), std::size_t{1});
    QVERIFY2(second.warnings[0].find("written again") != std::string::npos, second.warnings[0].c_str());
    QCOMPARE((*loadPositions(out / "positions.safetensors"))[0].xMm, (*right)[0].xMm);
    compareRuns(at("whole"), out);
  }

  void checkpointsOfAnotherNetworkAreRefused_data() {
    QTest::addColumn<QString>("damage");
    QTest::addColumn<QString>("says");
    QTest::newRow("no sheet") << "none"
                              << "of 0 sheets";
    QTest::newRow("one sheet") << "one"
                               << "of 1 sheets";
    QTest::newRow("44 sheets") << "many"
                               << "of 44 sheets";
    QTest::newRow("another order") << "reversed"
                                   << "another layer's";
    QTest::newRow("another shape") << "reshaped"
                                   << "do not fit its units";
    QTest::newRow("another network's weights") << "weights"
                                               << "1 missing";
    QTest::newRow("an epoch too far") << "epoch"
                                      << "behind epoch 3";
    QTest::newRow("a batch too far") << "batch"
                                     << "behind batch 5";
  }
  void checkpointsOfAnotherNetworkAreRefused() {
    QFETCH(QString, damage);
    QFETCH(QString, says);
    const auto out = at("hostile " + damage.toStdString());
    std::filesystem::create_directories(out);
    Checkpoint checkpoint = *loadCheckpoint(at("whole/checkpoint.safetensors.bak"));
    auto& sheets = checkpoint.sheets;
    if (damage == "none") sheets.clear();
    if (damage == "one") sheets.resize(1);
    if (damage == "many")
      for (int i = 0; i < 40; ++i) {
        sheets.push_back(sheets[0]);
        sheets.back().spec.layer += std::to_string(100 + i);
      }
    if (damage == "reversed") std::reverse(sheets.begin(), sheets.end());
    if (damage == "reshaped") {
      sheets[0].spec.channels *= 4;
      sheets[0].spec.height /= 4;
    }
    if (damage == "weights") checkpoint.model.erase("fc.bias");
    if (damage == "epoch") checkpoint.state.epoch = 3;
    if (damage == "batch") checkpoint.state.batch = 5;
    QVERIFY_OK(saveCheckpoint(out / "checkpoint.safetensors", checkpoint));
    RunOptions run = runInto(out);
    run.resume = true;
    Recorder recorder;
    QVERIFY_REFUSED(train(shortConfig(), run, recorder, recorder.stop), says.toStdString());
    if (damage == "epoch" || damage == "batch") return;
    EvaluateOptions options;
    options.checkpoint = out / "checkpoint.safetensors";
    options.out = out / "maps";
    options.threads = 1;
    QVERIFY_REFUSED(evaluate(options, {}, recorder.stop), says.toStdString());
    QVERIFY_REFUSED(evaluate(options, {}, recorder.stop), options.checkpoint.string());
  }

  // One image that cannot be read, met in the evaluation behind the first epoch: the epoch's training is kept.
  void anImageThatCannotBeReadLosesNothing() {
    const auto data = at("images");
    for (int i = 0; i < 24; ++i) {
      formats::RgbImage image{32, 32, std::vector<std::uint8_t>(3 * 32 * 32)};
      for (std::size_t p = 0; p < image.pixels.size(); ++p)
        image.pixels[p] = static_cast<std::uint8_t>(mix64(static_cast<std::uint64_t>(i) * 10000 + p));
      const auto folder = data / (i < 16 ? "train" : "val") / (i % 2 == 0 ? "a" : "b");
      std::filesystem::create_directories(folder);
      QVERIFY_OK(formats::writePng(folder / (std::to_string(i) + ".png"), image));
    }
    TrainConfig config = plainConfig();
    config.training.batchSize = 4;
    config.data.source = "folder:" + data.string();
    Recorder recorder;
    QVERIFY_OK(train(config, runInto(at("readable")), recorder, recorder.stop));
    const auto victim = data / "val/a/20.png";
    std::filesystem::rename(victim, at("20.png"));
    QVERIFY_OK(writeFileAtomically(victim, std::string_view("no picture")));
    QVERIFY_REFUSED(train(config, runInto(at("unreadable")), recorder, recorder.stop), victim.string());
    QCOMPARE(loadCheckpoint(at("unreadable/checkpoint.safetensors"))->state.batch, std::int64_t{4});
    std::filesystem::rename(at("20.png"), victim);
    RunOptions again = runInto(at("unreadable"));
    again.resume = true;
    QVERIFY_OK(train(config, again, recorder, recorder.stop));
    compareRuns(at("readable"), at("unreadable"));
  }

  // The same for metrics that cannot be written: a folder in their place stands for a full disk.
  void metricsThatCannotBeWrittenLoseNothing() {
    class Saboteur final : public Recorder {
    public:
      explicit Saboteur(std::filesystem::path file) : metrics(std::move(file)) {}
      void onStep(const StepReport&) override {
        std::filesystem::remove(metrics);
        std::filesystem::create_directory(metrics);
      }
      std::filesystem::path metrics;
    } saboteur(at("full/metrics.jsonl"));
    QVERIFY_REFUSED(train(plainConfig(), runInto(at("full")), saboteur, saboteur.stop), "metrics cannot be written");
    QCOMPARE(loadCheckpoint(at("full/checkpoint.safetensors"))->state.batch, std::int64_t{4});
    std::filesystem::remove(saboteur.metrics);
    RunOptions again = runInto(at("full"));
    again.resume = true;
    Recorder recorder;
    QVERIFY_OK(train(plainConfig(), again, recorder, recorder.stop));
    QVERIFY(recorder.steps.empty());
    QCOMPARE(linesOf(saboteur.metrics).size(), std::size_t{1});
  }

  void thereMustBeARunToResume() {
    RunOptions run = runInto(at("nothing"));
    run.resume = true;
    Recorder recorder;
    QVERIFY_REFUSED(train(plainConfig(), run, recorder, recorder.stop), "There is no run to resume");
    QVERIFY(!std::filesystem::exists(at("nothing")));
  }

  void twoRunsCannotShareAFolder() {
    class Intruder final : public Recorder {
    public:
      explicit Intruder(std::filesystem::path folder) : out(std::move(folder)) {}
      void onStep(const StepReport&) override {
        RunOptions run = runInto(out);
        run.resume = true;
        Recorder recorder;
        const auto result = train(plainConfig(), run, recorder, recorder.stop);
        refusal = result ? "" : result.error().text();
      }
      std::filesystem::path out;
      std::string refusal;
    } recorder(at("shared"));
    QVERIFY_OK(train(plainConfig(), runInto(at("shared")), recorder, recorder.stop));
    QVERIFY2(recorder.refusal.find("Another run is at work in this folder") != std::string::npos,
             recorder.refusal.c_str());
  }

  void stopsWhilePlacing() {
    class StopsAtOnce final : public Recorder {
    public:
      void onPlacement(const std::string&, const topography::PlacementPoint&, std::int64_t) override { stop.request(); }
    } recorder;
    const auto result = train(shortConfig(), runInto(at("placing")), recorder, recorder.stop);
    QVERIFY_OK(result);
    QVERIFY(result->outcome == Outcome::stopped && result->checkpoint.empty());
    RunOptions again = runInto(at("placing"));
    again.resume = true;
    Recorder second;
    QVERIFY_OK(train(shortConfig(), again, second, second.stop));
    compareRuns(at("whole"), at("placing"));
  }

private:
  // The first run's positions, where placing them again would only take time.
  TrainConfig positionedConfig() const {
    TrainConfig config = shortConfig();
    config.placement.positions = at("whole/positions.safetensors").string();
    return config;
  }

  std::filesystem::path at(const std::string& name) const { return pathOf(m_folder, name); }

  QTemporaryDir m_folder;
};

QTEST_APPLESS_MAIN(TestResuming)
#include "test_resuming.moc"
