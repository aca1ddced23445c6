// The STC loss, forward and backward, for M clusters of N units, T = 4, B = 64.
#include <benchmark/benchmark.h>
#include <torch/torch.h>

#include "engine/core/runtime.h"
#include "engine/topography/stc_loss.h"

using namespace pinwheel;

namespace {

void stcLoss(benchmark::State& state) {
  const std::int64_t clusters = state.range(0), n = state.range(1), units = 8192;
  torch::manual_seed(1);
  auto spikes = (torch::rand({4, 64, units}) < 0.15).to(torch::kFloat).set_requires_grad(true);
  std::vector<torch::Tensor> rows;
  for (std::int64_t m = 0; m < clusters; ++m) rows.push_back(torch::randperm(units, torch::kLong).slice(0, 0, n));
  const auto index = torch::stack(rows);
  const auto where = torch::rand({clusters, n, 2}) * 5;
  const auto distance = 1 / (1 + (where.unsqueeze(2) - where.unsqueeze(1)).square().sum(-1).sqrt());
  for (auto _ : state) {
    topography::stcLoss(spikes, index, distance, {true, true, 1}).sum().backward();
    spikes.mutable_grad().reset();
  }
}
BENCHMARK(stcLoss)->Args({4, 300})->Args({10, 300})->Args({10, 500})->Args({16, 30})->Unit(benchmark::kMillisecond);

}  // namespace

int main(int argc, char** argv) {
  tuneMalloc();
  at::set_num_threads(availableProcessors());
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
