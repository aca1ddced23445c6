#include "engine/analysis/delta_selectivity.h"

#include <cmath>
#include <numbers>

#include "engine/core/random.h"
#include "tests/support.h"

using namespace pinwheel;
using namespace pinwheel::analysis;

namespace {

struct Sheet {
  std::vector<float> x, y, t;
};

template <class T>
Sheet sheetOf(int units, double side, std::uint64_t seed, T&& t) {
  Random random(seed);
  Sheet sheet;
  for (int u = 0; u < units; ++u) {
    const double x = random.uniform(0, side), y = random.uniform(0, side);
    sheet.x.push_back(static_cast<float>(x));
    sheet.y.push_back(static_cast<float>(y));
    sheet.t.push_back(static_cast<float>(t(x, y, random)));
  }
  return sheet;
}

CorrelationOptions options() {
  CorrelationOptions out;
  out.maximumDistanceMm = 60;
  out.seed = 2;
  return out;
}

}  // namespace

class TestDeltaSelectivity : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void aRandomMapIsAtChance() {
    const Sheet sheet = sheetOf(3000, 70, 1, [](double, double, Random& random) { return random.normal(); });
    const auto delta = deltaSelectivity(sheet.x, sheet.y, sheet.t, options());
    QVERIFY_OK(delta);
    QCOMPARE(delta->ratio.size(), std::size_t{20});
    for (std::size_t b = 0; b < 20; ++b) {
      QVERIFY2(std::abs(delta->ratio[b] - 1) < 0.15, QByteArray::number(delta->ratio[b]).constData());
      // Two independent standard normals differ by 2 / sqrt(pi) in the mean.
      QVERIFY(std::abs(delta->difference.shuffled[b] - 2 / std::sqrt(std::numbers::pi)) < 0.15);
      QVERIFY(delta->difference.low[b] <= delta->difference.mean[b] &&
              delta->difference.mean[b] <= delta->difference.high[b]);
    }
  }

  // t = x: two units at distance d differ by d |cos phi|, 2 d / pi in the mean over directions.
  void aSlopeHasItsCurve() {
    const Sheet sheet = sheetOf(4000, 200, 3, [](double x, double, Random&) { return x; });
    CorrelationOptions wide = options();
    wide.maximumDistanceMm = 40;
    wide.bins = 8;
    const auto delta = deltaSelectivity(sheet.x, sheet.y, sheet.t, wide);
    QVERIFY_OK(delta);
    for (std::size_t b = 1; b < 8; ++b) {
      // Distances in a ring from `low` to `high` are as many as its circles are long.
      const double low = 5 * static_cast<double>(b), high = low + 5;
      const double distance = 2.0 / 3 * (std::pow(high, 3) - std::pow(low, 3)) / (high * high - low * low);
      const double expected = 2 * distance / std::numbers::pi;
      QVERIFY2(std::abs(delta->difference.mean[b] / expected - 1) < 0.1,
               QByteArray::number(delta->difference.mean[b]).constData());
    }
    // Two places on a side of 200 mm differ by 200 / 3 in the mean.
    QVERIFY(std::abs(delta->difference.shuffled[4] / (200.0 / 3) - 1) < 0.1);
  }

  void twoHalvesAreAlikeNearby() {
    const Sheet sheet = sheetOf(3000, 70, 4, [](double x, double, Random&) { return x < 35 ? 5.0 : -5.0; });
    const auto delta = deltaSelectivity(sheet.x, sheet.y, sheet.t, options());
    QVERIFY_OK(delta);
    QVERIFY2(delta->ratio[0] < 0.2, QByteArray::number(delta->ratio[0]).constData());
    QVERIFY2(delta->ratio[19] > 1.2, QByteArray::number(delta->ratio[19]).constData());
    CorrelationOptions control = options();
    control.bootstraps = 0;
    const auto plain = deltaSelectivity(sheet.x, sheet.y, sheet.t, control);
    QVERIFY_OK(plain);
    QCOMPARE(plain->difference.mean, delta->difference.mean);
    QVERIFY(std::isnan(plain->difference.low[3]));
  }

  void whatCannotBeMeasuredSaysWhy() {
    Sheet sheet = sheetOf(100, 70, 5, [](double, double, Random&) { return 1.0; });
    QVERIFY_REFUSED(deltaSelectivity(sheet.x, sheet.y, sheet.t, options()), "no two of 100 units differ");
    for (std::size_t u = 0; u < 60; ++u) sheet.t[u] = std::nanf("");
    QVERIFY_REFUSED(deltaSelectivity(sheet.x, sheet.y, sheet.t, options()), "40 units have a selectivity");
    sheet.t.pop_back();
    QVERIFY_REFUSED(deltaSelectivity(sheet.x, sheet.y, sheet.t, options()), "for every unit");
  }
};

QTEST_APPLESS_MAIN(TestDeltaSelectivity)
#include "test_delta_selectivity.moc"
