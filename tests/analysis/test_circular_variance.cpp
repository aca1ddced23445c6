#include "engine/analysis/circular_variance.h"

#include <cmath>
#include <vector>

#include "tests/support.h"

using namespace pinwheel;
using namespace pinwheel::analysis;

namespace {

// As many units in the middle of each tenth as macaque V1 has cells there.
std::vector<float> likeMacaque() {
  std::vector<float> out;
  for (std::size_t i = 0; i < kMacaqueCircularVariance.size(); ++i)
    out.insert(out.end(), static_cast<std::size_t>(kMacaqueCircularVariance[i]),
               (static_cast<float>(i) + 0.5F) / 10.0F);
  return out;
}

}  // namespace

class TestCircularVariance : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void theMacaqueMatchesItself() {
    std::vector<float> values = likeMacaque();
    values.push_back(std::nanf(""));  // a silent unit
    const auto match = matchCircularVariance(values);
    QVERIFY_OK(match);
    QCOMPARE(match->units, std::int64_t{308});
    QVERIFY(match->histogram == kMacaqueCircularVariance);
    QVERIFY(match->distanceToMacaque < 1e-12);
    QVERIFY(std::abs(match->selectiveFraction - 153.0 / 308) < 1e-12);
    QVERIFY(std::abs(match->median - 0.65) < 1e-6);
  }

  // Moving everything into one tenth costs the mean way to it.
  void theDistanceIsTheMeanShift() {
    double toFirst = 0, toLast = 0;
    for (std::size_t i = 0; i < 10; ++i) {
      toFirst += static_cast<double>(kMacaqueCircularVariance[i]) / 308 * static_cast<double>(i) / 10;
      toLast += static_cast<double>(kMacaqueCircularVariance[i]) / 308 * static_cast<double>(9 - i) / 10;
    }
    const auto first = matchCircularVariance(std::vector<float>(50, 0.0F));
    const auto last = matchCircularVariance(std::vector<float>(20, 1.0F));
    QVERIFY_OK(first);
    QVERIFY_OK(last);
    QVERIFY(std::abs(first->distanceToMacaque - toFirst) < 1e-12);
    QVERIFY(std::abs(last->distanceToMacaque - toLast) < 1e-12);
    QCOMPARE(last->histogram[9], std::int64_t{20});
    QCOMPARE(first->selectiveFraction, 1.0);
    QCOMPARE(last->selectiveFraction, 0.0);
  }

  void silentLayersAreAnError() {
    QVERIFY_REFUSED(matchCircularVariance(std::vector<float>(7, std::nanf(""))), "none of 7 units");
    QVERIFY_REFUSED(matchCircularVariance({}), "none of 0 units");
  }
};

QTEST_APPLESS_MAIN(TestCircularVariance)
#include "test_circular_variance.moc"
