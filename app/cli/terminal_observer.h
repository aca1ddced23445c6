// Shows a run on the terminal.
#pragma once

#include <mutex>
#include <string>

#include "app/cli/terminal.h"
#include "engine/training/trainer.h"

namespace pinwheel::cli {

/// Any thread: a run that is served is told of by two.
class TerminalObserver final : public training::TrainObserver {
public:
  void onPhase(const std::string& text) override;
  void onPlacement(const std::string& layer, const topography::PlacementPoint& point, std::int64_t windows) override;
  void onStep(const training::StepReport& step) override;
  void onEpoch(const training::EpochReport& epoch) override;
  void onWarning(const std::string& text) override;
  /// A line that stays.
  void say(const std::string& text);
  void finish();

private:
  std::mutex m_mutex;
  MovingLine m_line;
};

}  // namespace pinwheel::cli
