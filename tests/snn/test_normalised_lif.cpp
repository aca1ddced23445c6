// Batch norm, shortcut and neuron in one operation: against LibTorch's operations one after the other.
#include <torch/torch.h>

#include <QtTest>
#include <cmath>
#include <optional>
#include <vector>

#include "engine/kernels/instruction_set.h"
#include "engine/snn/normalised_lif.h"
#include "engine/snn/plain_neurons.h"

using namespace pinwheel::snn;
namespace kernels = pinwheel::kernels;

namespace {

constexpr std::uint64_t kSeed = 20261129;

enum class Beside { nothing, identity, normalised };

struct Setting {
  std::int64_t timeSteps = 4, batch = 3, channels = 5, side = 4;
  Beside beside = Beside::nothing;
  bool training = true;
  bool constant = false;
  LifOptions lif{};
  at::ScalarType type = at::kDouble;
};

torch::nn::BatchNorm2d normOf(std::int64_t channels, at::ScalarType type, bool training) {
  torch::nn::BatchNorm2d norm(channels);
  norm->to(type);
  const at::NoGradGuard guard;
  norm->weight.copy_(at::rand({channels}) * 2 + 0.5);
  norm->bias.copy_(at::randn({channels}) * 0.5);
  norm->running_mean.copy_(at::randn({channels}) * 0.3);
  norm->running_var.copy_(at::rand({channels}) + 0.3);
  norm->train(training);
  return norm;
}

torch::nn::BatchNorm2d copied(const torch::nn::BatchNorm2d& norm) {
  return std::dynamic_pointer_cast<torch::nn::BatchNorm2dImpl>(norm.ptr()->clone());
}

// Spikes, then the gradients of y, weight, bias, shortcut, its weight and bias as far as there are; then the running
// statistics.
std::vector<at::Tensor> computed(const Setting& s, const at::Tensor& y0, const at::Tensor& x0,
                                 const torch::nn::BatchNorm2d& norm0, const torch::nn::BatchNorm2d& beside0,
                                 const at::Tensor& upstream, bool plainly) {
  std::optional<PlainNeurons> plain;
  if (plainly) plain.emplace();
  torch::nn::BatchNorm2d norm = copied(norm0), besideNorm = copied(beside0);
  const at::Tensor y = y0.clone().requires_grad_(), x = x0.clone().requires_grad_();
  ShortcutCurrent shortcut;
  if (s.beside != Beside::nothing) shortcut.x = x;
  if (s.beside == Beside::normalised) shortcut.norm = besideNorm;
  const at::Tensor spikes = s.constant ? normalisedLifConstant(y, norm, s.timeSteps, s.lif)
                                       : normalisedLif(y, norm, shortcut, s.timeSteps, s.lif);
  spikes.backward(upstream);
  std::vector<at::Tensor> out{spikes.detach(), y.grad(), norm->weight.grad(), norm->bias.grad()};
  if (s.beside != Beside::nothing) out.push_back(x.grad());
  if (s.beside == Beside::normalised) {
    out.push_back(besideNorm->weight.grad());
    out.push_back(besideNorm->bias.grad());
    out.push_back(besideNorm->running_mean);
    out.push_back(besideNorm->running_var);
  }
  for (const at::Tensor& buffer : {norm->running_mean, norm->running_var, norm->num_batches_tracked})
    out.push_back(buffer);
  return out;
}

bool allNear(const std::vector<at::Tensor>& a, const std::vector<at::Tensor>& b, double tolerance) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!a[i].defined() || !b[i].defined() || a[i].sizes() != b[i].sizes()) return false;
    const at::Tensor x = a[i].to(at::kDouble), y = b[i].to(at::kDouble);
    if (x.numel() == 0) continue;
    const double apart = (x - y).abs().max().item<double>();
    if (!(apart <= tolerance * std::max(1.0, y.abs().max().item<double>()))) {
      qWarning("tensor %zu is %g apart", i, apart);
      return false;
    }
  }
  return true;
}

