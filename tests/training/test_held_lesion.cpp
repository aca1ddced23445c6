// Runs that hold a lesion: stopped, killed, resumed with it and without it.
#include "engine/training/live.h"

#include <QFile>
#include <QJsonArray>
#include <algorithm>

#include "tests/training/killed.h"

using namespace pinwheel;
using namespace pinwheel::training;
using namespace pinwheel::test;

namespace {

// 4 batches an epoch, a checkpoint after every one.
TrainConfig heldConfig() {
  TrainConfig config = plainConfig();
  config.training.epochs = 2;
  config.training.checkpointMinutes = 0;
  return config;
}

// Takes the lesion away behind a step.
class Dropper final : public Recorder {
public:
  void onLive(LiveTraining& live) override {
    if (live.state().step == 5) QVERIFY_OK(live.hold({}));
  }
};

Checkpoint checkpointOf(const std::filesystem::path& run) {
  const auto checkpoint = loadCheckpoint(run / "checkpoint.safetensors");
  return checkpoint ? *checkpoint : Checkpoint{};
}

QJsonObject eventAt(const std::filesystem::path& run, std::size_t line) {
  return QJsonDocument::fromJson(QByteArray::fromStdString(linesOf(run / "events.jsonl").at(line))).object();
}

bool tells(const Recorder& recorder, const std::string& part) {
  return std::any_of(recorder.phases.begin(), recorder.phases.end(),
                     [&](const std::string& phase) { return phase.find(part) != std::string::npos; });
}

}  // namespace

