#include <cmath>

#include "tests/support.h"
#include "tests/views/fake_engine.h"
#include "views/unit_sets.h"

using namespace pinwheel;
using namespace pinwheel::views;

class TestUnitSets : public QObject {
  Q_OBJECT

  std::shared_ptr<session::NetworkFrame> m_network = test::makeNetwork();
  std::shared_ptr<session::MapsFrame> m_maps = test::makeMaps(*m_network);

private Q_SLOTS:
  void discIsRound() {
    const session::SheetPlan& plan = m_network->sheets[0];
    const auto units = unitsInDisc(plan, 10, 12, 3);
    QVERIFY(units.size() > 20);
    QVERIFY(std::is_sorted(units.begin(), units.end()));
    std::size_t inside = 0;
    for (std::size_t u = 0; u < plan.xMm.size(); ++u)
      if (std::hypot(double(plan.xMm[u]) - 10, double(plan.yMm[u]) - 12) <= 3) {
        QVERIFY(std::binary_search(units.begin(), units.end(), static_cast<std::int32_t>(u)));
        ++inside;
      }
    QCOMPARE(units.size(), inside);
    QVERIFY(unitsInDisc(plan, -50, -50, 3).empty());
    QVERIFY(unitsInDisc(plan, 10, 12, -3).empty());
  }

  // A triangle, by the side of its edges that a unit lies on; and an L, as the union of two rectangles.
  void polygonsHoldWhatLiesInside() {
    const session::SheetPlan& plan = m_network->sheets[0];
    const std::vector<double> x{3, 27, 12}, y{4, 9, 28};
    const std::vector<double> lx{5, 10, 10, 25, 25, 5}, ly{5, 5, 20, 20, 25, 25};
    std::vector<std::int32_t> triangle;
    std::vector<std::int32_t> bent;
    for (std::size_t u = 0; u < plan.xMm.size(); ++u) {
      const auto ux = static_cast<double>(plan.xMm[u]);
      const auto uy = static_cast<double>(plan.yMm[u]);
      const auto left = [&](std::size_t a, std::size_t b) {
        return (x[b] - x[a]) * (uy - y[a]) - (y[b] - y[a]) * (ux - x[a]) > 0;
      };
      if (left(0, 1) && left(1, 2) && left(2, 0)) triangle.push_back(static_cast<std::int32_t>(u));
      if (ux > 5 && uy > 5 && uy < 25 && ux < 25 && (ux < 10 || uy > 20)) bent.push_back(static_cast<std::int32_t>(u));
    }
    QVERIFY(triangle.size() > 100);
    QCOMPARE(unitsInPolygon(plan, x, y), triangle);
    QVERIFY(bent.size() > 100);
    QCOMPARE(unitsInPolygon(plan, lx, ly), bent);
    QVERIFY(unitsInPolygon(plan, std::vector<double>{1, 2}, std::vector<double>{1, 2}).empty());
  }

  void aboveLeavesOutWhatIsNoNumber() {
    const std::vector<float> values{1, 3, std::nanf(""), 2, 5};
    QCOMPARE(unitsAbove(values, 2), (std::vector<std::int32_t>{1, 4}));
    QVERIFY(unitsAbove(values, 9).empty());
  }

  // The patch of the synthetic map is the disc where 9 exp(-r^2 / 2 s^2) - 1, smoothed, reaches the threshold.
  void patchIsTheRegionAboutThePlace() {
    const session::SheetPlan& plan = m_network->sheets[1];
    const double side = plan.spec.displaySideMm;
    const auto& t = m_maps->sheets[1].domains[0].t;
    const auto [cx, cy] = test::patchCentre(0);
    const auto units = unitsOfPatch(plan, t, cx * side, cy * side);
    QVERIFY(std::is_sorted(units.begin(), units.end()));
    for (std::size_t u = 0; u < plan.xMm.size(); ++u) {
      const double r = std::hypot(double(plan.xMm[u]) / side - cx, double(plan.yMm[u]) / side - cy);
      const bool in = std::binary_search(units.begin(), units.end(), static_cast<std::int32_t>(u));
      if (r < 0.11) QVERIFY2(in, qPrintable(QString::number(r)));
      if (r > 0.2) QVERIFY2(!in, qPrintable(QString::number(r)));
    }
    // From its edge it is the same region; beside it there is none.
    QCOMPARE(unitsOfPatch(plan, t, (cx + 0.1) * side, cy * side), units);
    QVERIFY(unitsOfPatch(plan, t, 0.75 * side, 0.75 * side).empty());
    const auto patches = m_maps->sheets[1].domains[0].patches;
    QVERIFY(!patches.empty());
    QCOMPARE(static_cast<std::int64_t>(units.size()), patches[0].units);
  }

  void hostileInputIsEmpty() {
    const session::SheetPlan& plan = m_network->sheets[0];
    QVERIFY(unitsOfPatch(plan, std::vector<float>(3), 1, 1).empty());
    QVERIFY(unitsOfPatch(plan, std::vector<float>(plan.xMm.size(), std::nanf("")), 1, 1).empty());
    QVERIFY(!centreOf(plan, {}).has_value());
    const std::vector<std::int32_t> two{0, 1};
    const auto centre = centreOf(plan, two);
    QVERIFY(centre.has_value());
    QVERIFY(std::abs(centre->first - double(plan.xMm[0] + plan.xMm[1]) / 2) < 1e-5);
  }
};

QTEST_APPLESS_MAIN(TestUnitSets)
#include "test_unit_sets.moc"
