#include "engine/analysis/correlation.h"

#include <cmath>
#include <set>

#include "engine/analysis/smoothing.h"
#include "engine/core/random.h"
#include "tests/support.h"

using namespace pinwheel;
using namespace pinwheel::analysis;

class TestCorrelation : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void streamedEqualsTwoPass() {
    Random random(1);
    const int units = 6, images = 50;
    std::vector<std::vector<double>> all(units);
    CorrelationAccumulator accumulator(units);
    for (int i = 0; i < images; ++i) {
      std::vector<float> rates;
      const double shared = random.normal();
      for (int u = 0; u < units; ++u) {
        rates.push_back(u == 5 ? 0.5F : static_cast<float>(100 + shared * u + random.normal()));
        all[static_cast<std::size_t>(u)].push_back(static_cast<double>(rates.back()));
      }
      accumulator.add(rates);
    }
    const auto r = accumulator.correlation();
    for (std::size_t a = 0; a < units; ++a)
      for (std::size_t b = 0; b < units; ++b) {
        double ma = 0, mb = 0, ab = 0, aa = 0, bb = 0;
        for (int i = 0; i < images; ++i) {
          ma += all[a][static_cast<std::size_t>(i)] / images;
          mb += all[b][static_cast<std::size_t>(i)] / images;
        }
        for (std::size_t i = 0; i < images; ++i) {
          ab += (all[a][i] - ma) * (all[b][i] - mb);
          aa += (all[a][i] - ma) * (all[a][i] - ma);
          bb += (all[b][i] - mb) * (all[b][i] - mb);
        }
        if (a == 5 || b == 5)
          QVERIFY(std::isnan(r[a * units + b]));
        else
          QVERIFY(std::abs(r[a * units + b] - ab / std::sqrt(aa * bb)) < 1e-9);
      }
    QCOMPARE(accumulator.count(), std::int64_t{images});
  }

  // A correlation that is exp(-d / 4) by construction comes back bin by bin, within its own interval.
  void knownDecayComesBack() {
    Random random(2);
    const std::size_t units = 300;
    std::vector<float> x, y;
    for (std::size_t u = 0; u < units; ++u) {
      x.push_back(static_cast<float>(random.uniform(0, 20)));
      y.push_back(static_cast<float>(random.uniform(0, 20)));
    }
    std::vector<double> r(units * units);
    for (std::size_t a = 0; a < units; ++a)
      for (std::size_t b = 0; b < units; ++b)
        r[a * units + b] =
            std::exp(-std::hypot(static_cast<double>(x[a] - x[b]), static_cast<double>(y[a] - y[b])) / 4);
    CorrelationOptions options;
    options.bins = 10;
    const auto curve = correlationByDistance(x, y, r, options);
    QVERIFY_OK(curve);
    const double width = 2 * curve->distanceMm[0];
    for (std::size_t b = 0; b < 10; ++b) {
      // Pairs at a distance are as many as a ring is long (the sheet's border matters little).
      double expected = 0, weight = 0;
      for (int k = 0; k < 100; ++k) {
        const double d = (static_cast<double>(b) + (k + 0.5) / 100) * width;
        expected += d * std::exp(-d / 4);
        weight += d;
      }
      QVERIFY2(std::abs(curve->mean[b] - expected / weight) < 0.02, QByteArray::number(curve->mean[b]).constData());
      QVERIFY(curve->low[b] <= curve->mean[b] + 1e-9 && curve->mean[b] <= curve->high[b] + 1e-9);
      QVERIFY(curve->pairs[b] > 0);
    }
    // Chance: with positions shuffled every distance has the mean of all pairs.
    double mean = 0;
    for (std::size_t a = 0; a < units; ++a)
      for (std::size_t b = a + 1; b < units; ++b) mean += r[a * units + b] / (units * (units - 1) / 2.0);
    for (const double chance : curve->shuffled) QVERIFY(std::abs(chance - mean) < 0.05);
    QVERIFY(curve->mean[0] > mean + 0.3);
  }

  // Tuning that turns once every 5 mm along a line: alike at 5 mm, opposite at 2.5 mm.
  void aPeriodicMapShowsItsSpacing() {
    const std::size_t units = 400;
    const double spacing = 5;
    Random random(5);
    std::vector<float> x, y(units, 0.0F);
    for (std::size_t u = 0; u < units; ++u) x.push_back(static_cast<float>(random.uniform(0, 40)));
    std::vector<double> r(units * units);
    for (std::size_t a = 0; a < units; ++a)
      for (std::size_t b = 0; b < units; ++b)
        r[a * units + b] = std::cos(2 * 3.14159265358979 * static_cast<double>(x[a] - x[b]) / spacing);
    CorrelationOptions options;
    options.bins = 40;
    options.maximumDistanceMm = 10;
    const auto curve = correlationByDistance(x, y, r, options);
    QVERIFY_OK(curve);
    for (std::size_t b = 0; b < 40; ++b) {
      const double expected = std::cos(2 * 3.14159265358979 * curve->distanceMm[b] / spacing);
      QVERIFY2(std::abs(curve->mean[b] - expected) < 0.05, QByteArray::number(curve->mean[b]).constData());
      QVERIFY(std::abs(curve->shuffled[b]) < 0.1);
    }
    CorrelationOptions plain = options;
    plain.bootstraps = plain.shuffles = 0;
    const auto alone = correlationByDistance(x, y, r, plain);
    QVERIFY_OK(alone);
    QCOMPARE(alone->mean, curve->mean);
    QVERIFY(std::isnan(alone->low[0]) && std::isnan(alone->shuffled[0]));
  }

  void tuningCorrelatesOverConditions() {
    // Units 0 and 1 prefer the first orientation, unit 2 the second, unit 3 answers all alike; 1 fires ten times as
    // much, and phases (two of each condition) average out.
    GratingResponses responses(4, 2, 2, 1);
    for (int o = 0; o < 2; ++o)
      for (int f = 0; f < 2; ++f)
        for (const float phase : {0.1F, -0.1F}) {
          const float first = o == 0 ? 0.4F : 0.2F;
          responses.add(o, f, 0, std::vector<float>{first + phase, 10 * first - phase, 0.6F - first + phase, 0.3F});
        }
    const auto r = tuningCorrelation(responses, std::vector<std::int64_t>{0, 1, 2, 3});
    QVERIFY(std::abs(r[0 * 4 + 1] - 1) < 1e-5);
    QVERIFY(std::abs(r[0 * 4 + 2] + 1) < 1e-5);
    for (std::size_t u = 0; u < 4; ++u) QVERIFY(std::isnan(r[3 * 4 + u]));
    const auto pair = tuningCorrelation(responses, std::vector<std::int64_t>{2, 1});
    QVERIFY(std::abs(pair[1] + 1) < 1e-5);
  }

  void drawnUnitsAreDistinct() {
    const auto units = drawUnits(1000, 100, 3);
    QCOMPARE((std::set<std::int64_t>(units.begin(), units.end()).size()), std::size_t{100});
    QVERIFY(std::is_sorted(units.begin(), units.end()) && units.back() < 1000);
    QCOMPARE(drawUnits(10, 100, 3).size(), std::size_t{10});
    QCOMPARE(drawUnits(1000, 100, 3), units);
  }

  void silentLayersAreAnError() {
    const std::vector<float> x(20, 1.0F), y(20, 2.0F);
    QVERIFY_REFUSED(correlationByDistance(x, y, std::vector<double>(400, std::nan("")), {}), "0 units vary");
    QVERIFY_REFUSED(correlationByDistance(x, y, std::vector<double>(399), {}), "square matrix");
  }

  void smoothingKeepsConstantsAndPeaks() {
    Random random(4);
    std::vector<float> x, y, constant, bump, angle;
    for (int u = 0; u < 5000; ++u) {
      x.push_back(static_cast<float>(random.uniform(0, 10)));
      y.push_back(static_cast<float>(random.uniform(0, 10)));
      constant.push_back(3);
      bump.push_back(std::hypot(x.back() - 7, y.back() - 2) < 1 ? 1.0F : 0.0F);
      angle.push_back(u % 2 == 0 ? 1.0F : 179.0F);
    }
    for (const float v : smoothMap(x, y, constant, 10, 20, 0.5).values) QVERIFY(std::abs(v - 3) < 1e-5F);
    const auto grid = smoothMap(x, y, bump, 10, 20, 0.3);
    const auto peak = static_cast<int>(std::max_element(grid.values.begin(), grid.values.end()) - grid.values.begin());
    QVERIFY(std::abs((peak % 20 + 0.5) * 0.5 - 7) < 1 && std::abs((peak / 20 + 0.5) * 0.5 - 2) < 1);  // row 0 is y = 0
    // Orientations average on the circle: 1 and 179 give 0, not 90.
    for (const auto& z : smoothOrientation(x, y, angle, {}, 10, 10, 1.0).values)
      QVERIFY(std::abs(std::arg(z)) < 0.1F && std::abs(z) > 0.95F);
  }
};

QTEST_APPLESS_MAIN(TestCorrelation)
#include "test_correlation.moc"
