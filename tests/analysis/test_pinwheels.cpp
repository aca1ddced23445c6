#include "engine/analysis/pinwheels.h"

#include <cmath>
#include <numbers>

#include "engine/core/random.h"
#include "tests/support.h"

using namespace pinwheel;
using namespace pinwheel::analysis;

namespace {

constexpr double kPi = std::numbers::pi;

struct Sheet {
  std::vector<float> x, y, orientation;
};

// Units at random places whose orientation is half the angle of a complex field z(x, y).
template <class Field>
Sheet sheetOf(int units, double side, std::uint64_t seed, Field&& field) {
  Random random(seed);
  Sheet sheet;
  for (int u = 0; u < units; ++u) {
    const double x = random.uniform(0, side);
    const double y = random.uniform(0, side);
    const double angle = std::arg(field(x, y)) * 90 / kPi;
    sheet.x.push_back(static_cast<float>(x));
    sheet.y.push_back(static_cast<float>(y));
    sheet.orientation.push_back(static_cast<float>(angle < 0 ? angle + 180 : angle));
  }
  return sheet;
}

// Plane waves of one wavelength in random directions: a map with columns of that spacing (a Gaussian random field has
// pi pinwheels per squared wavelength, Wolf and Geisel 1998).
class WaveField {
public:
  WaveField(double wavelength, std::uint64_t seed) {
    Random random(seed);
    for (int k = 0; k < 60; ++k) {
      const double angle = random.uniform(0, 2 * kPi);
      m_waves.push_back(
          {2 * kPi / wavelength * std::cos(angle), 2 * kPi / wavelength * std::sin(angle), random.uniform(0, 2 * kPi)});
    }
  }
  std::complex<double> operator()(double x, double y) const {
    std::complex<double> sum;
    for (const auto& w : m_waves) sum += std::polar(1.0, w[0] * x + w[1] * y + w[2]);
    return sum;
  }

private:
  std::vector<std::array<double, 3>> m_waves;
};

}  // namespace

class TestPinwheels : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void oneDefectOfEachSign() {
    // z = (w - a) conj(w - b): +1/2 at a, -1/2 at b.
    const std::complex<double> a(5, 7), b(15, 12);
    const Sheet sheet = sheetOf(20000, 20, 1, [&](double x, double y) {
      const std::complex<double> w(x, y);
      return (w - a) * std::conj(w - b);
    });
    const auto map = findPinwheels(sheet.x, sheet.y, sheet.orientation, 20, {});
    QVERIFY_OK(map);
    QCOMPARE(map->positive, 1);
    QCOMPARE(map->negative, 1);
    for (const Pinwheel& p : map->pinwheels) {
      const std::complex<double> where(p.xMm, p.yMm);
      QVERIFY2(std::abs(where - (p.sign > 0 ? a : b)) < 0.3, QByteArray::number(p.xMm).constData());
    }
  }

  void aWaveMapHasItsSpacingAndPiPinwheels() {
    qInfo("seeds 2, 3");
    const double wavelength = 3.2;
    const double side = 36.75;
    const Sheet sheet = sheetOf(60000, side, 3, WaveField(wavelength, 2));
    PinwheelOptions options;
    options.windowMm = 0.5;
    options.strideMm = 0.2;
    const auto map = findPinwheels(sheet.x, sheet.y, sheet.orientation, side, options);
    QVERIFY_OK(map);
    QVERIFY2(std::abs(map->columnSpacingMm / wavelength - 1) < 0.06,
             QByteArray::number(map->columnSpacingMm).constData());
    PinwheelOptions open = options;
    open.significance = 1;
    qInfo("density %.2f, ungated %.2f", map->densityPerSpacing2,
          findPinwheels(sheet.x, sheet.y, sheet.orientation, side, open)->densityPerSpacing2);
    QVERIFY2(std::abs(map->densityPerSpacing2 / kPi - 1) < 0.15,
             QByteArray::number(map->densityPerSpacing2).constData());
    const double imbalance =
        std::abs(map->positive - map->negative) / static_cast<double>(map->positive + map->negative);
    QVERIFY(imbalance < 0.1);
  }

  void noiseHasAlmostNone() {
    qInfo("seed 4");
    Random random(4);
    const Sheet sheet =
        sheetOf(100000, 36.75, 5, [&](double, double) { return std::polar(1.0, random.uniform(0, 2 * kPi)); });
    PinwheelOptions gated;
    PinwheelOptions open;
    open.significance = 1;
    const auto found = findPinwheels(sheet.x, sheet.y, sheet.orientation, 36.75, gated);
    const auto all = findPinwheels(sheet.x, sheet.y, sheet.orientation, 36.75, open);
    QVERIFY_OK(found);
    QVERIFY(all->pinwheels.size() > 200);  // winding numbers alone are fooled
    QVERIFY2(static_cast<double>(found->pinwheels.size()) < 0.12 * static_cast<double>(all->pinwheels.size()),
             QByteArray::number(static_cast<qulonglong>(found->pinwheels.size())).constData());
    QVERIFY(std::isnan(found->columnSpacingMm));
  }

  void uniformMapsHaveNone() {
    const Sheet sheet = sheetOf(20000, 20, 6, [](double, double) { return std::complex<double>(1, 0); });
    const auto map = findPinwheels(sheet.x, sheet.y, sheet.orientation, 20, {});
    QCOMPARE(map->pinwheels.size(), std::size_t{0});
    const Sheet waves = sheetOf(20000, 20, 7, [](double x, double) { return std::polar(1.0, x); });
    QCOMPARE(findPinwheels(waves.x, waves.y, waves.orientation, 20, {})->pinwheels.size(), std::size_t{0});
  }

  void emptyRegionsAreLeftOut() {
    Sheet sheet = sheetOf(20000, 20, 8, WaveField(4, 9));
    for (std::size_t u = 0; u < sheet.x.size(); ++u)
      if (sheet.x[u] < 10) sheet.orientation[u] = std::nanf("");
    const auto map = findPinwheels(sheet.x, sheet.y, sheet.orientation, 20, {});
    QVERIFY(map->areaMm2 > 140 && map->areaMm2 < 190);  // half of 400 mm2, less a border of a window
    for (const Pinwheel& p : map->pinwheels) QVERIFY(p.xMm > 9);
  }

  void badInputIsRefused() {
    const std::vector<float> three(3), two(2);
    QVERIFY_REFUSED(findPinwheels(three, three, two, 20, {}), "orientation for every unit");
    QVERIFY_REFUSED(findPinwheels(three, three, three, 1, {}), "too small");
    // A silent layer has no pinwheels to count: that is not a count of 0.
    Sheet silent = sheetOf(5000, 20, 6, [](double, double) { return std::complex<double>(1, 0); });
    silent.orientation.assign(5000, std::nanf(""));
    QVERIFY_REFUSED(findPinwheels(silent.x, silent.y, silent.orientation, 20, {}), "0 of 5000 units");
  }
};

QTEST_APPLESS_MAIN(TestPinwheels)
#include "test_pinwheels.moc"
