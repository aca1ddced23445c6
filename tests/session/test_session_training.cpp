// A training in a session: pause, step, resume, stop; what is watched is trained as if nobody looked.
#include <cmath>

#include "tests/session/session_reader.h"

using namespace pinwheel;
using namespace pinwheel::session;
using namespace pinwheel::test;

class TestSessionTraining : public QObject {
  Q_OBJECT

private Q_SLOTS:
  // Everybody looks all the time.
  void watchedIsAsUnwatched() {
    training::TrainConfig config = stepConfig();
    config.evaluation.smoothnessEvery = 1;
    Recorder recorder;
    QVERIFY_OK(training::train(config, runInto(at("unwatched")), recorder, recorder.stop));
    Reader reader({1, 1e3});
    QVERIFY(reader.engine.post(start(config, at("watched"))));
    QVERIFY(reader.engine.post(Pause{}));
    QVERIFY_UNTIL(reader, reader.pausedAt(0));
    QVERIFY(reader.engine.post(Step{5}));
    QVERIFY_UNTIL(reader, reader.pausedAt(5));
    reader.forget();
    QVERIFY(reader.engine.post(MeasureMaps{}));
    QVERIFY(reader.engine.post(ShowStimulus{}));
    QVERIFY(reader.engine.post(AskTuning{1, {1, 2}}));
    QVERIFY(reader.engine.post(SaveCheckpoint{at("on the way.safetensors")}));
    QVERIFY(reader.engine.post(Resume{}));
    QVERIFY_UNTIL(reader, reader.phaseIs(TrainingPhase::finished));
    QVERIFY(!reader.tunings.empty() && !reader.activities.empty() && !reader.maps.empty());
    compareRuns(at("unwatched"), at("watched"));
    QCOMPARE(training::loadCheckpoint(at("on the way.safetensors"))->state.step, std::int64_t{5});
    // The curve: one point a batch, as the log has it.
    const TrainingFrame& frame = *reader.trainings.back();
    QCOMPARE(frame.points.size(), std::size_t{16});
    QCOMPARE(frame.epochs.size(), std::size_t{2});
    QCOMPARE(frame.layers.size(), std::size_t{4});
    QCOMPARE(frame.epochs[0].validationAccuracy, recorder.epochs[0].validationAccuracy);
    for (std::size_t i = 0; i < 16; ++i) {
      QCOMPARE(frame.points[i].step, static_cast<std::int64_t>(i + 1));
      QVERIFY(std::isfinite(frame.points[i].taskLoss) && std::isfinite(frame.points[i].topographicLoss));
      QCOMPARE(frame.points[i].slow.size(), std::size_t{4});
      QCOMPARE(frame.points[i].fast.size(), std::size_t{4});
    }
    QVERIFY(frame.memoryBytes > 10000000);
    // Afterwards it is open, and whole maps are taken.
    QVERIFY_UNTIL(reader, reader.mapped());
    QCOMPARE(reader.networks.back()->path, at("watched/checkpoint.safetensors"));
    QVERIFY(!reader.networks.back()->live);
  }

  void previewsComeWhileItTrains() {
    Reader reader({1, 0.5});
    QVERIFY(reader.engine.post(start(stepConfig(), at("previews"))));
    QVERIFY_UNTIL(reader, reader.phaseIs(TrainingPhase::finished));
    std::int64_t previews = 0;
    for (const auto& maps : reader.maps) {
      if (!maps->preview) continue;
      ++previews;
      QCOMPARE(maps->sheets.size(), std::size_t{4});
      for (const SheetMaps& sheet : maps->sheets) {
        QVERIFY(!sheet.tuning.orientationDeg.empty() &&
                sheet.tuning.meanRate.size() == sheet.tuning.orientationDeg.size());
        QCOMPARE(sheet.domains.size(), std::size_t{5});
      }
    }
    QVERIFY(previews >= 1);
    const auto live =
        std::find_if(reader.networks.begin(), reader.networks.end(), [](const auto& n) { return n->live; });
    QVERIFY(live != reader.networks.end());
    QCOMPARE((*live)->sheets.size(), std::size_t{4});
    QVERIFY((*live)->path.empty());
  }

