#include <torch/torch.h>

#include <cmath>
#include <memory>

#include "engine/analysis/correlation.h"
#include "engine/analysis/selectivity.h"
#include "engine/benchmark/case.h"
#include "engine/benchmark/network_parts.h"
#include "engine/benchmark/placement_problem.h"
#include "engine/core/random.h"
#include "engine/data/world.h"
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

constexpr std::int64_t kSheet = 4096;

// Four clusters on a sheet of so many units.
Expected<std::function<void()>> stc(std::int64_t timeSteps, std::int64_t batch, std::int64_t units,
                                    std::int64_t sheet = kSheet) {
  constexpr std::int64_t kClusters = 4;
  const at::Tensor spikes = at::empty({timeSteps, batch, sheet}).bernoulli_(0.15).set_requires_grad(true);
  std::vector<at::Tensor> rows;
  for (std::int64_t m = 0; m < kClusters; ++m) rows.push_back(at::randperm(sheet, at::kLong).slice(0, 0, units));
  const at::Tensor index = at::stack(rows);
  const at::Tensor where = at::rand({kClusters, units, 2}) * 5;  // mm
  const at::Tensor distance = 1 / (1 + (where.unsqueeze(2) - where.unsqueeze(1)).square().sum(-1).sqrt());
  return [spikes, index, distance] {
    topography::stcLoss(spikes, index, distance, {}).sum().backward();
    spikes.mutable_grad() = at::Tensor();
  };
}

// V1 as placement.v1 has it, of the same density: with more units it is larger, and has as many windows a unit.
Expected<std::function<void()>> placement(std::int64_t units) {
  constexpr std::int64_t kSide = 16;  // positions
  const double sideMm = 24.5 * std::sqrt(static_cast<double>(units) / 8192);
  PlacementProblem problem = placementProblem(
      {"V1", "V1", static_cast<int>(units / (kSide * kSide)), kSide, kSide, sideMm, 1.5 * sideMm, 2.7, 0.35}, 128);
  problem.options.windows = units / 32;
  const auto shared = std::make_shared<const PlacementProblem>(std::move(problem));
  return [shared] { (void)placed(*shared); };
}

// From the rates of a sheet of 8,192 units to t and d' of every domain, and to the correlation of 500 of the units over
// the stimuli. The rates of a few stimuli are shown in turn: what grows is the analysis.
Expected<std::function<void()>> maps(std::int64_t stimuli) {
  constexpr std::size_t kUnits = 8192, kRecorded = 500, kShown = 64;
  const auto rates = std::make_shared<std::vector<float>>(kShown * kUnits);
  Random random(7);
  for (float& rate : *rates) rate = static_cast<float>(random.uniform(0, 1));
  return [stimuli, rates] {
    const int domains = static_cast<int>(data::domainNames().size());
    analysis::CategoryResponses categories(kUnits, domains);
    analysis::CorrelationAccumulator pairs(kRecorded);
    for (std::int64_t s = 0; s < stimuli; ++s) {
      const std::span<const float> row(rates->data() + static_cast<std::size_t>(s) % kShown * kUnits, kUnits);
      categories.add(static_cast<int>(s % domains), row);
      pairs.add(row.first(kRecorded));
    }
    for (int d = 0; d < domains; ++d) {
      (void)categories.tMap(d);
      (void)categories.dPrimeMap(d);
    }
    (void)pairs.correlation();
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
                  {50, 100, 200, 400, 800}, [](std::int64_t n) { return stc(4, 64, n); }),
          growing("growth.stc-sheet", "STC loss, 4 clusters of 300 units, B = 64, T = 4, of sheets", "units",
                  {1024, 4096, 16384, 65536}, [](std::int64_t n) { return stc(4, 64, 300, n); }),
          growing("growth.placement-units", "swaps on sheets of one density, a window of some 100 units per 32 units",
                  "units", {1024, 2048, 4096, 8192, 16384}, placement),
          growing("growth.maps-stimuli", "from rates to maps of t and d', 8,192 units, and to correlations of 500",
                  "stimuli", {64, 256, 1024, 4096}, maps)};
}

}  // namespace pinwheel::benchmark
