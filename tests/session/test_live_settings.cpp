// What is changed by hand while a training runs: settings and lesions reach the log, the files and the next run.
#include <QJsonArray>
#include <cmath>

#include "engine/training/run_folder.h"
#include "tests/session/session_reader.h"

using namespace pinwheel;
using namespace pinwheel::session;
using namespace pinwheel::test;

namespace {

constexpr double kSame = std::numeric_limits<double>::quiet_NaN();

QJsonObject eventAt(const std::filesystem::path& run, std::size_t line) {
  const auto lines = linesOf(run / "events.jsonl");
  return line < lines.size() ? QJsonDocument::fromJson(QByteArray::fromStdString(lines[line])).object() : QJsonObject();
}

}  // namespace

class TestLiveSettings : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void settingsReachLogConfigAndResumption() {
    // Changed at step 2, uninterrupted.
    Reader reader;
    pauseAt(reader, at("whole"), 2);
    QVERIFY(reader.engine.post(ChangeSettings{0.75, kSame, 1, 5e-4}));
    QVERIFY(reader.engine.post(Resume{}));
    QVERIFY_UNTIL(reader, reader.phaseIs(TrainingPhase::finished));
    QCOMPARE(reader.trainings.back()->settings.alpha, 0.75);
    QCOMPARE(reader.trainings.back()->settings.beta, 0.5);
    QCOMPARE(reader.trainings.back()->settings.window, std::int64_t{1});
    QCOMPARE(reader.trainings.back()->settings.learningRate, 5e-4);
    const QJsonObject told = eventAt(at("whole"), 0);
    QCOMPARE(told["step"].toInt(), 2);
    QVERIFY(!told["time"].toString().isEmpty());
    const QJsonObject settings = told["what"].toObject()["settings"].toObject();
    QCOMPARE(settings["stc.alpha"].toDouble(), 0.75);
    QCOMPARE(settings["training.learning_rate"].toDouble(), 5e-4);
    QVERIFY(!settings.contains("stc.beta"));
    for (const auto& config : {*training::RunFolder(at("whole")).readConfig(),
                               training::loadCheckpoint(at("whole/checkpoint.safetensors"))->config}) {
      QCOMPARE(config.stc.alpha, 0.75);
      QCOMPARE(config.stc.beta, 0.5);
      QCOMPARE(config.stc.window, std::int64_t{1});
      QCOMPARE(config.training.learningRate, 5e-4);
    }
    // The same, stopped at step 5 and resumed: the same bytes.
    pauseAt(reader, at("parts"), 2);
    QVERIFY(reader.engine.post(ChangeSettings{0.75, kSame, 1, 5e-4}));
    QVERIFY(reader.engine.post(Step{3}));
    QVERIFY_UNTIL(reader, reader.pausedAt(5));
    QVERIFY(reader.engine.post(StopTraining{}));
    QVERIFY_UNTIL(reader, reader.phaseIs(TrainingPhase::stopped));
    resume(reader, at("parts"));
    compareRuns(at("whole"), at("parts"));
    // They did change something.
    Recorder recorder;
    QVERIFY_OK(training::train(stepConfig(), runInto(at("unchanged")), recorder, recorder.stop));
    QVERIFY(training::loadCheckpoint(at("unchanged/checkpoint.safetensors"))->model.at("conv1.weight").bytes !=
            training::loadCheckpoint(at("whole/checkpoint.safetensors"))->model.at("conv1.weight").bytes);
  }

  // Changed and stopped without a batch between: the checkpoint at that step is written once more.
  void changedBeforeTheStop() {
    Reader reader;
    pauseAt(reader, at("at once"), 3);
    QVERIFY(reader.engine.post(ChangeSettings{kSame, 0.25, -1, kSame}));
    QVERIFY(reader.engine.post(StopTraining{}));
    QVERIFY_UNTIL(reader, reader.phaseIs(TrainingPhase::stopped));
    const auto checkpoint = training::loadCheckpoint(at("at once/checkpoint.safetensors"));
    QCOMPARE(checkpoint->state.step, std::int64_t{3});
    QCOMPARE(checkpoint->config.stc.beta, 0.25);
  }

  // Killed behind a change: config.toml is newer than the checkpoint, and the run goes on with it.
  void killedBehindAChange() {
    Reader reader;
    pauseAt(reader, at("killed"), 3);
    QVERIFY(reader.engine.post(StopTraining{}));
    QVERIFY_UNTIL(reader, reader.phaseIs(TrainingPhase::stopped));
    training::TrainConfig config = stepConfig();
    config.stc.alpha = 2;
    QVERIFY_OK(training::RunFolder(at("killed")).writeConfig(config));
    resume(reader, at("killed"));
    QVERIFY(reader.told("Settings were changed after the last checkpoint"));
    QCOMPARE(training::loadCheckpoint(at("killed/checkpoint.safetensors"))->config.stc.alpha, 2.0);
  }

  void theTopographicLossCanBeSwitchedOffAndOn() {
    Reader reader;
    pauseAt(reader, at("switched"), 1);
    QVERIFY(reader.engine.post(ChangeSettings{0, 0, -1, kSame}));
    QVERIFY(reader.engine.post(Step{1}));
    QVERIFY_UNTIL(reader, reader.pausedAt(2));
    QVERIFY(std::isfinite(reader.trainings.back()->points[0].topographicLoss));
    QVERIFY(std::isnan(reader.trainings.back()->points[1].topographicLoss));
    QVERIFY(reader.engine.post(StopTraining{}));
    QVERIFY_UNTIL(reader, reader.phaseIs(TrainingPhase::stopped));
    // Resumed without a loss it has no clusters; they are drawn when they are wanted.
    StartTraining again;
    again.out = at("switched");
    again.resume = true;
    again.threads = 1;
    QVERIFY(reader.engine.post(again));
    QVERIFY(reader.engine.post(Pause{}));
    QVERIFY_UNTIL(reader, reader.pausedAt(2));
    QVERIFY(reader.engine.post(ChangeSettings{0.5, 0.5, -1, kSame}));
    QVERIFY(reader.engine.post(Step{1}));
    QVERIFY_UNTIL(reader, reader.pausedAt(3));
    QVERIFY(std::isfinite(reader.trainings.back()->points.back().topographicLoss));
  }

  // A term that was switched off inside an epoch: its mean is over the batches that had it.
  void theEpochsMeansAreOverTheBatchesThatHadTheTerm() {
    Reader reader;
    pauseAt(reader, at("means"), 3);
    QVERIFY(reader.engine.post(ChangeSettings{0, kSame, -1, kSame}));
    QVERIFY(reader.engine.post(Step{2}));
    QVERIFY_UNTIL(reader, reader.pausedAt(5));
    QVERIFY(reader.engine.post(ChangeSettings{0, 0, -1, kSame}));
    QVERIFY(reader.engine.post(Resume{}));
    QVERIFY_UNTIL(reader, reader.phaseIs(TrainingPhase::finished));
    const auto& points = reader.trainings.back()->points;
    QCOMPARE(points.size(), std::size_t{16});
    double slow = 0;
    double fast = 0;
    double topographic = 0;
    for (std::size_t i = 0; i < 5; ++i) {
      if (i < 3) slow += static_cast<double>(points[i].slow[0]) / 3;
      fast += static_cast<double>(points[i].fast[0]) / 5;
      topographic += points[i].topographicLoss / 5;
    }
    const auto lines = linesOf(at("means/metrics.jsonl"));
    QCOMPARE(lines.size(), std::size_t{2});
    const auto lossOf = [&lines](std::size_t line) {
      return QJsonDocument::fromJson(QByteArray::fromStdString(lines[line])).object()["loss"].toObject();
    };
    const QJsonObject first = lossOf(0);
    const QJsonObject layer = first["layers"].toObject()["V1"].toObject();
    QVERIFY(slow > 0 && fast > 0);
    QVERIFY2(std::abs(layer["L_L"].toDouble() - slow) < 1e-6, lines[0].c_str());  // the points are floats
    QVERIFY2(std::abs(layer["L_S"].toDouble() - fast) < 1e-6, lines[0].c_str());
    QVERIFY2(std::abs(first["topographic"].toDouble() - topographic) < 1e-9, lines[0].c_str());
    QVERIFY(lossOf(1)["layers"].toObject().isEmpty());
    QCOMPARE(lossOf(1)["topographic"].toDouble(), 0.0);
  }

  void whatCannotBeIsRefusedAndTheTrainingGoesOn() {
    training::TrainConfig config = stepConfig();
    config.stc.loss = "none";
    Reader reader;
    pauseAt(reader, at("refused"), 1, config);
    QVERIFY(reader.engine.post(ChangeSettings{-1, kSame, -1, kSame}));
    QVERIFY_UNTIL(reader, reader.told("stc.alpha"));
    QVERIFY(reader.engine.post(ChangeSettings{kSame, kSame, -2, kSame}));
    QVERIFY_UNTIL(reader, reader.told("stc.window"));
    QVERIFY(reader.engine.post(ChangeSettings{kSame, kSame, -1, 1e9}));
    QVERIFY_UNTIL(reader, reader.told("training.learning_rate"));
    QVERIFY(reader.engine.post(ChangeSettings{1, kSame, -1, kSame}));
    QVERIFY_UNTIL(reader, reader.told("no topographic loss"));
    QVERIFY(!std::filesystem::exists(at("refused/events.jsonl")));
    QVERIFY(reader.engine.post(Step{1}));
    QVERIFY_UNTIL(reader, reader.pausedAt(2));
  }

  // A lesion that a retraining holds: on the same sheets, from the same weights.
  void aRetrainingHoldsTheLesion() {
    Recorder recorder;
    QVERIFY_OK(training::train(stepConfig(), runInto(at("origin")), recorder, recorder.stop));
    Reader reader;
    QVERIFY(reader.engine.post(OpenCheckpoint{at("origin/checkpoint.safetensors")}));
    Lesion lesion{9, {{0, {1, 2, 30}, PerturbationKind::noise, 0.5, {}}, {3, {5}, PerturbationKind::freeze, 1, {}}}};
    QVERIFY(reader.engine.post(SetLesion{lesion, 1}));
    QVERIFY(reader.engine.post(Retrain{at("again"), 1, 0}));
    QVERIFY(reader.engine.post(Pause{}));
    QVERIFY_UNTIL(reader, reader.pausedAt(0));
    const auto origin = training::loadCheckpoint(at("origin/checkpoint.safetensors"));
    const auto begun = training::loadCheckpoint(at("again/checkpoint.safetensors"));
    QVERIFY_OK(begun);
    for (const auto& [name, tensor] : origin->model) QVERIFY(tensor.bytes == begun->model.at(name).bytes);
    for (std::size_t s = 0; s < 4; ++s) QCOMPARE(begun->sheets[s].xMm, origin->sheets[s].xMm);
    QCOMPARE(begun->lesion.parts.size(), std::size_t{2});  // killed from here on, it is held still
    QCOMPARE(begun->config.training.epochs, std::int64_t{1});
    QCOMPARE(begun->config.training.learningRate, origin->config.training.learningRate / 10);
    QCOMPARE(reader.networks.back()->stamp.lesion, std::uint64_t{9});
    QVERIFY(reader.networks.back()->live);
    const QJsonArray parts = eventAt(at("again"), 0)["what"].toObject()["lesion"].toArray();
    QCOMPARE(parts.size(), 2);
    QCOMPARE(parts[0].toObject()["sheet"].toString(), QString("V1"));
    QCOMPARE(parts[0].toObject()["kind"].toString(), QString("noise"));
    QCOMPARE(parts[0].toObject()["strength"].toDouble(), 0.5);
    QCOMPARE(parts[0].toObject()["units"].toArray().size(), 3);
    QVERIFY(reader.engine.post(Resume{}));
    QVERIFY_UNTIL(reader, reader.phaseIs(TrainingPhase::finished));
    QVERIFY_UNTIL(reader, reader.mapped(9));
    QCOMPARE(reader.networks.back()->stamp.lesion, std::uint64_t{9});
    QVERIFY(!reader.networks.back()->live);
    // It is a run like any other: the noise is named by the step, so that looking at it changes nothing.
    Reader other({1, 1e3});
    QVERIFY(other.engine.post(OpenCheckpoint{at("origin/checkpoint.safetensors")}));
    QVERIFY(other.engine.post(SetLesion{lesion, 1}));
    QVERIFY(other.engine.post(Retrain{at("watched"), 1, 0}));
    QVERIFY_UNTIL(other, other.phaseIs(TrainingPhase::finished));
    compareRuns(at("again"), at("watched"));
  }

  void aLesionSetWhileItTrains() {
    Reader reader;
    pauseAt(reader, at("lesioned"), 2);
    std::vector<std::int32_t> all(8192);
    for (std::size_t u = 0; u < all.size(); ++u) all[u] = static_cast<std::int32_t>(u);
    reader.forget();
    QVERIFY(reader.engine.post(SetLesion{{4, {{0, all, PerturbationKind::silence, 1, {}}}}, 1}));
    QVERIFY_UNTIL(reader, !reader.maps.empty() && reader.maps.back()->stamp.lesion == 4);
    for (const std::uint8_t spike : reader.activities.back()->spikes[0]) QCOMPARE(spike, std::uint8_t{0});
    QVERIFY(reader.engine.post(StopTraining{}));
    QVERIFY_UNTIL(reader, reader.phaseIs(TrainingPhase::stopped));
    const auto before = training::loadCheckpoint(at("lesioned/checkpoint.safetensors"));
    QCOMPARE(before->state.step, std::int64_t{2});
    QVERIFY_UNTIL(reader, reader.mapped(4));
    QVERIFY(!reader.lesions.empty() && reader.lesions.back()->units == 8192);
  }

private:
  static void resume(Reader& reader, const std::filesystem::path& out) {
    StartTraining again;
    again.out = out;
    again.resume = true;
    again.threads = 1;
    QVERIFY(reader.engine.post(again));
    QVERIFY_UNTIL(reader, reader.phaseIs(TrainingPhase::finished));
  }
  std::filesystem::path at(const std::string& name) const { return pathOf(m_folder, name); }

  QTemporaryDir m_folder;
};

QTEST_APPLESS_MAIN(TestLiveSettings)
#include "test_live_settings.moc"
