// The engine's thread: takes commands, one after the other, and carries them out. Includes LibTorch.
#pragma once

#include <cstdint>

#include "engine/session.h"
#include "engine/session/explorer.h"
#include "engine/session/job.h"
#include "engine/training/config.h"
#include "engine/training/trainer.h"

namespace pinwheel::session {

class Worker {
public:
  Worker(Mailboxes& mail, CommandQueue& queue, SessionOptions options);
  /// Until the queue is closed.
  void run();

private:
  void handle(const Posted& posted);
  void carryOut(const Posted& posted);
  void serveQuick();
  void startTraining(const StartTraining& command);
  void retrain(const Retrain& command);
  void train(const training::TrainConfig& config, const training::RunOptions& run, std::uint64_t shamSeed);

  SessionOptions m_options;
  Desk m_desk;
  std::uint64_t m_networks = 0;
  Explorer m_explorer;
  bool m_toldFault = false;  // what is wrong with LibTorch, once
};

/// The configuration that StartTraining asks for, put together as the command line does it.
Expected<training::TrainConfig> configOf(const StartTraining& command);
/// The configuration of a retraining of `checkpoint`, which lies in `path`.
Expected<training::TrainConfig> configOf(const Retrain& command, const training::Checkpoint& checkpoint,
                                         const std::filesystem::path& path);

}  // namespace pinwheel::session
