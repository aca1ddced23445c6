#include "engine/analysis/rsa.h"

#include <cmath>

#include "engine/core/random.h"
#include "engine/formats/matrix_file.h"
#include "tests/support.h"

using namespace pinwheel;
using namespace pinwheel::analysis;

namespace {

constexpr Comparison kAll[] = {Comparison::pearson, Comparison::spearman, Comparison::kendallA, Comparison::kendallB};

DissimilarityMatrix randomMatrix(std::int64_t stimuli, std::uint64_t seed, double least = 0) {
  Random random(seed);
  const auto side = static_cast<std::size_t>(stimuli);
  DissimilarityMatrix matrix{stimuli, std::vector<double>(side * side, 0.0), 0};
  for (std::size_t i = 0; i < side; ++i)
    for (std::size_t j = i + 1; j < side; ++j)
      matrix.values[i * side + j] = matrix.values[j * side + i] = least + random.uniform();
  return matrix;
}

Expected<Similarity> compared(const DissimilarityMatrix& a, const DissimilarityMatrix& b,
                              const SimilarityOptions& options) {
  return similarity(a, std::span(&b, 1), options);
}

SimilarityOptions valueAlone(Comparison comparison) {
  return {comparison, 0, 0, 0};
}

double at(const DissimilarityMatrix& matrix, std::size_t i, std::size_t j) {
  return matrix.values[i * static_cast<std::size_t>(matrix.stimuli) + j];
}

bool close(double a, double b, double tolerance = 1e-12) {
  return std::abs(a - b) < tolerance;
}

// A matrix of the 92 stimuli of Kriegeskorte et al. 2008; empty where the data are absent.
DissimilarityMatrix stimuli92(const std::string& name) {
  const auto stack =
      formats::loadDissimilarities({std::filesystem::path(PINWHEEL_SHARED_DATA) / "stimuli92" / (name + "_rdm.npy")});
  return stack ? DissimilarityMatrix{stack->stimuli, stack->matrices.at(0), 0} : DissimilarityMatrix{};
}

}  // namespace

class TestRsa : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void distancesByHand() {
    const std::vector<float> patterns{1, 2, 4, 2, 4, 8, 4, 2, 1, 5, 5, 5};
    const auto pearson = dissimilarities(patterns, 4, Distance::pearson);
    QVERIFY_OK(pearson);
    QVERIFY(close(at(*pearson, 0, 1), 0));
    // Deviations (-4, -1, 5) / 3 and (5, -1, -4) / 3: -39 / 42.
    QVERIFY(close(at(*pearson, 0, 2), 1 + 39.0 / 42));
    QCOMPARE(at(*pearson, 2, 0), at(*pearson, 0, 2));
    QCOMPARE(at(*pearson, 0, 3), 1.0);
    QCOMPARE(at(*pearson, 3, 3), 0.0);
    QCOMPARE(pearson->constantStimuli, std::int64_t{1});

    const auto spearman = dissimilarities(patterns, 4, Distance::spearman);
    QVERIFY_OK(spearman);
    QVERIFY(close(at(*spearman, 0, 2), 2));
    QVERIFY(close(at(*spearman, 0, 1), 0));

    const auto euclidean = dissimilarities(patterns, 4, Distance::euclidean);
    QVERIFY_OK(euclidean);
    QVERIFY(close(at(*euclidean, 0, 1), std::sqrt(21.0)));
    QVERIFY(close(at(*euclidean, 0, 2), std::sqrt(18.0)));
    QCOMPARE(euclidean->constantStimuli, std::int64_t{0});

