// A lesion that a training holds, in a session: kept with the checkpoint, held again, shown when it is opened.
#include <algorithm>

#include "engine/training/checkpoint.h"
#include "tests/session/session_reader.h"
#include "tests/training/killed.h"

using namespace pinwheel;
using namespace pinwheel::session;
using namespace pinwheel::test;

namespace {

void compareParts(const Lesion& got, const Lesion& want) {
  QCOMPARE(got.parts.size(), want.parts.size());
  for (std::size_t p = 0; p < want.parts.size(); ++p) {
    QCOMPARE(got.parts[p].sheet, want.parts[p].sheet);
    QCOMPARE(got.parts[p].units, want.parts[p].units);
    QVERIFY(got.parts[p].kind == want.parts[p].kind && got.parts[p].strength == want.parts[p].strength);
  }
}

Lesion lesionIn(const std::filesystem::path& run) {
  const auto checkpoint = training::loadCheckpoint(run / "checkpoint.safetensors");
  return checkpoint ? checkpoint->lesion : Lesion{};
}

}  // namespace

class TestSessionHeld : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void initTestCase() {
    QVERIFY(m_folder.isValid());
    training::RunOptions run = runInto(at("held"));
    run.lesion = noisyLesion();
    Recorder recorder;
    QVERIFY_OK(training::train(heldConfig(), run, recorder, recorder.stop));
  }

  void setWhileItTrainsStoppedAndResumed() {
    Reader reader;
    pauseAt(reader, at("whole"), 2);
    QVERIFY(reader.engine.post(SetLesion{noisyLesion(), 3}));
    QVERIFY(reader.engine.post(Resume{}));
    QVERIFY_UNTIL(reader, reader.phaseIs(TrainingPhase::finished));
    // The same, stopped at step 5: the checkpoint holds it, and the run that goes on.
    pauseAt(reader, at("parts"), 2);
    QVERIFY(reader.engine.post(SetLesion{noisyLesion(), 3}));
    QVERIFY(reader.engine.post(Step{3}));
    QVERIFY_UNTIL(reader, reader.pausedAt(5));
    QVERIFY(reader.engine.post(StopTraining{}));
    QVERIFY_UNTIL(reader, reader.phaseIs(TrainingPhase::stopped));
    compareParts(lesionIn(at("parts")), noisyLesion());
    std::filesystem::copy(at("parts"), at("elsewhere"));
    reader.forget();
    QVERIFY(reader.engine.post(resuming(at("parts"))));
    QVERIFY(reader.engine.post(Pause{}));
    QVERIFY_UNTIL(reader, reader.pausedAt(5));
    const NetworkFrame& live = *reader.networks.back();
    QVERIFY(live.live);
    compareParts(live.lesion, noisyLesion());
    QVERIFY(isStored(live.stamp.lesion));
    QCOMPARE(live.lesion.version, live.stamp.lesion);
    QVERIFY(reader.engine.post(Resume{}));
    QVERIFY_UNTIL(reader, reader.phaseIs(TrainingPhase::finished));
    compareRuns(at("whole"), at("parts"));
    // The copy goes on without a session, to the same end.
    training::RunOptions run = runInto(at("elsewhere"));
    run.resume = true;
    Recorder recorder;
    QVERIFY_OK(training::train(stepConfig(), run, recorder, recorder.stop));
    compareRuns(at("whole"), at("elsewhere"));
  }

  // Set and stopped without a batch between: the checkpoint at that step is written once more.
  void setBeforeTheStop() {
    Reader reader;
    pauseAt(reader, at("at once"), 2);
    QVERIFY(reader.engine.post(SetLesion{noisyLesion(), 1}));
    QVERIFY(reader.engine.post(SaveCheckpoint{at("saved.safetensors")}));
    QVERIFY(reader.engine.post(StopTraining{}));
    QVERIFY_UNTIL(reader, reader.phaseIs(TrainingPhase::stopped));
    compareParts(lesionIn(at("at once")), noisyLesion());
    compareParts(training::loadCheckpoint(at("saved.safetensors"))->lesion, noisyLesion());
    // Taken away again it is in no checkpoint.
    reader.forget();
    QVERIFY(reader.engine.post(resuming(at("at once"))));
    QVERIFY(reader.engine.post(Pause{}));
    QVERIFY_UNTIL(reader, reader.pausedAt(2));
    QVERIFY(reader.engine.post(SetLesion{}));
    QVERIFY(reader.engine.post(StopTraining{}));
    QVERIFY_UNTIL(reader, reader.phaseIs(TrainingPhase::stopped));
    QVERIFY(lesionIn(at("at once")).parts.empty());
    // The network that was open before may still be told of; the one behind the training is the last.
    QVERIFY_UNTIL(reader, !reader.networks.back()->live && reader.networks.back()->stamp.lesion == 0);
  }

  // Begun without a session, killed, and resumed by one.
  void aKilledRunIsResumed() {
    training::RunOptions run = runInto(at("killed"));
    run.lesion = noisyLesion();
    Killed killed(6);
    QVERIFY_REFUSED(training::train(heldConfig(), run, killed, killed.stop), "killed at step");
    Reader reader;
    QVERIFY(reader.engine.post(resuming(at("killed"))));
    QVERIFY_UNTIL(reader, reader.phaseIs(TrainingPhase::finished));
    compareRuns(at("held"), at("killed"));
    compareParts(lesionIn(at("killed")), noisyLesion());
  }

  void openedItActsAndIsShown() {
    auto checkpoint = training::loadCheckpoint(at("held/checkpoint.safetensors"));
    std::vector<std::int32_t> all(8192);
    for (std::size_t u = 0; u < all.size(); ++u) all[u] = static_cast<std::int32_t>(u);
    checkpoint->lesion.parts = {{0, all, PerturbationKind::silence, 1, {}}};
    QVERIFY_OK(training::saveCheckpoint(at("silent.safetensors"), *checkpoint));
    Reader reader;
    QVERIFY(reader.engine.post(OpenCheckpoint{at("silent.safetensors")}));
    QVERIFY_UNTIL(reader, !reader.networks.empty());
    const NetworkFrame network = *reader.networks.back();
    QCOMPARE(network.stamp.lesion, kStoredLesion | network.stamp.network);
    QCOMPARE(network.lesion.version, network.stamp.lesion);
    compareParts(network.lesion, checkpoint->lesion);
    QVERIFY2(network.provenance.find("lesion held: V1, 8192 units, silence") != std::string::npos,
             network.provenance.c_str());
    QVERIFY_UNTIL(reader, reader.mapped(network.stamp.lesion));
    QCOMPARE(reader.lesions.back()->units, std::int64_t{8192});
    QCOMPARE(reader.lesions.back()->stamp.lesion, network.stamp.lesion);
    for (const std::uint8_t spike : reader.activities.back()->spikes[0]) QCOMPARE(spike, std::uint8_t{0});
    // Cleared, the network is seen without it; its checkpoint, saved, is a copy still.
    reader.forget();
    QVERIFY(reader.engine.post(SetLesion{}));
    QVERIFY_UNTIL(reader, !reader.maps.empty() && reader.maps.back()->stamp.lesion == 0);
    const auto& rates = reader.maps.back()->sheets[0].tuning.meanRate;
    QVERIFY(std::any_of(rates.begin(), rates.end(), [](float rate) { return rate > 0; }));
    QVERIFY(reader.engine.post(SaveCheckpoint{at("copy.safetensors")}));
    QVERIFY_UNTIL(reader, reader.told("Saved to"));
    compareParts(training::loadCheckpoint(at("copy.safetensors"))->lesion, checkpoint->lesion);
    // A network without one is opened without.
    QVERIFY_OK(training::train(plainConfig(), runInto(at("plain")), m_recorder, m_recorder.stop));
    reader.forget();
    QVERIFY(reader.engine.post(OpenCheckpoint{at("plain/checkpoint.safetensors")}));
    QVERIFY_UNTIL(reader, !reader.networks.empty());
    QCOMPARE(reader.networks.back()->stamp.lesion, std::uint64_t{0});
    QVERIFY(reader.networks.back()->lesion.parts.empty());
  }

  // What was held stays held when the network learns on.
  void retrainedFromItsCheckpoint() {
    Reader reader;
    QVERIFY(reader.engine.post(OpenCheckpoint{at("held/checkpoint.safetensors")}));
    QVERIFY(reader.engine.post(Retrain{at("on"), 1, 0}));
    QVERIFY(reader.engine.post(Pause{}));
    QVERIFY_UNTIL(reader, reader.pausedAt(0));
    compareParts(lesionIn(at("on")), noisyLesion());
    compareParts(reader.networks.back()->lesion, noisyLesion());
  }

private:
  static training::TrainConfig heldConfig() {
    training::TrainConfig config = stepConfig();
    config.training.checkpointMinutes = 0;
    return config;
  }
  static StartTraining resuming(const std::filesystem::path& out) {
    StartTraining command;
    command.out = out;
    command.resume = true;
    command.threads = 1;
    return command;
  }
  std::filesystem::path at(const std::string& name) const { return pathOf(m_folder, name); }

  QTemporaryDir m_folder;
  Recorder m_recorder;
};

QTEST_APPLESS_MAIN(TestSessionHeld)
#include "test_session_held.moc"
