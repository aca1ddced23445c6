// A run of seconds on the built-in world, for tests.
#pragma once

#include <fstream>
#include <string>
#include <vector>

#include "engine/training/config.h"
#include "engine/training/trainer.h"

namespace pinwheel::test {

/// 4 batches of 16 images an epoch, 2 epochs, few swaps, one thread.
inline training::TrainConfig smallConfig() {
  training::TrainConfig config;
  config.data.trainCount = 64;
  config.data.validationCount = 20;
  config.data.cropPadding = 2;
  config.training.epochs = 2;
  config.training.batchSize = 16;
  config.training.warmupEpochs = 0.5;
  config.stc.clusters = 2;
  config.sheets.clusterCount = 100;
  config.sheets.clusterMaxUnits = 40;
  config.sheets.areas[1].neighbourhoodMm = 5;
  config.placement.windows = 30;
  config.placement.attempts = 50;
  config.placement.auxiliaryEpochs = 1;
  config.evaluation.smoothnessEvery = 2;
  return config;
}

inline training::RunOptions runInto(const std::filesystem::path& out) {
  training::RunOptions run;
  run.out = out;
  run.threads = 1;
  return run;
}

/// Keeps what it is told; may ask for a stop after a step.
class Recorder : public training::TrainObserver {
public:
  void onEpoch(const training::EpochReport& epoch) override { epochs.push_back(epoch); }
  void onStep(const training::StepReport& step) override {
    steps.push_back(step);
    if (stopAfter >= 0 && placed && step.step == stopAfter) stop.request();
  }
  void onPhase(const std::string& text) override {
    phases.push_back(text);
    placed = placed || text == "training";
  }
  void onPlacement(const std::string&, const topography::PlacementPoint&, std::int64_t) override { ++placementPoints; }
  void onWarning(const std::string& text) override { warnings.push_back(text); }

  std::vector<training::EpochReport> epochs;
  std::vector<training::StepReport> steps;
  std::vector<std::string> phases;
  std::vector<std::string> warnings;
  int placementPoints = 0;
  bool placed = false;
  std::int64_t stopAfter = -1;
  StopFlag stop;
};

inline std::vector<std::string> linesOf(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

}  // namespace pinwheel::test
