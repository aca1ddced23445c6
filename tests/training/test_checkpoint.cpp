#include "engine/training/checkpoint.h"

#include "engine/core/files.h"
#include "engine/formats/safetensors.h"
#include "tests/support.h"

using namespace pinwheel;
using namespace pinwheel::training;
using formats::HostTensor;
using test::pathOf;

namespace {

Checkpoint example() {
  Checkpoint checkpoint;
  checkpoint.config.stc.alpha = 0.1 + 0.2;
  checkpoint.config.model.backbone = "tiny";
  checkpoint.sheets = {topography::retinotopicSheet({"V1", "V1", 4, 6, 6, 24.5, 36.75, 1.084, 0.35}, 1),
                       topography::retinotopicSheet({"IT", "IT", 8, 2, 2, 10, 70, 4.5, 1}, 2)};
  checkpoint.model["conv.weight"] = HostTensor::fromFloats(std::vector<float>{1, 2, 3, 4}, {2, 2});
  checkpoint.model["bn.num_batches_tracked"] = HostTensor::fromInts(std::vector<std::int64_t>{7}, {});
  checkpoint.optimizer["first.conv.weight"] = HostTensor::fromFloats(std::vector<float>{0, 1, 0, 1}, {2, 2});
  checkpoint.state = {3, 17, 485, 1234, false, {{"task", 0.1 + 0.7}, {"images", 64}}};
  checkpoint.provenance.version = "0.1.0";
  checkpoint.provenance.created = "2026-01-31T12:00:00Z";
  checkpoint.provenance.classNames = {"cat", "d\"og"};
  checkpoint.provenance.threads = 2;
  return checkpoint;
}

}  // namespace

class TestCheckpoint : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void roundTripsEverything() {
    QTemporaryDir folder;
    const auto path = pathOf(folder, "c.safetensors");
    const Checkpoint checkpoint = example();
    QVERIFY_OK(saveCheckpoint(path, checkpoint));
    const auto back = loadCheckpoint(path);
    QVERIFY_OK(back);
    QCOMPARE(back->config.stc.alpha, checkpoint.config.stc.alpha);
    QCOMPARE(back->sheets.size(), std::size_t{2});
    QCOMPARE(back->sheets[0].xMm, checkpoint.sheets[0].xMm);
    QCOMPARE(back->sheets[1].yMm, checkpoint.sheets[1].yMm);
    QCOMPARE(back->sheets[1].spec.displaySideMm, 70.0);
    QCOMPARE(back->sheets[0].spec.neighbourhoodMm, 1.084);
    QVERIFY(back->model.at("conv.weight").bytes == checkpoint.model.at("conv.weight").bytes);
    QCOMPARE(back->model.size(), std::size_t{2});
    QCOMPARE(back->optimizer.size(), std::size_t{1});
    QCOMPARE(back->state.sums, checkpoint.state.sums);
    QCOMPARE(back->state.step, std::int64_t{485});
    QCOMPARE(back->provenance.classNames, checkpoint.provenance.classNames);
    const auto info = loadCheckpointInfo(path);
    QVERIFY_OK(info);
    QCOMPARE(info->parameterCount, std::int64_t{4});
    QCOMPARE(info->tensors.size(), std::size_t{7});
    // Positions alone can be taken from a checkpoint, and stand in a file of their own.
    const auto fromCheckpoint = loadPositions(path);
    QVERIFY_OK(fromCheckpoint);
    QVERIFY_OK(savePositions(pathOf(folder, "p.safetensors"), *fromCheckpoint, ""));
    QCOMPARE((*loadPositions(pathOf(folder, "p.safetensors")))[0].xMm, checkpoint.sheets[0].xMm);
  }

  void theSameContentIsTheSameBytes() {
    QTemporaryDir folder;
    QVERIFY_OK(saveCheckpoint(pathOf(folder, "a"), example()));
    QVERIFY_OK(saveCheckpoint(pathOf(folder, "b"), example()));
    QCOMPARE(*readFile(pathOf(folder, "a"), 1 << 20), *readFile(pathOf(folder, "b"), 1 << 20));
  }

  void truncationIsRefused() {
    QTemporaryDir folder;
    const auto path = pathOf(folder, "c.safetensors");
    QVERIFY_OK(saveCheckpoint(path, example()));
    const std::string bytes = *readFile(path, 1 << 20);
    for (std::size_t n = 0; n < bytes.size(); n += 31) {
      QVERIFY_OK(writeFileAtomically(path, bytes.substr(0, n)));
      QVERIFY_REFUSED(loadCheckpoint(path), path.string());
      QVERIFY(!loadCheckpointInfo(path));
      QVERIFY(!loadPositions(path));
    }
  }

  void foreignAndDamagedFilesAreNamed_data() {
    QTest::addColumn<QString>("key");
    QTest::addColumn<QString>("value");
    QTest::addColumn<QString>("says");
    QTest::newRow("another program's") << "pinwheel.format" << QString() << "another program";
    QTest::newRow("a newer format") << "pinwheel.format"
                                    << "2"
                                    << "format is 2";
    QTest::newRow("no state") << "pinwheel.state" << QString() << "lack \"pinwheel.state\"";
    QTest::newRow("state is no JSON") << "pinwheel.state"
                                      << "{"
                                      << "not valid JSON";
    QTest::newRow("state lacks a member") << "pinwheel.state"
                                          << "{}"
                                          << "malformed";
    QTest::newRow("state of another type") << "pinwheel.state"
                                           << "[1]"
                                           << "malformed";
    QTest::newRow("unknown option") << "pinwheel.config"
                                    << "[stc]\nalpah = 1.0"
                                    << "stc.alpha";
    QTest::newRow("a sheet that is not there")
        << "pinwheel.sheets"
        << R"([{"layer":"V9","area":"V1","shape":[1,1,1],"training_side_mm":1,"display_side_mm":1,"neighbourhood_mm":1,"rf_overlap":0}])"
        << "sheet.V9.x_mm";
    QTest::newRow("a sheet of another size")
        << "pinwheel.sheets"
        << R"([{"layer":"V1","area":"V1","shape":[5,6,6],"training_side_mm":24.5,"display_side_mm":1,"neighbourhood_mm":1,"rf_overlap":0}])"
        << "F32 [180]";
  }
  void foreignAndDamagedFilesAreNamed() {
    QFETCH(QString, key);
    QFETCH(QString, value);
    QFETCH(QString, says);
    QTemporaryDir folder;
    const auto path = pathOf(folder, "c.safetensors");
    QVERIFY_OK(saveCheckpoint(path, example()));
    auto file = *formats::loadSafetensors(path);
    if (value.isNull())
      file.metadata.erase(key.toStdString());
    else
      file.metadata[key.toStdString()] = value.toStdString();
    QVERIFY_OK(formats::saveSafetensors(path, file));
    QVERIFY_REFUSED(loadCheckpoint(path), says.toStdString());
  }
};

QTEST_APPLESS_MAIN(TestCheckpoint)
#include "test_checkpoint.moc"
