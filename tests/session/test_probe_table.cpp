// Previews agree with the analyses that they stand for.
#include "engine/session/probe_table.h"

#include <cmath>

#include "engine/analysis/selectivity.h"
#include "engine/analysis/tuning.h"
#include "engine/core/random.h"
#include "tests/support.h"

using namespace pinwheel;
using namespace pinwheel::session;

namespace {

constexpr std::int64_t kUnits = 50;

// Rates of a network of four time steps; unit 0 is silent, unit 1 answers all alike.
std::vector<float> ratesTo(std::uint64_t stimulus) {
  std::vector<float> rates;
  Random random(1, stimulus);
  for (std::int64_t u = 0; u < kUnits; ++u) {
    const float rate = static_cast<float>(random.below(5)) / 4;
    rates.push_back(u == 0 ? 0 : u == 1 ? 0.5F : rate);
  }
  return rates;
}

bool near(float a, float b, float tolerance = 1e-4F) {
  return (std::isnan(a) && std::isnan(b)) || std::abs(a - b) <= tolerance;
}

}  // namespace

class TestProbeTable : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void tuningIsThatOfTheAnalysis_data() {
    QTest::addColumn<int>("frequencies");  // of four, that were shown
    for (const int n : {1, 2, 4}) QTest::addRow("%d frequencies", n) << n;
  }
  void tuningIsThatOfTheAnalysis() {
    QFETCH(int, frequencies);
    const auto gratings = data::makeGratings(32, {8, 4, 2, 2});
    ProbeTable table(kUnits, gratings);
    analysis::GratingResponses responses(kUnits, 8, frequencies, 2);
    for (std::size_t i = 0; i < gratings.size(); ++i) {
      const data::Grating& g = gratings[i];
      // The last frequency shown has been seen at one phase only.
      if (g.frequency >= frequencies || (g.frequency == frequencies - 1 && g.phase == 1)) continue;
      table.setGrating(i, ratesTo(7000 + i));  // an older answer, replaced
      table.setGrating(i, ratesTo(i));
      responses.add(g.orientation, g.frequency, g.colour, ratesTo(i));
    }
    std::vector<double> angles;
    for (int o = 0; o < 8; ++o) angles.push_back(22.5 * o);
    auto all = data::gratingFrequencies(32, 4);
    all.resize(static_cast<std::size_t>(frequencies));
    const analysis::TuningMaps want = analysis::tuningMaps(responses, angles, all);
    const SheetMaps got = table.maps();
    for (std::size_t u = 0; u < kUnits; ++u) {
      QVERIFY(near(got.tuning.orientationDeg[u], want.orientationDeg[u], 0.05F) ||
              std::abs(std::abs(got.tuning.orientationDeg[u] - want.orientationDeg[u]) - 180) < 0.05F);
      QVERIFY(near(got.tuning.circularVariance[u], want.circularVariance[u]));
      QVERIFY(near(got.tuning.orientationPeakToPeak[u], want.orientationPeakToPeak[u]));
      QVERIFY(near(got.tuning.frequencyPeakToPeak[u], want.frequencyPeakToPeak[u]));
      QVERIFY(near(got.tuning.colourPreference[u], want.colourPreference[u]));
      QVERIFY(near(got.tuning.meanRate[u], want.meanRate[u]));
      const UnitAnswers unit = table.answers(static_cast<std::int32_t>(u));
      const auto curve = responses.orientationCurve(static_cast<std::int64_t>(u));
      for (std::size_t o = 0; o < 8; ++o) QVERIFY(std::abs(unit.orientation[o] - curve[o]) < 1e-5);
      QCOMPARE(unit.frequency.size(), std::size_t{4});
    }
    QVERIFY(std::isnan(got.tuning.orientationDeg[0]) && std::isnan(got.tuning.orientationDeg[1]));
    QVERIFY(std::isnan(got.tuning.circularVariance[0]));
  }

  void nothingShownIsNothingKnown() {
    ProbeTable table(kUnits, data::makeGratings(32, {8, 4, 2, 2}));
    const SheetMaps maps = table.maps();
    for (const float value : maps.tuning.orientationDeg) QVERIFY(std::isnan(value));
    for (const float t : maps.domains[0].t) QCOMPARE(t, 0.0F);
    QVERIFY(std::isnan(maps.meanRate));
  }

  void selectivityIsWelchsT() {
    ProbeTable table(kUnits, data::makeGratings(32, {8, 4, 2, 2}));
    analysis::CategoryResponses responses(kUnits, 5);
    for (std::uint64_t i = 0; i < 100; ++i) {
      table.addImage(i % 5, ratesTo(i));
      responses.add(static_cast<int>(i % 5), ratesTo(i));
    }
    for (int d = 0; d < 5; ++d) {
      const auto want = responses.tMap(d);
      const auto got = table.maps().domains[static_cast<std::size_t>(d)].t;
      for (std::size_t u = 0; u < kUnits; ++u) QVERIFY(near(got[u], want[u], 2e-3F));
    }
  }

  // Images weigh less and less: a network that has changed is soon seen as it is.
  void oldImagesAreForgotten() {
    ProbeTable table(1, data::makeGratings(32, {8, 4, 2, 2}));
    const auto show = [&](float face, float other) {
      for (int i = 0; i < 60; ++i) {
        table.forget(0.9F);
        for (std::size_t d = 0; d < 5; ++d) {
          const float jitter = i % 2 == 0 ? 0.05F : -0.05F;
          table.addImage(d, std::vector<float>{(d == 0 ? face : other) + jitter});
        }
      }
    };
    show(0.8F, 0.2F);
    QVERIFY(table.maps().domains[0].t[0] > 5);
    show(0.2F, 0.8F);
    QVERIFY(table.maps().domains[0].t[0] < -5);
  }
};

QTEST_APPLESS_MAIN(TestProbeTable)
#include "test_probe_table.moc"
