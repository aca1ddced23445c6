#include "views/sheet_grid.h"

#include <cmath>
#include <limits>

#include "engine/core/random.h"
#include "tests/support.h"
#include "tests/views/fake_engine.h"

using namespace pinwheel;
using namespace pinwheel::views;

namespace {

// Units anywhere: an even spread, a heap in one corner, or both.
session::SheetPlan scattered(int count, double sideMm, bool heaped, std::uint64_t seed) {
  session::SheetPlan plan;
  plan.spec.displaySideMm = sideMm;
  plan.spec.channels = count;
  plan.spec.height = 1;
  plan.spec.width = 1;
  Random random(seed);
  for (int u = 0; u < count; ++u) {
    const double scale = heaped && u % 2 == 0 ? 0.02 : 1;
    plan.xMm.push_back(static_cast<float>(scale * random.uniform(0, sideMm)));
    plan.yMm.push_back(static_cast<float>(scale * random.uniform(0, sideMm)));
  }
  return plan;
}

double squared(const session::SheetPlan& plan, std::int32_t unit, double x, double y) {
  const auto u = static_cast<std::size_t>(unit);
  const double dx = static_cast<double>(plan.xMm[u]) - x;
  const double dy = static_cast<double>(plan.yMm[u]) - y;
  return dx * dx + dy * dy;
}

std::int32_t bruteNearest(const session::SheetPlan& plan, double x, double y) {
  std::int32_t best = -1;
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t u = 0; u < plan.xMm.size(); ++u)
    if (const double d = squared(plan, static_cast<std::int32_t>(u), x, y); d < least) {
      least = d;
      best = static_cast<std::int32_t>(u);
    }
  return best;
}

}  // namespace

class TestSheetGrid : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void everyPixelKnowsItsNearestUnit_data() {
    QTest::addColumn<int>("count");
    QTest::addColumn<bool>("heaped");
    QTest::newRow("one unit") << 1 << false;
    QTest::newRow("few") << 7 << false;
    QTest::newRow("even") << 800 << false;
    QTest::newRow("heaped in a corner") << 800 << true;
  }
  void everyPixelKnowsItsNearestUnit() {
    QFETCH(int, count);
    QFETCH(bool, heaped);
    const session::SheetPlan plan = scattered(count, 30, heaped, 5);
    const SheetGrid grid(plan, 61);
    QCOMPARE(grid.nearest().size(), std::size_t{61 * 61});
    for (int row = 0; row < 61; ++row)
      for (int column = 0; column < 61; ++column)
        QCOMPARE(grid.nearest()[static_cast<std::size_t>(row * 61 + column)],
                 bruteNearest(plan, (column + 0.5) * 30 / 61, (row + 0.5) * 30 / 61));
    for (int i = 0; i < 200; ++i) {
      Random random(9, 0, static_cast<std::uint64_t>(i));
      const double x = random.uniform(0, 30);
      const double y = random.uniform(0, 30);
      QCOMPARE(grid.unitAt(x, y), bruteNearest(plan, x, y));
    }
    QVERIFY(grid.fits(plan));
    session::SheetPlan moved = plan;
    moved.yMm.back() += 0.5F;
    QVERIFY(!grid.fits(moved));
    QCOMPARE(grid.unitAt(-0.1, 5), -1);
    QCOMPARE(grid.unitAt(5, 30.1), -1);
    QCOMPARE(grid.unitAt(std::nan(""), 5), -1);
  }

  void anEmptySheetHasNoUnits() {
    const SheetGrid grid(scattered(0, 30, false, 1), 16);
    QCOMPARE(grid.unitAt(3, 3), -1);
    QCOMPARE(grid.nearest()[100], -1);
    QCOMPARE(grid.picture({}, true, qRgb(1, 2, 3)).pixel(3, 3), qRgb(1, 2, 3));
  }

  void aPlainPictureShowsEveryUnitsColour() {
    const auto network = test::makeNetwork();
    const auto maps = test::makeMaps(*network);
    FieldSource source{network, maps, nullptr, nullptr};
    Field field = fieldOf(source, 0, {Quantity::orientation});
    field.values[100] = std::nanf("");
    const SheetGrid grid(network->sheets[0], 128);
    const QRgb ground = qRgb(9, 8, 7);
    const QImage image = grid.picture(field, false, ground);
    QCOMPARE(image.size(), QSize(128, 128));
    for (int row = 0; row < 128; ++row)
      for (int column = 0; column < 128; ++column) {
        const auto u = static_cast<std::size_t>(grid.nearest()[static_cast<std::size_t>(row * 128 + column)]);
        QCOMPARE(image.pixel(column, row), colourOf(field, field.values[u], field.saturation[u], ground));
      }
  }

  // A ramp stays a ramp under a symmetric kernel, away from the borders.
  void aSmoothedRampIsARamp() {
    const session::SheetPlan plan = scattered(8000, 40, false, 4);
    Field field;
    field.map = figures::ColourMap::viridis;
    field.low = 0;
    field.high = 40;
    Random random(8);
    for (const float x : plan.xMm) field.values.push_back(x + static_cast<float>(2 * random.normal()));
    const QImage image = SheetGrid(plan, 200).picture(field, true, qRgb(0, 0, 0));
    for (int column = 20; column < 180; column += 10)
      for (int row = 20; row < 180; row += 20) {
        const QRgb want = colourOf(field, static_cast<float>((column + 0.5) * 40 / 200), 1, 0);
        const QRgb got = image.pixel(column, row);
        const int apart = std::abs(qRed(got) - qRed(want)) + std::abs(qGreen(got) - qGreen(want)) +
                          std::abs(qBlue(got) - qBlue(want));
        QVERIFY2(apart < 40, qPrintable(QStringLiteral("%1, %2: %3").arg(column).arg(row).arg(apart)));
      }
  }

  // 2 and 178 deg meet at 0, not at 90.
  void orientationIsSmoothedAsVectors() {
    const session::SheetPlan plan = scattered(4000, 40, false, 6);
    Field field;
    field.map = figures::ColourMap::orientation;
    field.cyclic = true;
    field.high = 180;
    for (std::size_t u = 0; u < plan.xMm.size(); ++u) field.values.push_back(u % 2 == 0 ? 2.0F : 178.0F);
    const QImage image = SheetGrid(plan, 96).picture(field, true, qRgb(0, 0, 0));
    const QRgb want = colourOf(field, 0, 1, 0);
    const QRgb got = image.pixel(48, 48);
    QVERIFY(std::abs(qRed(got) - qRed(want)) + std::abs(qGreen(got) - qGreen(want)) < 24);
  }

  void aHoleIsTheGround() {
    session::SheetPlan plan = scattered(4000, 40, false, 6);
    Field field;
    field.high = 1;
    for (std::size_t u = 0; u < plan.xMm.size(); ++u)
      field.values.push_back(std::hypot(plan.xMm[u] - 20, plan.yMm[u] - 20) < 10 ? std::nanf("") : 1.0F);
    const QImage image = SheetGrid(plan, 96).picture(field, true, qRgb(1, 2, 3));
    QCOMPARE(image.pixel(48, 48), qRgb(1, 2, 3));
    QCOMPARE(image.pixel(5, 5), colourOf(field, 1, 1, 0));
  }
};

QTEST_APPLESS_MAIN(TestSheetGrid)
#include "test_sheet_grid.moc"
