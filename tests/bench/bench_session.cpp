// What it costs a training to be watched, and how long a stimulus takes. Watched and unwatched blocks of batches take
// turns in one training, in the order W U U W: a machine that becomes slower, or a network that fires ever more, costs
// both kinds the same. The ratio's standard error over these groups stands beside it. What the watch takes by its own
// account and what it makes batches slower (medians, so that another program's work counts little) are told apart.
#include <benchmark/benchmark.h>
#include <torch/torch.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <filesystem>
#include <numeric>
#include <thread>
#include <tuple>
#include <utility>
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
constexpr std::int64_t kBlock = 6;   // timed batches, some seconds
constexpr std::int64_t kSettle = 2;   // before each block, untimed: a watch spends what it saved while nobody looked
constexpr std::int64_t kGroups = 20;  // of a watched block, two unwatched ones and a watched one
constexpr std::int64_t kSteps = 4 * kGroups * (kSettle + kBlock);

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

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

// With the standard error of the mean.
std::pair<double, double> meanOf(const std::vector<double>& values) {
  const auto n = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  double squares = 0;
  for (const double v : values) squares += (v - mean) * (v - mean);
  return {mean, std::sqrt(squares / (n * (n - 1)))};
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

// Passes blocks of batches on to a session's watch and takes the time of each, and of those between that it does not
// pass on: both kinds see the same machine, seconds apart.
class Alternating final : public training::TrainObserver {
public:
  explicit Alternating(session::TrainingWatch& watch) : m_watch(watch) {}
  void onPhase(const std::string& text) override { m_watch.onPhase(text); }
  void onStep(const training::StepReport& report) override {
    if (isWatched(report.step)) m_watch.onStep(report);
  }
  void onLive(training::LiveTraining& live) override {
    const std::int64_t step = live.state().step;
    const std::int64_t inBlock = (step - kWarmUp - 1) % (kSettle + kBlock) + 1;  // batches of this block so far
    const auto entered = Clock::now();
    const double batch = std::chrono::duration<double>(entered - m_left).count();
    if (isWatched(step)) m_watch.onLive(live);
    m_left = Clock::now();
    if (step <= kWarmUp) return;
    if (inBlock > kSettle) (isWatched(step) ? m_watched : m_unwatched).push_back(batch);
    if (m_watched.size() == 2 * kBlock && m_unwatched.size() == 2 * kBlock) {
      batchRatios.push_back(median(std::exchange(m_watched, {})) / median(std::exchange(m_unwatched, {})));
    }
    if (inBlock > kSettle && isWatched(step)) inWatch += secondsSince(entered);
    if (inBlock == kSettle) m_start = Clock::now();
    if (inBlock == kSettle + kBlock) blocks.push_back(secondsSince(m_start));
  }
  std::vector<double> blocks;       ///< seconds: W U U W, W U U W ...
  std::vector<double> batchRatios;  ///< per group: the median batch of a watched block over that of an unwatched one
  double inWatch = 0;

private:
  // Of the batch that led to this step.
  static bool isWatched(std::int64_t step) {
    if (step <= kWarmUp) return true;
    const std::int64_t block = (step - 1 - kWarmUp) / (kSettle + kBlock) % 4;
    return block == 0 || block == 3;
  }
  session::TrainingWatch& m_watch;
  Clock::time_point m_start;
  Clock::time_point m_left;
  std::vector<double> m_watched, m_unwatched;  ///< batches of this group, seconds, without the watch
};

void watchedTraining(benchmark::State& state) {
  std::vector<double> ratios, batchRatios;
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
      const std::vector<double>& b = observer.blocks;
      for (std::size_t i = 0; i + 3 < b.size(); i += 4) {
        watched += b[i] + b[i + 3];
        unwatched += b[i + 1] + b[i + 2];
        ratios.push_back((b[i] + b[i + 3]) / (b[i + 1] + b[i + 2]));
      }
      inWatch += observer.inWatch;
      batchRatios.insert(batchRatios.end(), observer.batchRatios.begin(), observer.batchRatios.end());
    }
    done = true;
    reader.join();
  }
  std::tie(state.counters["time_ratio"].value, state.counters["ratio_sem"].value) = meanOf(ratios);
  std::tie(state.counters["batch_ratio"].value, state.counters["batch_ratio_sem"].value) = meanOf(batchRatios);
  state.counters["watch_share"] = inWatch / watched;  // holds on a busy machine too
  state.counters["seconds_per_preview"] =
      watched * (kSettle + kBlock) / kBlock / std::max(1.0, previews);  // as a user sees them
  state.counters["batch_ms"] = 1e3 * unwatched / (2.0 * static_cast<double>(ratios.size()) * kBlock);
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
