// One training that a program leads itself while others watch and steer it. No LibTorch behind this header.
#pragma once

#include <functional>
#include <memory>

#include "engine/core/error.h"
#include "engine/core/progress.h"
#include "engine/session.h"
#include "engine/training/config.h"
#include "engine/training/trainer.h"

namespace pinwheel::session {

/// What Session is for a window, for a program that trains one network and ends: frames come out and commands go in the
/// same way, and are carried out between the batches. Commands that would open, begin or close a network end the
/// training, and nothing else comes of them: who serves others keeps those out (broadcast::commandGate).
class WatchedRun final : public Engine {
public:
  /// `wake`: as Session's, on the thread that trains. `watchShare`: SessionOptions::watchShare.
  explicit WatchedRun(std::function<void()> wake, double watchShare = SessionOptions{}.watchShare);
  ~WatchedRun() override;
  WatchedRun(const WatchedRun&) = delete;
  WatchedRun& operator=(const WatchedRun&) = delete;

  // Any thread, before, while and after train() runs. False: 256 commands wait, or the training has ended.
  bool post(Command command) override;
  News take() override;
  void cancel() override;
  /// Nothing is taken any more: the training has ended, or was asked to by `stop`.
  [[nodiscard]] bool ended() const;

  /// training::train() on the calling thread, once, with `beside` told everything as well. `stop` (of a signal handler,
  /// say) ends it after the batch, also while it is paused. What it failed of is told to those who watch, too.
  /// Whoever does not command does not change the result by one bit.
  Expected<training::TrainResult> train(const training::TrainConfig& config, const training::RunOptions& run,
                                        training::TrainObserver& beside, const StopFlag& stop);

private:
  struct Impl;
  std::unique_ptr<Impl> m_impl;
};

}  // namespace pinwheel::session
