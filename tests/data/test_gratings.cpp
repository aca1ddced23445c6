#include "engine/data/gratings.h"

#include <cmath>
#include <numbers>

#include "tests/support.h"

using namespace pinwheel;
using namespace pinwheel::data;

class TestGratings : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void theSetIsTdanns() {
    const auto gratings = makeGratings(224);
    QCOMPARE(gratings.size(), std::size_t{640});
    QCOMPARE(gratings.front().cyclesPerImage, 5.5);
    QCOMPARE(gratings.back().cyclesPerImage, 96.9375);
    QCOMPARE(gratings.back().angleDeg, 157.5);
  }

  void frequenciesAreTdannsWhereTheyFit_data() {
    QTest::addColumn<int>("side");
    QTest::addColumn<QList<double>>("frequencies");
    // linspace(5.5, 110, 9) without the last
    const QList<double> list{5.5, 18.5625, 31.625, 44.6875, 57.75, 70.8125, 83.875, 96.9375};
    QTest::newRow("224 px") << 224 << list;
    QTest::newRow("the smallest that holds them") << 194 << list;
    QTest::newRow("512 px") << 512 << list;
    QTest::newRow("32 px: 1 to 0.8 of the Nyquist frequency")
        << 32
        << QList<double>{1, 1 + 11.8 / 7, 1 + 23.6 / 7, 1 + 35.4 / 7, 1 + 47.2 / 7, 1 + 59.0 / 7, 1 + 70.8 / 7, 12.8};
  }
  void frequenciesAreTdannsWhereTheyFit() {
    QFETCH(int, side);
    QFETCH(QList<double>, frequencies);
    const auto found = gratingFrequencies(side);
    QCOMPARE(static_cast<qsizetype>(found.size()), frequencies.size());
    for (const Grating& g : makeGratings(side)) QVERIFY(std::abs(g.cyclesPerImage - frequencies[g.frequency]) < 1e-9);
    for (qsizetype f = 0; f < frequencies.size(); ++f)
      QVERIFY(std::abs(found[static_cast<std::size_t>(f)] - frequencies[f]) < 1e-9);
  }

  void nothingLiesAboveNyquist() {
    for (const int side : {16, 32, 64, 193, 224, 512})
      for (const Grating& g : makeGratings(side)) {
        QVERIFY(g.cyclesPerImage < side / 2.0);
        QVERIFY(g.cyclesPerImage >= 1);
      }
  }

  // The rendered wave's direction and frequency, measured by projection on all candidates.
  void rendersAngleAndFrequency() {
    const int side = 48;
    std::vector<float> pixels(3 * side * side);
    for (const Grating& g : makeGratings(side)) {
      if (g.colour != 0 || g.phase != 1) continue;
      renderGrating(g, side, pixels.data());
      double best = -1;
      double bestAngle = 0;
      for (int a = 0; a < 8; ++a) {
        const double angle = a * std::numbers::pi / 8;
        double re = 0, im = 0;
        for (int y = 0; y < side; ++y)
          for (int x = 0; x < side; ++x) {
            // Bars at `angle` above the horizontal, y pointing down: brightness does not change along (cos, -sin).
            const double phase =
                2 * std::numbers::pi * g.cyclesPerImage / side * (x * std::sin(angle) + y * std::cos(angle));
            const double v = static_cast<double>(pixels[static_cast<std::size_t>(y * side + x)]) - 0.5;
            re += v * std::cos(phase);
            im += v * std::sin(phase);
          }
        if (std::hypot(re, im) > best) {
          best = std::hypot(re, im);
          bestAngle = 180.0 * a / 8;
        }
      }
      QCOMPARE(bestAngle, g.angleDeg);
      QVERIFY(best > 0.2 * side * side);
    }
  }

  void horizontalBarsAreHorizontal() {
    Grating g;
    g.cyclesPerImage = 4;
    std::vector<float> pixels(3 * 32 * 32);
    renderGrating(g, 32, pixels.data());
    for (int y = 0; y < 32; ++y)
      for (int x = 1; x < 32; ++x)
        QVERIFY(std::abs(pixels[static_cast<std::size_t>(y * 32 + x)] - pixels[static_cast<std::size_t>(y * 32)]) <
                1e-6F);
  }

  void coloursAreGreyOrOpposed() {
    for (const Grating& g : makeGratings(16)) {
      std::vector<float> pixels(3 * 256);
      renderGrating(g, 16, pixels.data());
      for (std::size_t p = 0; p < 256; ++p) {
        QVERIFY(pixels[p] >= 0 && pixels[p] <= 1);
        QVERIFY(std::abs(pixels[256 + p] - (g.colour == 0 ? pixels[p] : 1 - pixels[p])) < 1e-6F);
      }
    }
  }
};

QTEST_APPLESS_MAIN(TestGratings)
#include "test_gratings.moc"
