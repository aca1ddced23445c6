// What it costs a training to be watched, and how long a stimulus takes. Watched and unwatched blocks of batches take
// turns in one training, so that the ratio means something on a noisy machine; its standard error stands beside it.
#include <benchmark/benchmark.h>
#include <torch/torch.h>
#include <unistd.h>

#include <atomic>
#include <cmath>
#include <filesystem>
#include <numeric>
#include <thread>
#include <vector>

#include "engine/core/runtime.h"
#include "engine/session.h"
#include "engine/session/training_watch.h"
#include "engine/training/trainer.h"

using namespace pinwheel;
using Clock = std::chrono::steady_clock;

namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kWarmUp = 5;
constexpr std::int64_t kBlock = 24;  // batches, some seconds
constexpr std::int64_t kPairs = 8;   // of a watched block and an unwatched one
constexpr std::int64_t kSteps = 2 * kPairs * kBlock;

double secondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

training::TrainConfig demoConfig() {
  training::TrainConfig config;
  OptionTable options = training::describe(config);
  if (const Status status = training::applyRecipe("demo", options); !status)
    std::fprintf(stderr, "%s\n", status.error().text().c_str());
  config.data.trainCount = (kWarmUp + kSteps) * config.training.batchSize;
  config.data.validationCount = 20;
  config.training.epochs = 1;
  config.placement.enabled = false;
  config.evaluation.smoothnessEvery = 0;
  return config;
}

class Folder {
public:
  Folder() : m_path(fs::temp_directory_path() / ("pinwheel-bench-" + std::to_string(::getpid()))) {
    fs::remove_all(m_path);
    fs::create_directories(m_path);
  }
  ~Folder() { fs::remove_all(m_path); }
  [[nodiscard]] fs::path path() const { return m_path; }

private:
  fs::path m_path;
};

// Passes every second block of batches on to a session's watch and takes the time of each: both kinds see the same
// machine, seconds apart. A watched block also spends what the unwatched one before it earned (two previews at most):
// the ratio is an upper bound.
class Alternating final : public training::TrainObserver {
public:
  explicit Alternating(session::TrainingWatch& watch) : m_watch(watch) {}
  void onPhase(const std::string& text) override { m_watch.onPhase(text); }
  void onStep(const training::StepReport& report) override {
    if (isWatched(report.step)) m_watch.onStep(report);
  }
  void onLive(training::LiveTraining& live) override {
    const std::int64_t step = live.state().step;
    const auto entered = Clock::now();
    if (isWatched(step)) m_watch.onLive(live);
    if (step < kWarmUp) return;
    if (step > kWarmUp && isWatched(step)) inWatch += secondsSince(entered);
    if ((step - kWarmUp) % kBlock != 0) return;
    if (step > kWarmUp) blocks.push_back(secondsSince(m_start));
    m_start = Clock::now();
  }
  std::vector<double> blocks;  ///< seconds; watched, unwatched, watched, ...
  double inWatch = 0;

private:
  // Of the batch that led to this step; what comes before the first block belongs to it.
  static bool isWatched(std::int64_t step) { return step <= kWarmUp || ((step - 1 - kWarmUp) / kBlock) % 2 == 0; }
  session::TrainingWatch& m_watch;
  Clock::time_point m_start;
};

void watchedTraining(benchmark::State& state) {
  std::vector<double> ratios;
  double watched = 0;
  double unwatched = 0;
  double inWatch = 0;
  double previews = 0;
  for (auto _ : state) {
    const Folder folder;
    session::Mailboxes mail({});
    session::CommandQueue queue;
    session::Desk desk{mail, queue, {}};
    std::uint64_t networks = 0;
    std::atomic<bool> done{false};
    // A reader that takes the news 60 times a second, as a window does.
    std::thread reader([&] {
      while (!done) {
        if (const session::News news = mail.take(); news.maps) previews += 1;
        std::this_thread::sleep_for(std::chrono::milliseconds(16));
      }
    });
    {
      session::TrainingWatch watch(
          desk, {folder.path(), {}, session::SessionOptions{}.watchShare, &networks, [] {}, [](session::Posted) {}});
      Alternating observer(watch);
      training::RunOptions run;
      run.out = folder.path() / "run";
      (void)training::train(demoConfig(), run, observer, watch.stop());
      for (std::size_t i = 0; i + 1 < observer.blocks.size(); i += 2) {
        watched += observer.blocks[i];
        unwatched += observer.blocks[i + 1];
        ratios.push_back(observer.blocks[i] / observer.blocks[i + 1]);
      }
      inWatch += observer.inWatch;
    }
    done = true;
    reader.join();
  }
  const auto n = static_cast<double>(ratios.size());
  const double mean = std::accumulate(ratios.begin(), ratios.end(), 0.0) / n;
  double squares = 0;
  for (const double r : ratios) squares += (r - mean) * (r - mean);
  state.counters["time_ratio"] = mean;
  state.counters["ratio_sem"] = std::sqrt(squares / (n * (n - 1)));
  state.counters["watch_share"] = inWatch / watched;  // holds on a busy machine too
  state.counters["seconds_per_preview"] = watched / std::max(1.0, previews);
  state.counters["batch_ms"] = 1e3 * unwatched / (n * kBlock);
}
BENCHMARK(watchedTraining)->Iterations(1)->Unit(benchmark::kSecond)->UseRealTime();

// An open network of the demo's size, and its news.
class Opened {
public:
  Opened() {
    training::TrainConfig config = demoConfig();
    config.data.trainCount = config.training.batchSize;
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
