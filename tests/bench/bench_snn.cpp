// The neuron and the training step beside their plain LibTorch formulations, in turn in one process, so that a ratio
// means something on a noisy machine: `bench_snn --benchmark_repetitions=5 --benchmark_report_aggregates_only=true`.
#include <benchmark/benchmark.h>
#include <torch/torch.h>

#include "engine/core/runtime.h"
#include "engine/snn/backbones.h"

using namespace pinwheel::snn;

namespace {

void runLif(benchmark::State& state, at::Tensor (*neuron)(const at::Tensor&, const LifOptions&)) {
  const at::Tensor x = at::randn({state.range(0), 32, 64 * 4 / state.range(0), 32, 32}).set_requires_grad(true);
  const at::Tensor upstream = at::randn_like(x);
  for (auto _ : state) {
    x.mutable_grad() = at::Tensor();
    neuron(x, {}).backward(upstream);
  }
  state.counters["elements"] = static_cast<double>(x.numel());
}
void fusedLif(benchmark::State& state) {
  runLif(state, lif);
}
void plainLif(benchmark::State& state) {
  runLif(state, lifPlain);
}
BENCHMARK(fusedLif)->Arg(4)->Arg(16)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(plainLif)->Arg(4)->Arg(16)->Unit(benchmark::kMillisecond)->UseRealTime();

// The roof: one copy of the same 33.5 MB.
void copy(benchmark::State& state) {
  const at::Tensor x = at::randn({4, 32, 64, 32, 32});
  at::Tensor y = at::empty_like(x);
  for (auto _ : state) y.copy_(x);
}
BENCHMARK(copy)->Unit(benchmark::kMillisecond)->UseRealTime();

void trainingStep(benchmark::State& state, const char* backbone, NeuronKind kind, std::int64_t side,
                  std::int64_t batch) {
  NetworkOptions options;
  options.backbone = backbone;
  options.imageSide = side;
  options.neuron.kind = kind;
  options.neuron.timeSteps = kind == NeuronKind::relu ? 1 : 4;
  auto network = makeNetwork(options, 1);
  if (!network) return state.SkipWithError(network.error().what.c_str());
  const at::Tensor images = at::randn({batch, 3, side, side});
  const at::Tensor labels = at::randint(0, 10, {batch});
  for (auto _ : state) {
    const Activity activity = (*network)->forward(images);
    torch::nn::functional::cross_entropy(activity.logits, labels).backward();
  }
  state.counters["images/s"] =
      benchmark::Counter(static_cast<double>(batch), benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK_CAPTURE(trainingStep, tiny_spiking_32px_batch64, "tiny", NeuronKind::lif, 32, 64)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(trainingStep, tiny_relu_32px_batch64, "tiny", NeuronKind::relu, 32, 64)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(trainingStep, resnet18_spiking_64px_batch32, "resnet18", NeuronKind::lif, 64, 32)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

}  // namespace

int main(int argc, char** argv) {
  pinwheel::tuneMalloc();
  at::set_num_threads(pinwheel::availableProcessors());
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
