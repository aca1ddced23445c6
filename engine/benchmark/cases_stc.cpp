#include <torch/torch.h>

#include <cmath>

#include "engine/benchmark/case.h"
#include "engine/benchmark/network_parts.h"
#include "engine/benchmark/plain.h"

// The STC loss of ResNet-18's eight sheets, beside the training step that it is added to.
namespace pinwheel::benchmark {
namespace {

constexpr std::int64_t kClusters = 10;
constexpr std::int64_t kUnits = 500;
constexpr std::int64_t kBatch = 128;
constexpr std::int64_t kStepBatch = 32;  // of the step that is timed: 128 images at once may not fit
constexpr std::int64_t kTimeSteps = 4;
// The usual ResNet-18: at 64 px "auto" would leave its stem at full resolution, and the loss beside it small.
const NetworkSize kStep{"resnet18", 64, kTimeSteps, kStepBatch, "imagenet"};
constexpr double kRate = 0.06;  // spikes per unit and step, as in a trained network (docs/performance.md)

// Spikes of a sheet, and clusters on it.
struct Layer {
  at::Tensor spikes;           // [T, B, U]
  at::Tensor units;            // [M, N]
  at::Tensor inverseDistance;  // [M, N, N]
};

Layer layerOf(std::int64_t batch, std::int64_t sheetUnits, std::int64_t clusters, std::int64_t units) {
  Layer layer;
  layer.spikes = at::empty({kTimeSteps, batch, sheetUnits}).bernoulli_(kRate).set_requires_grad(true);
  std::vector<at::Tensor> rows;
  for (std::int64_t m = 0; m < clusters; ++m) rows.push_back(at::randperm(sheetUnits, at::kLong).slice(0, 0, units));
  layer.units = at::stack(rows);
  const at::Tensor where = at::rand({clusters, units, 2}) * 5;  // mm
  layer.inverseDistance = 1 / (1 + (where.unsqueeze(2) - where.unsqueeze(1)).square().sum(-1).sqrt());
  return layer;
}

using Loss = at::Tensor (*)(const at::Tensor&, const at::Tensor&, const at::Tensor&, const topography::StcOptions&);

// L_L + L_S, with its gradient left in layer.spikes.grad().
double step(Loss loss, const Layer& layer) {
  layer.spikes.mutable_grad() = at::Tensor();
  const at::Tensor total = loss(layer.spikes, layer.units, layer.inverseDistance, {}).sum();
  total.backward();
  return total.item<double>();
}

Status agree() {
  const Layer layer = layerOf(32, 400, 3, 40);
  const double ours = step(topography::stcLoss, layer);
  const at::Tensor gradient = layer.spikes.grad();
  const double plain = step(stcPlain, layer);
  const double apart =
      (layer.spikes.grad() - gradient).abs().max().item<double>() / gradient.abs().max().item<double>();
  if (std::abs(ours - plain) < 1e-4 && apart < 1e-3) return {};
  return disagreement("The closed form of the STC loss and autograd's",
                      "the losses are " + std::to_string(ours) + " and " + std::to_string(plain) +
                          ", the gradients differ by " + std::to_string(apart) + " of the largest");
}

Expected<CaseResult> runStc(const Bench& bench) {
  if (const Status status = agree(); !status) return tl::unexpected(status.error());
  auto trainingStep = TrainingStep::make(kStep, Formulation::ours, bench.weights());
  if (!trainingStep) return tl::unexpected(trainingStep.error());
  std::vector<Layer> layers;
  for (const snn::SheetShape& sheet : (*trainingStep)->network().sheets())
    layers.push_back(
        layerOf(kBatch, static_cast<std::int64_t>(sheet.channels) * sheet.height * sheet.width, kClusters, kUnits));
  const auto all = [&layers](Loss loss) {
    for (const Layer& layer : layers) {
      step(loss, layer);
      layer.spikes.mutable_grad() = at::Tensor();
    }
  };
  Bench::Measured measured = bench.time(
      {{"ours", "eight sheets, the gradient in closed form", [&] { all(topography::stcLoss); }},
       {"plain", "the equations in LibTorch's operations, autograd's gradient", [&] { all(stcPlain); }},
       {"training step", "of ResNet-18 (7x7 stem with pooling) on 32 images of 64 px, without the loss", [&] {
          (*trainingStep)->run();
          (*trainingStep)->forget();
        }}});
  // A step's time is proportional to its images.
  std::vector<double> shares = pairwiseRatios(measured.rounds[0], measured.rounds[2]);
  for (double& share : shares) share *= 100 * static_cast<double>(kStepBatch) / static_cast<double>(kBatch);
  const Summary percent = summarise(std::move(shares));
  CaseResult result;
  result.timings = std::move(measured.timings);
  result.figures = {{"loss in percent of a step of 128 images, median", percent.median, "%"},
                    {"... lower quartile", percent.lowerQuartile, "%"},
                    {"... upper quartile", percent.upperQuartile, "%"}};
  return result;
}

}  // namespace

std::vector<Case> stcCases() {
  const CaseInfo info{
      "stc.resnet18",
      "STC loss on 8 sheets of 10 clusters of 500 units, B = 128, T = 4, forward and backward, beside a "
      "step of resnet18 at 64 px (7x7 stem with pooling)"};
  return {Case{info, runStc, [](const TrainedWeights& weights) { return weights.fits(kStep); }}};
}

}  // namespace pinwheel::benchmark
