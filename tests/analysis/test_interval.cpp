// Intervals of values that were drawn again and again.
#include "engine/analysis/interval.h"

#include <cmath>
#include <limits>

#include "tests/support.h"

using namespace pinwheel;
using namespace pinwheel::analysis;

class TestInterval : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void percentilesOfFiniteValues() {
    std::vector<double> values{std::numeric_limits<double>::quiet_NaN()};
    for (int i = 40; i >= 0; --i) values.push_back(i);
    const Interval interval = interval95(values);
    QCOMPARE(interval.low, 1.0);
    QCOMPARE(interval.high, 39.0);
    QVERIFY(std::isnan(interval95({}).low));
  }

  // 100 values of 0 and 100 of 1: the mean's standard error is 0.5 / sqrt(200).
  void theMeanOfManyValues() {
    std::vector<double> values(200, 0.0);
    for (std::size_t i = 0; i < 100; ++i) values[i] = 1;
    const Interval interval = meanInterval95(values, 2000, 1, 2);
    QVERIFY(std::abs(interval.low - (0.5 - 1.96 * 0.5 / std::sqrt(200.0))) < 0.015);
    QVERIFY(std::abs(interval.high - (0.5 + 1.96 * 0.5 / std::sqrt(200.0))) < 0.015);
    const Interval again = meanInterval95(values, 2000, 1, 2);
    QCOMPARE(again.low, interval.low);
    QCOMPARE(again.high, interval.high);
  }

  void valuesWithoutSpread() {
    const Interval alike = meanInterval95(std::vector<double>(5, 0.25), 10, 1, 2);
    QCOMPARE(alike.low, 0.25);
    QCOMPARE(alike.high, 0.25);
    QVERIFY(std::isnan(meanInterval95({}, 10, 1, 2).low));
  }
};

QTEST_APPLESS_MAIN(TestInterval)
#include "test_interval.moc"
