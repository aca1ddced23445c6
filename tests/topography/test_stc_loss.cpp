#include <torch/torch.h>

#include "engine/topography/stc_loss.h"

#include "engine/kernels/instruction_set.h"

#include <cmath>
#include <vector>

#include "tests/support.h"
#include "tests/topography/literal.h"

using namespace pinwheel;
using namespace pinwheel::test;
using namespace pinwheel::topography;

namespace {

struct Losses {
  double slow = 0, fast = 0;
};

// Equations 3 to 7 word for word: loops over images, times, lags and pairs. s[t][b][u].
Losses literal(const torch::Tensor& spikes, const torch::Tensor& units, const torch::Tensor& inverseDistance,
               int window) {
  const auto s = spikes.accessor<double, 3>();
  const auto index = units.accessor<std::int64_t, 2>();
  const auto d = inverseDistance.accessor<double, 3>();
  const std::int64_t time = spikes.size(0), batch = spikes.size(1), clusters = units.size(0), n = units.size(1);
  Losses out;
  for (std::int64_t m = 0; m < clusters; ++m) {
    const auto ccg = [&](std::int64_t i, std::int64_t j) {
      double sum = 0;
      for (std::int64_t tau = -window; tau <= window; ++tau) {
        double lag = 0;
        for (std::int64_t b = 0; b < batch; ++b)
          for (std::int64_t t = 0; t < time; ++t)
            if (t + tau >= 0 && t + tau < time) lag += s[t][b][index[m][i]] * s[t + tau][b][index[m][j]];
        sum += lag / static_cast<double>(batch * (time - std::abs(tau)));
      }
      return sum;
    };
    std::vector<double> slow, fast, distance;
    for (std::int64_t i = 0; i < n; ++i)
      for (std::int64_t j = i + 1; j < n; ++j) {
        std::vector<double> ri, rj;
        for (std::int64_t b = 0; b < batch; ++b) {
          double a = 0, c = 0;
          for (std::int64_t t = 0; t < time; ++t) {
            a += s[t][b][index[m][i]];
            c += s[t][b][index[m][j]];
          }
          ri.push_back(a / static_cast<double>(time));
          rj.push_back(c / static_cast<double>(time));
        }
        slow.push_back(pearson(ri, rj));
        const double own = ccg(i, i) * ccg(j, j);
        fast.push_back(own > 0 ? ccg(i, j) / std::sqrt(own) : 0.0);
        distance.push_back(d[m][i][j]);
      }
    out.slow += 0.5 * (1 - pearson(slow, distance)) / static_cast<double>(clusters);
    out.fast += 0.5 * (1 - pearson(fast, distance)) / static_cast<double>(clusters);
  }
  return out;
}

}  // namespace

