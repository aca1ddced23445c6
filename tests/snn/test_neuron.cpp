// The LIF neuron: fused kernels against the plain formulation and against a literal double loop.
#include <torch/torch.h>

#include <QtTest>
#include <cmath>
#include <vector>

#include "engine/kernels/instruction_set.h"
#include "engine/kernels/lif_kernel.h"
#include "engine/snn/neuron.h"

using namespace pinwheel::snn;
namespace kernels = pinwheel::kernels;

namespace {

constexpr std::uint64_t kSeed = 20260101;

double surrogate(double x, Surrogate kind) {
  if (kind == Surrogate::atan) return 1.0 / (1.0 + M_PI * M_PI * x * x);
  const double s = 1.0 / (1.0 + std::exp(-4.0 * x));
  return 4.0 * s * (1.0 - s);
}

struct Literal {
  std::vector<double> spikes;
  std::vector<double> gradient;
};

// One neuron, by the letter of method section 1: H = V + (X - V)/tau, spike if H >= V_th, hard reset that is detached.
Literal literalNeuron(const std::vector<double>& current, const std::vector<double>& upstream,
                      const LifOptions& options) {
  const std::size_t steps = current.size();
  std::vector<double> charged(steps);
  Literal out;
  double v = 0;
  for (std::size_t t = 0; t < steps; ++t) {
    charged[t] = v + (current[t] - v) / options.tau;
    const double s = charged[t] >= options.threshold ? 1.0 : 0.0;
    out.spikes.push_back(s);
    v = s > 0 ? 0.0 : charged[t];
  }
  out.gradient.assign(steps, 0.0);
  double gradV = 0;
  for (std::size_t t = steps; t-- > 0;) {
    const double gradH =
        upstream[t] * surrogate(charged[t] - options.threshold, options.surrogate) + gradV * (1.0 - out.spikes[t]);
    out.gradient[t] = gradH / options.tau;
    gradV = gradH * (1.0 - 1.0 / options.tau);
  }
  return out;
}

}  // namespace

class TestNeuron : public QObject {
  Q_OBJECT
private Q_SLOTS:
  void initTestCase() {
    torch::manual_seed(kSeed);
    qInfo("seed %llu", static_cast<unsigned long long>(kSeed));
  }

  void agreesWithTheLiteralNeuron_data() {
    QTest::addColumn<int>("timeSteps");
    QTest::addColumn<int>("elements");
    QTest::addColumn<double>("tau");
    QTest::addColumn<double>("threshold");
    QTest::addColumn<bool>("atan");
    QTest::newRow("the method's constants") << 4 << 1000 << 2.0 << 1.0 << false;
    QTest::newRow("atan") << 4 << 1000 << 2.0 << 1.0 << true;
    QTest::newRow("one step, one element") << 1 << 1 << 2.0 << 1.0 << false;
    QTest::newRow("odd size, other tau and threshold") << 7 << 1537 << 3.3 << 0.6 << false;
    QTest::newRow("no memory") << 5 << 33 << 1.0 << 1.0 << false;
    QTest::newRow("more steps than the stack holds") << 33 << 515 << 2.0 << 1.0 << true;
  }
  void agreesWithTheLiteralNeuron() {
    QFETCH(int, timeSteps);
    QFETCH(int, elements);
    QFETCH(double, tau);
    QFETCH(double, threshold);
    QFETCH(bool, atan);
    const LifOptions options{atan ? Surrogate::atan : Surrogate::sigmoid, tau, threshold};
    at::Tensor x = at::randn({timeSteps, 1, elements}, at::kDouble) * 1.5 + 0.5;
    const at::Tensor upstream = at::randn({timeSteps, 1, elements}, at::kDouble);
    x.set_requires_grad(true);
    const at::Tensor spikes = lif(x, options);
    spikes.backward(upstream);
    const at::Tensor gradient = x.grad();
    for (int e = 0; e < elements; ++e) {
      std::vector<double> current;
      std::vector<double> g;
      for (int t = 0; t < timeSteps; ++t) {
        current.push_back(x[t][0][e].item<double>());
        g.push_back(upstream[t][0][e].item<double>());
      }
      const Literal literal = literalNeuron(current, g, options);
      for (int t = 0; t < timeSteps; ++t) {
        QCOMPARE(spikes[t][0][e].item<double>(), literal.spikes[static_cast<std::size_t>(t)]);
        const double want = literal.gradient[static_cast<std::size_t>(t)];
        QVERIFY(std::abs(gradient[t][0][e].item<double>() - want) <= 1e-12 * std::max(1.0, std::abs(want)));
      }
      if (e > 200) e += 17;  // the first elements whole, then a sample
    }
  }

