// A training under the eyes and hands of a session: serves commands between batches, publishes how it goes. Includes
// LibTorch.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/session/job.h"
#include "engine/session/learning_curve.h"
#include "engine/session/live_probe.h"
#include "engine/training/live.h"
#include "engine/training/trainer.h"

namespace pinwheel::session {

/// The engine's thread. Whatever goes wrong with a command becomes a Notice; the training goes on.
class TrainingWatch final : public training::TrainObserver {
public:
  struct Setup {
    std::filesystem::path folder;
    std::uint64_t shamSeed = 1;          ///< of the lesion that the run begins with
    double watchShare = 0;               ///< SessionOptions::watchShare
    std::uint64_t* networks = nullptr;   ///< counts every network that is opened or begun
    std::function<void()> began;         ///< the trained network takes the place of the open one
    std::function<void(Posted)> before;  ///< serves what can be served while the run is prepared
  };
  TrainingWatch(Desk& desk, Setup setup);
  ~TrainingWatch() override;

  [[nodiscard]] const StopFlag& stop() const noexcept { return m_stop; }
  [[nodiscard]] bool wasLive() const noexcept { return m_probe != nullptr; }
  /// The lesion that the training holds, from the first batch on, and its sham's seed.
  [[nodiscard]] const SetLesion& held() const noexcept { return m_held; }
  /// The last word: a phase that a training ends with.
  void end(TrainingPhase phase);

  void onPhase(const std::string& text) override;
  void onPlacement(const std::string& layer, const topography::PlacementPoint& point, std::int64_t windows) override;
  void onStep(const training::StepReport& report) override;
  void onEpoch(const training::EpochReport& report) override;
  void onWarning(const std::string& text) override;
  void onLive(training::LiveTraining& live) override;
  void onTuning(const std::vector<training::SheetTuning>& tuning) override;

private:
  void begin(training::LiveTraining& live);
  void afterBatch(training::LiveTraining& live);
  void serve(training::LiveTraining& live);
  void serveBefore();
  void carryOut(const Posted& posted, training::LiveTraining& live);
  void setPhase(TrainingPhase phase);
  void publish();
  void publishSometimes();
  [[nodiscard]] Stamp stamp() const;

  void set(const SetLesion& command, training::LiveTraining& live);
  void change(const ChangeSettings& command, training::LiveTraining& live);
  void show(const Stimulus& stimulus, std::chrono::steady_clock::time_point since);
  void answer(const AskTuning& ask);
  void measure(bool lossShare, training::LiveTraining& live);
  void measureLossShare(training::LiveTraining& live);
  /// For work that the training waits for: what is quick is served meanwhile.
  [[nodiscard]] Desk patientDesk(training::LiveTraining& live);
  void tellStopped(const Error& error, bool wasStopped);
  void save(const std::filesystem::path& path, training::LiveTraining& live);

  Desk& m_desk;
  Setup m_setup;
  StopFlag m_stop;
  Subject m_subject;
  std::vector<topography::Sheet> m_sheets;
  NetworkFrame m_network;
  SetLesion m_held;
  std::unique_ptr<LiveProbe> m_probe;        ///< from the first batch on
  std::shared_ptr<const MapsFrame> m_whole;  ///< the last that were measured with the whole set
  LearningCurve m_curve;
  TrainingFrame m_frame;  ///< all but the points
  bool m_paused = false;
  bool m_ending = false;
  std::int64_t m_stepsLeft = 0;                       ///< then paused again; 0: not stepping
  std::chrono::steady_clock::time_point m_left;       ///< the training has gone on since
  std::chrono::steady_clock::time_point m_published;  ///< the last TrainingFrame
};

}  // namespace pinwheel::session