struct Given {
  at::Tensor y, x, upstream;
  torch::nn::BatchNorm2d norm{nullptr}, beside{nullptr};
};
Given given(const Setting& s) {
  const std::int64_t images = s.constant ? s.batch : s.batch * s.timeSteps;
  Given g;
  g.y = at::randn({images, s.channels, s.side, s.side + 1}, s.type) * 2 + 3;
  g.x =
      s.beside == Beside::identity ? at::rand(g.y.sizes(), s.type).lt(0.2).to(s.type) : at::randn(g.y.sizes(), s.type);
  g.upstream = at::randn({s.batch * s.timeSteps, s.channels, s.side, s.side + 1}, s.type);
  g.norm = normOf(s.channels, s.type, s.training);
  g.beside = normOf(s.channels, s.type, s.training);
  return g;
}

bool agrees(const Setting& s, double tolerance) {
  const Given g = given(s);
  return allNear(computed(s, g.y, g.x, g.norm, g.beside, g.upstream, false),
                 computed(s, g.y, g.x, g.norm, g.beside, g.upstream, true), tolerance);
}

}  // namespace

class TestNormalisedLif : public QObject {
  Q_OBJECT
private Q_SLOTS:
  void initTestCase() {
    torch::manual_seed(kSeed);
    qInfo("seed %llu", static_cast<unsigned long long>(kSeed));
  }
  void cleanup() { kernels::limitInstructionSet(kernels::InstructionSet::v4); }

  void equalsTheOperationsOneByOne_data() {
    QTest::addColumn<int>("beside");
    QTest::addColumn<bool>("training");
    QTest::addColumn<bool>("constant");
    for (const bool training : {true, false}) {
      const char* mode = training ? "training" : "evaluation";
      QTest::addRow("no shortcut, %s", mode) << 0 << training << false;
      QTest::addRow("identity, %s", mode) << 1 << training << false;
      QTest::addRow("normalised shortcut, %s", mode) << 2 << training << false;
      QTest::addRow("constant current, %s", mode) << 0 << training << true;
    }
  }
  void equalsTheOperationsOneByOne() {
    QFETCH(int, beside);
    QFETCH(bool, training);
    QFETCH(bool, constant);
    for (const auto set : kernels::kInstructionSets) {
      kernels::limitInstructionSet(set);
      for (const std::int64_t timeSteps : {1, 3, 4, 40})
        for (const std::int64_t channels : {1, 7, 16, 37})
          for (const Surrogate surrogate : {Surrogate::sigmoid, Surrogate::atan}) {
            Setting s;
            s.timeSteps = timeSteps;
            s.channels = channels;
            s.beside = static_cast<Beside>(beside);
            s.training = training;
            s.constant = constant;
            s.lif = {surrogate, timeSteps == 3 ? 3.3 : 2.0, timeSteps == 3 ? 0.7 : 1.0};
            QVERIFY(agrees(s, 1e-9));
          }
    }
  }

  // More rows than a block, and one more; in float too.
  void manyRows() {
    for (const Beside beside : {Beside::nothing, Beside::identity, Beside::normalised}) {
      Setting s;
      s.batch = 5;
      s.channels = 24;
      s.side = 13;
      s.beside = beside;
      QVERIFY(agrees(s, 1e-9));
      s.type = at::kFloat;
      const Given g = given(s);
      const auto ours = computed(s, g.y, g.x, g.norm, g.beside, g.upstream, false);
      const auto plain = computed(s, g.y, g.x, g.norm, g.beside, g.upstream, true);
      // A membrane that rounding puts on the threshold fires in one and not in the other.
      if (ours[0].equal(plain[0])) QVERIFY(allNear(ours, plain, 1e-3));
      QVERIFY(ours[0].ne(plain[0]).to(at::kDouble).mean().item<double>() < 1e-4);
      QVERIFY(allNear({ours.end() - 3, ours.end()}, {plain.end() - 3, plain.end()}, 1e-5));
    }
  }

  // A mean that is large beside the deviation costs no digits.
  void largeMean() {
    Setting s;
    s.type = at::kFloat;
    s.channels = 16;
    s.side = 9;
    const Given g = given(s);
    const at::Tensor y = (g.y + 1000).requires_grad_();
    torch::nn::BatchNorm2d norm = copied(g.norm);
    normalisedLif(y, norm, {}, s.timeSteps, s.lif).backward(g.upstream);
    const at::Tensor rows = y.detach().to(at::kDouble).transpose(0, 1).flatten(1);
    const at::Tensor want = g.norm->running_var.to(at::kDouble) * 0.9 + rows.var(1) * 0.1;
    QVERIFY(at::allclose(norm->running_var.to(at::kDouble), want, 1e-5, 0));
    QVERIFY(y.grad().isfinite().all().item<bool>());
    // The gradient of a batch norm does not see a shift of all: it sums to nothing.
    QVERIFY(y.grad().sum({0, 2, 3}).abs().max().item<double>() < 1e-3);
  }

