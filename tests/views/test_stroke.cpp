#include "views/maps/stroke.h"

#include <algorithm>
#include <cmath>

#include "tests/support.h"
#include "tests/views/fake_engine.h"
#include "views/unit_sets.h"

using namespace pinwheel;
using namespace pinwheel::views;

class TestStroke : public QObject {
  Q_OBJECT

  const session::SheetPlan m_plan = test::makePlan("V1", "V1", 8, 16, 36, 11);

  // Disc by disc: all that lie under one, sorted, each once.
  [[nodiscard]] std::vector<std::int32_t> discByDisc(const QPolygonF& mm, double radius) const {
    std::vector<std::int32_t> units = unitsInDisc(m_plan, mm.first().x(), mm.first().y(), radius);
    for (qsizetype i = 1; i < mm.size(); ++i) {
      const QPointF way = mm[i] - mm[i - 1];
      const int steps = std::max(1, static_cast<int>(std::ceil(std::hypot(way.x(), way.y()) / (radius / 4))));
      for (int s = 1; s <= steps; ++s) {
        const QPointF at = mm[i - 1] + way * s / steps;
        const auto some = unitsInDisc(m_plan, at.x(), at.y(), radius);
        units.insert(units.end(), some.begin(), some.end());
      }
    }
    std::sort(units.begin(), units.end());
    units.erase(std::unique(units.begin(), units.end()), units.end());
    return units;
  }

private Q_SLOTS:
  void holdsWhatItsDiscsHold_data() {
    QTest::addColumn<QPolygonF>("line");
    QTest::addColumn<double>("radius");
    QPolygonF circles;  // thrice around, by short moves
    for (int i = 0; i < 300; ++i)
      circles.append(QPointF(18 + 10 * std::cos(i * 0.0628), 18 + 10 * std::sin(i * 0.0628)));
    const QPolygonF zigzag{{2, 2}, {34, 9}, {2, 16}, {34, 23}, {2, 30}};
    QTest::newRow("a point") << QPolygonF{{12, 14}} << 3.0;
    QTest::newRow("there and back") << QPolygonF{{8, 10}, {28, 10}, {8, 10}} << 2.0;
    QTest::newRow("down") << QPolygonF{{18, -5}, {18, 41}} << 1.5;
    QTest::newRow("zigzag, narrow") << zigzag << 0.4;
    QTest::newRow("zigzag, wide") << zigzag << 12.0;
    QTest::newRow("circles") << circles << 5.0;
    QTest::newRow("circles, wider than the sheet") << circles << 50.0;
    QTest::newRow("beside the sheet") << QPolygonF{{-20, -20}, {-10, 60}} << 3.0;
  }
  void holdsWhatItsDiscsHold() {
    QFETCH(QPolygonF, line);
    QFETCH(double, radius);
    const std::vector<std::int32_t> units = unitsUnderStroke(m_plan, line, radius);
    QCOMPARE(units, discByDisc(line, radius));
    // Ascending, and passed twice each is there once.
    QVERIFY(std::adjacent_find(units.begin(), units.end(), std::greater_equal<>()) == units.end());
  }

  void everyUnitOnceUnderTheWidestBrush() {
    const std::vector<std::int32_t> units = unitsUnderStroke(m_plan, {{0, 0}, {36, 36}, {0, 0}}, 60);
    QCOMPARE(units.size(), m_plan.xMm.size());
  }

  void noLineAndNoRadiusCoverNothing() {
    QVERIFY(unitsUnderStroke(m_plan, {}, 3).empty());
    QVERIFY(unitsUnderStroke(m_plan, {{18, 18}}, 0).empty());
    QVERIFY(unitsUnderStroke(m_plan, {{18, 18}}, std::nan("")).empty());
  }
};

QTEST_MAIN(TestStroke)
#include "test_stroke.moc"