  // One image of the probe batch a look, each in its turn; every answer says which image it is to.
  void theProbeBatchComesByInTurn() {
    Reader reader({1, 1e3});
    QVERIFY(reader.engine.post(start(stepConfig(), at("turns"))));
    QVERIFY(reader.engine.post(Pause{}));
    QVERIFY_UNTIL(reader, reader.pausedAt(0));
    constexpr int kImages = 10;
    for (int step = 1; step <= kImages + 1; ++step) {
      QVERIFY(reader.engine.post(Step{1}));
      QVERIFY_UNTIL(reader, reader.pausedAt(step));
    }
    QCOMPARE(reader.activities.size(), std::size_t{kImages + 2});
    const std::vector<std::string> categories{"adult",  "child", "body",     "limb", "word",
                                              "number", "house", "corridor", "car",  "instrument"};
    for (int step = 0; step <= kImages + 1; ++step) {
      const ActivityFrame& frame = *reader.activities[static_cast<std::size_t>(step)];
      QCOMPARE(frame.stamp.step, std::int64_t{step});
      QCOMPARE(frame.probeBatch, categories);
      QCOMPARE(frame.probeImage, step % kImages);
      QCOMPARE(frame.stimulus, categories[static_cast<std::size_t>(step % kImages)] + " 0");
    }
    const std::vector<std::uint8_t> adult = reader.activities[0]->picture.pixels;
    QVERIFY(!adult.empty() && reader.activities[kImages]->picture.pixels == adult);
    QVERIFY(reader.activities[1]->picture.pixels != adult);
    // Under a new lesion the same image again: what differs is the lesion's doing.
    reader.forget();
    QVERIFY(reader.engine.post(SetLesion{{5, {{0, {1, 2, 3}, PerturbationKind::silence, 1, {}}}}, 1}));
    QVERIFY_UNTIL(reader, !reader.activities.empty());
    QCOMPARE(reader.activities.back()->stamp.lesion, std::uint64_t{5});
    QCOMPARE(reader.activities.back()->probeImage, 1);
    // What was asked for is of no batch, and takes nobody's turn.
    reader.forget();
    QVERIFY(reader.engine.post(ShowStimulus{}));
    QVERIFY_UNTIL(reader, !reader.activities.empty());
    QCOMPARE(reader.activities.back()->probeImage, -1);
    QVERIFY(reader.activities.back()->probeBatch.empty());
    QVERIFY(reader.activities.back()->picture.pixels == adult);
    reader.forget();
    QVERIFY(reader.engine.post(Step{1}));
    QVERIFY_UNTIL(reader, reader.pausedAt(kImages + 2));
    QCOMPARE(reader.activities.back()->probeImage, 2);
  }

  void pauseStepResumeStop() {
    Reader reader;
    QVERIFY(reader.engine.post(start(stepConfig(20), at("steps"))));
    QVERIFY(reader.engine.post(Pause{}));
    QVERIFY_UNTIL(reader, reader.pausedAt(0));
    QVERIFY(reader.engine.post(Step{3}));
    QVERIFY_UNTIL(reader, reader.pausedAt(3));
    QVERIFY(reader.engine.post(Step{1}));
    QVERIFY_UNTIL(reader, reader.pausedAt(4));
    // Nothing moves while it is paused; commands are served.
    reader.forget();
    QVERIFY(reader.engine.post(ShowStimulus{}));
    QVERIFY_UNTIL(reader, !reader.activities.empty());
    QCOMPARE(reader.activities.back()->stamp.step, std::int64_t{4});
    QVERIFY(reader.trainings.empty());
    QVERIFY(reader.engine.post(Resume{}));
    QVERIFY_UNTIL(reader, !reader.trainings.empty() && reader.trainings.back()->stamp.step > 6);
    QVERIFY(reader.engine.post(Pause{}));
    QVERIFY_UNTIL(reader, reader.phaseIs(TrainingPhase::paused));
    const std::int64_t step = reader.trainings.back()->stamp.step;
    QVERIFY(reader.engine.post(StopTraining{}));
    QVERIFY_UNTIL(reader, reader.phaseIs(TrainingPhase::stopped));
    QCOMPARE(training::loadCheckpoint(at("steps/checkpoint.safetensors"))->state.step, step);
    QVERIFY_UNTIL(reader, reader.mapped());
    QCOMPARE(reader.networks.back()->stamp.step, step);
    // Resumed to its end it is what an uninterrupted run is.
    StartTraining again;
    again.out = at("steps");
    again.resume = true;
    again.threads = 1;
    QVERIFY(reader.engine.post(again));
    QVERIFY_UNTIL(reader, reader.phaseIs(TrainingPhase::finished));
    Recorder recorder;
    QVERIFY_OK(training::train(stepConfig(20), runInto(at("whole")), recorder, recorder.stop));
    compareRuns(at("whole"), at("steps"));
  }

