// Wiring lengths of points whose clusters and distances are known.
#include "engine/analysis/wiring.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "engine/core/random.h"
#include "tests/support.h"

using namespace pinwheel;
using namespace pinwheel::analysis;

namespace {

bool near(double a, double b) {
  return std::abs(a - b) < 1e-9 * std::max(1.0, std::abs(b));
}

// Five points at each of three places.
std::vector<Point> threePlaces() {
  std::vector<Point> points;
  for (int i = 0; i < 5; ++i)
    for (const Point& place : {Point{0, 0}, Point{10, 0}, Point{0, 10}}) points.push_back(place);
  return points;
}

// Units of a square sheet of `side` x `side` mm, one in the middle of every square millimetre.
struct Square {
  explicit Square(int sideUnits) : side(sideUnits) {
    for (int i = 0; i < side * side; ++i) {
      x.push_back(static_cast<float>(i % side) + 0.5F);
      y.push_back(static_cast<float>(i / side) + 0.5F);
    }
  }
  [[nodiscard]] WiredSheets sheets() const { return {x, y, x, y, static_cast<double>(side)}; }
  // Answers of 1 in the rectangle from (left, top) on, 0 elsewhere.
  [[nodiscard]] std::vector<float> blob(int left, int top, int width, int height) const {
    std::vector<float> rates(x.size(), 0.0F);
    for (int row = top; row < top + height; ++row)
      for (int column = left; column < left + width; ++column)
        rates[static_cast<std::size_t>(row * side + column)] = 1.0F;
    return rates;
  }

  int side;
  std::vector<float> x, y;
};

FibreOptions optionsOf(double percentile, double distanceMm) {
  FibreOptions options;
  options.activePercentile = percentile;
  options.distanceMm = distanceMm;
  options.seed = 1;
  return options;
}

}  // namespace

