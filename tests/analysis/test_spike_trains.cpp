#include "engine/analysis/spike_trains.h"

#include <cmath>

#include "engine/core/random.h"
#include "tests/support.h"

using namespace pinwheel;
using namespace pinwheel::analysis;

namespace {

// `train` fills the spikes [T] of one unit and stimulus.
template <class Train>
SpikeTrainEntropy entropyOf(int units, int timeSteps, int stimuli, std::uint64_t seed, Train&& train) {
  Random random(seed);
  SpikeTrains trains(units, timeSteps);
  std::vector<float> one(static_cast<std::size_t>(timeSteps));
  std::vector<float> all(static_cast<std::size_t>(timeSteps) * static_cast<std::size_t>(units));
  for (int i = 0; i < stimuli; ++i) {
    for (std::size_t u = 0; u < static_cast<std::size_t>(units); ++u) {
      train(u, random, one);
      for (std::size_t t = 0; t < one.size(); ++t) all[t * static_cast<std::size_t>(units) + u] = one[t];
    }
    trains.add(all);
  }
  return trains.entropy();
}

void coins(std::size_t, Random& random, std::vector<float>& train) {
  for (float& spike : train) spike = random.uniform() < 0.5 ? 1.0F : 0.0F;
}

double binary(double p) {
  return -p * std::log2(p) - (1 - p) * std::log2(1 - p);
}

}  // namespace

