#include "engine/analysis/predictivity.h"

#include <algorithm>
#include <cmath>

#include "engine/analysis/products.h"
#include "engine/core/random.h"
#include "tests/support.h"

using namespace pinwheel;
using namespace pinwheel::analysis;

namespace {

struct Made {
  std::int64_t stimuli = 0;
  std::size_t units = 0;
  std::size_t sites = 0;
  std::vector<float> responses;    // [stimuli, units]
  std::vector<double> recordings;  // [stimuli, sites]
};

// Recordings that are a linear function of the responses, an offset, and `noise`.
Made made(std::int64_t stimuli, std::size_t units, std::size_t sites, double noise, std::uint64_t seed) {
  Random random(seed);
  Made out{stimuli, units, sites, {}, {}};
  std::vector<double> weights(units * sites);
  for (double& weight : weights) weight = random.normal();
  for (std::int64_t i = 0; i < stimuli; ++i) {
    std::vector<float> row(units);
    for (float& value : row) value = static_cast<float>(random.normal() + 2);
    for (std::size_t s = 0; s < sites; ++s) {
      double sum = 5 + noise * random.normal();
      for (std::size_t u = 0; u < units; ++u) sum += static_cast<double>(row[u]) * weights[u * sites + s];
      out.recordings.push_back(sum);
    }
    out.responses.insert(out.responses.end(), row.begin(), row.end());
  }
  return out;
}

// Solves a x = b by elimination with pivots; a [n, n], b [n].
std::vector<double> solve(std::vector<double> a, std::vector<double> b) {
  const std::size_t n = b.size();
  for (std::size_t k = 0; k < n; ++k) {
    std::size_t pivot = k;
    for (std::size_t i = k + 1; i < n; ++i)
      if (std::abs(a[i * n + k]) > std::abs(a[pivot * n + k])) pivot = i;
    for (std::size_t j = 0; j < n; ++j) std::swap(a[k * n + j], a[pivot * n + j]);
    std::swap(b[k], b[pivot]);
    for (std::size_t i = k + 1; i < n; ++i) {
      const double factor = a[i * n + k] / a[k * n + k];
      for (std::size_t j = k; j < n; ++j) a[i * n + j] -= factor * a[k * n + j];
      b[i] -= factor * b[k];
    }
  }
  for (std::size_t k = n; k-- > 0;) {
    for (std::size_t j = k + 1; j < n; ++j) b[k] -= a[k * n + j] * b[j];
    b[k] /= a[k * n + k];
  }
  return b;
}

// Site 0 by the closed form w = (X^T X + l I)^-1 X^T y of the centred training stimuli.
std::vector<double> closedForm(const Made& data, const std::vector<std::int64_t>& train,
                               const std::vector<std::int64_t>& test, double penalty) {
  const auto x = [&](std::int64_t i, std::size_t u) {
    return static_cast<double>(data.responses[static_cast<std::size_t>(i) * data.units + u]);
  };
  const auto y = [&](std::int64_t i) { return data.recordings[static_cast<std::size_t>(i) * data.sites]; };
  const auto count = static_cast<double>(train.size());
  std::vector<double> mean(data.units, 0.0);
  double meanY = 0;
  for (const std::int64_t i : train) {
    for (std::size_t u = 0; u < data.units; ++u) mean[u] += x(i, u) / count;
    meanY += y(i) / count;
  }
  std::vector<double> matrix(data.units * data.units, 0.0);
  std::vector<double> right(data.units, 0.0);
  double squares = 0;
  for (const std::int64_t i : train)
    for (std::size_t u = 0; u < data.units; ++u) {
      const double own = x(i, u) - mean[u];
      for (std::size_t v = 0; v < data.units; ++v) matrix[u * data.units + v] += own * (x(i, v) - mean[v]);
      right[u] += own * (y(i) - meanY);
      squares += own * own;
    }
  for (std::size_t u = 0; u < data.units; ++u) matrix[u * data.units + u] += penalty * squares / count;
  const std::vector<double> weights = solve(matrix, right);
  std::vector<double> out;
  for (const std::int64_t i : test) {
    double sum = meanY;
    for (std::size_t u = 0; u < data.units; ++u) sum += (x(i, u) - mean[u]) * weights[u];
    out.push_back(sum);
  }
  return out;
}

}  // namespace

