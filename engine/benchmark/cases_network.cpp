#include <torch/torch.h>

#include <array>
#include <cmath>

#include "engine/benchmark/case.h"
#include "engine/benchmark/network_parts.h"
#include "engine/benchmark/operations_observer.h"
#include "engine/benchmark/synaptic_operations.h"
#include "engine/snn/backbones.h"

// Whole networks: the training step, and inference of one image with what it would cost in synaptic operations. Every
// backbone that there is gets its cases.
namespace pinwheel::benchmark {
namespace {

constexpr std::int64_t kTimeSteps = 4;
constexpr std::array kFormulations{Formulation::ours, Formulation::plain, Formulation::relu};
constexpr double kSpikesApart = 1e-3;  // share that may differ: rounding may put a membrane on the threshold
constexpr double kLogitsApart = 1e-2;  // over the largest, and of the gradients' norm

double largest(const at::Tensor& x) {
  return x.abs().max().item<double>();
}

Status agree(const snn::Activity& ours, const snn::Activity& plain) {
  for (std::size_t s = 0; s < ours.sheets.size(); ++s) {
    const double apart = ours.sheets[s].ne(plain.sheets[s]).to(at::kDouble).mean().item<double>();
    if (apart > kSpikesApart)
      return disagreement(
          "The networks of fused and of plain neurons",
          "a share of " + std::to_string(apart) + " of the spikes of sheet " + std::to_string(s + 1) + " differs");
  }
  const double apart = largest(ours.logits - plain.logits) / std::max(largest(ours.logits), 1e-12);
  if (!(apart <= kLogitsApart))
    return disagreement("The networks of fused and of plain neurons",
                        "their logits differ by " + std::to_string(apart) + " of the largest");
  return {};
}

// On two images, where that is cheap.
Status trainingAgrees(NetworkSize size, const TrainedWeights* weights) {
  size.batch = 2;
  const auto ours = TrainingStep::make(size, Formulation::ours, weights);
  if (!ours) return tl::unexpected(ours.error());
  const auto plain = TrainingStep::make(size, Formulation::plain, weights);
  if (!plain) return tl::unexpected(plain.error());
  (*ours)->run();
  (*plain)->run();
  if (const Status status = agree((*ours)->activity(), (*plain)->activity()); !status) return status;
  const double apart = std::abs((*ours)->gradientNorm() / (*plain)->gradientNorm() - 1);
  if (!(apart <= kLogitsApart))
    return disagreement("The gradients of fused and of plain neurons",
                        "their norms differ by " + std::to_string(apart) + " of their size");
  return {};
}

Expected<CaseResult> runTraining(const Bench& bench, const NetworkSize& size) {
  if (const Status status = trainingAgrees(size, bench.weights()); !status) return tl::unexpected(status.error());
  std::vector<std::unique_ptr<TrainingStep>> steps;
  for (const Formulation formulation : kFormulations) {
    auto step = TrainingStep::make(size, formulation, bench.weights());
    if (!step) return tl::unexpected(step.error());
    steps.push_back(std::move(*step));
  }
  CaseResult result;
  const auto contestant = [&](std::size_t i, const char* name, const char* what) {
    return Contestant{name, what, [&, i] {
                        steps[i]->run();
                        // Kept by one network, the activity would count as the others' memory.
                        if (i == 0 && result.figures.empty())
                          for (std::size_t s = 0; s < steps[i]->activity().sheets.size(); ++s)
                            result.figures.push_back({"density " + steps[i]->network().sheets()[s].layer,
                                                      steps[i]->activity().sheets[s].mean().item<double>(), ""});
                        steps[i]->forget();
                      }};
  };
  result.timings =
      bench
          .time({contestant(0, "ours", "the spiking network with the fused neuron"),
                 contestant(1, "plain", "the same with LibTorch's operations for its neurons"),
                 contestant(2, "relu", "the ReLU network on as many images as images x time steps: the dense bound")},
                Bench::Memory::measured)
          .timings;
  result.figures.push_back(
      {"images per second", static_cast<double>(size.batch) / result.timings[0].seconds.median, "images/s"});
  return result;
}

// Its layers while it looks at one image; an error where some of its convolutions went unseen. Kernels of our own are:
// what is counted is the same network of LibTorch's operations.
Expected<std::vector<LayerOperations>> operationsOf(snn::Network& network, const at::Tensor& image) {
  auto layers = observeOperations([&] { forwardAs(Formulation::plain, network, image); });
  if (!layers) return layers;
  std::int64_t seen = 0;
  for (const LayerOperations& layer : *layers) seen += layer.convolution ? 1 : 0;
  std::int64_t there = 0;
  for (const auto& [name, value] : network.parameters()) there += value.dim() == 4 ? 1 : 0;
  if (seen != there)
    return failure("The operations of the network cannot be counted",
                   std::to_string(seen) + " of its " + std::to_string(there) + " convolutions were seen",
                   "compare its times alone");
  return layers;
}

void tellOperations(const std::vector<LayerOperations>& spiking, const std::vector<LayerOperations>& dense,
                    std::vector<Figure>& figures) {
  double accumulates = 0;
  double multiplied = 0;
  double everything = 0;
  for (const LayerOperations& layer : dense) everything += layer.dense;
  for (std::size_t i = 0; i < spiking.size(); ++i) {
    const LayerOperations& layer = spiking[i];
    (layer.spiking ? accumulates : multiplied) += layer.spiking ? layer.synaptic : layer.dense;
    if (layer.convolution)
      figures.push_back({"density into " + std::to_string(i + 1) + " (" + layer.shape + ")", layer.density, ""});
  }
  const auto microjoules = [](double operations, double picojoules) { return operations * picojoules * 1e-12; };
  const double spikingEnergy =
      microjoules(accumulates, kPicojoulesPerAccumulate) + microjoules(multiplied, kPicojoulesPerMultiplyAccumulate);
  const double denseEnergy = microjoules(everything, kPicojoulesPerMultiplyAccumulate);
  figures.push_back({"synaptic operations", accumulates, "SynOp"});
  figures.push_back({"multiply-accumulates of inputs that are no spikes", multiplied, "MAC"});
  figures.push_back({"dense multiply-accumulates (ReLU network)", everything, "MAC"});
  figures.push_back({"energy proxy, spiking", spikingEnergy, "J"});
  figures.push_back({"energy proxy, dense", denseEnergy, "J"});
  figures.push_back({"dense over spiking energy", denseEnergy / spikingEnergy, ""});
}

Expected<CaseResult> runInference(const Bench& bench, const NetworkSize& size) {
  torch::NoGradGuard guard;
  const TrainedWeights* weights = bench.weights();
  const auto images = worldImages(16, size.side, weights);
  if (!images) return tl::unexpected(images.error());
  const at::Tensor image = images->pixels.slice(0, 0, 1).contiguous();
  std::vector<std::unique_ptr<snn::Network>> networks;
  for (const Formulation formulation : kFormulations) {
    auto network = networkOf(size, formulation, weights);
    if (!network) return tl::unexpected(network.error());
    // Trained networks keep the statistics that they have learnt.
    if (weights != nullptr && formulation != Formulation::relu)
      (*network)->setTraining(false);
    else
      calibrate(**network, images->pixels);
    networks.push_back(std::move(*network));
  }
  if (const Status status =
          agree(forwardAs(kFormulations[0], *networks[0], image), forwardAs(kFormulations[1], *networks[1], image));
      !status)
    return tl::unexpected(status.error());
  const auto contestant = [&](std::size_t i, const char* name, const char* what) {
    return Contestant{name, what, [&networks, &image, i] { forwardAs(kFormulations[i], *networks[i], image); }};
  };
  CaseResult result;
  result.timings = bench
                       .time({contestant(0, "ours", "the spiking network with the fused neuron, one image"),
                              contestant(1, "plain", "the same with LibTorch's operations for its neurons"),
                              contestant(2, "relu", "the ReLU network, one image")},
                             Bench::Memory::measured)
                       .timings;
  const auto spiking = operationsOf(*networks[0], image);
  if (!spiking) return tl::unexpected(spiking.error());
  const auto dense = operationsOf(*networks[2], image);
  if (!dense) return tl::unexpected(dense.error());
  tellOperations(*spiking, *dense, result.figures);
  return result;
}

std::string sizeText(const NetworkSize& size) {
  return std::to_string(size.batch) + (size.batch == 1 ? " image of " : " images of ") + std::to_string(size.side) +
         " px, T = " + std::to_string(size.timeSteps) + (size.stem == "imagenet" ? ", 7x7 stem with pooling" : "");
}

Case caseOf(const std::string& kind, const std::string& summary, const NetworkSize& size,
            Expected<CaseResult> (*run)(const Bench&, const NetworkSize&)) {
  return {{kind + "." + size.backbone, summary + " of " + size.backbone + ", " + sizeText(size)},
          [=](const Bench& bench) { return run(bench, size); },
          [size](const TrainedWeights& weights) { return weights.fits(size); }};
}

}  // namespace

std::vector<Case> trainingCases() {
  std::vector<Case> cases;
  for (const snn::BackboneInfo& backbone : snn::backbones()) {
    const bool tiny = backbone.name == "tiny";
    const NetworkSize size{backbone.name, tiny ? 32 : 64, kTimeSteps, 32, tiny ? "auto" : "imagenet"};
    cases.push_back(caseOf("training", "training step", size, runTraining));
  }
  return cases;
}

std::vector<Case> inferenceCases() {
  std::vector<Case> cases;
  for (const snn::BackboneInfo& backbone : snn::backbones()) {
    const bool tiny = backbone.name == "tiny";
    const NetworkSize size{backbone.name, tiny ? 32 : 224, kTimeSteps, 1, tiny ? "auto" : "imagenet"};
    cases.push_back(caseOf("inference", "inference", size, runInference));
  }
  return cases;
}

}  // namespace pinwheel::benchmark
