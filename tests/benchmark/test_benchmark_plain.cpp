// The plain formulations agree with ours, and what convolutions do is counted whatever network they stand in.
#include <torch/torch.h>

#include "engine/benchmark/benchmark.h"
#include "engine/benchmark/network_parts.h"
#include "engine/benchmark/operations_observer.h"
#include "engine/benchmark/plain.h"
#include "engine/snn/backbones.h"
#include "engine/snn/plain_neurons.h"
#include "tests/support.h"
#include "tests/topography/literal.h"

using namespace pinwheel;
using namespace pinwheel::benchmark;

namespace {

using Neuron = at::Tensor (*)(const at::Tensor&, const snn::LifOptions&);

struct Stepped {
  at::Tensor value;
  at::Tensor gradient;
};

Stepped step(Neuron neuron, const at::Tensor& x, const at::Tensor& upstream, const snn::LifOptions& options) {
  const at::Tensor leaf = x.clone().set_requires_grad(true);
  const at::Tensor spikes = neuron(leaf, options);
  spikes.backward(upstream);
  return {spikes.detach(), leaf.grad()};
}

double apart(const at::Tensor& a, const at::Tensor& b) {
  return (a - b).abs().max().item<double>();
}

}  // namespace

class TestBenchmarkPlain : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void init() {
    torch::manual_seed(3);
    qInfo("seed 3");
  }

  void stepByStepIsTheNeuron() {
    const at::Tensor x = torch::randn({5, 3, 40}, torch::kDouble);
    const at::Tensor upstream = torch::randn({5, 3, 40}, torch::kDouble);
    for (const snn::LifOptions& options : {snn::LifOptions{}, snn::LifOptions{snn::Surrogate::atan, 3.0, 0.7}}) {
      const Stepped ours = step(snn::lif, x, upstream, options);
      QVERIFY(ours.value.sum().item<double>() > 0);
      const Stepped plain = step(lifStepByStep, x, upstream, options);
      QVERIFY(at::equal(ours.value, plain.value));
      QVERIFY(apart(ours.gradient, plain.gradient) < 1e-12);
    }
  }

  // While it lives the fused kernel stands aside: the result is lifPlain's to the bit, gradient and all.
  void plainNeuronsGoAroundTheKernel() {
    const at::Tensor x = torch::randn({4, 2, 300});
    const at::Tensor upstream = torch::randn({4, 2, 300});
    const at::Tensor leaf = torch::randn({2, 50}).set_requires_grad(true);
    const auto made = [&leaf] {
      return QString::fromStdString(snn::lifConstantCurrent(leaf, 4, {}).grad_fn()->name());
    };
    {
      const snn::PlainNeurons scope;
      const Stepped chosen = step(snn::lif, x, upstream, {});
      const Stepped plain = step(snn::lifPlain, x, upstream, {});
      QVERIFY(at::equal(chosen.value, plain.value) && at::equal(chosen.gradient, plain.gradient));
      QVERIFY(made().contains("Stack"));
    }
    QVERIFY(!made().contains("Stack"));
  }

  void stcOfOperationsIsTheClosedForm() {
    const auto spikes = (torch::rand({4, 9, 30}, torch::kDouble) < 0.4).to(torch::kDouble);
    const auto units = test::randomUnits(3, 8, 30);
    const auto distance = test::randomDistances(3, 8);
    for (const topography::StcOptions& options :
         {topography::StcOptions{}, topography::StcOptions{true, false, -1}, topography::StcOptions{false, true, 3}}) {
      const auto a = spikes.clone().set_requires_grad(true);
      const auto b = spikes.clone().set_requires_grad(true);
      const auto ours = topography::stcLoss(a, units, distance, options);
      const auto plain = stcPlain(b, units, distance, options);
      QVERIFY2(apart(ours, plain) < 1e-10, QByteArray::number(apart(ours, plain)).constData());
      ours.sum().backward();
      plain.sum().backward();
      QVERIFY2(apart(a.grad(), b.grad()) < 1e-10, QByteArray::number(apart(a.grad(), b.grad())).constData());
      QVERIFY(a.grad().abs().max().item<double>() > 0);
    }
  }

  // One spike in the corner and one inside, of a 3x3 convolution to two channels: by hand 4 and 9 positions each.
  void convolutionsAreCounted() {
    at::Tensor spikes = at::zeros({1, 1, 4, 4});
    spikes[0][0][0][0] = 1;
    spikes[0][0][1][2] = 1;
    const at::Tensor weights = at::randn({2, 1, 3, 3});
    const auto layers = observeOperations([&] {
      const at::Tensor y = at::conv2d(spikes, weights, {}, 1, 1);
      at::linear(y.flatten(1), at::randn({5, 32}));
    });
    QVERIFY_OK(layers);
    QCOMPARE(layers->size(), std::size_t{2});
    const LayerOperations& first = layers->front();
    QVERIFY(first.convolution && first.spiking);
    QCOMPARE(first.synaptic, 26.0);
    QCOMPARE(first.dense, 200.0);
    QCOMPARE(first.density, 2.0 / 16);
    const LayerOperations& second = layers->back();
    QVERIFY(!second.convolution && !second.spiking);
    QCOMPARE(second.dense, 5.0 * 32);
    QCOMPARE(second.synaptic, 0.0);
    // Nothing is counted when nobody asks, and a dilated convolution is refused by name.
    at::conv2d(spikes, weights, {}, 1, 1);
    QVERIFY_REFUSED(observeOperations([&] { at::conv2d(spikes, weights, {}, 1, 1, 2); }), "dilated");
  }

  // All of a network's: 2 a block, the shortcuts and the stem, whose image is no spikes.
  void convolutionsOfANetwork() {
    torch::NoGradGuard guard;
    const auto network = networkOf({"tiny", 32, 4, 2}, Formulation::ours);
    QVERIFY_OK(network);
    const auto images = worldImages(4, 32);
    QVERIFY_OK(images);
    calibrate(**network, images->pixels);
    const auto layers = observeOperations([&] { (*network)->forward(images->pixels); });
    QVERIFY_OK(layers);
    std::int64_t convolutions = 0;
    for (const auto& [name, value] : (*network)->parameters()) convolutions += value.dim() == 4 ? 1 : 0;
    std::int64_t seen = 0;
    for (const LayerOperations& layer : *layers) {
      if (!layer.convolution) continue;
      QCOMPARE(layer.spiking, seen++ > 0);
      QVERIFY(layer.synaptic <= layer.dense && (seen == 1 || layer.synaptic > 0));
    }
    QCOMPARE(seen, convolutions);
  }

  void formulationsOfANetworkAgree() {
    for (const Formulation formulation : {Formulation::plain, Formulation::relu}) {
      auto ours = TrainingStep::make({"tiny", 32, 4, 3}, Formulation::ours);
      auto other = TrainingStep::make({"tiny", 32, 4, 3}, formulation);
      QVERIFY_OK(ours);
      QVERIFY_OK(other);
      (*ours)->run();
      (*other)->run();
      const snn::Activity& a = (*ours)->activity();
      const snn::Activity& b = (*other)->activity();
      QCOMPARE(b.logits.size(0), formulation == Formulation::relu ? std::int64_t{12} : std::int64_t{3});
      if (formulation == Formulation::relu) continue;
      QVERIFY(apart(a.logits, b.logits) < 1e-3);
      QVERIFY(std::abs((*ours)->gradientNorm() / (*other)->gradientNorm() - 1) < 1e-2);
      // A learning rate of 0: the next step sees the same weights.
      const at::Tensor before = (*ours)->network().parameters().front().second.clone();
      (*ours)->run();
      QVERIFY(at::equal(before, (*ours)->network().parameters().front().second));
    }
  }

  void casesHaveNames() {
    const std::vector<CaseInfo> all = cases();
    QStringList names;
    for (const CaseInfo& info : all) {
      QVERIFY2(!info.group().empty() && info.group() != info.name, info.name.c_str());
      QVERIFY2(!names.contains(QString::fromStdString(info.name)), info.name.c_str());
      names << QString::fromStdString(info.name);
    }
    for (const snn::BackboneInfo& backbone : snn::backbones())
      QVERIFY(names.contains(QString::fromStdString("training." + backbone.name)));
    QCOMPARE(chooseCases({}).value().size(), all.size());
    const auto some = chooseCases({"stc", "lif.t16"});
    QVERIFY_OK(some);
    QCOMPARE(some->size(), std::size_t{2});
    QCOMPARE(some->front().name, std::string("lif.t16"));  // in their own order
    QVERIFY_REFUSED(chooseCases({"placment"}), "did you mean \"placement\"?");
  }

  void aCaseIsRun() {
    Options options;
    options.names = {"placement"};
    options.seconds = 0.01;
    options.threads = 1;
    int told = 0;
    StopFlag stop;
    const auto report =
        run(options, {}, stop, [&](const Report& soFar) { told += static_cast<int>(soFar.results.size()); });
    QVERIFY_OK(report);
    QCOMPARE(told, 1);
    QCOMPARE(report->threads, 1);
    QVERIFY(!report->stopped);
    const CaseResult& result = report->results.front();
    QVERIFY2(!result.error, result.error ? result.error->text().c_str() : "");
    QCOMPARE(result.timings.size(), std::size_t{2});
    QVERIFY(result.timings[1].ratio->median > 0);
    stop.request();
    const auto stopped = run(options, {}, stop);
    QVERIFY_OK(stopped);
    QVERIFY(stopped->stopped && stopped->results.empty());
  }
};

QTEST_GUILESS_MAIN(TestBenchmarkPlain)
#include "test_benchmark_plain.moc"
