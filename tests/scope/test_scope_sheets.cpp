// Where units stand on a picture of their sheet, and what it is coloured by.
#include <cmath>

#include "app/scope/sheet_field.h"
#include "app/scope/sheet_grid.h"
#include "tests/scope/scope_samples.h"

using namespace pinwheel;
using namespace pinwheel::scope;

class TestScopeSheets : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void everyCellShowsTheNearestUnit() {
    const session::SheetPlan sheet = test::squareNetwork().sheets[0];
    const SheetGrid grid = sheetGrid(sheet.xMm, sheet.yMm, 10);
    QCOMPARE(grid.side, 16);
    // y points down: units 0 and 1 are above, 2 and 3 below.
    for (int y = 0; y < 16; ++y)
      for (int x = 0; x < 16; ++x)
        QCOMPARE(grid.unit[static_cast<std::size_t>(y * 16 + x)], (x < 8 ? 0 : 1) + (y < 8 ? 0 : 2));
  }

  void itIsThatOfACompleteSearch() {
    constexpr int kUnits = 700;
    constexpr double kSideMm = 20;
    Random random(5, 1);
    std::vector<float> x, y;
    for (int u = 0; u < kUnits; ++u) {
      x.push_back(static_cast<float>(random.uniform(0, kSideMm)));
      y.push_back(static_cast<float>(kSideMm * random.uniform() * random.uniform()));
    }
    const SheetGrid grid = sheetGrid(x, y, kSideMm);
    const double reach = 2.5 * kSideMm / std::floor(std::sqrt(kUnits));
    int empty = 0;
    for (int row = 0; row < grid.side; ++row)
      for (int column = 0; column < grid.side; ++column) {
        double best = reach * reach;
        int found = -1;
        for (int u = 0; u < kUnits; ++u) {
          const auto k = static_cast<std::size_t>(u);
          const double dx = static_cast<double>(x[k]) - (column + 0.5) * kSideMm / grid.side;
          const double dy = static_cast<double>(y[k]) - (row + 0.5) * kSideMm / grid.side;
          if (dx * dx + dy * dy >= best) continue;
          best = dx * dx + dy * dy;
          found = u;
        }
        empty += found < 0 ? 1 : 0;
        QCOMPARE(grid.unit[static_cast<std::size_t>(row * grid.side + column)], found);
      }
    QVERIFY(empty > 0);  // the lower end has few units
  }

  void unitsBeyondTheSheetStandAtItsBorder() {
    const SheetGrid grid = sheetGrid(std::vector<float>{-5, 25}, std::vector<float>{5, 5}, 10);
    const auto row = static_cast<std::size_t>(grid.side / 2 * grid.side);
    QCOMPARE(grid.unit[row], 0);
    QCOMPARE(grid.unit[row + static_cast<std::size_t>(grid.side) - 1], 1);
  }

  void aSheetWithoutUnitsIsEmpty() {
    const SheetGrid grid = sheetGrid({}, {}, 10);
    QVERIFY(grid.side > 0);
    for (const std::int32_t unit : grid.unit) QCOMPARE(unit, -1);
  }

  void orientationHasItsSelectivityAsSaturation() {
    session::MapsFrame maps = test::squareMaps(0, 10);
    maps.sheets[0].tuning.circularVariance = {0, 0.75F, 1, test::kNan};
    const SheetFields fields = fieldsOf(maps, test::squareNetwork(), {Quantity::orientation, 0});
    QCOMPARE(fields.map, figures::ColourMap::orientation);
    QCOMPARE(fields.high, 180.0);
    QCOMPARE(fields.values[0], maps.sheets[0].tuning.orientationDeg);
    // The 95th percentile of 1, 0.25, 0, 0 is the third of four; the square root of the share of it.
    QCOMPARE(fields.saturation[0], (std::vector<float>{1, 1, 0, 0}));
    QCOMPARE(fields.saturation[1], (std::vector<float>{1, 1, 1, 1}));
  }

  void rangesHoldForAllSheets() {
    session::MapsFrame maps = test::squareMaps(0, 10);
    maps.sheets[1].tuning.meanRate = {0, 0, 0, 2};
    const session::NetworkFrame network = test::squareNetwork();
    const SheetFields rate = fieldsOf(maps, network, {Quantity::rate, 0});
    QCOMPARE(rate.low, 0.0);
    QCOMPARE(rate.high, static_cast<double>(0.4F));  // the 99th percentile of eight is the seventh
    QVERIFY(rate.saturation[0].empty());

    const SheetFields faces = fieldsOf(maps, network, {Quantity::category, 0});
    QCOMPARE(faces.map, figures::ColourMap::vik);
    QCOMPARE(faces.high, 6.0);
    QCOMPARE(faces.low, -6.0);
    QCOMPARE(faces.values[1], (std::vector<float>{-3, 0, 3, 6}));

    QVERIFY(fieldsOf(maps, network, {Quantity::category, 1}).values[0].empty());
  }

  void allThatANetworkHasCanBeChosen() {
    const session::NetworkFrame network = test::squareNetwork();
    const std::vector<FieldChoice> choices = fieldChoices(network);
    QCOMPARE(choices.size(), std::size_t{4});
    QCOMPARE(nameOf(choices[0], network), std::string("Preferred orientation"));
    QCOMPARE(nameOf(choices[3], network), std::string("Category: faces"));
    QCOMPARE(std::string(unitOf(choices[1].quantity)), std::string("cycles/image"));
  }
};

QTEST_APPLESS_MAIN(TestScopeSheets)
#include "test_scope_sheets.moc"
