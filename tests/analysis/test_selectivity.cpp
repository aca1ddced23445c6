#include "engine/analysis/selectivity.h"

#include <algorithm>
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
    QCOMPARE(responses.dPrimeMap(0), (std::vector<float>{0, 0}));
  }

  // Gaussians of known means and widths: d' = (1.5 - 0) / sqrt((1 + 4) / 2); more images do not change it, but t.
  void dPrimeOfGaussians() {
    qInfo("seed 6");
    Random random(6);
    std::vector<float> d, t;
    for (const int images : {5000, 20000}) {
      CategoryResponses responses(1, 3);
      for (int i = 0; i < images; ++i)
        for (int domain = 0; domain < 3; ++domain)
          responses.add(domain, std::vector<float>{
                                    static_cast<float>(domain == 0 ? 1.5 + random.normal() : 2 * random.normal())});
      d.push_back(responses.dPrimeMap(0)[0]);
      t.push_back(responses.tMap(0)[0]);
    }
    for (const float found : d)
      QVERIFY2(std::abs(static_cast<double>(found) - 1.5 / std::sqrt(2.5)) < 0.04,
               QByteArray::number(static_cast<double>(found)).constData());
    QVERIFY(std::abs(t[1] / t[0] - 2) < 0.2F);
  }

  void selectiveUnitsReachTheThresholdSomewhere() {
    const std::vector<std::vector<float>> maps{{2, 1, -5, 0}, {0, 1.9F, 3, 0}};
    QCOMPARE(selectiveShare(maps, 2), 0.5);
    QCOMPARE(selectiveShare(maps, 4), 0.0);
    QVERIFY(std::isnan(selectiveShare({}, 2)));
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

  // Discs of t = 5 on -1, on a regular sheet of 70 mm: their outlines lie at the level between, smoothed a little
  // inwards.
  void patchesHaveTheirOutlines() {
    std::vector<float> x, y;
    for (int u = 0; u < 140 * 140; ++u) {
      x.push_back(0.25F + 0.5F * static_cast<float>(u % 140));
      y.push_back(0.25F + 0.5F * static_cast<float>(u / 140));
    }
    const auto ring = [&](double cx, double cy, double inner, double outer) {
      std::vector<float> t;
      for (std::size_t u = 0; u < x.size(); ++u) {
        const double r = std::hypot(static_cast<double>(x[u]) - cx, static_cast<double>(y[u]) - cy);
        t.push_back(r >= inner && r < outer ? 5.0F : -1.0F);
      }
      return findPatches(x, y, t, 70);
    };
    const auto onCircle = [](const SheetLine& line, double cx, double cy, double radius) {
      for (const SheetPoint& p : line)
        if (std::abs(std::hypot(p.xMm - cx, p.yMm - cy) - radius) > 0.8) return false;
      return line.size() > 20 && line.front().xMm == line.back().xMm && line.front().yMm == line.back().yMm;
    };
    const auto disc = ring(30, 40, 0, 10);
    QVERIFY_OK(disc);
    QCOMPARE(disc->size(), std::size_t{1});
    QCOMPARE((*disc)[0].outlines.size(), std::size_t{1});
    QVERIFY(onCircle((*disc)[0].outlines[0], 30, 40, 10));
    QVERIFY(std::abs(enclosedArea((*disc)[0].outlines[0]) / (*disc)[0].areaMm2 - 1) < 0.05);
    // The hole comes behind the rim.
    const auto holed = ring(35, 35, 7, 16);
    QVERIFY_OK(holed);
    QCOMPARE(holed->size(), std::size_t{1});
    QCOMPARE((*holed)[0].outlines.size(), std::size_t{2});
    QVERIFY(onCircle((*holed)[0].outlines[0], 35, 35, 16));
    QVERIFY(onCircle((*holed)[0].outlines[1], 35, 35, 7));
    // A disc that the sheet's edge cuts is closed along it.
    const auto cut = ring(0, 35, 0, 14);
    QVERIFY_OK(cut);
    QCOMPARE(cut->size(), std::size_t{1});
    QCOMPARE((*cut)[0].outlines.size(), std::size_t{1});
    const SheetLine& line = (*cut)[0].outlines[0];
    QCOMPARE(line.front().yMm, line.back().yMm);
    QVERIFY(std::any_of(line.begin(), line.end(), [](const SheetPoint& p) { return p.xMm == 0; }));
    for (const SheetPoint& p : line) QVERIFY(p.xMm == 0 || std::abs(std::hypot(p.xMm, p.yMm - 35) - 14) < 0.8);
    QVERIFY(std::abs(enclosedArea(line) / (*cut)[0].areaMm2 - 1) < 0.05);
    // Two discs are two patches, each with its own line.
    std::vector<float> t;
    for (std::size_t u = 0; u < x.size(); ++u)
      t.push_back(std::hypot(x[u] - 18, y[u] - 20) < 10 || std::hypot(x[u] - 50, y[u] - 50) < 8 ? 5.0F : -1.0F);
    const auto two = findPatches(x, y, t, 70);
    QVERIFY_OK(two);
    QCOMPARE(two->size(), std::size_t{2});
    QCOMPARE((*two)[0].outlines.size(), std::size_t{1});
    QVERIFY(onCircle((*two)[0].outlines[0], 18, 20, 10));
    QVERIFY(onCircle((*two)[1].outlines[0], 50, 50, 8));
  }

  // A disc of t = 5 and one of t = 9: both, one, none as the threshold rises; none at all with positions shuffled.
  void patchesFallWithTheThreshold() {
    qInfo("seed 7");
    Random random(7);
    std::vector<float> x, y, t;
    for (int u = 0; u < 8000; ++u) {
      x.push_back(static_cast<float>(random.uniform(0, 70)));
      y.push_back(static_cast<float>(random.uniform(0, 70)));
      const auto within = [&](double cx, double cy, double r) {
        return std::hypot(static_cast<double>(x.back()) - cx, static_cast<double>(y.back()) - cy) < r;
      };
      t.push_back(within(20, 20, 10) ? 5.0F : within(50, 45, 12) ? 9.0F : -1.0F);
    }
    const std::vector<double> thresholds{2, 7, 12};
    const auto rows = sweepPatches(x, y, t, 70, thresholds);
    QVERIFY_OK(rows);
    QCOMPARE(rows->size(), std::size_t{3});
    const double small = 3.14159 * 100 / 4900, large = 3.14159 * 144 / 4900;
    for (std::size_t i = 0; i < 3; ++i) {
      PatchOptions options;
      options.threshold = thresholds[i];
      const auto patches = findPatches(x, y, t, 70, options);
      QVERIFY_OK(patches);
      QCOMPARE((*rows)[i].patches, static_cast<std::int64_t>(2 - i));
      QCOMPARE((*rows)[i].patches, static_cast<std::int64_t>(patches->size()));
      double area = 0;
      for (const Patch& patch : *patches) area += patch.areaMm2;
      QVERIFY(std::abs((*rows)[i].areaMm2 - area) < 1e-9);
      QVERIFY(std::abs((*rows)[i].largestMm2 - (patches->empty() ? 0 : patches->front().areaMm2)) < 1e-9);
      QVERIFY(std::abs((*rows)[i].unitShare - (i == 0 ? small + large : i == 1 ? large : 0)) < 0.015);
      QCOMPARE((*rows)[i].shuffledPatches, 0.0);
      QCOMPARE((*rows)[i].shuffledAreaMm2, 0.0);
    }
    QVERIFY_REFUSED(sweepPatches(x, y, std::vector<float>(3), 70, thresholds), "for every unit");
  }
};

QTEST_APPLESS_MAIN(TestSelectivity)
#include "test_selectivity.moc"