class TestPredictivity : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void ridgeIsTheClosedForm_data() {
    QTest::addColumn<int>("units");
    QTest::newRow("over units") << 6;
    QTest::newRow("as many units as stimuli") << 24;
    QTest::newRow("over stimuli") << 60;
  }
  void ridgeIsTheClosedForm() {
    QFETCH(int, units);
    const Made data = made(24, static_cast<std::size_t>(units), 3, 1, 11);
    std::vector<std::int64_t> train;
    std::vector<std::int64_t> test;
    for (std::int64_t i = 0; i < data.stimuli; ++i) (i % 4 == 1 ? test : train).push_back(i);
    for (const double penalty : {1e-3, 0.1, 10.0}) {
      const auto found = ridgePredictions(data.responses, data.recordings, data.stimuli, train, test, penalty);
      QVERIFY_OK(found);
      QCOMPARE(found->size(), test.size() * 3);
      const std::vector<double> wanted = closedForm(data, train, test, penalty);
      for (std::size_t i = 0; i < test.size(); ++i)
        QVERIFY2(std::abs((*found)[i * 3] - wanted[i]) < 1e-7,
                 qPrintable(QStringLiteral("%1, not %2").arg((*found)[i * 3]).arg(wanted[i])));
    }
  }

  void whatIsLinearIsPredicted() {
    const Made data = made(100, 20, 4, 0, 1);
    const auto result = predictivity(data.responses, data.recordings, data.stimuli, {}, {});
    QVERIFY_OK(result);
    QCOMPARE(result->sites, std::int64_t{4});
    QVERIFY2(result->median > 0.999, qPrintable(QString::number(result->median)));
    QVERIFY(result->sem >= 0 && result->sem < 1e-3);
  }

  // The products of the stimuli are all that the dual needs, whether there are more units than those or fewer.
  void productsDoForTheResponses() {
    for (const std::size_t units : {std::size_t{8}, std::size_t{300}}) {
      const Made data = made(60, units, 3, 2, 12);
      const auto direct = predictivity(data.responses, data.recordings, data.stimuli, {}, {});
      QVERIFY_OK(direct);
      ProductSum sum(data.stimuli, Centre::units);
      for (std::size_t first = 0; first < units; first += 100) {
        std::vector<float> part;
        const std::size_t width = std::min<std::size_t>(100, units - first);
        for (std::size_t i = 0; i < 60; ++i)
          for (std::size_t u = 0; u < width; ++u) part.push_back(data.responses[i * units + first + u]);
        sum.add(part);
      }
      const auto found = predictivityOf(sum.take(), data.recordings, data.stimuli, {}, {});
      QVERIFY_OK(found);
      for (std::size_t s = 0; s < 3; ++s)
        QVERIFY2(std::abs(found->bySite[s] - direct->bySite[s]) < 1e-8, qPrintable(QString::number(found->bySite[s])));
    }
    QVERIFY_REFUSED(predictivityOf(std::vector<double>(100, 1.0), std::vector<double>(10, 1.0), 10, {}, {}),
                    "at least 15");
  }

  // Far more units than stimuli would fit any recording: what is held out must not be seen.
  void whatIsUnrelatedIsNot() {
    const Made data = made(60, 400, 1, 0, 2);
    const Made other = made(60, 3, 40, 0, 3);
    const auto result = predictivity(data.responses, other.recordings, data.stimuli, {}, {});
    QVERIFY_OK(result);
    QVERIFY2(std::abs(result->median) < 0.15, qPrintable(QString::number(result->median)));
  }

  void noiseLowersAndReliabilityDivides() {
    const Made data = made(200, 5, 3, 5, 4);
    const auto plain = predictivity(data.responses, data.recordings, data.stimuli, {}, {});
    QVERIFY_OK(plain);
    QVERIFY2(plain->median > 0.05 && plain->median < 0.8, qPrintable(QString::number(plain->median)));
    const auto divided =
        predictivity(data.responses, data.recordings, data.stimuli, std::vector<double>{0.5, 1, 2}, {});
    QVERIFY_OK(divided);
    QVERIFY(std::abs(divided->bySite[0] - plain->bySite[0] / 0.5) < 1e-12);
    QCOMPARE(divided->bySite[1], plain->bySite[1]);
    QVERIFY(std::abs(divided->bySite[2] - plain->bySite[2] / 2) < 1e-12);
  }

  void aSiteThatNeverVariesIsLeftOut() {
    Made data = made(40, 10, 3, 0.1, 5);
    for (std::size_t i = 0; i < 40; ++i) data.recordings[i * 3 + 1] = 0.1;
    const auto result = predictivity(data.responses, data.recordings, data.stimuli, {}, {});
    QVERIFY_OK(result);
    QCOMPARE(result->sites, std::int64_t{2});
    QVERIFY(std::isnan(result->bySite[1]));
    QVERIFY(std::abs(result->median - (result->bySite[0] + result->bySite[2]) / 2) < 1e-12);
  }

  void silentUnitsPredictNothing() {
    const Made data = made(40, 1, 2, 1, 6);
    const auto result = predictivity(std::vector<float>(40 * 7, 0.0F), data.recordings, data.stimuli, {}, {});
    QVERIFY_OK(result);
    QCOMPARE(result->median, 0.0);
  }

  void aSeedDecidesTheFolds() {
    const Made data = made(40, 10, 2, 3, 7);
    const auto with = [&](std::uint64_t seed) {
      PredictivityOptions options;
      options.seed = seed;
      return predictivity(data.responses, data.recordings, data.stimuli, {}, options)->bySite;
    };
    QCOMPARE(with(1), with(1));
    QVERIFY(with(1) != with(2));
  }

  void whatCannotBe() {
    const Made data = made(20, 4, 2, 1, 8);
    const auto run = [&](std::span<const double> recordings, const PredictivityOptions& options,
                         std::span<const double> reliability = {}) {
      return predictivity(data.responses, recordings, data.stimuli, reliability, options);
    };
    QVERIFY_REFUSED(run(std::span(data.recordings).subspan(1), {}), "not a table");
    QVERIFY_REFUSED(run(data.recordings, {7, {1.0}, 0}), "at least 21");
    QVERIFY_REFUSED(run(data.recordings, {5, {}, 0}), "out of range");
    QVERIFY_REFUSED(run(data.recordings, {5, {0.0}, 0}), "out of range");
    QVERIFY_REFUSED(run(data.recordings, {}, std::vector<double>{1.0}), "do not fit");
    QVERIFY_REFUSED(run(data.recordings, {}, std::vector<double>{1.0, 0.0}), "do not fit");
    QVERIFY_REFUSED(run(std::vector<double>(20, 3.0), {}), "No site could be predicted");
    std::vector<double> hole = data.recordings;
    hole[7] = NAN;
    QVERIFY_REFUSED(run(hole, {}), "not a number");
    StopFlag stop;
    stop.request();
    QVERIFY_REFUSED(predictivity(data.responses, data.recordings, data.stimuli, {}, {}, &stop), "Stopped");
    QVERIFY_REFUSED(ridgePredictions(data.responses, data.recordings, 20, std::vector<std::int64_t>{0, 1},
                                     std::vector<std::int64_t>{20}, 1),
                    "out of range");
  }
};

QTEST_GUILESS_MAIN(TestPredictivity)
#include "test_predictivity.moc"