    const auto cosine = dissimilarities(patterns, 4, Distance::cosine);
    QVERIFY_OK(cosine);
    QVERIFY(close(at(*cosine, 0, 1), 0));
    QVERIFY(close(at(*cosine, 0, 2), 1 - 12.0 / 21));
  }

  // More units than are taken at a time.
  void manyUnitsAreTakenInBlocks() {
    constexpr std::size_t kUnits = 5000;
    Random random(5);
    std::vector<float> patterns(3 * kUnits);
    for (float& value : patterns) value = static_cast<float>(random.uniform());
    const auto matrix = dissimilarities(patterns, 3, Distance::pearson);
    QVERIFY_OK(matrix);
    for (std::size_t i = 0; i < 3; ++i)
      for (std::size_t j = i + 1; j < 3; ++j) {
        const auto row = [&](std::size_t k) {
          return std::vector<double>(patterns.begin() + static_cast<std::ptrdiff_t>(k * kUnits),
                                     patterns.begin() + static_cast<std::ptrdiff_t>((k + 1) * kUnits));
        };
        QVERIFY(close(at(*matrix, i, j), 1 - correlate(row(i), row(j), Comparison::pearson), 1e-10));
      }
  }

  // Handed over a few units at a time, with stimuli that all units answer alike: as the formula has it, with
  // cov = G - s s^T / U for Pearson's correlation.
  void productsOfPartsAreThoseOfTheWhole() {
    constexpr std::size_t kStimuli = 9;
    constexpr std::size_t kUnits = 500;
    Random random(8);
    std::vector<float> responses(kStimuli * kUnits);
    for (float& value : responses) value = static_cast<float>(random.below(5));  // as spikes summed over time
    for (std::size_t u = 0; u < kUnits; ++u) {
      responses[2 * kUnits + u] = 0;
      responses[5 * kUnits + u] = 0.1F;
    }
    const auto row = [&](std::size_t s) { return std::span(responses).subspan(s * kUnits, kUnits); };
    for (const Distance distance : {Distance::pearson, Distance::euclidean, Distance::cosine}) {
      ProductSum sum(kStimuli, centreOf(distance));
      std::vector<double> means;
      if (distance == Distance::pearson)
        for (std::size_t s = 0; s < kStimuli; ++s) means.push_back(responseMean(row(s)));
      for (std::size_t first = 0; first < kUnits; first += 37) {
        const std::size_t width = std::min<std::size_t>(37, kUnits - first);
        std::vector<float> part;
        for (std::size_t s = 0; s < kStimuli; ++s)
          for (std::size_t u = 0; u < width; ++u) part.push_back(row(s)[first + u]);
        sum.add(part, means);
      }
      const DissimilarityMatrix found = dissimilaritiesOf(sum.take(), kStimuli, distance);
      const auto whole = dissimilarities(responses, kStimuli, distance);
      QVERIFY_OK(whole);
      QCOMPARE(found.constantStimuli, whole->constantStimuli);
      QCOMPARE(found.constantStimuli, std::int64_t{distance == Distance::pearson ? 2 : distance == Distance::cosine});
      for (std::size_t i = 0; i < kStimuli; ++i)
        for (std::size_t j = 0; j < kStimuli; ++j) {
          double gram[3] = {0, 0, 0};  // ij, ii, jj
          double sums[2] = {0, 0};
          for (std::size_t u = 0; u < kUnits; ++u) {
            const auto a = static_cast<double>(row(i)[u]);
            const auto b = static_cast<double>(row(j)[u]);
            gram[0] += a * b;
            gram[1] += a * a;
            gram[2] += b * b;
            sums[0] += a;
            sums[1] += b;
          }
          double wanted = 0;
          if (i != j && distance == Distance::euclidean) wanted = std::sqrt(gram[1] + gram[2] - 2 * gram[0]);
          if (i != j && distance == Distance::cosine)
            wanted = gram[1] * gram[2] > 0 ? 1 - gram[0] / std::sqrt(gram[1] * gram[2]) : 1;
          if (i != j && distance == Distance::pearson) {
            const bool constant = i == 2 || i == 5 || j == 2 || j == 5;
            const auto covariance = [&](double product, double x, double y) {
              return product - x * y / static_cast<double>(kUnits);
            };
            wanted = constant
                         ? 1
                         : 1 - covariance(gram[0], sums[0], sums[1]) / std::sqrt(covariance(gram[1], sums[0], sums[0]) *
                                                                                 covariance(gram[2], sums[1], sums[1]));
          }
          QVERIFY2(close(at(found, i, j), wanted, 1e-10), qPrintable(QString("%1 %2").arg(i).arg(j)));
          QVERIFY(close(at(*whole, i, j), wanted, 1e-10));
        }
    }
  }

  void responsesThatCannotBe() {
    QVERIFY_REFUSED(dissimilarities(std::vector<float>{1, 2, 3, 4}, 2, Distance::pearson), "Too few stimuli");
    QVERIFY_REFUSED(dissimilarities(std::vector<float>{1, 2, 3, 4}, 3, Distance::pearson), "not a table");
    QVERIFY_REFUSED(dissimilarities(std::vector<float>{1, 2, 3}, 3, Distance::pearson), "Too few units");
    QVERIFY_OK(dissimilarities(std::vector<float>{1, 2, 3}, 3, Distance::euclidean));
    QVERIFY_REFUSED(dissimilarities(std::vector<float>{1, 2, 3, NAN, 5, 6}, 3, Distance::pearson), "not a number");
  }

  void identicalMatricesAreOneAndAsUnlikelyAsCanBe() {
    const DissimilarityMatrix matrix = randomMatrix(12, 1);
    for (const Comparison c : kAll) {
      const auto result = compared(matrix, matrix, {c, 99, 50, 3});
      QVERIFY_OK(result);
      QVERIFY(close(result->value, 1));
      QVERIFY(close(result->p, 0.01));
      QVERIFY(close(result->low, 1) && close(result->high, 1));
    }
  }

  void aMonotoneTransformLeavesRankComparisons() {
    const DissimilarityMatrix a = randomMatrix(15, 1);
    const DissimilarityMatrix b = randomMatrix(15, 2);
    DissimilarityMatrix bent = a;
    for (double& value : bent.values) value = value * value * value;
    for (const Comparison c : {Comparison::spearman, Comparison::kendallA, Comparison::kendallB})
      QCOMPARE(compared(bent, b, valueAlone(c))->value, compared(a, b, valueAlone(c))->value);
  }

  void pOfUnrelatedMatricesIsUniform() {
    for (const Comparison c : {Comparison::spearman, Comparison::kendallA}) {
      double sum = 0;
      int low = 0;
      for (std::uint64_t k = 0; k < 100; ++k) {
        const auto result = compared(randomMatrix(8, 2 * k + 10), randomMatrix(8, 2 * k + 11), {c, 49, 0, k});
        QVERIFY_OK(result);
        QVERIFY(std::isnan(result->low) && std::isnan(result->high));
        sum += result->p;
        low += result->p <= 0.1 ? 1 : 0;
      }
      // Of a uniform p: a mean of 0.51 with a standard error of 0.03, and 10 +- 3 of 100.
      QVERIFY2(sum / 100 > 0.4 && sum / 100 < 0.62, qPrintable(QString::number(sum / 100)));
      QVERIFY2(low >= 1 && low <= 22, qPrintable(QString::number(low)));
    }
  }

  // With them in it, draws of matrices far from 0 would correlate at 0.9.
  void pairsOfAStimulusWithItselfAreLeftOut() {
    const auto result = compared(randomMatrix(20, 1, 100), randomMatrix(20, 2, 100), {Comparison::pearson, 0, 200, 1});
    QVERIFY_OK(result);
    QVERIFY(std::isnan(result->p));
    QVERIFY2(result->low < 0.2 && result->high < 0.6, qPrintable(QString::number(result->high)));
    QVERIFY(result->low < result->value && result->value < result->high);
  }

  void aSeedDecidesEverything() {
    const DissimilarityMatrix a = randomMatrix(12, 1);
    const DissimilarityMatrix b = randomMatrix(12, 2);
    const auto first = compared(a, b, {Comparison::spearman, 200, 200, 7});
    const auto again = compared(a, b, {Comparison::spearman, 200, 200, 7});
    const auto other = compared(a, b, {Comparison::spearman, 200, 200, 8});
    QCOMPARE(again->p, first->p);
    QCOMPARE(again->low, first->low);
    QCOMPARE(other->value, first->value);
    QVERIFY(other->low != first->low);
  }

  void severalSubjectsGiveTheirMean() {
    const DissimilarityMatrix model = randomMatrix(10, 1);
    const std::vector<DissimilarityMatrix> subjects{model, randomMatrix(10, 2), randomMatrix(10, 3)};
    const auto result = similarity(model, subjects, valueAlone(Comparison::spearman));
    QVERIFY_OK(result);
    QCOMPARE(result->bySubject.size(), std::size_t{3});
    QVERIFY(close(result->bySubject[0], 1));
    for (std::size_t s = 1; s < 3; ++s)
      QCOMPARE(result->bySubject[s], compared(model, subjects[s], valueAlone(Comparison::spearman))->value);
    QVERIFY(close(result->value, (1 + result->bySubject[1] + result->bySubject[2]) / 3));
  }

  void noiseCeilings() {
    const DissimilarityMatrix one = randomMatrix(10, 1);
    const std::vector<DissimilarityMatrix> alike{one, one, one};
    for (const Comparison c : kAll) {
      const auto ceiling = noiseCeiling(alike, c);
      QVERIFY_OK(ceiling);
      QVERIFY(close(ceiling->lower, 1) && close(ceiling->upper, 1));
    }
    // Of two subjects, each is the other's mean of the others.
    const std::vector<DissimilarityMatrix> two{one, randomMatrix(10, 2)};
    for (const Comparison c : kAll) {
      const auto ceiling = noiseCeiling(two, c);
      QVERIFY_OK(ceiling);
      QVERIFY(close(ceiling->lower, compared(two[0], two[1], valueAlone(c))->value));
      QVERIFY(ceiling->upper > ceiling->lower + 0.2);
    }
    QVERIFY_REFUSED(noiseCeiling(std::span(&one, 1), Comparison::spearman), "at least 2 subjects");
  }

  void matricesThatCannotBeCompared() {
    const DissimilarityMatrix matrix = randomMatrix(10, 1);
    QVERIFY_REFUSED(compared(matrix, randomMatrix(11, 1), {}), "10 and 11 stimuli");
    QVERIFY_REFUSED(similarity(matrix, {}, {}), "no matrix");
    QVERIFY_REFUSED(compared(randomMatrix(2, 1), randomMatrix(2, 1), {}), "at least 3");
    DissimilarityMatrix constant = matrix;
    for (double& value : constant.values) value = value > 0 ? 1 : 0;
    QVERIFY_REFUSED(compared(constant, matrix, {}), "nothing to compare");
    QVERIFY_REFUSED(compared(matrix, constant, {}), "nothing to compare");
    StopFlag stop;
    stop.request();
    QVERIFY_REFUSED(similarity(matrix, std::span(&matrix, 1), {}, &stop), "Stopped");
  }

  void monkeyAndHuman() {
    const DissimilarityMatrix monkey = stimuli92("monkey_it");
    const DissimilarityMatrix human = stimuli92("human_it");
    const DissimilarityMatrix v1 = stimuli92("v1_model");
    if (monkey.stimuli == 0) QSKIP("needs the shared data");
    const auto rounded = [](const DissimilarityMatrix& a, const DissimilarityMatrix& b, Comparison c) {
      return QString::number(compared(a, b, valueAlone(c))->value, 'f', 4);
    };
    QCOMPARE(rounded(monkey, human, Comparison::spearman), QString("0.4389"));
    QCOMPARE(rounded(monkey, human, Comparison::kendallA), QString("0.3040"));
    QCOMPARE(rounded(monkey, human, Comparison::kendallB), QString("0.3040"));
    QCOMPARE(rounded(v1, monkey, Comparison::spearman), QString("0.0740"));
    QCOMPARE(rounded(v1, human, Comparison::spearman), QString("0.0393"));
    const auto result = compared(monkey, human, {Comparison::spearman, 99, 99, 0});
    QVERIFY(close(result->p, 0.01));
    QVERIFY(result->low > 0.2 && result->low < 0.4389 && result->high > 0.4389 && result->high < 0.65);
  }
};

QTEST_GUILESS_MAIN(TestRsa)
#include "test_rsa.moc"
