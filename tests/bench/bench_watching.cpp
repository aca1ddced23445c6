// What it costs a training to be watched: by a window of its process, by programs elsewhere while it is recorded, and
// by the desktop and the scope at once.
// Watched and unwatched blocks of batches take turns in one training, in the order W U U W: a machine that becomes
// slower, or a network that fires ever more, costs both kinds the same. The ratio's standard error over these groups
// stands beside it. What the watch takes by its own account and what it makes batches slower (medians, so that another
// program's work counts little) are told apart.
#include <benchmark/benchmark.h>
#include <torch/torch.h>

#include <spawn.h>
#include <sys/wait.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <numeric>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include "engine/broadcast/broadcast.h"
#include "engine/broadcast/quiet_server.h"
#include "engine/core/runtime.h"
#include "engine/session.h"
#include "engine/session/training_watch.h"
#include "engine/training/trainer.h"
#include "engine/transport/client.h"
#include "tests/bench/demo_training.h"
#include "tests/processor_time.h"

using namespace pinwheel;
using bench::Folder;
using Clock = std::chrono::steady_clock;

namespace {

constexpr std::int64_t kWarmUp = 5;
constexpr std::int64_t kBlock = 6;    // timed batches, some seconds
constexpr std::int64_t kSettle = 2;   // before each block, untimed: a watch spends what it saved while nobody looked
constexpr std::int64_t kGroups = 20;  // of a watched block, two unwatched ones and a watched one
constexpr std::int64_t kSteps = 4 * kGroups * (kSettle + kBlock);

double secondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
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

// Passes blocks of batches on to a session's watch and takes the time of each, and of those between that it does not
// pass on: both kinds see the same machine, seconds apart.
class Alternating final : public training::TrainObserver {
public:
  /// `audience`: called when a watched block begins (true) and when it is over.
  Alternating(session::TrainingWatch& watch, std::function<void(bool)> audience)
      : m_watch(watch), m_audience(std::move(audience)) {}
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
    if (m_audience && isWatched(step) != isWatched(step + 1)) m_audience(isWatched(step + 1));
    m_left = Clock::now();
    if (step <= kWarmUp) return;
    if (inBlock > kSettle) (isWatched(step) ? m_watched : m_unwatched).push_back(batch);
    if (m_watched.size() == 2 * kBlock && m_unwatched.size() == 2 * kBlock) {
      batchRatios.push_back(median(std::exchange(m_watched, {})) / median(std::exchange(m_unwatched, {})));
    }
    if (inBlock > kSettle && isWatched(step)) inWatch += secondsSince(entered);
    if (inBlock == kSettle) {
      m_start = Clock::now();
      m_startCpu = processorSeconds();
    }
    if (inBlock != kSettle + kBlock) return;
    blocks.push_back(secondsSince(m_start));
    processor.push_back(processorSeconds() - m_startCpu);
  }
  std::vector<double> blocks;       ///< seconds: W U U W, W U U W ...
  std::vector<double> processor;    ///< seconds of processor time of this process, likewise
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
  std::function<void(bool)> m_audience;
  Clock::time_point m_start;
  double m_startCpu = 0;
  Clock::time_point m_left;
  std::vector<double> m_watched, m_unwatched;  ///< batches of this group, seconds, without the watch
};

// Counts of several trainings.
struct Watching {
  std::vector<double> ratios, batchRatios, processorRatios;
  double watched = 0;
  double unwatched = 0;
  double inWatch = 0;

