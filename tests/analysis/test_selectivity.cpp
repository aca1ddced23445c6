#include "engine/analysis/selectivity.h"

#include <cmath>

#include "engine/analysis/patches.h"
#include "engine/core/random.h"
#include "tests/support.h"

using namespace pinwheel;
using namespace pinwheel::analysis;

class TestSelectivity : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void tEqualsTheTwoPassFormula() {
    qInfo("seed 4");
    Random random(4);
    const int units = 5, domains = 3;
    CategoryResponses responses(units, domains);
    std::vector<std::vector<std::vector<double>>> all(units, std::vector<std::vector<double>>(domains));
    for (int image = 0; image < 90; ++image) {
      const int domain = static_cast<int>(random.below(domains));
      std::vector<float> rates;
      for (int u = 0; u < units; ++u) {
        // A large common offset punishes naive sums of squares.
        rates.push_back(static_cast<float>(1000 + u + domain * u * 0.1 + random.normal()));
        all[static_cast<std::size_t>(u)][static_cast<std::size_t>(domain)].push_back(static_cast<double>(rates.back()));
      }
      responses.add(domain, rates);
    }
    for (int d = 0; d < domains; ++d) {
      const auto t = responses.tMap(d);
      for (int u = 0; u < units; ++u) {
        std::vector<double> on, off;
        for (int e = 0; e < domains; ++e)
          for (const double v : all[static_cast<std::size_t>(u)][static_cast<std::size_t>(e)])
            (e == d ? on : off).push_back(v);
        const auto moments = [](const std::vector<double>& v) {
          double mean = 0, variance = 0;
          for (const double x : v) mean += x / static_cast<double>(v.size());
          for (const double x : v) variance += (x - mean) * (x - mean) / static_cast<double>(v.size());
          return std::pair{mean, variance};
        };
        const auto [m1, v1] = moments(on);
        const auto [m0, v0] = moments(off);
        const double expected =
            (m1 - m0) / std::sqrt(v1 / static_cast<double>(on.size()) + v0 / static_cast<double>(off.size()));
        QVERIFY2(std::abs(static_cast<double>(t[static_cast<std::size_t>(u)]) - expected) < 1e-4,
                 QByteArray::number(expected).constData());
      }
    }
  }

  void noVarianceIsNoSelectivity() {
    CategoryResponses responses(2, 2);
    for (int i = 0; i < 4; ++i) responses.add(i % 2, std::vector<float>{0.0F, 0.25F});
    QCOMPARE(responses.tMap(0), (std::vector<float>{0, 0}));
  }

  void patchesAreFoundWhereTheyAre() {
    // Two discs of t = 5 (radius 10 mm and 7 mm) on a 70 mm sheet of t = -1; a third is too small to count.
    qInfo("seed 5");
    Random random(5);
    std::vector<float> x, y, t;
    for (int u = 0; u < 8000; ++u) {
      x.push_back(static_cast<float>(random.uniform(0, 70)));
      y.push_back(static_cast<float>(random.uniform(0, 70)));
      const auto within = [&](double cx, double cy, double r) {
        return std::hypot(static_cast<double>(x.back()) - cx, static_cast<double>(y.back()) - cy) < r;
      };
      t.push_back(within(20, 20, 10) || within(50, 45, 7) || within(60, 10, 2) ? 5.0F : -1.0F);
    }
    const auto patches = findPatches(x, y, t, 70);
    QVERIFY_OK(patches);
    QCOMPARE(patches->size(), std::size_t{2});
    QVERIFY(std::hypot((*patches)[0].xMm - 20, (*patches)[0].yMm - 20) < 0.7);
    QVERIFY(std::hypot((*patches)[1].xMm - 50, (*patches)[1].yMm - 45) < 0.7);
    QVERIFY(std::abs((*patches)[0].areaMm2 / (3.1416 * 100) - 1) < 0.12);
    QVERIFY((*patches)[0].units > 300);
    // The same picture on a sheet of half the size: everything scales.
    for (auto* axis : {&x, &y})
      for (float& v : *axis) v /= 2;
    const auto half = findPatches(x, y, t, 35);
    QCOMPARE(half->size(), std::size_t{2});
    QVERIFY(std::abs((*half)[0].areaMm2 * 4 / (*patches)[0].areaMm2 - 1) < 0.02);
  }
};

QTEST_APPLESS_MAIN(TestSelectivity)
#include "test_selectivity.moc"
