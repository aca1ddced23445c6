// The plain formulations agree with ours, and what convolutions do is counted whatever network they stand in.
#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <tuple>

#include "engine/benchmark/benchmark.h"
#include "engine/benchmark/network_parts.h"
#include "engine/benchmark/operations_observer.h"
#include "engine/benchmark/plain.h"
#include "engine/benchmark/trained_weights.h"
#include "engine/snn/backbones.h"
#include "engine/snn/plain_neurons.h"
#include "engine/snn/spike_convolution.h"
#include "engine/training/checkpoint.h"
#include "engine/training/setup.h"
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

// A tiny network, trained; its test images have 32 px.
constexpr const char* kTrained = PINWHEEL_SOURCE_DIR "/resources/demo/demo.safetensors";

// The only case of a short run.
Expected<CaseResult> runCase(const std::string& name, const std::filesystem::path& checkpoint = {}) {
  Options options;
  options.names = {name};
  options.seconds = 0.01;
  options.threads = 1;
  options.checkpoint = checkpoint;
  const StopFlag stop;
  auto report = run(options, {}, stop);
  if (!report) return tl::unexpected(report.error());
  return report->results.at(0);
}

QStringList namesOf(const std::vector<Timing>& timings) {
  QStringList names;
  for (const Timing& timing : timings) names << QString::fromStdString(timing.name);
  return names;
}

double figureOf(const CaseResult& result, const std::string& beginning) {
  for (const Figure& figure : result.figures)
    if (figure.name.starts_with(beginning)) return figure.value;
  return std::nan("");
}

