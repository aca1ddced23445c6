#include "engine/analysis/dimensionality.h"

#include <cmath>
#include <vector>

#include "engine/core/random.h"
#include "tests/support.h"

using namespace pinwheel;
using namespace pinwheel::analysis;

namespace {

// Two stimuli for each of `directions` orthogonal directions, one unit above and one unit below the mean; `units` in
// all.
std::vector<float> equalDirections(std::size_t directions, std::size_t units) {
  std::vector<float> responses(2 * directions * units, 3.0F);
  for (std::size_t k = 0; k < directions; ++k) {
    responses[2 * k * units + k] += 1;
    responses[(2 * k + 1) * units + k] -= 1;
  }
  return responses;
}

}  // namespace

class TestDimensionality : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void equalDirectionsAreCounted_data() {
    QTest::addColumn<int>("directions");
    QTest::addColumn<int>("units");
    QTest::newRow("one") << 1 << 3;
    QTest::newRow("fewer units than stimuli") << 5 << 5;
    QTest::newRow("as many") << 5 << 10;
    QTest::newRow("more units than stimuli") << 5 << 40;
    QTest::newRow("several blocks of units") << 7 << 5000;
  }
  void equalDirectionsAreCounted() {
    QFETCH(int, directions);
    QFETCH(int, units);
    const auto k = static_cast<std::size_t>(directions);
    const auto found = effectiveDimensionality(equalDirections(k, static_cast<std::size_t>(units)), 2 * directions);
    QVERIFY_OK(found);
    QVERIFY2(std::abs(*found - directions) < 1e-9, qPrintable(QString::number(*found)));
  }

  // Eigenvalues in the ratio 4 to 1: (4 + 1)^2 / (16 + 1).
  void unequalDirectionsCountLess() {
    const std::vector<float> responses{2, 0, -2, 0, 0, 1, 0, -1};
    const auto found = effectiveDimensionality(responses, 4);
    QVERIFY_OK(found);
    QVERIFY(std::abs(*found - 25.0 / 17) < 1e-12);
  }

  // The same responses, seen over units and (with silent units beside them) over stimuli.
  void bothWaysAgree() {
    Random random(2);
    constexpr std::size_t kStimuli = 30;
    std::vector<float> few(kStimuli * 12);
    for (float& value : few) value = static_cast<float>(random.normal());
    std::vector<float> many(kStimuli * 50, 0.0F);
    for (std::size_t s = 0; s < kStimuli; ++s)
      for (std::size_t u = 0; u < 12; ++u) many[s * 50 + u] = few[s * 12 + u];
    QVERIFY(std::abs(*effectiveDimensionality(few, kStimuli) - *effectiveDimensionality(many, kStimuli)) < 1e-9);
  }

  void nothingToMeasure() {
    QVERIFY_REFUSED(effectiveDimensionality(std::vector<float>(40, 0.1F), 10), "no unit's response varies");
    QVERIFY_REFUSED(effectiveDimensionality(std::vector<float>{1, 2}, 1), "Too few stimuli");
    QVERIFY_REFUSED(effectiveDimensionality(std::vector<float>{1, INFINITY, 2, 3}, 2), "not a number");
  }
};

QTEST_GUILESS_MAIN(TestDimensionality)
#include "test_dimensionality.moc"
