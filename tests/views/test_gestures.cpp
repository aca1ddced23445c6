#include "tests/support.h"
#include "tests/views/fake_engine.h"
#include "views/gestures.h"

using namespace pinwheel;
using namespace pinwheel::views;

namespace {

session::SheetPlan planOf(const std::vector<std::pair<float, float>>& places) {
  session::SheetPlan plan;
  plan.spec.displaySideMm = 36;
  for (const auto& [x, y] : places) {
    plan.xMm.push_back(x);
    plan.yMm.push_back(y);
  }
  return plan;
}

// How many units keys reach from the first one.
std::size_t reached(const session::SheetPlan& plan) {
  std::vector<bool> seen(plan.xMm.size(), false);
  std::vector<std::int32_t> open{0};
  seen[0] = true;
  std::size_t count = 0;
  while (!open.empty()) {
    const std::int32_t unit = open.back();
    open.pop_back();
    ++count;
    for (const auto& [x, y] : {std::pair{1, 0}, {-1, 0}, {0, 1}, {0, -1}}) {
      const std::int32_t next = unitToward(plan, unit, x, y);
      if (next < 0 || seen[static_cast<std::size_t>(next)]) continue;
      seen[static_cast<std::size_t>(next)] = true;
      open.push_back(next);
    }
  }
  return count;
}

}  // namespace

class TestGestures : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void modifiersNameTheMode() {
    QVERIFY(selectionMode(Qt::NoModifier) == Selection::Mode::replace);
    QVERIFY(selectionMode(Qt::ControlModifier) == Selection::Mode::replace);
    QVERIFY(selectionMode(Qt::ShiftModifier) == Selection::Mode::add);
    QVERIFY(selectionMode(Qt::AltModifier) == Selection::Mode::subtract);
    QVERIFY(selectionMode(Qt::ShiftModifier | Qt::AltModifier) == Selection::Mode::add);
  }

  void aLatticeIsWalkedAlongItsRowsAndColumns() {
    std::vector<std::pair<float, float>> places;
    for (int u = 0; u < 9; ++u)
      places.emplace_back(10.0F * static_cast<float>(u % 3), 10.0F * static_cast<float>(u / 3));
    const session::SheetPlan plan = planOf(places);
    QCOMPARE(unitToward(plan, 4, 1, 0), 5);
    QCOMPARE(unitToward(plan, 4, -1, 0), 3);
    QCOMPARE(unitToward(plan, 4, 0, 1), 7);
    QCOMPARE(unitToward(plan, 4, 0, -1), 1);
    // Of any length.
    QCOMPARE(unitToward(plan, 4, 0.001, 0), 5);
    QCOMPARE(unitToward(plan, 4, 0, 500), 7);
    // Beyond the edge is none.
    QCOMPARE(unitToward(plan, 8, 1, 0), -1);
    QCOMPARE(unitToward(plan, 0, 0, -1), -1);
  }

  void theNearestOfTheQuarterTurnIsMeant() {
    // To the right of the first: one on the diagonal, 7.07 away; one ahead, 8 away; one just beyond the diagonal.
    const session::SheetPlan plan = planOf({{10, 10}, {15, 15}, {18, 10}, {14, 14.5F}});
    QCOMPARE(unitToward(plan, 0, 1, 0), 1);
    QCOMPARE(unitToward(plan, 0, 0, 1), 3);
    // As near above as below: the first.
    QCOMPARE(unitToward(planOf({{10, 10}, {14, 13}, {14, 7}}), 0, 1, 0), 1);
    // One at the same place lies in no direction.
    QCOMPARE(unitToward(planOf({{10, 10}, {10, 10}}), 0, 1, 0), -1);
  }

  void aUnitThatIsNotThereLeadsNowhere() {
    const session::SheetPlan plan = planOf({{10, 10}, {15, 10}});
    QCOMPARE(unitToward(plan, -1, 1, 0), -1);
    QCOMPARE(unitToward(plan, 2, 1, 0), -1);
    QCOMPARE(unitToward(session::SheetPlan{}, 0, 1, 0), -1);
  }

  void everyUnitIsReached() {
    const auto network = test::makeNetwork();
    for (const session::SheetPlan& plan : network->sheets) QCOMPARE(reached(plan), plan.xMm.size());
  }
};

QTEST_GUILESS_MAIN(TestGestures)
#include "test_gestures.moc"