class TestSpikeTrains : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void independentCoinsHoldOneBitAStep_data() {
    QTest::addColumn<int>("timeSteps");
    for (const int timeSteps : {1, 4, 10, 16, 17, 30}) QTest::addRow("T = %d", timeSteps) << timeSteps;
  }
  void independentCoinsHoldOneBitAStep() {
    QFETCH(int, timeSteps);
    // A distribution over 2^16 words shows with many samples alone.
    const int stimuli = timeSteps == 16 ? 400000 : 20000;
    const SpikeTrainEntropy entropy = entropyOf(2, timeSteps, stimuli, 1, coins);
    QVERIFY2(std::abs(entropy.bits - timeSteps) < 0.02 * timeSteps, QByteArray::number(entropy.bits).constData());
    QVERIFY(std::abs(entropy.independentBits - timeSteps) < 0.01);
    QVERIFY(entropy.bits <= timeSteps && entropy.uncorrectedBits <= entropy.bits);
    QCOMPARE(entropy.exact, timeSteps <= 16);
    QCOMPARE(entropy.memorySteps, timeSteps <= 16 ? timeSteps - 1 : 8);
    QCOMPARE(entropy.stimuli, std::int64_t{stimuli});
    QCOMPARE(entropy.rateByStep.size(), static_cast<std::size_t>(timeSteps));
    for (const double rate : entropy.rateByStep) QVERIFY(std::abs(rate - 0.5) < 0.02);
    QCOMPARE(entropy.silentShare, 0.0);
  }

  void constantTrainsHoldNothing_data() {
    QTest::addColumn<int>("timeSteps");
    QTest::addRow("words") << 6;
    QTest::addRow("runs") << 24;
  }
  void constantTrainsHoldNothing() {
    QFETCH(int, timeSteps);
    // Unit 0 is silent, unit 1 always fires, unit 2 fires at the second step.
    const SpikeTrainEntropy entropy =
        entropyOf(3, timeSteps, 100, 1, [](std::size_t unit, Random&, std::vector<float>& train) {
          for (std::size_t t = 0; t < train.size(); ++t) train[t] = unit == 1 || (unit == 2 && t == 1) ? 1.0F : 0.0F;
        });
    QVERIFY(std::abs(entropy.bits) < 1e-12 && std::abs(entropy.uncorrectedBits) < 1e-12);
    QVERIFY(std::abs(entropy.independentBits) < 1e-12);
    QVERIFY(std::abs(entropy.silentShare - 1.0 / 3) < 1e-12);
    QVERIFY(std::abs(entropy.rateByStep[0] - 1.0 / 3) < 1e-12 && std::abs(entropy.rateByStep[1] - 2.0 / 3) < 1e-12);
  }

  // All steps repeat one coin: one bit, where independent steps of the same rates would hold T.
  void repetitionAddsNothing() {
    const SpikeTrainEntropy entropy =
        entropyOf(3, 8, 20000, 2, [](std::size_t, Random& random, std::vector<float>& train) {
          std::fill(train.begin(), train.end(), random.uniform() < 0.5 ? 1.0F : 0.0F);
        });
    QVERIFY(std::abs(entropy.bits - 1) < 0.01);
    QVERIFY(std::abs(entropy.independentBits - 8) < 0.01);
  }

  // A chain that remembers one step is measured exactly by runs of nine.
  void aLongMarkovChainHasItsEntropy() {
    const double change = 0.1;
    const SpikeTrainEntropy entropy =
        entropyOf(4, 30, 20000, 3, [&](std::size_t, Random& random, std::vector<float>& train) {
          bool on = random.uniform() < 0.5;
          for (float& spike : train) {
            spike = on ? 1.0F : 0.0F;
            on = on != (random.uniform() < change);
          }
        });
    QVERIFY(!entropy.exact);
    QVERIFY2(std::abs(entropy.bits - (1 + 29 * binary(change))) < 0.2, QByteArray::number(entropy.bits).constData());
  }

  // What lies further back than the runs reach counts as new: an upper bound.
  void longerMemoryIsBoundedFromAbove() {
    const SpikeTrainEntropy entropy =
        entropyOf(1, 20, 20000, 4, [](std::size_t, Random& random, std::vector<float>& train) {
          std::fill(train.begin(), train.end(), 0.0F);
          train[0] = train[15] = random.uniform() < 0.5 ? 1.0F : 0.0F;
        });
    QVERIFY(!entropy.exact);
    QVERIFY(std::abs(entropy.bits - 2) < 0.01);
  }

  void fewSamplesAreCorrected() {
    const SpikeTrainEntropy entropy = entropyOf(500, 4, 60, 5, coins);
    QVERIFY2(entropy.uncorrectedBits < 3.9, QByteArray::number(entropy.uncorrectedBits).constData());
    QVERIFY2(std::abs(entropy.bits - 4) < 0.5 * (4 - entropy.uncorrectedBits),
             QByteArray::number(entropy.bits).constData());
  }

  void countersStayWithinTheirMemory() {
    QCOMPARE(SpikeTrains::unitsThatFit(1000, 4), std::int64_t{1000});
    QCOMPARE(SpikeTrains::unitsThatFit(1000000, 4), std::int64_t{131072});
    QCOMPARE(SpikeTrains::unitsThatFit(1000, 16), std::int64_t{32});
    QCOMPARE(SpikeTrains::unitsThatFit(1000, 30), std::int64_t{(1 << 21) / (22 * 512)});
    QVERIFY(std::isnan(SpikeTrains(3, 4).entropy().bits));
  }

  void synchronyIsTheFormula() {
    const int units = 5, timeSteps = 6, window = 2, stimuli = 7;
    Random random(6);
    SynchronyAccumulator accumulator(units, timeSteps, window);
    std::vector<std::vector<float>> all;
    for (int b = 0; b < stimuli; ++b) {
      std::vector<float> spikes;
      for (int i = 0; i < units * timeSteps; ++i)
        spikes.push_back(i % units != 3 && random.uniform() < 0.4 ? 1.0F : 0.0F);  // unit 3 is silent
      accumulator.add(spikes);
      all.push_back(spikes);
    }
    const auto ccg = [&](int i, int j) {
      double sum = 0;
      for (int tau = -window; tau <= window; ++tau)
        for (const auto& spikes : all)
          for (int t = 0; t < timeSteps; ++t)
            if (t + tau >= 0 && t + tau < timeSteps)
              sum += static_cast<double>(spikes[static_cast<std::size_t>(t * units + i)] *
                                         spikes[static_cast<std::size_t>((t + tau) * units + j)]) /
                     (stimuli * (timeSteps - std::abs(tau)));
      return sum;
    };
    const auto r = accumulator.synchrony();
    for (int i = 0; i < units; ++i)
      for (int j = 0; j < units; ++j) {
        const double found = r[static_cast<std::size_t>(i * units + j)];
        if (i == 3 || j == 3)
          QVERIFY(std::isnan(found));
        else
          QVERIFY(std::abs(found - ccg(i, j) / std::sqrt(ccg(i, i) * ccg(j, j))) < 1e-12);
      }
  }

  // Method section 3: not bounded by 1.
  void alternatingTrainsExceedOne() {
    SynchronyAccumulator accumulator(2, 4, 1);
    accumulator.add(std::vector<float>{0, 1, 1, 0, 0, 1, 1, 0});
    QVERIFY(std::abs(accumulator.synchrony()[1] - 2) < 1e-12);
    QCOMPARE(SynchronyAccumulator(2, 4).window(), 1);
    QCOMPARE(SynchronyAccumulator(2, 1).window(), 0);
    QCOMPARE(SynchronyAccumulator(2, 10).window(), 4);
    QCOMPARE(SynchronyAccumulator(2, 4, 9).window(), 3);
  }
};

QTEST_APPLESS_MAIN(TestSpikeTrains)
#include "test_spike_trains.moc"
