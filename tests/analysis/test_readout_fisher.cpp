#include "engine/analysis/readout_fisher.h"

#include <array>
#include <cmath>

#include "engine/core/random.h"
#include "tests/support.h"

using namespace pinwheel;
using namespace pinwheel::analysis;

namespace {

constexpr std::size_t kUnits = 6;
constexpr std::size_t kTargets = 3;
constexpr double kRate = 0.3;

// The weights of a known readout.
double weight(std::size_t target, std::size_t unit) {
  return 0.4 * std::sin(static_cast<double>(1 + target * kUnits + unit));
}

std::vector<float> spikesOf(Random& random, std::size_t timeSteps) {
  std::vector<float> spikes(timeSteps * kUnits);
  for (float& spike : spikes) spike = random.uniform() < kRate ? 1.0F : 0.0F;
  return spikes;
}

}  // namespace

class TestReadoutFisher : public QObject {
  Q_OBJECT

private Q_SLOTS:
  // y = W r + b + noise: the fitted readout's information is that of the true one, which is also the mean square of
  // the true log-likelihood's gradient.
  void aLinearGaussianReadoutHasItsInformation() {
    const double noise = 0.5;
    const int stimuli = 20000;
    Random random(1);
    ReadoutFisherAccumulator accumulator(kUnits, kTargets, 1);
    double squaredGradient = 0;
    for (int n = 0; n < stimuli; ++n) {
      const std::vector<float> spikes = spikesOf(random, 1);
      std::array<double, kTargets> y{};
      double residual = 0, input = 1;
      for (std::size_t k = 0; k < kTargets; ++k) {
        const double e = noise * random.normal();
        residual += e * e;
        y[k] = 0.7 + e;
        for (std::size_t u = 0; u < kUnits; ++u) y[k] += weight(k, u) * static_cast<double>(spikes[u]);
      }
      for (const float spike : spikes) input += static_cast<double>(spike);
      squaredGradient += residual * input / std::pow(noise, 4) / stimuli;
      accumulator.add(spikes, y);
    }
    const auto fisher = accumulator.information();
    QVERIFY_OK(fisher);
    const double expected = kTargets / (noise * noise) * (1 + kUnits * kRate);
    QVERIFY2(std::abs(fisher->information[0] / expected - 1) < 0.02,
             QByteArray::number(fisher->information[0]).constData());
    QVERIFY2(std::abs(fisher->information[0] / squaredGradient - 1) < 0.05,
             QByteArray::number(squaredGradient).constData());
    double signal = 0;
    for (std::size_t k = 0; k < kTargets; ++k)
      for (std::size_t u = 0; u < kUnits; ++u) signal += weight(k, u) * weight(k, u) * kRate * (1 - kRate) / kTargets;
    const double prior = noise * noise + signal;
    QVERIFY(std::abs(fisher->chance[0] / (kTargets / prior * (1 + kUnits * kRate)) - 1) < 0.02);
    QVERIFY(std::abs(fisher->explained[0] - signal / prior) < 0.02);
    QCOMPARE(fisher->stimuli, std::int64_t{stimuli});
  }

  // Targets that spikes say nothing of.
  void unrelatedTargetsAreAtChance() {
    Random random(2);
    ReadoutFisherAccumulator accumulator(kUnits, 2, 3);
    for (int n = 0; n < 4000; ++n) {
      const bool first = random.uniform() < 0.5;
      accumulator.add(spikesOf(random, 3), std::array<double, 2>{first ? 1.0 : 0.0, first ? 0.0 : 1.0});
    }
    const auto fisher = accumulator.information();
    QVERIFY_OK(fisher);
    for (std::size_t t = 0; t < 3; ++t) {
      QVERIFY(std::abs(fisher->information[t] / fisher->chance[t] - 1) < 0.01);
      QVERIFY(std::abs(fisher->explained[t]) < 0.01);
    }
  }

  // The class shows at the second step alone: from there on the readout knows it.
  void informationComesWhenTheSpikesDo() {
    Random random(3);
    ReadoutFisherAccumulator accumulator(kUnits, 2, 3);
    for (int n = 0; n < 4000; ++n) {
      const bool first = random.uniform() < 0.5;
      std::vector<float> spikes = spikesOf(random, 3);
      spikes[kUnits] = first ? 1.0F : 0.0F;
      accumulator.add(spikes, std::array<double, 2>{first ? 1.0 : 0.0, first ? 0.0 : 1.0});
    }
    const auto fisher = accumulator.information();
    QVERIFY_OK(fisher);
    QVERIFY(std::abs(fisher->explained[0]) < 0.02);
    // (s1 + s2) / 2 with s1 a nuisance of variance p (1 - p): the share of s2 in it is 0.25 / (0.25 + 0.21).
    QVERIFY2(fisher->explained[1] > 0.5, QByteArray::number(fisher->explained[1]).constData());
    QVERIFY(fisher->information[1] > 1.9 * fisher->chance[1]);
    // A third step of noise blurs the mean again.
    QVERIFY(fisher->explained[2] > 0.3 && fisher->explained[2] < fisher->explained[1]);
  }

  void silentUnitsAreAllowed() {
    Random random(4);
    ReadoutFisherAccumulator accumulator(kUnits, 2, 1);
    for (int n = 0; n < 500; ++n)
      accumulator.add(std::vector<float>(kUnits, 0.0F), std::array<double, 2>{n % 2 == 0 ? 1.0 : 0.0, 1.0});
    const auto fisher = accumulator.information();
    QVERIFY_OK(fisher);
    QVERIFY(std::abs(fisher->information[0] / fisher->chance[0] - 1) < 0.03);
  }

  void whatCannotBeReadOutSaysWhy() {
    Random random(5);
    ReadoutFisherAccumulator few(kUnits, 2, 1), same(kUnits, 2, 1), exact(kUnits, 1, 1);
    for (int n = 0; n < 13; ++n) few.add(spikesOf(random, 1), std::array<double, 2>{n % 2 == 0 ? 1.0 : 0.0, 0.0});
    for (int n = 0; n < 100; ++n) {
      same.add(spikesOf(random, 1), std::array<double, 2>{1.0, 0.0});
      const std::vector<float> spikes = spikesOf(random, 1);
      exact.add(spikes, std::array<double, 1>{static_cast<double>(spikes[2])});
    }
    QVERIFY_REFUSED(few.information(), "13 stimuli for 7 weights");
    QVERIFY_REFUSED(same.information(), "one target");
    QVERIFY_REFUSED(exact.information(), "no residual");
  }
};

QTEST_APPLESS_MAIN(TestReadoutFisher)
#include "test_readout_fisher.moc"
