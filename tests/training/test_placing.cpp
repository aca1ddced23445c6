// Placement before training: what it says of sheets that it cannot place.
#include "engine/training/placing.h"

#include <torch/torch.h>

#include "engine/data/world.h"
#include "engine/snn/backbones.h"
#include "engine/training/setup.h"
#include "tests/support.h"
#include "tests/training/small_run.h"

using namespace pinwheel;
using namespace pinwheel::training;
using namespace pinwheel::test;

namespace {

TrainConfig smallPlacement() {
  TrainConfig config = smallConfig();
  config.model.imageSide = 16;
  config.model.timeSteps = 2;
  config.placement.windows = 100;
  for (AreaConfig& area : config.sheets.areas) area.neighbourhoodMm = area.displayMm / 3;
  return config;
}

}  // namespace

class TestPlacing : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void initTestCase() { at::set_num_threads(1); }

  void tellsWhichSheetsAreNotPlaced_data() {
    QTest::addColumn<double>("threshold");
    QTest::addColumn<int>("auxiliaryEpochs");
    QTest::addColumn<double>("neighbourhoodOfIt");
    QTest::addColumn<QStringList>("warnings");
    QTest::newRow("all is well") << 1.0 << 1 << 20.0 << QStringList{};
    // Batch norm's initial statistics would leave all but V1 silent.
    QTest::newRow("an untrained auxiliary network") << 1.0 << 0 << 20.0 << QStringList{};
    QTest::newRow("silent") << 1000.0 << 1 << 20.0
                            << QStringList{"sheet of V1 is hardly placed: 2048 of 2048", "sheet of V2 is hardly placed",
                                           "sheet of V4 is hardly placed", "sheet of IT is hardly placed"};
    QTest::newRow("a neighbourhood of nobody")
        << 1.0 << 1 << 0.01 << QStringList{"sheet of IT is not placed: no swap was kept, and 100 of 100 windows"};
  }
  void tellsWhichSheetsAreNotPlaced() {
    QFETCH(double, threshold);
    QFETCH(int, auxiliaryEpochs);
    QFETCH(double, neighbourhoodOfIt);
    QFETCH(QStringList, warnings);
    TrainConfig config = smallPlacement();
    config.model.threshold = threshold;
    config.placement.auxiliaryEpochs = auxiliaryEpochs;
    config.sheets.areas[4].neighbourhoodMm = neighbourhoodOfIt;
    const auto network = snn::makeNetwork(networkOptions(config.model, 10), 1);
    QVERIFY_OK(network);
    const auto specs = sheetSpecs((*network)->sheets(), config.sheets);
    Recorder recorder;
    const auto sheets = placeSheets(config, specs, data::makeWorld(16, 64, 3), at::kCPU, 1,
                                    pathOf(m_folder, "placement.jsonl"), recorder, recorder.stop);
    QVERIFY_OK(sheets);
    QCOMPARE(sheets->size(), specs.size());
    QCOMPARE(static_cast<qsizetype>(recorder.warnings.size()), warnings.size());
    for (std::size_t w = 0; w < recorder.warnings.size(); ++w)
      QVERIFY2(QString::fromStdString(recorder.warnings[w]).contains(warnings[static_cast<qsizetype>(w)]),
               recorder.warnings[w].c_str());
    const auto start = startingSheets(config, specs);
    for (std::size_t s = 0; s < sheets->size(); ++s) {
      bool told = false;
      for (const std::string& warning : recorder.warnings)
        told = told || warning.find("sheet of " + specs[s].layer) != std::string::npos;
      QCOMPARE((*sheets)[s].xMm == start[s].xMm, told);
    }
  }

private:
  QTemporaryDir m_folder;
};

QTEST_APPLESS_MAIN(TestPlacing)
#include "test_placing.moc"