class TestHeldLesion : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void initTestCase() {
    QVERIFY(m_folder.isValid());
    Recorder recorder;
    QVERIFY_OK(train(heldConfig(), holding(at("whole")), recorder, recorder.stop));
    QVERIFY(tells(recorder, "lesion held: V1, 3 units, noise 0.5; IT, 1 unit, freeze"));
    QCOMPARE(checkpointOf(at("whole")).lesion.parts.size(), std::size_t{2});
    QCOMPARE(linesOf(at("whole/events.jsonl")).size(), std::size_t{1});
    QCOMPARE(eventAt(at("whole"), 0)["step"].toInt(), 0);
    // It makes a difference.
    Recorder plain;
    QVERIFY_OK(train(heldConfig(), runInto(at("plain")), plain, plain.stop));
    QVERIFY(weightsDiffer(at("whole"), at("plain")));
    QVERIFY(!std::filesystem::exists(at("plain/events.jsonl")));
  }

  void killedAndResumedIsExact_data() {
    QTest::addColumn<int>("step");
    QTest::newRow("before the first batch was saved") << 1;
    QTest::newRow("inside the first epoch") << 3;
    QTest::newRow("behind the last batch of an epoch") << 5;
    QTest::newRow("inside the second") << 7;
  }
  void killedAndResumedIsExact() {
    QFETCH(int, step);
    const auto out = at("killed" + std::to_string(step));
    Killed killed(step);
    QVERIFY_REFUSED(train(heldConfig(), holding(out), killed, killed.stop), "killed at step");
    QCOMPARE(checkpointOf(out).state.step, std::int64_t{step - 1});
    QCOMPARE(checkpointOf(out).lesion.parts.size(), std::size_t{2});
    Recorder second;
    QVERIFY_OK(train(heldConfig(), resuming(out), second, second.stop));
    QVERIFY(tells(second, "lesion held: V1, 3 units"));
    compareRuns(at("whole"), out);
    QCOMPARE(checkpointOf(out).lesion.parts.size(), std::size_t{2});
    QCOMPARE(linesOf(out / "events.jsonl").size(), std::size_t{1});  // nothing was changed
  }

  // Until there is a checkpoint run.json holds it.
  void killedBeforeThereIsACheckpoint() {
    TrainConfig config = heldConfig();
    config.training.epochs = 1;
    config.placement.enabled = true;
    config.placement.windows = 10;
    Recorder whole;
    QVERIFY_OK(train(config, holding(at("placed")), whole, whole.stop));
    const auto out = at("killed while placing");
    Recorder killed;
    killed.killAt = "placing V1";
    QVERIFY_REFUSED(train(config, holding(out), killed, killed.stop), "killed at");
    QVERIFY(!std::filesystem::exists(out / "checkpoint.safetensors"));
    Recorder second;
    QVERIFY_OK(train(config, resuming(out), second, second.stop));
    QVERIFY(tells(second, "lesion held"));
    compareRuns(at("placed"), out);
    QCOMPARE(checkpointOf(out).lesion.parts.size(), std::size_t{2});
  }

  void droppedOnPurpose() {
    const auto out = at("dropped");
    Killed killed(6);
    QVERIFY_REFUSED(train(heldConfig(), holding(out), killed, killed.stop), "killed at step");
    RunOptions without = resuming(out);
    without.withoutLesion = true;
    Killed again(6);
    QVERIFY_REFUSED(train(heldConfig(), without, again, again.stop), "killed at step");
    QVERIFY(tells(again, "lesion dropped: V1, 3 units"));
    // It is gone for good: the checkpoint was written again, at the same place.
    QCOMPARE(checkpointOf(out).state.step, std::int64_t{5});
    QVERIFY(checkpointOf(out).lesion.parts.empty());
    QCOMPARE(linesOf(out / "events.jsonl").size(), std::size_t{2});
    const QJsonObject event = eventAt(out, 1);
    QCOMPARE(event["step"].toInt(), 5);
    QVERIFY(event["what"].toObject()["lesion"].isArray() && event["what"].toObject()["lesion"].toArray().isEmpty());
    Recorder last;
    QVERIFY_OK(train(heldConfig(), resuming(out), last, last.stop));
    QVERIFY(!tells(last, "lesion"));
    QVERIFY(weightsDiffer(at("whole"), out));
    // As a run whose lesion was taken away there by hand.
    Dropper dropper;
    QVERIFY_OK(train(heldConfig(), holding(at("by hand")), dropper, dropper.stop));
    compareRuns(at("by hand"), out);
  }

  void withoutALesionThereIsNothingToDrop() {
    const auto out = at("nothing");
    Killed killed(6);
    QVERIFY_REFUSED(train(heldConfig(), runInto(out), killed, killed.stop), "killed at step");
    RunOptions without = resuming(out);
    without.withoutLesion = true;
    Recorder second;
    QVERIFY_OK(train(heldConfig(), without, second, second.stop));
    QVERIFY(!std::filesystem::exists(out / "events.jsonl"));
    compareRuns(at("plain"), out);
  }

  void aLesionThatDoesNotFitStartsNothing() {
    RunOptions run = holding(at("misfit"));
    run.lesion.parts[0].units.push_back(8192);
    Recorder recorder;
    QVERIFY_REFUSED(train(heldConfig(), run, recorder, recorder.stop), "unit 8192 of sheet V1");
    QVERIFY(!std::filesystem::exists(at("misfit")));
  }

  // A record that was tampered with, in a run without a checkpoint.
  void aDamagedRecordIsNamed() {
    TrainConfig config = heldConfig();
    config.placement.enabled = true;
    Recorder killed;
    killed.killAt = "auxiliary network";
    QVERIFY_REFUSED(train(config, holding(at("record")), killed, killed.stop), "killed at");
    const RunFolder folder(at("record"));
    auto record = folder.readRecord();
    QVERIFY_OK(record);
    QVERIFY(record->lesion.find("\"noise\"") != std::string::npos);
    QFile file(QString::fromStdString(folder.record().string()));
    QVERIFY(file.open(QIODevice::ReadOnly));
    const QByteArray text = file.readAll().replace("noise", "heals");
    file.close();
    put(folder.record(), text.toStdString());
    Recorder second;
    QVERIFY_REFUSED(train(config, resuming(at("record")), second, second.stop), "heals");
    QVERIFY_REFUSED(train(config, resuming(at("record")), second, second.stop), folder.record().string());
  }

private:
  static RunOptions holding(const std::filesystem::path& out) {
    RunOptions run = runInto(out);
    run.lesion = noisyLesion();
    return run;
  }
  static RunOptions resuming(const std::filesystem::path& out) {
    RunOptions run = runInto(out);
    run.resume = true;
    return run;
  }
  static bool weightsDiffer(const std::filesystem::path& a, const std::filesystem::path& b) {
    return checkpointOf(a).model.at("conv1.weight").bytes != checkpointOf(b).model.at("conv1.weight").bytes;
  }
  std::filesystem::path at(const std::string& name) const { return pathOf(m_folder, name); }

  QTemporaryDir m_folder;
};

QTEST_APPLESS_MAIN(TestHeldLesion)
#include "test_held_lesion.moc"
