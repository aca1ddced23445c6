#include "engine/analysis/rank_correlation.h"

#include <algorithm>
#include <cmath>

#include "engine/core/random.h"
#include "tests/support.h"

using namespace pinwheel;
using namespace pinwheel::analysis;

namespace {

using Values = std::vector<double>;

// Kendall's tau by its definition, pair by pair.
double literalTau(const Values& x, const Values& y, bool withoutTies) {
  double balance = 0;
  double untiedX = 0;
  double untiedY = 0;
  double all = 0;
  for (std::size_t i = 0; i < x.size(); ++i)
    for (std::size_t j = i + 1; j < x.size(); ++j) {
      const double product = (x[i] - x[j]) * (y[i] - y[j]);
      balance += product > 0 ? 1 : product < 0 ? -1 : 0;
      untiedX += x[i] != x[j] ? 1 : 0;
      untiedY += y[i] != y[j] ? 1 : 0;
      ++all;
    }
  return balance / (withoutTies ? std::sqrt(untiedX * untiedY) : all);
}

bool close(double a, double b) {
  return std::abs(a - b) < 1e-12;
}

}  // namespace

class TestRankCorrelation : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void tiedRanksShareTheirMean() {
    QCOMPARE(ranks(Values{10, 30, 20, 20}), (Values{1, 4, 2.5, 2.5}));
    QCOMPARE(ranks(Values{5, 5, 5}), (Values{2, 2, 2}));
    QVERIFY(ranks(Values{}).empty());
  }

  void pearsonByHand() {
    // Deviations (-1, 0, 1) and (-1, 1, 0): 1 / sqrt(2 * 2).
    QVERIFY(close(correlate(Values{1, 2, 3}, Values{1, 3, 2}, Comparison::pearson), 0.5));
    QVERIFY(close(correlate(Values{1, 2, 3}, Values{1e9 + 1, 1e9 + 3, 1e9 + 2}, Comparison::pearson), 0.5));
    QVERIFY(close(correlate(Values{1, 2, 3}, Values{-2, -4, -6}, Comparison::pearson), -1));
  }

  void spearmanByHand() {
    // Ranks (1, 2.5, 2.5, 4) and (1, 2, 3, 4): 4.5 / sqrt(4.5 * 5).
    QVERIFY(close(correlate(Values{1, 2, 2, 9}, Values{1, 2, 3, 4}, Comparison::spearman), std::sqrt(0.9)));
  }

  void kendallWithTiesByHand() {
    // Concordant 3, discordant 1, one pair tied in x, another in y, of 6.
    QVERIFY(close(correlate(Values{1, 2, 2, 3}, Values{1, 3, 2, 2}, Comparison::kendallA), 2.0 / 6));
    QVERIFY(close(correlate(Values{1, 2, 2, 3}, Values{1, 3, 2, 2}, Comparison::kendallB), 2.0 / 5));
    // Concordant 4; one pair tied in both, another in x.
    QVERIFY(close(correlate(Values{1, 1, 2, 2}, Values{1, 1, 2, 3}, Comparison::kendallA), 4.0 / 6));
    QVERIFY(close(correlate(Values{1, 1, 2, 2}, Values{1, 1, 2, 3}, Comparison::kendallB), 4 / std::sqrt(20.0)));
  }

  void kendallIsItsDefinition() {
    Random random(3);
    for (std::size_t count = 2; count < 70; ++count) {
      Values x(count);
      Values y(count);
      for (double& v : x) v = static_cast<double>(random.below(1 + count / 2));
      for (double& v : y) v = static_cast<double>(random.below(1 + count));
      if (std::ranges::min(x) == std::ranges::max(x) || std::ranges::min(y) == std::ranges::max(y)) continue;
      QVERIFY(close(correlate(x, y, Comparison::kendallA), literalTau(x, y, false)));
      QVERIFY(close(correlate(x, y, Comparison::kendallB), literalTau(x, y, true)));
    }
  }

  void aMonotoneTransformLeavesRankCorrelations() {
    Random random(4);
    Values x(50);
    Values y(50);
    Values bent(50);
    for (std::size_t i = 0; i < x.size(); ++i) {
      x[i] = random.normal();
      y[i] = x[i] + random.normal();
      bent[i] = std::exp(3 * x[i]);
    }
    for (const Comparison c : {Comparison::spearman, Comparison::kendallA, Comparison::kendallB})
      QCOMPARE(correlate(bent, y, c), correlate(x, y, c));
    QVERIFY(std::abs(correlate(bent, y, Comparison::pearson) - correlate(x, y, Comparison::pearson)) > 0.05);
  }

  void aConstantCorrelatesWithNothing() {
    const Values constant(7, 0.1);
    const Values other{1, 2, 3, 4, 5, 6, 7};
    for (const Comparison c : {Comparison::pearson, Comparison::spearman, Comparison::kendallA, Comparison::kendallB}) {
      QVERIFY(std::isnan(correlate(constant, other, c)));
      QVERIFY(std::isnan(correlate(other, constant, c)));
    }
  }
};

QTEST_GUILESS_MAIN(TestRankCorrelation)
#include "test_rank_correlation.moc"