  // The surrogate is a smooth function's derivative: with the step replaced by that function the gradient is a plain
  // one, and finite differences must agree with it.
  void surrogateIsTheDerivativeOfItsPrimitive() {
    for (double x = -2.0; x <= 2.0; x += 0.05) {
      const double h = 1e-5;
      const auto sigmoid = [](double y) { return 1.0 / (1.0 + std::exp(-4.0 * y)); };
      const auto atan = [](double y) { return std::atan(M_PI * y) / M_PI + 0.5; };
      QVERIFY(std::abs((sigmoid(x + h) - sigmoid(x - h)) / (2 * h) - surrogate(x, Surrogate::sigmoid)) < 1e-8);
      QVERIFY(std::abs((atan(x + h) - atan(x - h)) / (2 * h) - surrogate(x, Surrogate::atan)) < 1e-8);
      // What the kernel computes for a single step, tau = 1: the gradient is the surrogate itself.
      for (const Surrogate kind : {Surrogate::sigmoid, Surrogate::atan}) {
        at::Tensor current = at::full({1, 1, 1}, 1.0 + x, at::kDouble).set_requires_grad(true);
        lif(current, {kind, 1.0, 1.0}).sum().backward();
        QVERIFY(std::abs(current.grad().item<double>() - surrogate(x, kind)) < 1e-12);
      }
    }
  }

  void fusedEqualsPlain_data() {
    QTest::addColumn<bool>("useFloat");
    QTest::newRow("float") << true;
    QTest::newRow("double") << false;
  }
  void fusedEqualsPlain() {
    QFETCH(bool, useFloat);
    for (const Surrogate kind : {Surrogate::sigmoid, Surrogate::atan}) {
      const LifOptions options{kind, 2.0, 1.0};
      const at::Tensor base = at::randn({4, 3, 5, 7, 11}, useFloat ? at::kFloat : at::kDouble) * 2;
      const at::Tensor upstream = at::randn_like(base);
      at::Tensor a = base.clone().set_requires_grad(true);
      at::Tensor b = base.clone().set_requires_grad(true);
      const at::Tensor fused = lif(a, options);
      const at::Tensor plain = lifPlain(b, options);
      QVERIFY(fused.equal(plain));
      fused.backward(upstream);
      plain.backward(upstream);
      QVERIFY(at::allclose(a.grad(), b.grad(), useFloat ? 1e-4 : 1e-10, useFloat ? 1e-6 : 1e-12));
    }
  }

  void constantCurrentEqualsRepeated() {
    const at::Tensor base = at::randn({2, 6, 9}, at::kDouble) * 3;
    const at::Tensor upstream = at::randn({5, 2, 6, 9}, at::kDouble);
    at::Tensor once = base.clone().set_requires_grad(true);
    at::Tensor repeated = base.clone().set_requires_grad(true);
    const at::Tensor a = lifConstantCurrent(once, 5, {});
    const at::Tensor b = lif(repeated.unsqueeze(0).expand({5, 2, 6, 9}), {});
    QVERIFY(a.equal(b));
    a.backward(upstream);
    b.backward(upstream);
    QVERIFY(at::allclose(once.grad(), repeated.grad(), 1e-10, 1e-12));
  }

