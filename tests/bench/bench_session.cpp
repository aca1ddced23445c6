// How long an open network takes to answer.
#include <benchmark/benchmark.h>
#include <torch/torch.h>

#include <atomic>
#include <thread>

#include "engine/core/runtime.h"
#include "engine/session.h"
#include "engine/training/trainer.h"
#include "tests/bench/demo_training.h"

using namespace pinwheel;
using bench::Folder;

namespace {

// An open network of the demo's size, and its news.
class Opened {
public:
  Opened() {
    const training::TrainConfig config = bench::demoConfig(1);
    training::RunOptions run;
    run.out = m_folder.path() / "run";
    training::TrainObserver nobody;
    (void)training::train(config, run, nobody, StopFlag{});
    engine.post(session::OpenCheckpoint{run.out / "checkpoint.safetensors"});
    while (!take().maps) {
    }
  }
  session::News take() {
    while (!m_woken.exchange(false)) std::this_thread::yield();
    return engine.take();
  }

private:
  Folder m_folder;
  std::atomic<bool> m_woken{false};

public:
  session::Session engine{[this] { m_woken = true; }};
};

// From post() to the frame in the mailbox.
void stimulus(benchmark::State& state) {
  Opened opened;
  session::Stimulus shown;
  shown.kind = session::Stimulus::Kind::category;
  for (auto _ : state) {
    ++shown.exemplar;
    opened.engine.post(session::ShowStimulus{shown});
    while (!opened.take().activity) {
    }
  }
}
BENCHMARK(stimulus)->Unit(benchmark::kMillisecond)->UseRealTime();

void tuning(benchmark::State& state) {
  Opened opened;
  session::AskTuning ask{0, {}};
  for (std::int32_t u = 0; u < state.range(0); ++u) ask.units.push_back(u);
  for (auto _ : state) {
    opened.engine.post(ask);
    while (!opened.take().tuning) {
    }
  }
}
BENCHMARK(tuning)->Arg(1)->Arg(500)->Unit(benchmark::kMillisecond)->UseRealTime();

void wholeMaps(benchmark::State& state) {
  Opened opened;
  for (auto _ : state) {
    opened.engine.post(session::MeasureMaps{});
    while (!opened.take().maps) {
    }
  }
}
BENCHMARK(wholeMaps)->Iterations(3)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace

int main(int argc, char** argv) {
  tuneMalloc();
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
