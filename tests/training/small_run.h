// A run of seconds on the built-in world, for tests.
#pragma once

#include <QJsonDocument>
#include <QJsonObject>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "engine/training/checkpoint.h"
#include "engine/training/config.h"
#include "engine/training/trainer.h"
#include "tests/support.h"

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

/// The same without placement, one epoch, no maps: less than a second.
inline training::TrainConfig plainConfig() {
  training::TrainConfig config = smallConfig();
  config.placement.enabled = false;
  config.training.epochs = 1;
  config.evaluation.smoothnessEvery = 0;
  return config;
}

inline training::RunOptions runInto(const std::filesystem::path& out, int threads = 1) {
  training::RunOptions run;
  run.out = out;
  run.threads = threads;
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
    // An exception out of the run leaves the folder as a killed process would.
    if (!killAt.empty() && text.find(killAt) != std::string::npos) throw std::runtime_error("killed at " + killAt);
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
  std::string killAt;
  StopFlag stop;
};

inline std::vector<std::string> linesOf(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

/// The same weights, optimiser state and positions, byte for byte.
inline void compareRuns(const std::filesystem::path& a, const std::filesystem::path& b) {
  const auto first = training::loadCheckpoint(a / "checkpoint.safetensors");
  const auto second = training::loadCheckpoint(b / "checkpoint.safetensors");
  QVERIFY_OK(first);
  QVERIFY_OK(second);
  QCOMPARE(first->model.size(), second->model.size());
  for (const auto& [name, tensor] : first->model) QVERIFY2(tensor.bytes == second->model.at(name).bytes, name.c_str());
  for (const auto& [name, tensor] : first->optimizer)
    QVERIFY2(tensor.bytes == second->optimizer.at(name).bytes, name.c_str());
  for (std::size_t s = 0; s < first->sheets.size(); ++s) QCOMPARE(first->sheets[s].xMm, second->sheets[s].xMm);
  QCOMPARE(first->state.step, second->state.step);
  // The numbers of metrics.jsonl that are not times.
  const auto linesA = linesOf(a / "metrics.jsonl");
  const auto linesB = linesOf(b / "metrics.jsonl");
  QCOMPARE(linesA.size(), linesB.size());
  for (std::size_t i = 0; i < linesA.size(); ++i) {
    QJsonObject objectA = QJsonDocument::fromJson(QByteArray::fromStdString(linesA[i])).object();
    QJsonObject objectB = QJsonDocument::fromJson(QByteArray::fromStdString(linesB[i])).object();
    QVERIFY(!objectA.isEmpty());
    for (const char* key : {"images_per_second", "seconds", "peak_memory_bytes"}) {
      objectA.remove(key);
      objectB.remove(key);
    }
    QCOMPARE(objectA, objectB);
  }
}

}  // namespace pinwheel::test