  void silentFiringAndNan() {
    at::Tensor silent = at::full({4, 2, 8}, -5.0F).set_requires_grad(true);
    const at::Tensor none = lif(silent, {});
    QCOMPARE(none.sum().item<float>(), 0.0F);
    none.sum().backward();
    QVERIFY(at::isfinite(silent.grad()).all().item<bool>());
    QCOMPARE(lif(at::full({4, 2, 8}, 50.0F), {}).mean().item<float>(), 1.0F);
    // A NaN current must not be hidden: its gradient is NaN, which stops the training.
    for (const Surrogate kind : {Surrogate::sigmoid, Surrogate::atan}) {
      at::Tensor bad = at::zeros({4, 1, 40});
      bad.index_put_({1, 0, 3}, std::nanf(""));
      bad.set_requires_grad(true);
      lif(bad, {kind, 2.0, 1.0}).sum().backward();
      QVERIFY(std::isnan(bad.grad()[1][0][3].item<float>()));
      QVERIFY(std::isfinite(bad.grad()[1][0][4].item<float>()));
    }
  }

  // What forward took for a spike, backward must take for one too: the gradient does not pass its reset. Currents that
  // put the membrane within a rounding of the threshold, at a tau whose products are not exact.
  void backwardSeesForwardsSpikes() {
    constexpr std::int64_t kUnits = 20011;
    const LifOptions options{Surrogate::atan, 3.3, 1.0};
    const at::Tensor x = at::randn({3, kUnits});
    // The second charge lands on the threshold, give or take some last bits.
    const at::Tensor first = x[0] / 3.3;
    x[1] = first + (1 - first) * 3.3 + at::randint(-3, 4, {kUnits}) * 1.2e-7;
    const at::Tensor upstream = at::zeros_like(x);
    upstream[2] = 1;
    for (const auto set : kernels::kInstructionSets) {
      kernels::limitInstructionSet(set);
      const at::Tensor spikes = at::empty_like(x), gradient = at::empty_like(x);
      kernels::lifForward(x.data_ptr<float>(), kUnits, spikes.data_ptr<float>(), 3, kUnits, 0, kUnits, options);
      kernels::lifBackward(x.data_ptr<float>(), kUnits, upstream.data_ptr<float>(), gradient.data_ptr<float>(), 3,
                           kUnits, 0, kUnits, options);
      const at::Tensor fired = spikes[1].gt(0);
      QVERIFY(fired.any().item<bool>() && !fired.all().item<bool>());
      QVERIFY(gradient[1].eq(0).equal(fired));
    }
    kernels::limitInstructionSet(kernels::InstructionSet::v4);
  }

  // Every set of instructions gives the neuron of the plain formulation, in every number of units that is left over.
  void everyInstructionSet() {
    for (const auto set : kernels::kInstructionSets) {
      kernels::limitInstructionSet(set);
      for (std::int64_t units = 1; units < 40; ++units)
        for (const std::int64_t steps : {4, 6, 40})
          for (const Surrogate kind : {Surrogate::sigmoid, Surrogate::atan}) {
            const at::Tensor base = at::randn({steps, 1, units}) * 2;
            at::Tensor a = base.clone().set_requires_grad(true), b = base.clone().set_requires_grad(true);
            const at::Tensor ours = lif(a, {kind, 2.0, 1.0}), plain = lifPlain(b, {kind, 2.0, 1.0});
            QVERIFY(ours.equal(plain));
            ours.square().sum().backward();
            plain.square().sum().backward();
            QVERIFY(at::allclose(a.grad(), b.grad(), 1e-5, 1e-6));
          }
    }
    kernels::limitInstructionSet(kernels::InstructionSet::v4);
    QVERIFY(kernels::instructionSet() <= kernels::InstructionSet::v4);
  }

  void sameBytesAtAnyThreadCount() {
    const at::Tensor base = at::randn({4, 8, 63, 17, 15});
    std::vector<at::Tensor> gradients;
    for (const int threads : {1, 2, 3}) {
      at::set_num_threads(threads);
      at::Tensor x = base.clone().set_requires_grad(true);
      lif(x, {}).square().sum().backward();
      gradients.push_back(x.grad());
    }
    QVERIFY(gradients[0].equal(gradients[1]));
    QVERIFY(gradients[0].equal(gradients[2]));
  }
};

QTEST_APPLESS_MAIN(TestNeuron)
#include "test_neuron.moc"
