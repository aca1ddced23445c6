#include "engine/analysis/tuning.h"

#include <cmath>
#include <numbers>

#include "tests/support.h"

using namespace pinwheel::analysis;

namespace {

const std::vector<double> kAngles{0, 22.5, 45, 67.5, 90, 112.5, 135, 157.5};
const std::vector<double> kFrequencies{1, 2, 3, 4, 5, 6};

double wrapped(double a, double b) {
  const double d = std::abs(std::fmod(std::abs(a - b), 180.0));
  return std::min(d, 180 - d);
}

// One unit per preferred angle: 1 + depth cos 2 (theta - preferred), tuned to `frequency` (a parabola) and colour 1.
GratingResponses cosineUnits(const std::vector<double>& preferred, double depth, double frequency) {
  GratingResponses responses(static_cast<std::int64_t>(preferred.size()), 8, 6, 2);
  std::vector<float> rates(preferred.size());
  for (int o = 0; o < 8; ++o)
    for (int f = 0; f < 6; ++f)
      for (int c = 0; c < 2; ++c)
        for (int phase = 0; phase < 3; ++phase) {
          for (std::size_t u = 0; u < preferred.size(); ++u) {
            const double angle = (kAngles[static_cast<std::size_t>(o)] - preferred[u]) * std::numbers::pi / 180;
            const double away = kFrequencies[static_cast<std::size_t>(f)] - frequency;
            rates[u] = static_cast<float>((1 + depth * std::cos(2 * angle)) * (40 - away * away) * (c == 0 ? 1 : 3));
          }
          responses.add(o, f, c, rates);
        }
  return responses;
}

}  // namespace

class TestTuning : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void findsWhatWasPutIn() {
    std::vector<double> preferred;
    for (int i = 0; i < 36; ++i) preferred.push_back(5.0 * i + 0.3);
    const TuningMaps maps = tuningMaps(cosineUnits(preferred, 0.8, 3.3), kAngles, kFrequencies);
    for (std::size_t u = 0; u < preferred.size(); ++u) {
      QVERIFY(wrapped(static_cast<double>(maps.orientationDeg[u]), preferred[u]) < 0.01);
      QVERIFY(maps.orientationDeg[u] >= 0 && maps.orientationDeg[u] < 180);
      QVERIFY2(wrapped(static_cast<double>(maps.orientationVonMisesDeg[u]), preferred[u]) < 1.0,
               QByteArray::number(static_cast<double>(maps.orientationVonMisesDeg[u])).constData());
      // A cosine of depth a has circular variance 1 - a / 2.
      QVERIFY(std::abs(maps.circularVariance[u] - 0.6F) < 1e-4F);
      QVERIFY(std::abs(maps.frequencyCyclesPerImage[u] - 3.3F) < 1e-3F);
      QVERIFY(std::abs(maps.colourPreference[u] - 0.5F) < 1e-5F);
    }
  }

  void extremesOfCircularVariance() {
    GratingResponses responses(3, 8, 1, 1);
    for (int o = 0; o < 8; ++o) responses.add(o, 0, 0, std::vector<float>{o == 3 ? 1.0F : 0.0F, 1.0F, 0.0F});
    const TuningMaps maps = tuningMaps(responses, kAngles, std::vector<double>{1});
    QVERIFY(std::abs(maps.circularVariance[0]) < 1e-6F);  // answers one orientation alone
    QVERIFY(std::abs(maps.orientationDeg[0] - 67.5F) < 1e-4F);
    QVERIFY(std::abs(maps.circularVariance[1] - 1) < 1e-6F);  // answers all alike: no preference
    QVERIFY(std::isnan(maps.orientationDeg[1]));
    QVERIFY(std::isnan(maps.circularVariance[2]));  // silent
    QVERIFY(std::isnan(maps.orientationDeg[2]) && std::isnan(maps.colourPreference[2]));
    QCOMPARE(maps.meanRate[2], 0.0F);
    QCOMPARE(maps.orientationPeakToPeak[0], 1.0F);
  }

  // A flat curve has no peak, and the first of its values is none.
  void noPreferenceIsNotTheFirst() {
    GratingResponses responses(2, 8, 6, 1);
    for (int o = 0; o < 8; ++o)
      for (int f = 0; f < 6; ++f)
        responses.add(o, f, 0, std::vector<float>{0.1F + 1e-9F * static_cast<float>(o + f), f == 2 ? 1.0F : 0.5F});
    const TuningMaps maps = tuningMaps(responses, kAngles, kFrequencies);
    QVERIFY(std::isnan(maps.frequencyCyclesPerImage[0]) && std::isnan(maps.orientationDeg[0]));
    QVERIFY(std::abs(maps.frequencyCyclesPerImage[1] - 3) < 1e-5F);
  }

  void orderAndRepeatsDoNotMatter() {
    GratingResponses once(1, 8, 1, 1);
    GratingResponses twice(1, 8, 1, 1);
    for (int o = 0; o < 8; ++o) {
      once.add(o, 0, 0, std::vector<float>{static_cast<float>(o)});
      twice.add(7 - o, 0, 0, std::vector<float>{static_cast<float>(7 - o) + 1});
    }
    for (int o = 0; o < 8; ++o) twice.add(o, 0, 0, std::vector<float>{static_cast<float>(o) - 1});
    QCOMPARE(once.orientationCurve(0), twice.orientationCurve(0));
  }
};

QTEST_APPLESS_MAIN(TestTuning)
#include "test_tuning.moc"