// The network has exactly these weights and buffers.
bool holds(const snn::Network& network, const formats::TensorMap& state) {
  const training::NamedTensors tensors = training::stateDict(network);
  return tensors.size() == state.size() && std::all_of(tensors.begin(), tensors.end(), [&](const auto& tensor) {
           const auto found = state.find(tensor.first);
           return found != state.end() && training::toHost(tensor.second).bytes == found->second.bytes;
         });
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
    const auto layers = observeOperations([&] { forwardAs(Formulation::plain, **network, images->pixels); });
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

  void theUsualResNetIsTimed() {
    for (const CaseInfo& info : cases())
      if (info.name == "training.resnet18" || info.name == "stc.resnet18")
        QVERIFY2(info.summary.find("7x7 stem with pooling") != std::string::npos, info.summary.c_str());
    const auto network = networkOf({"resnet18", 64, 4, 2, "imagenet"}, Formulation::ours);
    QVERIFY_OK(network);
    QCOMPARE((*network)->sheets().front().width, 16);
    QCOMPARE((*network)->parameters().front().second.size(2), std::int64_t{7});
  }

  void trainedWeightsFitTheirKind() {
    const auto weights = loadTrainedWeights(kTrained);
    QVERIFY_OK(weights);
    QCOMPARE(weights->name, std::string("demo.safetensors"));
    QCOMPARE(weights->classes, std::int64_t{10});
    QVERIFY(weights->fits({"tiny", 32, 4, 32}));
    QVERIFY(weights->fits({"tiny", 64, 8, 1}));  // the side and T are the case's
    QVERIFY(!weights->fits({"tiny", 32, 4, 32, "imagenet"}));
    QVERIFY(!weights->fits({"resnet18", 64, 4, 32, "imagenet"}));
    QVERIFY(!weights->fits({"resnet18", 64, 4, 32}));
    // Of the same backbone with another stem.
    TrainedWeights resnet = *weights;
    resnet.model.backbone = "resnet18";
    resnet.model.imageSide = 64;
    const auto small = networkOf({"resnet18", 64, 4, 2, "cifar"}, Formulation::ours);
    QVERIFY_OK(small);
    resnet.state = training::toHost(training::stateDict(**small));
    QVERIFY(resnet.fits({"resnet18", 64, 4, 2}));
    QVERIFY(!resnet.fits({"resnet18", 64, 4, 2, "imagenet"}));
    QVERIFY(!resnet.fits({"resnet18", 224, 4, 2}));  // where auto is the other stem
  }

  void trainedWeightsAreTakenByTheSpikingNetworks() {
    const auto weights = loadTrainedWeights(kTrained);
    QVERIFY_OK(weights);
    for (const Formulation formulation : {Formulation::ours, Formulation::plain}) {
      const auto network = networkOf({"tiny", 32, 4, 2}, formulation, &*weights);
      QVERIFY_OK(network);
      QVERIFY(holds(**network, weights->state));
    }
    const auto twin = networkOf({"tiny", 32, 4, 2}, Formulation::relu, &*weights);
    const auto own = networkOf({"tiny", 32, 4, 2}, Formulation::relu);
    QVERIFY_OK(twin);
    QVERIFY_OK(own);
    QVERIFY(!holds(**twin, weights->state));
    QVERIFY(holds(**twin, training::toHost(training::stateDict(**own))));
    QVERIFY_REFUSED(networkOf({"resnet18", 64, 4, 2}, Formulation::ours, &*weights), "weights");
  }

  void classesAndNormalisationFollowTheWeights() {
    TrainedWeights weights;
    weights.classes = 3;
    weights.pixelMean = {0, 0, 0};
    weights.pixelDeviation = {1, 1, 1};
    const auto images = worldImages(30, 32, &weights);
    QVERIFY_OK(images);
    QVERIFY(images->pixels.min().item<float>() >= 0 && images->pixels.max().item<float>() <= 1);
    QCOMPARE(images->labels.max().item<std::int64_t>(), std::int64_t{2});
    const auto own = worldImages(30, 32);
    QVERIFY_OK(own);
    QVERIFY(own->pixels.min().item<float>() < 0);
    QVERIFY(own->labels.max().item<std::int64_t>() > 2);
  }

  // Its batch norms keep what they have learnt: the densities are those of the checkpoint's network as it is stored.
  void densitiesAreThoseOfTheCheckpoint() {
    const auto result = runCase("inference.tiny", kTrained);
    QVERIFY_OK(result);
    QVERIFY2(!result->error, result->error ? result->error->text().c_str() : "");
    QCOMPARE(result->weights, std::string("demo.safetensors"));

    torch::NoGradGuard guard;
    const auto weights = loadTrainedWeights(kTrained);
    QVERIFY_OK(weights);
    const auto network = networkOf({"tiny", 32, 4, 1}, Formulation::ours, &*weights);
    QVERIFY_OK(network);
    (*network)->setTraining(false);
    const auto images = worldImages(16, 32, &*weights);
    QVERIFY_OK(images);
    const at::Tensor image = images->pixels.slice(0, 0, 1).contiguous();
    const auto layers = observeOperations([&] { forwardAs(Formulation::plain, **network, image); });
    QVERIFY_OK(layers);
    QVERIFY(layers->at(1).density > 0);
    QVERIFY(std::abs(figureOf(*result, "density into 2") - layers->at(1).density) < 1e-9);
    const auto untrained = runCase("inference.tiny");
    QVERIFY_OK(untrained);
    QVERIFY(untrained->weights.empty());
    QVERIFY(std::abs(figureOf(*untrained, "density into 2") - layers->at(1).density) > 1e-6);
  }

  void aTrainingStepTakesTrainedWeights() {
    const auto result = runCase("training.tiny", kTrained);
    QVERIFY_OK(result);
    QVERIFY2(!result->error, result->error ? result->error->text().c_str() : "");
    QCOMPARE(result->weights, std::string("demo.safetensors"));
    QCOMPARE(result->timings.size(), std::size_t{3});
    QVERIFY(figureOf(*result, "density V1") > 0);
  }

  void weightsThatNobodyCanUseAreRefused() {
    const QTemporaryDir folder;
    QVERIFY_REFUSED(runCase("lif.t4", kTrained), "fit no case chosen");
    QVERIFY_REFUSED(runCase("training.resnet18", kTrained), "tiny");
    QVERIFY_REFUSED(runCase("training.tiny", test::pathOf(folder, "none.safetensors")), "none.safetensors");
    const std::filesystem::path broken = test::pathOf(folder, "broken.safetensors");
    std::filesystem::copy_file(kTrained, broken);
    std::filesystem::resize_file(broken, 100000);
    QVERIFY_REFUSED(runCase("training.tiny", broken), "broken.safetensors");

    auto checkpoint = training::loadCheckpoint(kTrained);
    QVERIFY_OK(checkpoint);
    training::Checkpoint twin = *checkpoint;
    twin.config.model.neuron = "relu";
    QVERIFY_OK(training::saveCheckpoint(test::pathOf(folder, "twin.safetensors"), twin));
    QVERIFY_REFUSED(runCase("training.tiny", test::pathOf(folder, "twin.safetensors")), "has no spikes");
    training::Checkpoint undone = *checkpoint;
    auto& bytes = undone.model.at("fc.bias").bytes;
    std::fill(bytes.begin(), bytes.begin() + 4, static_cast<std::byte>(0xFF));  // NaN
    QVERIFY_OK(training::saveCheckpoint(test::pathOf(folder, "undone.safetensors"), undone));
    QVERIFY_REFUSED(runCase("training.tiny", test::pathOf(folder, "undone.safetensors")), "fc.bias");
    training::Checkpoint fewer = *checkpoint;
    fewer.provenance.classNames.pop_back();
    QVERIFY_OK(training::saveCheckpoint(test::pathOf(folder, "fewer.safetensors"), fewer));
    QVERIFY_REFUSED(runCase("training.tiny", test::pathOf(folder, "fewer.safetensors")), "classes");
  }

  void aLayerIsTimedBothWays() {
    const auto result = runCase("layers.512-512-2");
    QVERIFY_OK(result);
    QVERIFY2(!result->error, result->error ? result->error->text().c_str() : "");
    QCOMPARE(namesOf(result->timings), QStringList({"forward, spikes", "forward, dense", "weight gradient, spikes",
                                                    "weight gradient, dense", "input gradient, dense"}));
    QVERIFY(std::abs(figureOf(*result, "density") - 0.05) < 0.005);
    for (const char* name : {"share of the fma rate, forward dense", "share of the fma rate, weight gradient dense",
                             "share of the fma rate, input gradient dense", "synaptic operations, forward",
                             "synaptic operations, weight gradient"})
      QVERIFY2(std::isfinite(figureOf(*result, name)) && figureOf(*result, name) > 0, name);
    // 16 of the 36 taps of the four outputs lie inside a map of 2 x 2; per spike four of them.
    const double seconds = result->timings[0].seconds.median;
    const double synaptic = figureOf(*result, "synaptic operations, forward") * seconds;
    const double spikes = figureOf(*result, "density") * 128 * 512 * 4;
    QVERIFY2(std::abs(synaptic / (spikes * 4 * 512) - 1) < 1e-6, QByteArray::number(synaptic).constData());
  }

  void densitiesAreComparedWithTheDenseConvolution() {
    for (const char* name : {"density.forward", "density.weights"}) {
      const auto result = runCase(name);
      QVERIFY_OK(result);
      QVERIFY2(!result->error, result->error ? result->error->text().c_str() : "");
      QCOMPARE(namesOf(result->timings).mid(0, 3),
               QStringList({"dense", "spikes, density 0.01", "spikes, density 0.02"}));
      QCOMPARE(result->timings.size(), std::size_t{8});
      QCOMPARE(figureOf(*result, "density up to which the engine chooses spikes"), snn::spikeDrivenDensity());
    }
  }

  // Every size is made and runs; what it costs is for the report.
  void analysisAndPlacementGrow() {
    for (const auto& [name, of, sizes] :
         {std::tuple{"growth.placement-units", "units", 5}, std::tuple{"growth.maps-stimuli", "stimuli", 4}}) {
      const auto result = runCase(name);
      QVERIFY_OK(result);
      QVERIFY2(!result->error, result->error ? result->error->text().c_str() : "");
      QVERIFY(result->growth.has_value());
      QCOMPARE(result->growth->of, std::string(of));
      QCOMPARE(result->growth->rows.size(), static_cast<std::size_t>(sizes));
      for (const Growth::Row& row : result->growth->rows) QVERIFY(row.seconds.median > 0);
    }
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
