// The swaps on ResNet-18's largest sheet at 32 px (64 x 32 x 32 = 65,536 units), 20,000 windows of 500 attempts, 640
// gratings. The argument is how many units a window holds on average; the counter is the time of the whole placement.
#include <benchmark/benchmark.h>

#include <cmath>
#include <vector>

#include "engine/core/random.h"
#include "engine/core/runtime.h"
#include "engine/topography/placement.h"

using namespace pinwheel;
using namespace pinwheel::topography;

namespace {

void place(benchmark::State& state) {
  constexpr std::int64_t kStimuli = 640;
  SheetSpec spec{"layer1.0", "retina", 64, 32, 32, 4.0, 2.4, 0.0, 0.175};
  spec.neighbourhoodMm = 4.0 * std::sqrt(static_cast<double>(state.range(0)) / static_cast<double>(spec.unitCount()));
  Random random(1);
  std::vector<float> responses(static_cast<std::size_t>(spec.unitCount() * kStimuli));
  for (float& v : responses) v = static_cast<float>(random.below(5)) / 4.0F;
  for (auto _ : state) {
    Sheet sheet = retinotopicSheet(spec, 1);
    PlacementOptions options;
    options.windows = 20000;
    options.attempts = 500;
    const auto report = optimisePositions(sheet, {spec.unitCount(), kStimuli, responses}, options);
    if (!report) state.SkipWithError(report.error().what.c_str());
    state.counters["seconds"] = report ? report->seconds : 0;
  }
}
BENCHMARK(place)->Arg(25)->Arg(500)->Unit(benchmark::kSecond)->Iterations(1);

}  // namespace

int main(int argc, char** argv) {
  tuneMalloc();
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
