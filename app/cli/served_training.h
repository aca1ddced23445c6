// A training that others watch and steer while it runs in pinwheel-cli, and that is recorded.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "app/cli/terminal_observer.h"
#include "engine/core/error.h"
#include "engine/core/progress.h"
#include "engine/training/config.h"
#include "engine/training/trainer.h"

namespace pinwheel::cli {

struct ServedOptions {
  CLI::Option* serve = nullptr;
  std::string endpoint;  ///< empty: in the run's folder
  bool remote = false;
  std::string keys;
  CLI::Option* record = nullptr;
  std::string recording;  ///< empty: recording.pwrec in the run's folder

  [[nodiscard]] bool serves() const { return serve != nullptr && serve->count() > 0; }
  [[nodiscard]] bool records() const { return record != nullptr && record->count() > 0; }
  [[nodiscard]] bool any() const { return serves() || records(); }
};

/// --serve, --serve-remote, --keys, --record; `options` outlives the parsing.
void addServed(CLI::App& command, ServedOptions& options);
/// As they could be typed, a blank before each.
[[nodiscard]] std::string commandText(const ServedOptions& options);
/// What can be told before anything is written: an address that cannot be, or may not; no keys; a recording in the way.
Status checkServed(const ServedOptions& options, const training::RunOptions& run);
/// training::train() with the terminal as its observer, served and recorded as asked. Error: as train(), or it cannot
/// be served; then nothing was trained.
Expected<training::TrainResult> trainServed(const ServedOptions& options, const training::TrainConfig& config,
                                            const training::RunOptions& run, TerminalObserver& terminal,
                                            const StopFlag& stop);

}  // namespace pinwheel::cli