  void train(session::Mailboxes& mail, const std::filesystem::path& folder,
             const std::function<void(bool)>& audience = {}) {
    session::CommandQueue queue;
    session::Desk desk{mail, queue, {}};
    std::uint64_t networks = 0;
    session::TrainingWatch watch(
        desk, {folder, {}, session::SessionOptions{}.watchShare, &networks, [] {}, [](session::Posted) {}});
    Alternating observer(watch, audience);
    training::RunOptions run;
    run.out = folder / "run";
    (void)training::train(bench::demoConfig(kWarmUp + kSteps), run, observer, watch.stop());
    const std::vector<double>& b = observer.blocks;
    const std::vector<double>& p = observer.processor;
    for (std::size_t i = 0; i + 3 < b.size(); i += 4) {
      watched += b[i] + b[i + 3];
      unwatched += b[i + 1] + b[i + 2];
      ratios.push_back((b[i] + b[i + 3]) / (b[i + 1] + b[i + 2]));
      processorRatios.push_back((p[i] + p[i + 3]) / (p[i + 1] + p[i + 2]));
    }
    inWatch += observer.inWatch;
    batchRatios.insert(batchRatios.end(), observer.batchRatios.begin(), observer.batchRatios.end());
  }

  void tell(benchmark::State& state) const {
    std::tie(state.counters["time_ratio"].value, state.counters["ratio_sem"].value) = meanOf(ratios);
    std::tie(state.counters["batch_ratio"].value, state.counters["batch_ratio_sem"].value) = meanOf(batchRatios);
    // What the training's own process pays, wherever its readers run.
    std::tie(state.counters["processor_ratio"].value, state.counters["processor_ratio_sem"].value) =
        meanOf(processorRatios);
    state.counters["watch_share"] = inWatch / watched;  // holds on a busy machine too
    state.counters["batch_ms"] = 1e3 * unwatched / (2.0 * static_cast<double>(ratios.size()) * kBlock);
  }
  // As a user sees them.
  [[nodiscard]] double secondsPer(double frames) const {
    return watched * (kSettle + kBlock) / kBlock / std::max(1.0, frames);
  }
};

// By a reader of this process, which takes the news 60 times a second, as a window does.
void watchedTraining(benchmark::State& state) {
  Watching watching;
  double previews = 0;
  for (auto _ : state) {
    const Folder folder;
    session::Mailboxes mail({});
    std::atomic<bool> done{false};
    std::thread reader([&] {
      while (!done) {
        if (const session::News news = mail.take(); news.maps) previews += 1;
        std::this_thread::sleep_for(std::chrono::milliseconds(16));
      }
    });
    watching.train(mail, folder.path());
    done = true;
    reader.join();
  }
  watching.tell(state);
  state.counters["seconds_per_preview"] = watching.secondsPer(previews);
}
BENCHMARK(watchedTraining)->Iterations(1)->Unit(benchmark::kSecond)->UseRealTime();

// Another program, until the object is gone.
class Program {
public:
  explicit Program(std::vector<std::string> line) {
    std::vector<char*> arguments;
    for (std::string& argument : line) arguments.push_back(argument.data());
    arguments.push_back(nullptr);
    if (::posix_spawn(&m_process, arguments[0], nullptr, nullptr, arguments.data(), environ) != 0) m_process = -1;
  }
  ~Program() {
    if (!runs()) return;
    send(SIGKILL);
    ::waitpid(m_process, nullptr, 0);
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  [[nodiscard]] bool runs() const { return m_process > 0; }
  void stop() const { send(SIGSTOP); }
  void goOn() const { send(SIGCONT); }
  /// Of all its threads so far.
  [[nodiscard]] double processorSeconds() const { return test::processorSecondsOf(m_process); }

private:
  // Never to -1, which is everybody.
  void send(int signal) const {
    if (runs()) ::kill(m_process, signal);
  }
  pid_t m_process = -1;
};

// This program again: see watch().
std::vector<std::string> watcher(const std::string& endpoint) {
  return {"/proc/self/exe", "--watch", endpoint};
}

// A watcher's process: takes and decodes what is new 60 times a second.
int watch(const char* where) {
  auto endpoint = transport::parseEndpoint(where);
  if (!endpoint) return 1;
  transport::ClientOptions options;
  options.endpoint = *endpoint;
  options.commands = false;
  auto client = transport::Client::open(std::move(options));
  if (!client) return 1;
  for (;;) {
    (void)(*client)->take();
    std::this_thread::sleep_for(std::chrono::milliseconds(16));
  }
}

// A training that is served from its folder and recorded.
struct Served {
  Folder folder;
  std::unique_ptr<broadcast::Broadcast> broadcast;
  session::Mailboxes mail{[this] { broadcast->wake(); }};
  transport::Endpoint endpoint;
  std::unique_ptr<transport::Server> server;