  // Several passes, the exponential average and the plain one.
  void runningStatistics() {
    for (const bool cumulative : {false, true}) {
      torch::nn::BatchNorm2d ours = normOf(6, at::kDouble, true);
      if (cumulative) {
        ours->reset_running_stats();
        ours->options.momentum(c10::nullopt);
      }
      torch::nn::BatchNorm2d theirs = copied(ours);
      for (int pass = 0; pass < 4; ++pass) {
        const at::Tensor y = at::randn({8, 6, 3, 3}, at::kDouble) * (pass + 1) + pass;
        QCOMPARE(normalisedLif(y, ours, {}, 4, {}).sizes(), theirs(y).sizes());
      }
      QVERIFY(allNear({ours->running_mean, ours->running_var, ours->num_batches_tracked},
                      {theirs->running_mean, theirs->running_var, theirs->num_batches_tracked}, 1e-12));
    }
  }

  void silentFiringAndNan() {
    torch::nn::BatchNorm2d norm = normOf(4, at::kFloat, false);
    {
      const at::NoGradGuard guard;
      norm->running_mean.zero_();
      norm->running_var.fill_(1);
      norm->weight.fill_(1);
      norm->bias.zero_();
    }
    QCOMPARE(normalisedLif(at::full({4, 4, 2, 2}, -5.0F), norm, {}, 4, {}).sum().item<float>(), 0.0F);
    QCOMPARE(normalisedLif(at::full({4, 4, 2, 2}, 50.0F), norm, {}, 4, {}).mean().item<float>(), 1.0F);
    at::Tensor y = at::zeros({4, 4, 2, 2});
    y[1][2][0][1] = std::nanf("");
    y.requires_grad_();
    normalisedLif(y, norm, {}, 4, {}).sum().backward();
    QVERIFY(std::isnan(y.grad()[1][2][0][1].item<float>()));
    QVERIFY(std::isfinite(y.grad()[1][1][0][1].item<float>()));
    // In training mode it spoils its channel, as LibTorch's batch norm does, and no other.
    norm->train();
    y.mutable_grad() = at::Tensor();
    const at::Tensor spikes = normalisedLif(y, norm, {}, 4, {});
    spikes.sum().backward();
    QVERIFY(at::isnan(y.grad()).select(1, 2).all().item<bool>());
    QVERIFY(!at::isnan(y.grad()).select(1, 1).any().item<bool>());
    QVERIFY(std::isnan(norm->running_mean[2].item<float>()) && std::isfinite(norm->running_mean[1].item<float>()));
  }

  void sameBytesAtAnyThreadCount() {
    Setting s;
    s.type = at::kFloat;
    s.beside = Beside::normalised;
    s.batch = 7;
    s.channels = 19;
    s.side = 11;
    const Given g = given(s);
    std::vector<std::vector<at::Tensor>> all;
    for (const int threads : {1, 2, 3}) {
      at::set_num_threads(threads);
      all.push_back(computed(s, g.y, g.x, g.norm, g.beside, g.upstream, false));
    }
    for (const auto& other : all)
      for (std::size_t i = 0; i < other.size(); ++i) QVERIFY(other[i].equal(all[0][i]));
  }

  void wrongShapes() {
    torch::nn::BatchNorm2d norm = normOf(4, at::kFloat, true);
    QVERIFY_EXCEPTION_THROWN(normalisedLif(at::zeros({6, 4, 2, 2}), norm, {}, 4, {}), c10::Error);
    QVERIFY_EXCEPTION_THROWN(normalisedLif(at::zeros({4, 4, 2, 2}), norm, {at::zeros({4, 4, 1, 2})}, 4, {}),
                             c10::Error);
    QVERIFY_EXCEPTION_THROWN(normalisedLif(at::zeros({1, 4, 1, 1}), norm, {}, 1, {}), c10::Error);
  }
};

QTEST_APPLESS_MAIN(TestNormalisedLif)
#include "test_normalised_lif.moc"
