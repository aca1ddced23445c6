// Maps of 16 bits a unit and rasters of one bit an entry, against their bounds.
#include "engine/wire/compact.h"

#include <cmath>

#include "engine/core/random.h"
#include "tests/support.h"

using namespace pinwheel;
using namespace pinwheel::wire;

namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kLargest = std::numeric_limits<float>::max();

std::vector<float> thereAndBack(const std::vector<float>& values) {
  const auto map = compactMap(values);
  return map ? expandMap(map->minimum, map->maximum, map->codes) : std::vector<float>{};
}

// Half the distance between `value` and the next float.
double rounding(float value) {
  const float next = std::nextafter(std::abs(value), std::numeric_limits<float>::infinity());
  return (static_cast<double>(next) - static_cast<double>(std::abs(value))) / 2;
}

}  // namespace

class TestCompact : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void valuesStayWithinHalfAStep_data() {
    QTest::addColumn<float>("low");
    QTest::addColumn<float>("high");
    QTest::newRow("angles") << 0.0F << 179.99F;
    QTest::newRow("rates") << 0.0F << 0.31F;
    QTest::newRow("t") << -7.5F << 31.0F;
    QTest::newRow("tiny") << 1e-40F << 3e-39F;
    QTest::newRow("huge") << -3e38F << 3e38F;
    QTest::newRow("narrow beside its size") << 1000.0F << 1000.01F;
  }
  void valuesStayWithinHalfAStep() {
    QFETCH(float, low);
    QFETCH(float, high);
    Random random(1);
    std::vector<float> values{high, low};
    for (int i = 0; i < 100'000; ++i)
      values.push_back(static_cast<float>(random.uniform(static_cast<double>(low), static_cast<double>(high))));
    const std::vector<float> back = thereAndBack(values);
    QCOMPARE(back.size(), values.size());
    QCOMPARE(back[0], high);  // the ends are exact
    QCOMPARE(back[1], low);
    const double half = (static_cast<double>(high) - static_cast<double>(low)) / CompactMap::kSteps / 2;
    double worst = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const double error = std::abs(static_cast<double>(back[i]) - static_cast<double>(values[i]));
      QVERIFY(error <= half * (1 + 1e-9) + rounding(back[i]));
      QVERIFY(back[i] >= low && back[i] <= high);
      worst = std::max(worst, error);
    }
    // Nothing is better than it can be: the bound is reached where floats lie closer than the codes.
    if (rounding(high) < half / 100) QVERIFY(worst > half * 0.99);
  }

  void nanIsTold() {
    const std::vector<float> back = thereAndBack({kNan, 3, kNan, -1});
    QVERIFY(std::isnan(back[0]) && std::isnan(back[2]));
    QCOMPARE(back[1], 3.0F);
    QCOMPARE(back[3], -1.0F);
    const auto all = compactMap(std::vector<float>(7, kNan));
    QVERIFY(all.has_value());
    QCOMPARE(all->minimum, 0.0F);  // a range that a reader can check
    QCOMPARE(all->maximum, 0.0F);
    QCOMPARE(all->codes, std::vector<std::uint16_t>(7, CompactMap::kNan));
  }

  // The largest number has a code of its own beside NaN's.
  void theLargestIsNotNan() {
    const auto map = compactMap(std::vector<float>{0, 1, 0.5F});
    QCOMPARE(map->codes, (std::vector<std::uint16_t>{0, 65534, 32767}));
  }

  void oneValueAndNone() {
    QCOMPARE(thereAndBack({42.5F, 42.5F}), (std::vector<float>{42.5F, 42.5F}));
    QCOMPARE(thereAndBack({-kLargest, kLargest}), (std::vector<float>{-kLargest, kLargest}));
    QVERIFY(compactMap({})->codes.empty());
  }

  void infinityHasNoCode() {
    QVERIFY(!compactMap(std::vector<float>{1, std::numeric_limits<float>::infinity()}));
    QVERIFY(!compactMap(std::vector<float>{-std::numeric_limits<float>::infinity()}));
  }

  // Around the turn of a circle: what lies just below 180 and just above 0 stays on its side.
  void anglesDoNotTurn() {
    const float below = std::nextafter(180.0F, 0.0F);
    const std::vector<float> back = thereAndBack({0.0F, below, 179.999F, 0.001F, 90});
    QCOMPARE(back[0], 0.0F);
    QCOMPARE(back[1], below);
    QVERIFY(back[2] < 180 && back[2] > 179.99F);
    QVERIFY(back[3] >= 0 && back[3] < 0.01F);
  }

  void bitsLieFromTheLeastOn() {
    QCOMPARE(packBits(std::vector<std::uint8_t>{1, 0, 0, 0, 0, 0, 0, 1, 0, 7}), (std::vector<std::uint8_t>{0x81, 2}));
    QVERIFY(packBits({}).empty());
  }

  void bitsComeBackAtEveryLength() {
    Random random(2);
    for (std::size_t n = 0; n < 70; ++n) {
      std::vector<std::uint8_t> entries(n);
      for (auto& entry : entries) entry = random.uniform() < 0.5 ? 1 : 0;
      const std::vector<std::uint8_t> bits = packBits(entries);
      QCOMPARE(bits.size(), (n + 7) / 8);
      QCOMPARE(unpackBits(bits, n), entries);
    }
  }
};

QTEST_APPLESS_MAIN(TestCompact)
#include "test_compact.moc"
