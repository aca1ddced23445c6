#include "engine/training/checkpoint.h"

#include "engine/core/files.h"
#include "engine/formats/safetensors.h"
#include "tests/support.h"

using namespace pinwheel;
using namespace pinwheel::training;
using formats::HostTensor;
using perturbation::PerturbationKind;
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
  checkpoint.provenance.weights = "start.pt";
  return checkpoint;
}

// The same, written while a lesion was held: 144 units on V1, 32 on IT, four time steps.
Checkpoint lesioned() {
  Checkpoint checkpoint = example();
  checkpoint.lesion = {
      7, {{1, {0, 5, 31}, PerturbationKind::noise, 0.1 + 0.2, {}}, {0, {3}, PerturbationKind::stimulate, 1, {0, 3}}}};
  return checkpoint;
}

void compareLesions(const perturbation::Lesion& got, const perturbation::Lesion& want) {
  QCOMPARE(got.parts.size(), want.parts.size());
  for (std::size_t p = 0; p < want.parts.size(); ++p) {
    QCOMPARE(got.parts[p].sheet, want.parts[p].sheet);
    QCOMPARE(got.parts[p].units, want.parts[p].units);
    QVERIFY(got.parts[p].kind == want.parts[p].kind);
    QVERIFY(got.parts[p].strength == want.parts[p].strength);  // to the bit
    QCOMPARE(got.parts[p].timeSteps, want.parts[p].timeSteps);
  }
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
    QCOMPARE(back->provenance.weights, std::string("start.pt"));
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

  void roundTripsTheLesion() {
    QTemporaryDir folder;
    const auto path = pathOf(folder, "c.safetensors");
    QVERIFY_OK(saveCheckpoint(path, lesioned()));
    const auto back = loadCheckpoint(path);
    QVERIFY_OK(back);
    compareLesions(back->lesion, lesioned().lesion);
    QCOMPARE(back->lesion.version, std::uint64_t{0});  // whoever opens it gives it one
    const auto info = loadCheckpointInfo(path);
    QVERIFY_OK(info);
    compareLesions(info->lesion, lesioned().lesion);
    QCOMPARE(perturbation::lesionText(info->lesion, info->sheets),
             std::string("IT, 3 units, noise 0.3; V1, 1 unit, stimulate"));
    // Without a lesion there is no word of it, as in files of before.
    QVERIFY_OK(saveCheckpoint(path, example()));
    QCOMPARE(formats::loadSafetensorsHeader(path)->metadata.count("pinwheel.lesion"), std::size_t{0});
    QVERIFY(loadCheckpoint(path)->lesion.parts.empty());
    QVERIFY(loadCheckpointInfo(path)->lesion.parts.empty());
  }

  // What could not be read back is not written, and the file that is there stays.
  void aLesionOfOtherSheetsIsNotWritten() {
    QTemporaryDir folder;
    const auto path = pathOf(folder, "c.safetensors");
    QVERIFY_OK(saveCheckpoint(path, lesioned()));
    Checkpoint wrong = lesioned();
    wrong.lesion.parts[0].units.push_back(32);
    QVERIFY_REFUSED(saveCheckpoint(path, wrong), "unit 32 of sheet IT");
    wrong = lesioned();
    wrong.lesion.parts.assign(4097, {0, {1}, PerturbationKind::silence, 1, {}});
    QVERIFY_REFUSED(saveCheckpoint(path, wrong), "4097 parts");
    compareLesions(loadCheckpoint(path)->lesion, lesioned().lesion);
  }

  void hostileLesionsAreRefused_data() {
    QTest::addColumn<QString>("value");
    QTest::addColumn<QString>("says");
    QTest::newRow("no JSON") << "[{"
                             << "The lesion cannot be read: it is not valid JSON";
    QTest::newRow("another type") << "{}"
                                  << "no JSON array";
    QTest::newRow("no object") << "[1]"
                               << "Part 1 of the lesion cannot be read: it is no object";
    QTest::newRow("no member") << "[{}]"
                               << "its sheet is not a text";
    const QString part = "{\"sheet\":\"V1\",\"kind\":\"silence\",\"strength\":1,\"units\":[1]}";
    QTest::newRow("thousands of parts") << "[" + QString(part + ",").repeated(4096) + part + "]"
                                        << "4097 parts";
    QTest::newRow("a deep sheet") << "[{\"sheet\":" + QString("[").repeated(200000) + QString("]").repeated(200000) +
                                         "}]"
                                  << "nested more than 16 deep";
    QTest::newRow("millions of values") << "[" + QString("0,").repeated(1 << 22) + "0]"
                                        << "of more than 2228800 values";
  }
  void hostileLesionsAreRefused() {
    QFETCH(QString, value);
    QFETCH(QString, says);
    QTemporaryDir folder;
    const auto path = pathOf(folder, "c.safetensors");
    QVERIFY_OK(saveCheckpoint(path, example()));
    auto file = *formats::loadSafetensors(path);
    file.metadata["pinwheel.lesion"] = value.toStdString();
    QVERIFY_OK(formats::saveSafetensors(path, file));
    QVERIFY_REFUSED(loadCheckpoint(path), says.toStdString());
    QVERIFY_REFUSED(loadCheckpoint(path), path.string());
    QVERIFY_REFUSED(loadCheckpointInfo(path), says.toStdString());
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
    QTest::newRow("a deep state") << "pinwheel.state" << QString("[").repeated(1 << 22)
                                  << "are nested more than 16 deep";
    QTest::newRow("a deep member") << "pinwheel.provenance"
                                   << "{\"data\":" + QString("[").repeated(16) + QString("]").repeated(16) + "}"
                                   << "are nested more than 16 deep";
    QTest::newRow("millions of sheets") << "pinwheel.sheets"
                                        << "[" + QString("[],").repeated(1 << 20) + "0]"
                                        << "are of more than 1000000 values";
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

  // A good file with one number of its metadata changed.
  void impossibleNumbersAreRefused_data() {
    QTest::addColumn<QString>("key");
    QTest::addColumn<QString>("good");
    QTest::addColumn<QString>("bad");
    QTest::addColumn<QString>("says");
    const auto row = [](const char* name, const char* key, const char* good, const char* bad, const char* says) {
      QTest::newRow(name) << key << good << bad << says;
    };
    for (const char* shape : {"[0,6,6]", "[-4,-6,6]", "[1048577,1,1]", "[65536,65536,1]", "[1048576,1048576,1048576]",
                              "[4294967300,6,6]", "[18446744073709551612,6,6]"})
      QTest::addRow("shape %s", shape) << "pinwheel.sheets"
                                       << R"("shape":[4,6,6])" << QString(R"("shape":%1)").arg(shape)
                                       << "shape of sheet V1";
    row("two extents", "pinwheel.sheets", "[4,6,6]", "[4,36]", "malformed");
    row("no width", "pinwheel.sheets", R"("training_side_mm":24.5)", R"("training_side_mm":0)", "training_side_mm");
    row("negative width", "pinwheel.sheets", R"("training_side_mm":24.5)", R"("training_side_mm":-1)",
        "training_side_mm");
    row("no display", "pinwheel.sheets", R"("display_side_mm":36.75)", R"("display_side_mm":0)", "display_side_mm");
    row("no neighbourhood", "pinwheel.sheets", R"("neighbourhood_mm":1.084)", R"("neighbourhood_mm":-0.0)",
        "neighbourhood_mm");
    row("infinite width", "pinwheel.sheets", "36.75", "1e999", "not valid JSON");
    row("epoch", "pinwheel.state", R"("epoch":3)", R"("epoch":-1)", "epoch is -1");
    row("batch", "pinwheel.state", R"("batch":17)", R"("batch":-17)", "batch is -17");
    row("step", "pinwheel.state", R"("step":485)", R"("step":-485)", "step is -485");
    row("huge step", "pinwheel.state", R"("step":485)", R"("step":9223372036854775807)", "step is 9223372036854775807");
    row("metrics", "pinwheel.state", R"("metrics_bytes":1234)", R"("metrics_bytes":-1)", "metrics_bytes is -1");
    row("no deviation", "pinwheel.provenance", "[0.25,0.25,0.25]", "[0.25,0,0.25]", "normalisation");
    row("negative deviation", "pinwheel.provenance", "[0.25,0.25,0.25]", "[0.25,0.25,-1]", "normalisation");
    row("infinite deviation", "pinwheel.provenance", "[0.25,0.25,0.25]", "[1e300,0.25,0.25]", "normalisation");
    row("infinite mean", "pinwheel.provenance", "[0.5,0.5,0.5]", "[0.5,-1e300,0.5]", "normalisation");
    row("negative threads", "pinwheel.provenance", R"("threads":2)", R"("threads":-2)", "-2 threads");
    row("many threads", "pinwheel.provenance", R"("threads":2)", R"("threads":4294967298)", "4294967298 threads");
    const char* const lesion = "pinwheel.lesion";
    row("a sheet that is not there", lesion, "\"IT\"", "\"V9\"", "\"V9\", no sheet of this network");
    row("a sheet's number", lesion, "\"IT\"", "1", "not a text");
    row("an unknown kind", lesion, "\"noise\"", "\"heal\"", "\"heal\", which this version does not know");
    row("too strong", lesion, "0.30000000000000004", "1.5", "strength is 1.5");
    row("a negative strength", lesion, "0.30000000000000004", "-0.1", "strength is -0.1");
    row("a strength in words", lesion, "0.30000000000000004", "\"half\"", "strength is no number");
    row("a strength that is true", lesion, "0.30000000000000004", "true", "strength is no number");
    row("a unit too far", lesion, "[0,5,31]", "[0,5,32]", "unit 32 of sheet IT");
    row("a unit twice", lesion, "[0,5,31]", "[0,5,5]", "not in ascending order");
    for (const char* units : {"[-1]", "[0.5]", "[true]", "[2147483648]", "[4294967296]", "[18446744073709551615]",
                              "[[0]]", "{\"a\":1}", "31", "null"})
      QTest::addRow("units %s", units) << lesion << "[0,5,31]" << units << "units are no list of unit numbers";
    row("a step too far", lesion, "[0,3]", "[0,4]", "time step 4");
    row("more steps than there are", lesion, "[0,3]", "[0,1,2,3,3]", "5 time steps");
    row("steps in words", lesion, "[0,3]", "\"all\"", "time steps are no list");
  }
  void impossibleNumbersAreRefused() {
    QFETCH(QString, key);
    QFETCH(QString, good);
    QFETCH(QString, bad);
    QFETCH(QString, says);
    QTemporaryDir folder;
    const auto path = pathOf(folder, "c.safetensors");
    QVERIFY_OK(saveCheckpoint(path, lesioned()));
    auto file = *formats::loadSafetensors(path);
    QString text = QString::fromStdString(file.metadata[key.toStdString()]);
    QVERIFY2(text.contains(good), qPrintable(text));
    file.metadata[key.toStdString()] = text.replace(good, bad).toStdString();
    QVERIFY_OK(formats::saveSafetensors(path, file));
    QVERIFY_REFUSED(loadCheckpoint(path), says.toStdString());
    QVERIFY_REFUSED(loadCheckpoint(path), path.string());
    QVERIFY_REFUSED(loadCheckpointInfo(path), says.toStdString());
    if (key == "pinwheel.sheets") QVERIFY_REFUSED(loadPositions(path), says.toStdString());
  }
};

QTEST_APPLESS_MAIN(TestCheckpoint)
#include "test_checkpoint.moc"