class TestStcLoss : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void initTestCase() {
    torch::manual_seed(17);
    qInfo("seed 17");
  }

  void windowRule() {
    QCOMPARE(stcWindow(-1, 4), 1);
    QCOMPARE(stcWindow(-1, 10), 4);
    QCOMPARE(stcWindow(-1, 1), 0);
    QCOMPARE(stcWindow(-1, 2), 0);
    QCOMPARE(stcWindow(3, 4), 3);
    QCOMPARE(stcWindow(9, 4), 3);
  }

  void valuesEqualTheEquations_data() {
    QTest::addColumn<int>("time");
    QTest::addColumn<int>("batch");
    QTest::addColumn<int>("window");
    QTest::addColumn<double>("rate");
    QTest::newRow("T 4, W 1") << 4 << 6 << 1 << 0.4;
    QTest::newRow("T 5, W 0") << 5 << 6 << 0 << 0.5;
    QTest::newRow("T 3, W 2") << 3 << 8 << 2 << 0.3;
    QTest::newRow("T 3, W beyond T") << 3 << 8 << 7 << 0.3;
    QTest::newRow("T 1") << 1 << 12 << 0 << 0.5;
    QTest::newRow("sparse: silent units") << 4 << 5 << 1 << 0.05;
    QTest::newRow("one image: no rate varies") << 4 << 1 << 1 << 0.5;
  }
  void valuesEqualTheEquations() {
    QFETCH(int, time);
    QFETCH(int, batch);
    QFETCH(int, window);
    QFETCH(double, rate);
    const auto spikes = (torch::rand({time, batch, 30}, torch::kDouble) < rate).to(torch::kDouble);
    const auto units = randomUnits(3, 9, 30);
    const auto distance = randomDistances(3, 9);
    const Losses expected = literal(spikes, units, distance, std::min(window, time - 1));
    const auto losses = stcLoss(spikes, units, distance, {true, true, window});
    QVERIFY2(std::abs(losses[0].item<double>() - expected.slow) < 1e-12,
             QByteArray::number(losses[0].item<double>() - expected.slow).constData());
    QVERIFY2(std::abs(losses[1].item<double>() - expected.fast) < 1e-12,
             QByteArray::number(losses[1].item<double>() - expected.fast).constData());
    // Single precision, as in training.
    const auto single = stcLoss(spikes.to(torch::kFloat), units, distance.to(torch::kFloat), {true, true, window});
    QVERIFY(std::abs(single[0].item<double>() - expected.slow) < 1e-5);
    QVERIFY(std::abs(single[1].item<double>() - expected.fast) < 1e-5);
  }

  // T = 4, W = 1, one image, trains 0101 and 1010: r_CCG is 2, beyond what a correlation can be, and must not be
  // clamped.
  void correlogramsAreNotBounded() {
    const auto spikes =
        torch::tensor({0.0, 1.0, 1.0, 1.0, 0.0, 1.0, 0.0, 1.0, 1.0, 1.0, 0.0, 1.0}, torch::kDouble).view({4, 1, 3});
    const auto units = torch::arange(3, torch::kLong).unsqueeze(0);
    const auto distance = randomDistances(1, 3);
    const Losses expected = literal(spikes, units, distance, 1);
    const auto losses = stcLoss(spikes, units, distance, {true, true, 1});
    QVERIFY(std::abs(losses[1].item<double>() - expected.fast) < 1e-12);
  }

  void gradientsEqualFiniteDifferences_data() {
    QTest::addColumn<bool>("slow");
    QTest::addColumn<bool>("fast");
    QTest::addColumn<int>("time");
    QTest::addColumn<int>("window");
    QTest::newRow("slow") << true << false << 4 << 1;
    QTest::newRow("fast") << false << true << 4 << 1;
    QTest::newRow("both") << true << true << 4 << 1;
    QTest::newRow("both, wide window") << true << true << 5 << 4;
    QTest::newRow("both, one step") << true << true << 1 << 0;
  }
  void gradientsEqualFiniteDifferences() {
    QFETCH(bool, slow);
    QFETCH(bool, fast);
    QFETCH(int, time);
    QFETCH(int, window);
    // Any positive numbers stand for spikes: the loss is smooth in them. Units shared by clusters test the summing.
    auto spikes = torch::rand({time, 5, 2, 6}, torch::kDouble);
    const auto units = randomUnits(3, 7, 12);
    const auto distance = randomDistances(3, 7);
    const StcOptions options{slow, fast, window};
    const auto weights = torch::tensor({0.7, 1.9}, torch::kDouble);
    const auto value = [&](const torch::Tensor& x) { return (stcLoss(x, units, distance, options) * weights).sum(); };
    auto leaf = spikes.clone().set_requires_grad(true);
    value(leaf).backward();
    const auto gradient = leaf.grad().flatten();
    const double h = 1e-5;
    double worst = 0;
    const auto flat = spikes.flatten();
    for (std::int64_t i = 0; i < flat.numel(); ++i) {
      auto plus = flat.clone();
      auto minus = flat.clone();
      plus[i] += h;
      minus[i] -= h;
      const double numeric =
          (value(plus.view_as(spikes)).item<double>() - value(minus.view_as(spikes)).item<double>()) / (2 * h);
      worst = std::max(worst, std::abs(numeric - gradient[i].item<double>()));
    }
    const double relative = worst / gradient.abs().max().item<double>();
    QVERIFY2(relative < 1e-6, QByteArray::number(relative).constData());
  }

  // Spikes of 0 and 1 in float are counted as bits; in double the same goes through products of matrices.
  void countedEqualsProducts_data() {
    QTest::addColumn<int>("time");
    QTest::addColumn<int>("batch");
    QTest::addColumn<int>("units");
    QTest::addColumn<double>("rate");
    QTest::newRow("the paper's four steps") << 4 << 32 << 40 << 0.15;
    QTest::newRow("more than a word of images") << 4 << 65 << 17 << 0.2;
    QTest::newRow("whole words, a whole tile") << 4 << 128 << 64 << 0.05;
    QTest::newRow("one step") << 1 << 20 << 9 << 0.4;
    QTest::newRow("eight steps") << 8 << 30 << 33 << 0.1;
    QTest::newRow("sixteen steps") << 16 << 12 << 8 << 0.3;
    QTest::newRow("seventeen steps, too many to count") << 17 << 9 << 8 << 0.3;
    QTest::newRow("two units") << 3 << 16 << 2 << 0.5;
    QTest::newRow("one image") << 4 << 1 << 6 << 0.5;
    QTest::newRow("silence") << 4 << 16 << 6 << 0.0;
    QTest::newRow("all fire") << 4 << 16 << 6 << 1.0;
  }
  void countedEqualsProducts() {
    QFETCH(int, time);
    QFETCH(int, batch);
    QFETCH(int, units);
    QFETCH(double, rate);
    constexpr std::int64_t kClusters = 3, kSheet = 90;
    const torch::Tensor base = torch::rand({time, batch, kSheet}, torch::kDouble).lt(rate).to(torch::kDouble);
    // Some fire always and some never, whatever the rate.
    if (rate > 0 && rate < 1) {
      base.slice(2, 0, 8).fill_(0);
      base.slice(2, 8, 12).fill_(1);
    }
    std::vector<torch::Tensor> rows;
    for (std::int64_t m = 0; m < kClusters; ++m)
      rows.push_back(torch::randperm(kSheet, torch::kLong).slice(0, 0, units));
    const torch::Tensor index = torch::stack(rows);
    const torch::Tensor where = torch::rand({kClusters, units, 2}, torch::kDouble) * 4;
    const torch::Tensor distance = 1 / (1 + (where.unsqueeze(2) - where.unsqueeze(1)).square().sum(-1).sqrt());
    const auto computed = [&](torch::ScalarType type, const StcOptions& options) {
      const torch::Tensor spikes = base.to(type).clone().requires_grad_();
      const torch::Tensor losses = stcLoss(spikes, index, distance.to(type), options);
      (losses[0] * 0.7 + losses[1] * 1.9).backward();
      return std::pair{losses.detach().to(torch::kDouble), spikes.grad().to(torch::kDouble)};
    };
    for (const auto set : kernels::kInstructionSets) {
      kernels::limitInstructionSet(set);
      for (const StcOptions options : {StcOptions{}, StcOptions{true, false}, StcOptions{false, true},
                                       StcOptions{true, true, 0}, StcOptions{true, true, 2}}) {
        const auto [want, gradient] = computed(torch::kDouble, options);
        const auto [losses, ours] = computed(torch::kFloat, options);
        QVERIFY2((losses - want).abs().max().item<double>() < 2e-5,
                 qPrintable(QString::number((losses - want).abs().max().item<double>())));
        const double largest = gradient.abs().max().item<double>();
        const double apart = (ours - gradient).abs().max().item<double>();
        QVERIFY2(apart <= 2e-4 * largest + 1e-12, qPrintable(QString("%1 of %2").arg(apart).arg(largest)));
      }
    }
    kernels::limitInstructionSet(kernels::InstructionSet::v4);
  }

  // What is damped by a lesion is neither 0 nor 1, and not counted.
  void gradedActivityIsMultiplied() {
    const torch::Tensor base = torch::rand({4, 20, 30}).lt(0.3).to(torch::kFloat);
    base.slice(2, 3, 6).mul_(0.25);
    const torch::Tensor index = torch::arange(30, torch::kLong).view({1, 30});
    const torch::Tensor distance = 1 / (1 + torch::rand({1, 30, 30}));
    const torch::Tensor symmetric = (distance + distance.transpose(1, 2)) / 2;
    const auto ours = stcLoss(base, index, symmetric, {}).to(torch::kDouble);
    const auto want = stcLoss(base.to(torch::kDouble), index, symmetric.to(torch::kDouble), {});
    QVERIFY(torch::allclose(ours, want, 1e-4, 1e-5));
  }

  void countedSameBytesAtAnyThreadCount() {
    const torch::Tensor base = torch::rand({4, 70, 200}).lt(0.15).to(torch::kFloat);
    std::vector<torch::Tensor> rows;
    for (int m = 0; m < 5; ++m) rows.push_back(torch::randperm(200, torch::kLong).slice(0, 0, 60));
    const torch::Tensor index = torch::stack(rows);
    const torch::Tensor where = torch::rand({5, 60, 2}) * 4;
    const torch::Tensor distance = 1 / (1 + (where.unsqueeze(2) - where.unsqueeze(1)).square().sum(-1).sqrt());
    std::vector<torch::Tensor> gradients;
    for (const int threads : {1, 2, 3}) {
      at::set_num_threads(threads);
      const torch::Tensor spikes = base.clone().requires_grad_();
      stcLoss(spikes, index, distance, {}).sum().backward();
      gradients.push_back(spikes.grad());
    }
    QVERIFY(gradients[0].equal(gradients[1]) && gradients[0].equal(gradients[2]));
  }

  void switchedOffTermsAreZero() {
    const auto spikes = (torch::rand({4, 6, 20}, torch::kDouble) < 0.4).to(torch::kDouble);
    const auto units = randomUnits(2, 8, 20);
    const auto distance = randomDistances(2, 8);
    const auto both = stcLoss(spikes, units, distance, {true, true, 1});
    const auto slow = stcLoss(spikes, units, distance, {true, false, 1});
    const auto fast = stcLoss(spikes, units, distance, {false, true, 1});
    QCOMPARE(slow[0].item<double>(), both[0].item<double>());
    QCOMPARE(slow[1].item<double>(), 0.0);
    QCOMPARE(fast[0].item<double>(), 0.0);
    QCOMPARE(fast[1].item<double>(), both[1].item<double>());
  }

  void unitsShareTheLoss() {
    const auto spikes = (torch::rand({4, 12, 30}, torch::kDouble) < 0.4).to(torch::kDouble);
    const auto units = randomUnits(3, 9, 30);
    const auto distance = randomDistances(3, 9);
    const auto shares = stcUnitLoss(spikes, units, distance, {true, true, 1});
    QCOMPARE(shares.sizes().vec(), (std::vector<std::int64_t>{2, 3, 9}));
    const auto losses = stcLoss(spikes, units, distance, {true, true, 1});
    QVERIFY((shares.mean({1, 2}) - losses).abs().max().item<double>() < 1e-12);
    // Literally, for the slow term of the first cluster: r and d over the pairs, each centred and of unit norm.
    const auto rates = spikes.mean(0).index_select(1, units[0]);
    std::vector<double> r, d;
    const auto columnOf = [&](std::int64_t u) {
      const auto column = rates.select(1, u).contiguous();
      return std::vector<double>(column.data_ptr<double>(), column.data_ptr<double>() + column.numel());
    };
    for (std::int64_t i = 0; i < 9; ++i)
      for (std::int64_t j = i + 1; j < 9; ++j) {
        r.push_back(pearson(columnOf(i), columnOf(j)));
        d.push_back(distance[0][i][j].item<double>());
      }
    const auto standardise = [](std::vector<double>& v) {
      double mean = 0, squares = 0;
      for (const double x : v) mean += x / static_cast<double>(v.size());
      for (const double x : v) squares += (x - mean) * (x - mean);
      for (double& x : v) x = (x - mean) / std::sqrt(squares);
    };
    standardise(r);
    standardise(d);
    std::vector<double> own(9, 0.0);
    std::size_t pair = 0;
    for (std::size_t i = 0; i < 9; ++i)
      for (std::size_t j = i + 1; j < 9; ++j, ++pair) {
        own[i] += r[pair] * d[pair] / 2;
        own[j] += r[pair] * d[pair] / 2;
      }
    for (std::size_t i = 0; i < 9; ++i) {
      const double share = shares[0][0][static_cast<std::int64_t>(i)].item<double>();
      QVERIFY2(std::abs(share - 0.5 * (1 - 9 * own[i])) < 1e-12, QByteArray::number(share).constData());
    }
    const auto slowAlone = stcUnitLoss(spikes, units, distance, {true, false, 1});
    QCOMPARE(slowAlone[1].abs().max().item<double>(), 0.0);
    const auto silent = stcUnitLoss(torch::zeros_like(spikes), units, distance, {true, true, 1});
    QVERIFY((silent - 0.5).abs().max().item<double>() == 0.0);
  }

  // A sheet in order but for one unit that fires as if it lay elsewhere: its share is the largest.
  void theMisplacedUnitIsFound() {
    const std::int64_t n = 25;
    const auto index = torch::arange(n, torch::kLong);
    const auto where = torch::stack({index.remainder(5), index.div(5, "floor")}, 1).to(torch::kDouble);
    const auto distance = 1 / (1 + (where.unsqueeze(1) - where.unsqueeze(0)).square().sum(-1).sqrt());
    // Every image is a bump somewhere on the sheet.
    const auto centre = torch::rand({400, 1, 2}, torch::kDouble) * 4;
    auto rates = torch::exp(-(where.unsqueeze(0) - centre).square().sum(-1) / 2);
    rates.select(1, 0).copy_(rates.select(1, n - 1).clone());
    const auto spikes = (torch::rand({8, 400, n}, torch::kDouble) < rates.unsqueeze(0)).to(torch::kDouble);
    const auto shares = stcUnitLoss(spikes, index.unsqueeze(0), distance.unsqueeze(0), {true, true, 1});
    QCOMPARE(shares[0][0].argmax().item<std::int64_t>(), std::int64_t{0});
    QVERIFY(shares[0][0][0].item<double>() > 0.5);
    QVERIFY(shares[0][0][12].item<double>() < 0.3);
  }

  void constantsGiveHalfAndNoGradient() {
    const auto units = randomUnits(2, 6, 10);
    const auto distance = randomDistances(2, 6);
    for (const double constant : {0.0, 1.0}) {
      auto spikes = torch::full({4, 5, 10}, constant, torch::kDouble).set_requires_grad(true);
      const auto losses = stcLoss(spikes, units, distance, {true, true, 1});
      QCOMPARE(losses[0].item<double>(), 0.5);
      QCOMPARE(losses[1].item<double>(), 0.5);
      losses.sum().backward();
      QCOMPARE(spikes.grad().abs().max().item<double>(), 0.0);
    }
    // One silent unit among active ones: finite everywhere, nothing flows to it from L_S.
    auto spikes = (torch::rand({4, 5, 10}, torch::kDouble) < 0.5).to(torch::kDouble);
    spikes.select(2, 3).zero_();
    spikes.set_requires_grad(true);
    const auto all = torch::arange(10, torch::kLong).unsqueeze(0);
    stcLoss(spikes, all, randomDistances(1, 10), {true, true, 1}).sum().backward();
    QVERIFY(spikes.grad().isfinite().all().item<bool>());
    QCOMPARE(spikes.grad().select(2, 3).abs().max().item<double>(), 0.0);
  }

  // Descending the loss alone must make near units alike: after it, correlation falls with distance.
  void descentOrdersTheSheet() {
    const std::int64_t n = 24;
    const auto distance = randomDistances(1, n);
    const auto units = torch::arange(n, torch::kLong).unsqueeze(0);
    auto potential = torch::randn({4, 16, n}, torch::kDouble).set_requires_grad(true);
    const auto loss = [&] { return stcLoss(potential.sigmoid(), units, distance, {true, true, 1}); };
    const double before = loss()[0].item<double>();
    torch::optim::Adam adam({potential}, torch::optim::AdamOptions(0.05));
    for (int i = 0; i < 150; ++i) {
      adam.zero_grad();
      loss().sum().backward();
      adam.step();
    }
    const double after = loss()[0].item<double>();
    QVERIFY2(after < 0.1 && after < before - 0.2, QByteArray::number(after).constData());
  }
};

QTEST_APPLESS_MAIN(TestStcLoss)
#include "test_stc_loss.moc"
