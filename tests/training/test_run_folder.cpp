#include "engine/training/run_folder.h"

#include "tests/support.h"

using namespace pinwheel;
using namespace pinwheel::training;
using formats::HostTensor;
using test::pathOf;

namespace {

// Told apart by their step.
Checkpoint checkpointAt(std::int64_t step) {
  Checkpoint checkpoint;
  checkpoint.config.stc.alpha = 0.75;
  checkpoint.sheets = {topography::retinotopicSheet({"V1", "V1", 4, 6, 6, 24.5, 36.75, 1.084, 0.35}, 1)};
  checkpoint.model["conv.weight"] = HostTensor::fromFloats(std::vector<float>{1, 2, 3, 4}, {2, 2});
  checkpoint.state.step = step;
  return checkpoint;
}

}  // namespace

class TestRunFolder : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void init() {
    m_folder = std::make_unique<QTemporaryDir>();
    m_warnings.clear();
  }

  void aConfigurationAloneIsNothingToLose() {
    RunFolder folder(at("run"));
    QVERIFY(!folder.holdsRun() && !folder.holdsResults());
    QVERIFY_OK(folder.claim());
    QVERIFY(!folder.holdsRun() && !folder.holdsResults());
    TrainConfig config;
    config.training.weights = "some weights.pt";
    QVERIFY_OK(folder.begin(config, {"pinwheel-cli train", 3, "cpu"}));
    QVERIFY(folder.holdsRun() && !folder.holdsResults());
    const auto stored = folder.readConfig();
    QVERIFY_OK(stored);
    QCOMPARE(stored->training.weights, config.training.weights);
    const auto record = folder.readRecord();
    QVERIFY_OK(record);
    QCOMPARE(record->command, std::string("pinwheel-cli train"));
    QCOMPARE(record->threads, 3);
    QCOMPARE(record->device, std::string("cpu"));
    QVERIFY(record->lesion.empty());
    QVERIFY_OK(writeFileAtomically(folder.positions(), std::string_view("x")));
    QVERIFY(folder.holdsResults());
  }

  void theRecordHoldsTheLesion() {
    RunFolder folder(at("run"));
    QVERIFY_OK(folder.claim());
    const std::string lesion = "[{\"sheet\":\"V1\",\"units\":[1,2]}]";
    QVERIFY_OK(folder.begin(TrainConfig(), {"c", 1, "cpu", lesion}));
    QCOMPARE(folder.readRecord()->lesion, lesion);
  }

  void oneProcessWorksInIt() {
    {
      RunFolder first(at("run"));
      QVERIFY_OK(first.claim());
      RunFolder second(at("run"));
      QVERIFY_REFUSED(second.claim(), "Another run is at work");
    }
    RunFolder third(at("run"));
    QVERIFY_OK(third.claim());
    QVERIFY_REFUSED(RunFolder("/proc/none").claim(), "cannot be made");
  }

  void claimingClearsWhatAKilledRunLeft() {
    std::filesystem::create_directories(at("run"));
    for (const char* name : {"checkpoint.safetensors.tmp-a1B2c3", "checkpoint.safetensors.bak.new",
                             "metrics.jsonl.tmp-a1B2c3", "mine.tmp-a1B2c3"})
      QVERIFY_OK(writeFileAtomically(at("run") / name, std::string_view("x")));
    RunFolder folder(at("run"));
    QVERIFY_OK(folder.claim());
    QStringList left = QDir(QString::fromStdString(at("run").string())).entryList(QDir::Files, QDir::Name);
    QCOMPARE(left, (QStringList{"mine.tmp-a1B2c3", "run.lock"}));
  }

  void damagedRecordsAreNamed_data() {
    QTest::addColumn<QString>("text");
    QTest::newRow("empty") << "";
    QTest::newRow("no JSON") << "{";
    QTest::newRow("another type") << "[]";
    QTest::newRow("no threads") << R"({"command":"c","device":"cpu"})";
    QTest::newRow("negative threads") << R"({"command":"c","device":"cpu","threads":-1})";
    QTest::newRow("a lesion's number") << R"({"command":"c","device":"cpu","threads":1,"lesion":3})";
    QTest::newRow("too many threads") << R"({"command":"c","device":"cpu","threads":4294967297})";
  }
  void damagedRecordsAreNamed() {
    QFETCH(QString, text);
    RunFolder folder(at("run"));
    QVERIFY_OK(folder.claim());
    QVERIFY_OK(writeFileAtomically(folder.record(), text.toStdString()));
    QVERIFY_REFUSED(folder.readRecord(), folder.record().string());
    QVERIFY_REFUSED(folder.readRecord(), "give --threads");
  }

  void theNewestCheckpointIsTaken() {
    RunFolder folder(at("run"));
    QVERIFY_OK(folder.claim());
    QVERIFY(!newest(folder).value().has_value());
    QVERIFY_OK(saveCheckpoint(folder.checkpoint(), checkpointAt(1)));
    QVERIFY_OK(saveCheckpoint(folder.checkpoint(), checkpointAt(2)));
    QCOMPARE((*newest(folder))->state.step, std::int64_t{2});
    QVERIFY(m_warnings.empty());
    // The configuration stands in it, too.
    QCOMPARE(folder.readConfig()->stc.alpha, 0.75);
  }

  void aDamagedCheckpointNeverBecomesTheBackup() {
    RunFolder folder(at("run"));
    QVERIFY_OK(folder.claim());
    QVERIFY_OK(saveCheckpoint(folder.checkpoint(), checkpointAt(1)));
    QVERIFY_OK(saveCheckpoint(folder.checkpoint(), checkpointAt(2)));
    std::filesystem::resize_file(folder.checkpoint(), 200);
    QCOMPARE((*newest(folder))->state.step, std::int64_t{1});
    QCOMPARE(m_warnings.size(), std::size_t{1});
    QCOMPARE(std::filesystem::file_size(at("run") / "checkpoint.safetensors.broken"), std::uintmax_t{200});
    QCOMPARE(loadCheckpoint(folder.checkpoint())->state.step, std::int64_t{1});
    QVERIFY_OK(saveCheckpoint(folder.checkpoint(), checkpointAt(3)));
    QCOMPARE(loadCheckpoint(at("run") / "checkpoint.safetensors.bak")->state.step, std::int64_t{1});
  }

  void aBackupAloneIsARun() {
    RunFolder folder(at("run"));
    QVERIFY_OK(folder.claim());
    QVERIFY_OK(saveCheckpoint(folder.checkpoint(), checkpointAt(1)));
    std::filesystem::rename(folder.checkpoint(), at("run") / "checkpoint.safetensors.bak");
    QVERIFY(folder.holdsRun() && folder.holdsResults());
    QCOMPARE(folder.readConfig()->stc.alpha, 0.75);
    QCOMPARE((*newest(folder))->state.step, std::int64_t{1});
    QCOMPARE(m_warnings.size(), std::size_t{1});
    QVERIFY(std::filesystem::exists(folder.checkpoint()));
    QVERIFY(!std::filesystem::exists(at("run") / "checkpoint.safetensors.broken"));
  }

  void twoDamagedCheckpointsStay() {
    RunFolder folder(at("run"));
    QVERIFY_OK(folder.claim());
    for (const char* name : {"checkpoint.safetensors", "checkpoint.safetensors.bak"})
      QVERIFY_OK(writeFileAtomically(at("run") / name, std::string_view("rubbish")));
    QVERIFY_REFUSED(newest(folder), "nor can the newest one be read");
    for (const char* name : {"checkpoint.safetensors", "checkpoint.safetensors.bak"})
      QVERIFY(std::filesystem::exists(at("run") / name));
  }

  void onlyWhatChangesNothingMayDiffer() {
    TrainConfig stored;
    TrainConfig asked;
    asked.data.source = "folder:/elsewhere";
    asked.data.workers = 3;
    asked.training.checkpointMinutes = 1;
    QVERIFY_OK(checkSameConfig(stored, asked, false));
    asked.training.weights = "other.pt";
    QVERIFY_OK(checkSameConfig(stored, asked, true));
    QVERIFY_REFUSED(checkSameConfig(stored, asked, false), "training.weights ( there, other.pt asked)");
    asked.stc.alpha = 3;
    QVERIFY_REFUSED(checkSameConfig(stored, asked, true), "stc.alpha (0.5 there, 3 asked)");
  }

  void everyCommandIsKept() {
    std::string history = commandHistory("", "train --out a");
    QCOMPARE(history, std::string("train --out a"));
    for (int i = 0; i < 3; ++i) history = commandHistory(history, "train --resume");
    QCOMPARE(history, std::string("train --out a ; resumed: train --resume"));
    QCOMPARE(commandHistory(history, "train --resume --threads 2"),
             std::string("train --out a ; resumed: train --resume ; resumed: train --resume --threads 2"));
  }

private:
  std::filesystem::path at(const std::string& name) const { return pathOf(*m_folder, name); }
  Expected<std::optional<Checkpoint>> newest(RunFolder& folder) {
    return folder.newestCheckpoint([this](const std::string& text) { m_warnings.push_back(text); });
  }

  std::unique_ptr<QTemporaryDir> m_folder;
  std::vector<std::string> m_warnings;
};

QTEST_APPLESS_MAIN(TestRunFolder)
#include "test_run_folder.moc"
