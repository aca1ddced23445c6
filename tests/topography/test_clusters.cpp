#include "engine/topography/clusters.h"

#include <algorithm>
#include <set>

#include "engine/topography/slot_grid.h"
#include "tests/support.h"

using namespace pinwheel;
using namespace pinwheel::topography;

namespace {

Sheet sheetOf(double neighbourhoodMm) {
  return retinotopicSheet({"V1", "V1", 32, 16, 16, 24.5, 36.75, neighbourhoodMm, 0.35}, 4);
}

}  // namespace

class TestClusters : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void gridFindsWhatASearchFinds() {
    const Sheet sheet = sheetOf(3);
    const SlotGrid grid(sheet.xMm, sheet.yMm, 24.5, 1.5);
    Random random(1);
    std::vector<std::int32_t> found;
    for (int i = 0; i < 50; ++i) {
      const Square square = randomSquare(random, 24.5, random.uniform(0.1, 24.5));
      grid.inside(square, found);
      std::vector<std::int32_t> expected;
      for (std::size_t u = 0; u < sheet.xMm.size(); ++u)
        if (square.contains(static_cast<double>(sheet.xMm[u]), static_cast<double>(sheet.yMm[u])))
          expected.push_back(static_cast<std::int32_t>(u));
      QCOMPARE(found, expected);
    }
  }

  void clustersAreNeighbourhoods() {
    const Sheet sheet = sheetOf(3);
    const auto set = makeClusters(sheet, {500, 5, 25, 60, 7});
    QVERIFY_OK(set);
    QCOMPARE(set->unitsPerCluster, std::int64_t{60});
    QVERIFY(set->clusterCount >= 470 && set->clusterCount <= 500);
    QCOMPARE(set->units.size(), static_cast<std::size_t>(set->clusterCount * 60));
    for (std::int64_t k = 0; k < set->clusterCount; ++k) {
      const auto first = set->units.begin() + k * 60;
      QVERIFY(std::is_sorted(first, first + 60));
      QCOMPARE((std::set<std::int32_t>(first, first + 60).size()), std::size_t{60});
      float left = 1e9F, right = 0, top = 1e9F, bottom = 0;
      for (auto it = first; it != first + 60; ++it) {
        const auto u = static_cast<std::size_t>(*it);
        left = std::min(left, sheet.xMm[u]);
        right = std::max(right, sheet.xMm[u]);
        top = std::min(top, sheet.yMm[u]);
        bottom = std::max(bottom, sheet.yMm[u]);
      }
      QVERIFY(right - left <= 3.0F && bottom - top <= 3.0F);
    }
  }

  void percentileSetsTheSize() {
    // Untrimmed, all clusters have the 5th percentile's count; nearly all squares pass.
    const auto set = makeClusters(sheetOf(3), {1000, 5, 25, 100000, 7});
    QVERIFY_OK(set);
    QVERIFY(set->unitsPerCluster >= 25);
    QVERIFY(set->clusterCount >= 940);
  }

  void sparseSheetsAreRefused() { QVERIFY_REFUSED(makeClusters(sheetOf(0.5), {200, 5, 25, 500, 1}), "too sparse"); }

  void seedDecides() {
    const Sheet sheet = sheetOf(3);
    QCOMPARE(makeClusters(sheet, {100, 5, 25, 60, 7})->units, makeClusters(sheet, {100, 5, 25, 60, 7})->units);
    QVERIFY(makeClusters(sheet, {100, 5, 25, 60, 8})->units != makeClusters(sheet, {100, 5, 25, 60, 7})->units);
  }
};

QTEST_APPLESS_MAIN(TestClusters)
#include "test_clusters.moc"