class TestWiring : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void clustersOfKnownPlaces() {
    const std::vector<Point> points = threePlaces();
    const PointClusters one = kMeans(points, 1, 10, 1);
    QVERIFY(near(one.centres[0].x, 10.0 / 3) && near(one.centres[0].y, 10.0 / 3));
    QVERIFY(near(one.inertia, 2000.0 / 3));
    QVERIFY(near(kMeans(points, 2, 10, 1).inertia, 250));  // the corner shares a centre with one of its neighbours
    PointClusters three = kMeans(points, 3, 10, 1);
    QCOMPARE(three.inertia, 0.0);
    std::sort(three.centres.begin(), three.centres.end(),
              [](const Point& a, const Point& b) { return a.x + 2 * a.y < b.x + 2 * b.y; });
    QCOMPARE(three.centres[0].x + three.centres[0].y, 0.0);
    QCOMPARE(three.centres[1].x, 10.0);
    QCOMPARE(three.centres[2].y, 10.0);
  }

  // 15 points: the inertia may be 15 d^2.
  void theFewestClustersWithinADistance_data() {
    QTest::addColumn<double>("distance");
    QTest::addColumn<int>("clusters");
    QTest::newRow("735 for 667") << 7.0 << 1;
    QTest::newRow("540 for 667 and 250") << 6.0 << 2;
    QTest::newRow("240 for 250 and 0") << 4.0 << 3;
  }
  void theFewestClustersWithinADistance() {
    QFETCH(double, distance);
    QFETCH(int, clusters);
    QCOMPARE(fewestClusters(threePlaces(), distance, 100, 10, 1).centres.size(), static_cast<std::size_t>(clusters));
    QCOMPARE(fewestClusters(threePlaces(), distance, 2, 10, 1).centres.size(),
             static_cast<std::size_t>(std::min(clusters, 2)));
  }

  void clustersDependOnTheSeedAlone() {
    Random random(4);
    std::vector<Point> points(60);
    for (Point& point : points) point = {random.uniform(), random.uniform()};
    const PointClusters first = kMeans(points, 7, 3, 5);
    const PointClusters second = kMeans(points, 7, 3, 5);
    QCOMPARE(first.inertia, second.inertia);
    for (std::size_t c = 0; c < 7; ++c) QCOMPARE(first.centres[c].x, second.centres[c].x);
    // More of them never lie farther away in total.
    double last = std::numeric_limits<double>::infinity();
    for (const std::size_t k : {std::size_t{1}, std::size_t{4}, std::size_t{16}, std::size_t{60}}) {
      const double inertia = kMeans(points, k, 10, 5).inertia;
      QVERIFY(inertia < last);
      last = inertia;
    }
    QVERIFY(last < 1e-12);
  }

  // Against every order in which the ends can be joined.
  void theMatchIsTheShortest() {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      Random random(seed);
      std::vector<Point> a(6);
      std::vector<Point> b(6);
      for (Point& point : a) point = {random.uniform(), random.uniform()};
      for (Point& point : b) point = {random.uniform(), random.uniform()};
      std::vector<std::size_t> order(6);
      std::iota(order.begin(), order.end(), std::size_t{0});
      double shortest = std::numeric_limits<double>::infinity();
      do {
        double sum = 0;
        for (std::size_t i = 0; i < 6; ++i) sum += std::hypot(a[i].x - b[order[i]].x, a[i].y - b[order[i]].y);
        shortest = std::min(shortest, sum);
      } while (std::next_permutation(order.begin(), order.end()));
      QVERIFY(near(matchedLength(a, b), shortest));
    }
    const std::vector<Point> one{{0, 0}};
    const std::vector<Point> other{{3, 4}};
    QCOMPARE(matchedLength(one, other), 5.0);
  }

  // Two places of two units each in both sheets: two fibres, each as long as the sheet is wide.
  void fibresBetweenSheetsSideBySide() {
    std::vector<float> x{2, 2, 8, 8};
    std::vector<float> y{5, 5, 5, 5};
    std::vector<float> rates(4, 1.0F);
    for (int i = 0; i < 96; ++i) {
      x.push_back(static_cast<float>(i % 10));
      y.push_back(static_cast<float>(i / 10));
      rates.push_back(0);
    }
    const auto wiring = wiringLength({x, y, x, y, 10}, rates, rates, optionsOf(95, 1));
    QVERIFY_OK(wiring);
    QCOMPARE(wiring->fibres, 2.0);
    QVERIFY(near(wiring->lengthMm, 20));
    QCOMPARE(wiring->windows, 1);
    QCOMPARE(wiring->leftOut, 0);
    // Within 3 mm of the middle of both places one fibre does.
    const auto coarse = wiringLength({x, y, x, y, 10}, rates, rates, optionsOf(95, 3));
    QVERIFY_OK(coarse);
    QCOMPARE(coarse->fibres, 1.0);
    QVERIFY(near(coarse->lengthMm, 10));
  }

  // What is active together lies together, or is scattered.
  void scatteredActivityTakesMoreWire() {
    const Square square(20);
    std::vector<float> rates = square.blob(3, 11, 4, 5);
    const auto together = wiringLength(square.sheets(), rates, rates, optionsOf(95, 2));
    QVERIFY_OK(together);
    QCOMPARE(together->fibres, 1.0);
    QVERIFY(near(together->lengthMm, 20));
    Random random(3);
    random.shuffle(rates);
    const auto scattered = wiringLength(square.sheets(), rates, rates, optionsOf(95, 2));
    QVERIFY_OK(scattered);
    QVERIFY(scattered->fibres > 3);
    QVERIFY(scattered->lengthMm > 3 * together->lengthMm);
  }

  void windowsAreMeasuredOneByOne() {
    const Square square(20);
    std::vector<float> rates(400);
    Random random(8);
    for (float& rate : rates) rate = static_cast<float>(random.uniform());
    FibreOptions options = optionsOf(90, 2);
    options.windowMm = 8;
    options.windows = 12;
    const auto all = wiringLength(square.sheets(), rates, rates, options);
    QVERIFY_OK(all);
    QCOMPARE(all->windows, 12);
    QCOMPARE(all->leftOut, 0);
    // The same units at both ends.
    QVERIFY(near(all->lengthMm, 20 * all->fibres));
    const auto again = wiringLength(square.sheets(), rates, rates, options);
    QCOMPARE(again->lengthMm, all->lengthMm);
    // One fibre serves all; where the target's only active unit is outside, the window is left out.
    std::vector<float> few(400, 0.0F);
    few[210] = 1;
    options.distanceMm = 20;
    const auto sparse = wiringLength(square.sheets(), rates, few, options);
    QVERIFY_OK(sparse);
    QVERIFY(sparse->windows > 0 && sparse->leftOut > 0);
    QCOMPARE(sparse->windows + sparse->leftOut, 12);
    QCOMPARE(sparse->fibres, 1.0);
    QCOMPARE(sparse->windowLengthMm.size(), std::size_t{12});
    double sum = 0;
    int without = 0;
    for (std::size_t w = 0; w < 12; ++w) {
      QCOMPARE(std::isnan(sparse->windowLengthMm[w]), std::isnan(sparse->windowFibres[w]));
      if (std::isnan(sparse->windowLengthMm[w]))
        ++without;
      else
        sum += sparse->windowLengthMm[w];
    }
    QCOMPARE(without, sparse->leftOut);
    QVERIFY(near(sum / sparse->windows, sparse->lengthMm));
  }

  // Rates of spikes: all at the top are alike, and none lies above the percentile.
  void tiesAreDrawnByTheSeed() {
    const Square square(20);
    const std::vector<float> alike(400, 0.5F);
    const FibreOptions options = optionsOf(95, 0.1);
    const auto wiring = wiringLength(square.sheets(), alike, alike, options);
    QVERIFY_OK(wiring);
    QCOMPARE(wiring->fibres, 20.0);  // 5 % of the units, none within 0.1 mm of another
    QVERIFY(near(wiring->lengthMm, 20.0 * 20));
    QCOMPARE(wiringLength(square.sheets(), alike, alike, options)->lengthMm, wiring->lengthMm);
  }

  void mistakesAreNamed() {
    const Square square(20);
    const std::vector<float> silent(400, 0.0F);
    QVERIFY_REFUSED(wiringLength(square.sheets(), silent, silent, optionsOf(95, 2)), "too few units are active");
    QVERIFY_REFUSED(wiringLength(square.sheets(), std::vector<float>(3, 1.0F), silent, optionsOf(95, 2)),
                    "their numbers differ");
    QVERIFY_REFUSED(wiringLength(square.sheets(), silent, silent, optionsOf(100, 2)), "out of range");
    QVERIFY_REFUSED(wiringLength(square.sheets(), silent, silent, optionsOf(95, 0)), "out of range");
  }
};

QTEST_APPLESS_MAIN(TestWiring)
#include "test_wiring.moc"