  // False: `state` says why.
  bool open(benchmark::State& state) {
    auto found = transport::endpointOf(folder.path());
    transport::ServerOptions options;
    if (found) options.endpoint = endpoint = *found;
    auto opened = broadcast::openServer(options, [](const wire::Request&) { return Status{}; });
    if (!opened) {
      state.SkipWithError(opened.error().text().c_str());
      return false;
    }
    server = std::move(*opened);
    broadcast::BroadcastOptions way;
    way.source = [this] { return mail.take(); };
    way.frames = &server->frames();
    way.recording = broadcast::RecordingTarget{folder.path() / "recording.pwrec", "{}"};
    broadcast = std::make_unique<broadcast::Broadcast>(std::move(way));
    return true;
  }
  void finish(benchmark::State& state) {
    broadcast->finish();
    const transport::FrameCounts counts = server->counts().frames;
    state.counters["frames_sent"] = static_cast<double>(counts.sent);
    state.counters["frames_dropped"] = static_cast<double>(counts.dropped);
    state.counters["recorded_MB"] =
        static_cast<double>(std::filesystem::file_size(folder.path() / "recording.pwrec")) / 1e6;
  }
};

// By two programs of this machine, a third that is stuck, and recorded at the same time.
void servedTraining(benchmark::State& state) {
  Watching watching;
  for (auto _ : state) {
    Served served;
    if (!served.open(state)) return;
    const Program desktop(watcher(served.endpoint.text()));
    const Program scope(watcher(served.endpoint.text()));
    const Program stuck(watcher(served.endpoint.text()));
    std::thread sticking([&] {
      std::this_thread::sleep_for(std::chrono::seconds(10));
      stuck.stop();
    });
    watching.train(served.mail, served.folder.path());
    sticking.join();
    served.finish(state);
  }
  watching.tell(state);
}
BENCHMARK(servedTraining)->Iterations(1)->Unit(benchmark::kSecond)->UseRealTime();

// By the window and the scope themselves, which draw on the same processors (without a graphics card they do that too:
// under xvfb-run), and recorded. Both stand still in unwatched blocks.
void drawnTraining(benchmark::State& state) {
  if (std::getenv("DISPLAY") == nullptr) return state.SkipWithError("there is no display: use xvfb-run");
  const std::filesystem::path bin = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  Watching watching;
  double desktopSeconds = 0;
  double scopeSeconds = 0;
  for (auto _ : state) {
    Served served;
    if (!served.open(state)) return;
    const Program desktop({bin / "pinwheel", "--attach", served.endpoint.text()});
    const Program scope({bin / "pinwheel-scope", served.endpoint.text()});
    if (!desktop.runs() || !scope.runs()) return state.SkipWithError("pinwheel and pinwheel-scope must be built");
    bool begun = false;
    double desktopStart = 0;
    double scopeStart = 0;
    watching.train(served.mail, served.folder.path(), [&](bool watched) {
      // The first change comes when both have long been open.
      if (!std::exchange(begun, true)) {
        desktopStart = desktop.processorSeconds();
        scopeStart = scope.processorSeconds();
      }
      for (const Program* program : {&desktop, &scope}) watched ? program->goOn() : program->stop();
    });
    desktopSeconds = desktop.processorSeconds() - desktopStart;
    scopeSeconds = scope.processorSeconds() - scopeStart;
    served.finish(state);
  }
  watching.tell(state);
  const double seen = watching.secondsPer(1);
  state.counters["desktop_processors"] = desktopSeconds / seen;
  state.counters["scope_processors"] = scopeSeconds / seen;
}
BENCHMARK(drawnTraining)->Iterations(1)->Unit(benchmark::kSecond)->UseRealTime();

}  // namespace

int main(int argc, char** argv) {
  if (argc == 3 && std::strcmp(argv[1], "--watch") == 0) return watch(argv[2]);
  tuneMalloc();
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
