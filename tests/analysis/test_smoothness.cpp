#include "engine/analysis/smoothness.h"

#include <cmath>

#include "engine/core/random.h"
#include "tests/support.h"

using namespace pinwheel;
using namespace pinwheel::analysis;

namespace {

struct Sheet {
  std::vector<float> x, y, preference;
};

template <class Preference>
Sheet sheetOf(int units, double side, std::uint64_t seed, Preference&& preference) {
  Random random(seed);
  Sheet sheet;
  for (int u = 0; u < units; ++u) {
    sheet.x.push_back(static_cast<float>(random.uniform(0, side)));
    sheet.y.push_back(static_cast<float>(random.uniform(0, side)));
    sheet.preference.push_back(static_cast<float>(
        preference(static_cast<double>(sheet.x.back()), static_cast<double>(sheet.y.back()), random)));
  }
  return sheet;
}

SmoothnessOptions orientationOptions() {
  SmoothnessOptions options;
  options.periodic = 180;
  options.seed = 3;
  return options;
}

}  // namespace

class TestSmoothness : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void randomMapsAreNotSmooth() {
    const Sheet sheet = sheetOf(4000, 15, 1, [](double, double, Random& random) { return random.uniform(0, 180); });
    const auto s = smoothness(sheet.x, sheet.y, sheet.preference, {}, orientationOptions());
    QVERIFY_OK(s);
    QVERIFY2(std::abs(s->mean) < 0.05, QByteArray::number(s->mean).constData());
    QVERIFY(std::abs(s->shuffledMean) < 0.05);
    // Two random orientations differ by 45 degrees on average.
    for (const double d : s->difference) QVERIFY(std::abs(d - 45) < 3);
  }

  // Orientation that turns once in 6.6 mm along x: the mean difference at a distance is known by integration.
  void aTurningMapHasItsCurve() {
    const double wavelength = 6.6;
    const Sheet sheet =
        sheetOf(6000, 15, 2, [&](double x, double, Random&) { return std::fmod(180 * x / wavelength, 180.0); });
    const auto s = smoothness(sheet.x, sheet.y, sheet.preference, {}, orientationOptions());
    QVERIFY_OK(s);
    std::vector<double> expected;
    for (const double r : s->distanceMm) {
      double sum = 0;
      for (int k = 0; k < 3600; ++k) {
        const double d = std::abs(180 * r * std::cos(k * 3.14159265 / 1800) / wavelength);
        sum += std::min(d, 180 - d) / 3600;
      }
      expected.push_back(sum);
    }
    for (std::size_t b = 1; b < expected.size(); ++b)
      QVERIFY2(std::abs(s->difference[b] - expected[b]) < 0.06 * expected[b] + 0.5,
               QByteArray::number(s->difference[b] - expected[b]).constData());
    QVERIFY(s->mean > 0.85);
    QVERIFY(std::abs(s->shuffledMean) < 0.05);
    QVERIFY(s->sem > 0 && s->sem < 0.02);
  }

  void differencesWrap() {
    // 1 and 179 degrees are neighbours.
    const Sheet sheet = sheetOf(2000, 5, 4, [](double x, double, Random&) { return x < 2.5 ? 1.0 : 179.0; });
    const auto s = smoothness(sheet.x, sheet.y, sheet.preference, {}, orientationOptions());
    for (const double d : s->difference) QVERIFY(d <= 2.0 + 1e-4);
    SmoothnessOptions linear = orientationOptions();
    linear.periodic = 0;
    QVERIFY(smoothness(sheet.x, sheet.y, sheet.preference, {}, linear)->difference.back() > 50);
  }

  void onlySelectiveUnitsCount() {
    Sheet sheet = sheetOf(4000, 15, 5, [](double x, double, Random&) { return std::fmod(180 * x / 6.6, 180.0); });
    std::vector<float> peakToPeak(4000, 0.1F);
    Random random(6);
    for (std::size_t u = 0; u < 4000; ++u) {
      if (u % 5 == 0)
        peakToPeak[u] = 1 + static_cast<float>(random.uniform());  // a fifth is tuned and ordered
      else
        sheet.preference[u] = static_cast<float>(random.uniform(0, 180));
    }
    SmoothnessOptions options = orientationOptions();
    options.selectivePercentile = 80.5;
    const auto s = smoothness(sheet.x, sheet.y, sheet.preference, peakToPeak, options);
    QVERIFY_OK(s);
    QVERIFY2(s->units <= 800 && s->units > 700, QByteArray::number(static_cast<qlonglong>(s->units)).constData());
    QVERIFY(s->mean > 0.8);
  }

  // Draws of all units would be the same set twenty times.
  void drawsDifferWhateverTheNumberOfUnits_data() {
    QTest::addColumn<int>("units");
    for (const int units : {60, 300, 1000, 1499, 3000}) QTest::addRow("%d units", units) << units;
  }
  void drawsDifferWhateverTheNumberOfUnits() {
    QFETCH(int, units);
    const Sheet sheet = sheetOf(units, 5, 8, [](double x, double, Random&) { return std::fmod(180 * x / 6.6, 180.0); });
    SmoothnessOptions options = orientationOptions();
    if (units < 100) options.bins = 3;  // a first bin that holds some
    const auto s = smoothness(sheet.x, sheet.y, sheet.preference, {}, options);
    QVERIFY_OK(s);
    QVERIFY2(s->sem > 1e-6 && s->sem < 0.1, QByteArray::number(s->sem).constData());
    QVERIFY(s->mean > 0.5 && s->mean < 1);
  }

  // A map of one value has no differences to fall with distance: neither 1 nor any other smoothness.
  void preferencesThatAreAlikeAreRefused_data() {
    QTest::addColumn<double>("spread");
    QTest::addColumn<int>("outliers");
    QTest::addColumn<double>("period");
    QTest::addColumn<bool>("refused");
    QTest::newRow("all the same") << 0.0 << 0 << 0.0 << true;
    QTest::newRow("rounding") << 1e-6 << 0 << 0.0 << true;
    QTest::newRow("below a thousandth of the range") << 0.02 << 0 << 0.0 << true;
    QTest::newRow("a few outliers") << 0.0 << 15 << 0.0 << true;
    QTest::newRow("a few degrees of orientation") << 0.1 << 0 << 180.0 << true;
    QTest::newRow("a tenth of the units differs") << 0.0 << 60 << 0.0 << false;
    QTest::newRow("a tenth of the range") << 1.2 << 0 << 0.0 << false;
  }
  void preferencesThatAreAlikeAreRefused() {
    QFETCH(double, spread);
    QFETCH(int, outliers);
    QFETCH(double, period);
    QFETCH(bool, refused);
    int left = outliers;
    const Sheet sheet =
        sheetOf(600, 5, 9, [&](double x, double, Random&) { return left-- > 0 ? 12 : 1 + spread * x / 5; });
    SmoothnessOptions options = orientationOptions();
    options.periodic = period;
    options.range = 12;
    const auto s = smoothness(sheet.x, sheet.y, sheet.preference, {}, options);
    if (refused)
      QVERIFY_REFUSED(s, "too alike");
    else
      QVERIFY_OK(s);
  }

  void unitsTooFarApartAreAnError() {
    Sheet sheet;
    for (int u = 0; u < 100; ++u) {
      sheet.x.push_back(static_cast<float>(u % 10) * 2);
      sheet.y.push_back(static_cast<float>(u / 10) * 2);  // 2 mm apart; the first bin ends at 0.37 mm
      sheet.preference.push_back(static_cast<float>(u));
    }
    QVERIFY_REFUSED(smoothness(sheet.x, sheet.y, sheet.preference, {}, orientationOptions()), "lie within");
  }

  void tooFewUnitsIsAnError() {
    Sheet sheet = sheetOf(100, 15, 7, [](double, double, Random&) { return 1.0; });
    for (std::size_t u = 0; u < 60; ++u) sheet.preference[u] = std::nanf("");
    QVERIFY_REFUSED(smoothness(sheet.x, sheet.y, sheet.preference, {}, orientationOptions()), "40 units");
    sheet.x.pop_back();
    QVERIFY_REFUSED(smoothness(sheet.x, sheet.y, sheet.preference, {}, orientationOptions()), "position");
  }
};

QTEST_APPLESS_MAIN(TestSmoothness)
#include "test_smoothness.moc"