  // A window that is busy, or gone: the training does not care, memory does not grow with it.
  void aReaderThatIsStuck() {
    Reader reader({1, 1e3});
    QVERIFY(reader.engine.post(start(stepConfig(), at("stuck"))));
    while (!std::filesystem::exists(at("stuck/metrics.jsonl")) || linesOf(at("stuck/metrics.jsonl")).size() < 2)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    const News news = reader.engine.take();
    QVERIFY(news.dropped > 10);
    QVERIFY(news.training && news.training->stamp.step == 16);
    QVERIFY(news.maps && news.network);
  }

  void anotherCommandEndsItSaved() {
    Reader reader;
    QVERIFY(reader.engine.post(start(stepConfig(), at("first"))));
    QVERIFY_UNTIL(reader, reader.phaseIs(TrainingPhase::running));
    QVERIFY(reader.engine.post(start(stepConfig(), at("second"))));
    QVERIFY_UNTIL(reader, reader.phaseIs(TrainingPhase::running) && reader.trainings.back()->folder == at("second"));
    QVERIFY_OK(training::loadCheckpoint(at("first/checkpoint.safetensors")));
    // The folder holds a run already: told, and the next command is served.
    QVERIFY(reader.engine.post(start(stepConfig(), at("first"))));
    QVERIFY_UNTIL(reader, reader.told("already holds a run"));
    QVERIFY_UNTIL(reader, reader.phaseIs(TrainingPhase::failed));
    QVERIFY(reader.engine.post(OpenCheckpoint{at("second/checkpoint.safetensors")}));
    QVERIFY_UNTIL(reader, reader.mapped());
  }

  void badConfigurationsAreTold() {
    Reader reader;
    StartTraining command = start(stepConfig(), at("bad"));
    command.settings = {"stc.alpha=-1"};
    QVERIFY(reader.engine.post(command));
    QVERIFY_UNTIL(reader, reader.told("stc.alpha"));
    command.settings = {"stc.alpa=1"};
    QVERIFY(reader.engine.post(command));
    QVERIFY_UNTIL(reader, reader.told("stc.alpa"));
    command.recipe = "dem";
    QVERIFY(reader.engine.post(command));
    QVERIFY_UNTIL(reader, reader.told("demo"));
    command = start(stepConfig(), at("bad"));
    command.resume = true;
    QVERIFY(reader.engine.post(command));
    QVERIFY_UNTIL(reader, reader.told("There is no run to resume"));
    QVERIFY(!std::filesystem::exists(at("bad")));
  }

  void destroyedWhileItTrains() {
    {
      Reader reader;
      QVERIFY(reader.engine.post(start(stepConfig(20), at("destroyed"))));
      QVERIFY(reader.engine.post(Pause{}));
      QVERIFY_UNTIL(reader, reader.pausedAt(0));
      QVERIFY(reader.engine.post(Step{3}));
      QVERIFY_UNTIL(reader, reader.pausedAt(3));
      QVERIFY(reader.engine.post(Resume{}));
    }
    const auto checkpoint = training::loadCheckpoint(at("destroyed/checkpoint.safetensors"));
    QVERIFY_OK(checkpoint);
    QVERIFY(checkpoint->state.step >= 3 && checkpoint->state.step < 40);
    {
      Reader reader;  // and while it is paused
      StartTraining again;
      again.out = at("destroyed");
      again.resume = true;
      QVERIFY(reader.engine.post(again));
      QVERIFY(reader.engine.post(Pause{}));
      QVERIFY_UNTIL(reader, reader.phaseIs(TrainingPhase::paused));
    }
    training::RunOptions run = runInto(at("destroyed"));
    run.resume = true;
    Recorder recorder;
    QVERIFY_OK(training::train(stepConfig(20), run, recorder, recorder.stop));
  }

private:
  StartTraining start(const training::TrainConfig& config, const std::filesystem::path& out) const {
    StartTraining command;
    command.recipe = recipeOf(config, at(out.filename().string() + ".toml"));
    command.out = out;
    command.threads = 1;
    return command;
  }
  std::filesystem::path at(const std::string& name) const { return pathOf(m_folder, name); }

  QTemporaryDir m_folder;
};

QTEST_APPLESS_MAIN(TestSessionTraining)
#include "test_session_training.moc"
