// What it costs a training to be watched, and how long a stimulus takes. Both kinds of training run in turn in one
// process, so that the ratio means something on a noisy machine: `bench_session --benchmark_repetitions=5`.
#include <benchmark/benchmark.h>
#include <torch/torch.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "engine/core/runtime.h"
#include "engine/session.h"
#include "engine/session/training_watch.h"
#include "engine/training/trainer.h"

using namespace pinwheel;
using Clock = std::chrono::steady_clock;

namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kWarmUp = 5;
constexpr std::int64_t kSteps = 60;

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

// Takes the time from behind the warm-up to the last batch; may pass everything on to a session's watch.
class Stopwatch final : public training::TrainObserver {
public:
  explicit Stopwatch(session::TrainingWatch* watch) : m_watch(watch) {}
  void onPhase(const std::string& text) override {
    if (m_watch != nullptr) m_watch->onPhase(text);
  }
  void onStep(const training::StepReport& report) override {
    if (m_watch != nullptr) m_watch->onStep(report);
  }
  void onLive(training::LiveTraining& live) override {
    const auto entered = Clock::now();
    if (m_watch != nullptr) m_watch->onLive(live);
    if (live.state().step > kWarmUp) inWatch += secondsSince(entered);
    if (live.state().step == kWarmUp) m_start = Clock::now();
    if (live.state().step == kWarmUp + kSteps) seconds = secondsSince(m_start);
  }
  double seconds = 0;
  double inWatch = 0;  ///< of those

private:
  session::TrainingWatch* m_watch;
  Clock::time_point m_start;
};

double secondsUnwatched(const fs::path& out) {
  Stopwatch stopwatch(nullptr);
  training::RunOptions run;
  run.out = out;
  (void)training::train(demoConfig(), run, stopwatch, StopFlag{});
  return stopwatch.seconds;
}

struct Watched {
  double seconds = 0;
  double inWatch = 0;
  double previews = 0;
};

// With a reader that takes the news 60 times a second, as a window does.
Watched secondsWatched(const fs::path& out, double share) {
  session::Mailboxes mail({});
  session::CommandQueue queue;
  session::Desk desk{mail, queue, {}};
  std::uint64_t networks = 0;
  std::atomic<bool> done{false};
  Watched result;
  std::thread reader([&] {
    while (!done) {
      if (const session::News news = mail.take(); news.maps) result.previews += 1;
      std::this_thread::sleep_for(std::chrono::milliseconds(16));
    }
  });
  {
    session::TrainingWatch watch(desk, {out, {}, share, &networks, [] {}, [](session::Posted) {}});
    Stopwatch stopwatch(&watch);
    training::RunOptions run;
    run.out = out;
    (void)training::train(demoConfig(), run, stopwatch, watch.stop());
    result.seconds = stopwatch.seconds;
    result.inWatch = stopwatch.inWatch;
  }
  done = true;
  reader.join();
  return result;
}

void watchedTraining(benchmark::State& state) {
  double unwatched = 0;
  double watched = 0;
  double inWatch = 0;
  double previews = 0;
  for (auto _ : state) {
    const Folder folder;
    unwatched += secondsUnwatched(folder.path() / "unwatched");
    const Watched run = secondsWatched(folder.path() / "watched", session::SessionOptions{}.watchShare);
    watched += run.seconds;
    inWatch += run.inWatch;
    previews += run.previews;
  }
  state.counters["time_ratio"] = watched / unwatched;
  state.counters["watch_share"] = inWatch / watched;  // holds on a busy machine too
  state.counters["seconds_per_preview"] = watched / std::max(1.0, previews);
  state.counters["batch_ms"] = 1e3 * unwatched / static_cast<double>(kSteps * state.iterations());
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
