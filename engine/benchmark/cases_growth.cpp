#include <torch/torch.h>

#include <memory>

#include "engine/benchmark/case.h"
#include "engine/benchmark/network_parts.h"
#include "engine/snn/neuron.h"
#include "engine/topography/stc_loss.h"

// How time and memory grow with one size while the others stay: 1 is linear.
namespace pinwheel::benchmark {
namespace {

using Sizes = std::vector<std::int64_t>;

const Sizes kTimeSteps{1, 2, 4, 8, 16, 32};

template <class Make>
Expected<CaseResult> grow(const Bench& bench, const std::string& of, const Sizes& sizes, Make&& make) {
  std::vector<Bench::Sized> sized;
  for (const std::int64_t n : sizes) {
    Expected<std::function<void()>> work = make(n);
    if (!work) return tl::unexpected(work.error());
    sized.push_back({n, std::move(*work)});
  }
  CaseResult result;
  result.growth = bench.grow(of, sized);
  return result;
}

// Forward and backward of the neuron over [T, B, 64, 16, 16].
Expected<std::function<void()>> neuron(std::int64_t timeSteps, std::int64_t batch) {
  const at::Tensor current = at::randn({timeSteps, batch, 64, 16, 16}).set_requires_grad(true);
  const at::Tensor upstream = at::randn_like(current).detach();
  return [current, upstream] {
    current.mutable_grad() = at::Tensor();
    snn::lif(current, {}).backward(upstream);
    current.mutable_grad() = at::Tensor();
  };
}

Expected<std::function<void()>> training(std::int64_t timeSteps, std::int64_t batch) {
  auto made = TrainingStep::make({"tiny", 32, timeSteps, batch}, Formulation::ours);
  if (!made) return tl::unexpected(made.error());
  const std::shared_ptr<TrainingStep> step = std::move(*made);
  return [step] {
    step->run();
    step->forget();
  };
}

// Four clusters on a sheet of 4,096 units.
Expected<std::function<void()>> stc(std::int64_t timeSteps, std::int64_t batch, std::int64_t units) {
  constexpr std::int64_t kSheet = 4096, kClusters = 4;
  const at::Tensor spikes = at::empty({timeSteps, batch, kSheet}).bernoulli_(0.15).set_requires_grad(true);
  std::vector<at::Tensor> rows;
  for (std::int64_t m = 0; m < kClusters; ++m) rows.push_back(at::randperm(kSheet, at::kLong).slice(0, 0, units));
  const at::Tensor index = at::stack(rows);
  const at::Tensor where = at::rand({kClusters, units, 2}) * 5;  // mm
  const at::Tensor distance = 1 / (1 + (where.unsqueeze(2) - where.unsqueeze(1)).square().sum(-1).sqrt());
  return [spikes, index, distance] {
    topography::stcLoss(spikes, index, distance, {}).sum().backward();
    spikes.mutable_grad() = at::Tensor();
  };
}

Case growing(const char* name, const char* summary, const char* of, const Sizes& sizes,
             Expected<std::function<void()>> (*make)(std::int64_t)) {
  return {{name, summary}, [=](const Bench& bench) { return grow(bench, of, sizes, make); }};
}

}  // namespace

std::vector<Case> growthCases() {
  const char* const steps = "time steps";
  const char* const images = "images";
  return {growing("growth.lif-t", "LIF over [T, 32, 64, 16, 16], forward and backward", steps, kTimeSteps,
                  [](std::int64_t n) { return neuron(n, 32); }),
          growing("growth.lif-batch", "LIF over [4, B, 64, 16, 16], forward and backward", images, {4, 16, 64, 256},
                  [](std::int64_t n) { return neuron(4, n); }),
          growing("growth.training-t", "training step of tiny, 16 images of 32 px", steps, kTimeSteps,
                  [](std::int64_t n) { return training(n, 16); }),
          growing("growth.training-batch", "training step of tiny, images of 32 px, T = 4", images,
                  {8, 16, 32, 64, 128}, [](std::int64_t n) { return training(4, n); }),
          growing("growth.stc-t", "STC loss, 4 clusters of 300 units, B = 64", steps, kTimeSteps,
                  [](std::int64_t n) { return stc(n, 64, 300); }),
          growing("growth.stc-batch", "STC loss, 4 clusters of 300 units, T = 4", images, {16, 32, 64, 128, 256},
                  [](std::int64_t n) { return stc(4, n, 300); }),
          growing("growth.stc-units", "STC loss, 4 clusters, B = 64, T = 4", "units per cluster",
                  {50, 100, 200, 400, 800}, [](std::int64_t n) { return stc(4, 64, n); })};
}

}  // namespace pinwheel::benchmark
