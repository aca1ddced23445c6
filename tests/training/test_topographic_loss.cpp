// The topographic term of a training step: which units it takes and how it is weighted.
#include "engine/training/topographic_loss.h"

#include <torch/torch.h>

#include <cmath>
#include <numeric>

#include "tests/support.h"
#include "tests/training/small_run.h"

using namespace pinwheel;
using namespace pinwheel::training;
using namespace pinwheel::test;

namespace {

constexpr std::int64_t kTimeSteps = 4;
constexpr std::int64_t kBatch = 6;

std::vector<topography::Sheet> twoSheets(double neighbourhoodMm) {
  return {topography::retinotopicSheet({"V1", "V1", 6, 5, 5, 10, 15, neighbourhoodMm, 0.5}, 1),
          topography::retinotopicSheet({"IT", "IT", 9, 4, 4, 10, 70, neighbourhoodMm, 0.5}, 2)};
}

std::vector<at::Tensor> spikes(std::uint64_t seed) {
  torch::manual_seed(seed);
  return {(at::rand({kTimeSteps, kBatch, 6, 5, 5}) > 0.6).to(at::kFloat).requires_grad_(true),
          (at::rand({kTimeSteps, kBatch, 9, 4, 4}) > 0.6).to(at::kFloat).requires_grad_(true)};
}

// Squares of the sheet's side hold all units, and all are kept: every cluster is the whole sheet.
SheetConfig wholeSheets() {
  SheetConfig config;
  config.clusterCount = 5;
  config.clusterMinUnits = 144;
  config.clusterMaxUnits = 150;
  return config;
}

SheetConfig manyClusters() {
  SheetConfig config;
  config.clusterCount = 200;
  config.clusterMinUnits = 8;
  config.clusterMaxUnits = 40;
  return config;
}

// The loss of a sheet whose only cluster is itself, straight from stcLoss.
at::Tensor lossOfWholeSheet(const topography::Sheet& sheet, const at::Tensor& activity, std::int64_t clusters) {
  const std::int64_t units = sheet.spec.unitCount();
  at::Tensor inverseDistance = at::empty({units, units});
  for (std::int64_t i = 0; i < units; ++i)
    for (std::int64_t j = 0; j < units; ++j) {
      const auto a = static_cast<std::size_t>(i);
      const auto b = static_cast<std::size_t>(j);
      inverseDistance[i][j] = 1 / (1 + std::hypot(sheet.xMm[a] - sheet.xMm[b], sheet.yMm[a] - sheet.yMm[b]));
    }
  return topography::stcLoss(activity, at::arange(units, at::kLong).expand({clusters, units}).contiguous(),
                             inverseDistance.expand({clusters, units, units}).contiguous(), {});
}

}  // namespace

