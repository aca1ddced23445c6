// A session and somebody who reads all its news, for tests.
#pragma once

#include <chrono>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "engine/core/runtime.h"
#include "engine/session.h"
#include "tests/training/small_run.h"

namespace pinwheel::test {

/// As every program's main() does first: it halves the time of forward passes.
inline const bool kMallocTuned = (tuneMalloc(), true);

/// Small steps: two epochs of `batches` batches of 16 images; no placement.
inline training::TrainConfig stepConfig(std::int64_t batches = 8) {
  training::TrainConfig config = plainConfig();
  config.data.trainCount = 16 * batches;
  config.training.epochs = 2;
  return config;
}

/// A recipe file that StartTraining can name.
inline std::string recipeOf(training::TrainConfig config, const std::filesystem::path& path) {
  std::ofstream(path) << training::describe(config).toToml();
  return path.string();
}

class Reader {
public:
  explicit Reader(session::SessionOptions options = {1, 0.015}) : engine({}, options) {}

  /// Reads until `done`; false: not within a minute.
  template <class Condition>
  bool until(Condition done) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    for (;;) {
      read();
      if (done()) return true;
      if (std::chrono::steady_clock::now() > end) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
  void read() {
    const session::News news = engine.take();
    const auto keep = [](auto& list, const auto& frame) {
      if (frame) list.push_back(frame);
    };
    keep(networks, news.network);
    keep(maps, news.maps);
    keep(activities, news.activity);
    keep(tunings, news.tuning);
    keep(lesions, news.lesion);
    keep(trainings, news.training);
    keep(jobs, news.job);
    notices.insert(notices.end(), news.notices.begin(), news.notices.end());
  }
  [[nodiscard]] bool phaseIs(session::TrainingPhase phase) const {
    return !trainings.empty() && trainings.back()->phase == phase;
  }
  [[nodiscard]] bool pausedAt(std::int64_t step) const {
    return phaseIs(session::TrainingPhase::paused) && trainings.back()->stamp.step == step;
  }
  /// Whole maps of the newest network under lesion `version`.
  [[nodiscard]] bool mapped(std::uint64_t version = 0) const {
    return !maps.empty() && !networks.empty() && !maps.back()->preview && maps.back()->stamp.lesion == version &&
           maps.back()->stamp.network == networks.back()->stamp.network;
  }
  [[nodiscard]] std::string noticesText() const {
    std::string text;
    for (const session::Notice& notice : notices) text += notice.error.text() + "\n";
    return text;
  }
  [[nodiscard]] bool told(const std::string& part) const { return noticesText().find(part) != std::string::npos; }
  void forget() {
    networks.clear();
    maps.clear();
    activities.clear();
    tunings.clear();
    lesions.clear();
    trainings.clear();
    jobs.clear();
    notices.clear();
  }

  session::Session engine;
  std::vector<std::shared_ptr<const session::NetworkFrame>> networks;
  std::vector<std::shared_ptr<const session::MapsFrame>> maps;
  std::vector<std::shared_ptr<const session::ActivityFrame>> activities;
  std::vector<std::shared_ptr<const session::TuningFrame>> tunings;
  std::vector<std::shared_ptr<const session::LesionFrame>> lesions;
  std::vector<std::shared_ptr<const session::TrainingFrame>> trainings;
  std::vector<std::shared_ptr<const session::JobFrame>> jobs;
  std::vector<session::Notice> notices;
};

/// Waits, and tells the notices when it waited in vain.
#define QVERIFY_UNTIL(reader, condition) \
  QVERIFY2((reader).until([&] { return (condition); }), (reader).noticesText().c_str())

/// Begins a run in `out` and pauses it behind `step`; the recipe's file stands beside the folder.
inline void pauseAt(Reader& reader, const std::filesystem::path& out, int step,
                    const training::TrainConfig& config = stepConfig()) {
  session::StartTraining command;
  command.recipe = recipeOf(config, out.string() + ".toml");
  command.out = out;
  command.threads = 1;
  reader.forget();
  QVERIFY(reader.engine.post(command));
  QVERIFY(reader.engine.post(session::Pause{}));
  QVERIFY_UNTIL(reader, reader.pausedAt(0));
  QVERIFY(reader.engine.post(session::Step{step}));
  QVERIFY_UNTIL(reader, reader.pausedAt(step));
}

}  // namespace pinwheel::test
