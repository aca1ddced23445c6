#include "engine/session/watched_run.h"

#include <chrono>
#include <filesystem>
#include <thread>

#include "engine/session/command_queue.h"
#include "engine/session/mailboxes.h"
#include "engine/session/training_end.h"
#include "engine/session/training_watch.h"

namespace pinwheel::session {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds kStopPause{20};

// Tells two observers the same. The second may hold the training up (a pause): the first has heard all by then.
class Both final : public training::TrainObserver {
public:
  Both(training::TrainObserver& first, training::TrainObserver& second) : m_first(first), m_second(second) {}
  void onPhase(const std::string& text) override {
    m_first.onPhase(text);
    m_second.onPhase(text);
  }
  void onPlacement(const std::string& layer, const topography::PlacementPoint& point, std::int64_t windows) override {
    m_first.onPlacement(layer, point, windows);
    m_second.onPlacement(layer, point, windows);
  }
  void onStep(const training::StepReport& report) override {
    m_first.onStep(report);
    m_second.onStep(report);
  }
  void onEpoch(const training::EpochReport& report) override {
    m_first.onEpoch(report);
    m_second.onEpoch(report);
  }
  void onWarning(const std::string& text) override {
    m_first.onWarning(text);
    m_second.onWarning(text);
  }
  void onCheckpoint(const fs::path& path) override {
    m_first.onCheckpoint(path);
    m_second.onCheckpoint(path);
  }
  void onLive(training::LiveTraining& live) override {
    m_first.onLive(live);
    m_second.onLive(live);
  }
  void onTuning(const std::vector<training::SheetTuning>& tuning) override {
    m_first.onTuning(tuning);
    m_second.onTuning(tuning);
  }

private:
  training::TrainObserver& m_first;
  training::TrainObserver& m_second;
};

// Closes the queue once a stop is asked for. A paused training waits for commands, and a signal handler may not wake
// it.
class StopRelay {
public:
  StopRelay(const StopFlag& stop, CommandQueue& queue)
      : m_thread([&stop, &queue](const std::stop_token& done) {
          while (!done.stop_requested() && !stop.requested()) std::this_thread::sleep_for(kStopPause);
          if (stop.requested()) queue.close();
        }) {}

private:
  std::jthread m_thread;
};

// "runs/a/" is called "a" as well, and those elsewhere know no "." of ours.
fs::path wholePath(const fs::path& folder) {
  std::error_code code;
  fs::path path = fs::absolute(folder, code).lexically_normal();
  if (code) return folder;
  return path.has_filename() ? path : path.parent_path();
}

}  // namespace

struct WatchedRun::Impl {
  explicit Impl(std::function<void()> wake, double share) : mail(std::move(wake)), watchShare(share) {}

  Mailboxes mail;
  CommandQueue queue;
  double watchShare;
  std::uint64_t networks = 0;
};

WatchedRun::WatchedRun(std::function<void()> wake, double watchShare)
    : m_impl(std::make_unique<Impl>(std::move(wake), watchShare)) {}

WatchedRun::~WatchedRun() = default;

bool WatchedRun::post(Command command) {
  return m_impl->queue.post(std::move(command));
}

News WatchedRun::take() {
  return m_impl->mail.take();
}

void WatchedRun::cancel() {
  m_impl->queue.cancelJob();
}

bool WatchedRun::ended() const {
  return m_impl->queue.closed();
}

Expected<training::TrainResult> WatchedRun::train(const training::TrainConfig& config, const training::RunOptions& run,
                                                  training::TrainObserver& beside, const StopFlag& stop) {
  Mailboxes& mail = m_impl->mail;
  Desk desk{mail, m_impl->queue, [] {}};
  const auto before = [&mail](const Posted&) {
    mail.tell(Notice::Kind::warning,
              {"There is no network yet", "the training is being prepared", "ask again when it has begun"});
  };
  TrainingWatch watch(desk,
                      {wholePath(run.out), SetLesion{}.shamSeed, m_impl->watchShare, &m_impl->networks, [] {}, before});
  Both observers(beside, watch);
  const Expected<training::TrainResult> result = [&] {
    const StopRelay relay(stop, m_impl->queue);
    return training::train(config, run, observers, watch.stop());
  }();
  tellEnd(watch, result, mail);
  const bool late = m_impl->queue.holds([](const Command&) { return true; });
  m_impl->queue.close();
  if (late)
    mail.tell(Notice::Kind::warning, {"Commands came too late", "the training ended before they were carried out",
                                      "open its last checkpoint, or go on with --resume, and send them again"});
  return result;
}

}  // namespace pinwheel::session