class TestTopographicLoss : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void equalsStcLossOnTheSameClusters() {
    StcConfig config;
    config.alpha = 2;
    config.beta = 3;
    config.clusters = 3;
    const auto sheets = twoSheets(10);
    SheetConfig sheetConfig = wholeSheets();
    sheetConfig.areas[4].stcWeight = 0.25;  // IT
    const auto loss = TopographicLoss::create(config, sheetConfig, sheets, 5, at::kCPU);
    QVERIFY_OK(loss);
    QVERIFY(loss->active());
    const auto activity = spikes(1);
    const auto value = loss->compute(activity, 7);
    QCOMPARE(value.slow.size(), std::size_t{2});
    double total = 0;
    for (std::size_t s = 0; s < sheets.size(); ++s) {
      const at::Tensor expected = lossOfWholeSheet(sheets[s], activity[s], config.clusters).detach();
      QVERIFY(std::abs(value.slow[s] - expected[0].item<double>()) < 1e-5);
      QVERIFY(std::abs(value.fast[s] - expected[1].item<double>()) < 1e-5);
      total += (s == 0 ? 1 : 0.25) * (2 * value.slow[s] + 3 * value.fast[s]);
    }
    QVERIFY(std::abs(value.total.item<double>() - total) < 1e-5);
    value.total.backward();
    for (const at::Tensor& sheet : activity) QVERIFY(sheet.grad().abs().sum().item<double>() > 0);
  }

  void unitsShareTheLossOfTheirClusters() {
    StcConfig config;
    config.alpha = 2;
    config.beta = 3;
    const auto sheets = twoSheets(10);
    const auto activity = spikes(1);
    const auto whole = TopographicLoss::create(config, wholeSheets(), sheets, 5, at::kCPU);
    QVERIFY_OK(whole);
    int calls = 0;
    const auto shares = whole->unitShares(activity, nullptr, [&] { ++calls; });
    QCOMPARE(shares.size(), std::size_t{2});
    QCOMPARE(calls, 2);  // three clusters of a sheet hold every unit three times
    const auto value = whole->compute(activity, 0);
    for (std::size_t s = 0; s < sheets.size(); ++s) {
      QCOMPARE(shares[s].size(), sheets[s].xMm.size());
      const double mean =
          std::accumulate(shares[s].begin(), shares[s].end(), 0.0) / static_cast<double>(shares[s].size());
      QVERIFY(std::abs(mean - (2 * value.slow[s] + 3 * value.fast[s]) / 5) < 1e-5);
    }
    // With few small clusters some units lie in none.
    SheetConfig few = manyClusters();
    few.clusterCount = 2;
    few.clusterMaxUnits = 10;
    const auto sparse = TopographicLoss::create(config, few, twoSheets(4), 5, at::kCPU);
    QVERIFY_OK(sparse);
    const auto some = sparse->unitShares(activity);
    const auto known = std::count_if(some[0].begin(), some[0].end(), [](float v) { return std::isfinite(v); });
    QVERIFY(known >= 8 && known <= 20);

    StopFlag stop;
    stop.request();
    QVERIFY(whole->unitShares(activity, &stop).empty());
    config.loss = "none";
    QVERIFY(TopographicLoss::create(config, wholeSheets(), sheets, 5, at::kCPU)->unitShares(activity).empty());
  }

  void clustersDependOnSeedAndStepAlone() {
    StcConfig config;
    config.clusters = 2;
    const auto sheets = twoSheets(5);
    const auto activity = spikes(2);
    const auto valueOf = [&](std::uint64_t seed, std::int64_t step) {
      auto loss = TopographicLoss::create(config, manyClusters(), sheets, seed, at::kCPU);
      return loss->compute(activity, step).total.item<double>();
    };
    const auto loss = TopographicLoss::create(config, manyClusters(), sheets, 5, at::kCPU);
    QVERIFY_OK(loss);
    const double third = valueOf(5, 3);
    for (const std::int64_t before : {0, 3, 9}) {  // whatever was computed before
      static_cast<void>(loss->compute(activity, before));
      QCOMPARE(loss->compute(activity, 3).total.item<double>(), third);
    }
    QVERIFY(valueOf(5, 4) != third);
    QVERIFY(valueOf(6, 3) != third);
  }

  void noLossIsInactive_data() {
    QTest::addColumn<QString>("loss");
    QTest::addColumn<double>("alpha");
    QTest::addColumn<double>("beta");
    QTest::newRow("none") << QStringLiteral("none") << 1.0 << 1.0;
    QTest::newRow("both weights 0") << QStringLiteral("stc") << 0.0 << 0.0;
  }
  void noLossIsInactive() {
    QFETCH(QString, loss);
    QFETCH(double, alpha);
    QFETCH(double, beta);
    StcConfig config;
    config.loss = loss.toStdString();
    config.alpha = alpha;
    config.beta = beta;
    const auto inactive = TopographicLoss::create(config, manyClusters(), twoSheets(5), 5, at::kCPU);
    QVERIFY_OK(inactive);
    QVERIFY(!inactive->active());
    const auto value = inactive->compute(spikes(3), 0);
    QVERIFY(!value.total.defined());
    QVERIFY(value.slow.empty() && value.fast.empty());
  }

  void aTermOfNoWeightIsLeftOut() {
    StcConfig config;
    config.beta = 0;
    const auto loss = TopographicLoss::create(config, manyClusters(), twoSheets(5), 5, at::kCPU);
    const auto value = loss->compute(spikes(4), 0);
    QCOMPARE(value.fast, (std::vector<double>{0, 0}));
    QVERIFY(std::abs(value.total.item<double>() - 0.5 * (value.slow[0] + value.slow[1])) < 1e-5);
  }

  void aSheetTooSparseIsNamed() {
    QVERIFY_REFUSED(TopographicLoss::create({}, manyClusters(), twoSheets(0.1), 5, at::kCPU), "sheet of V1");
  }
};

QTEST_APPLESS_MAIN(TestTopographicLoss)
#include "test_topographic_loss.moc"
