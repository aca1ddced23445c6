// A training of the demo's size, for benchmarks.
#pragma once

#include <unistd.h>

#include <cstdio>
#include <filesystem>

#include "engine/training/config.h"

namespace pinwheel::bench {

/// Of so many batches, without what takes time beside them.
inline training::TrainConfig demoConfig(std::int64_t batches) {
  training::TrainConfig config;
  OptionTable options = training::describe(config);
  if (const Status status = training::applyRecipe("demo", options); !status)
    std::fprintf(stderr, "%s\n", status.error().text().c_str());
  config.data.trainCount = batches * config.training.batchSize;
  config.data.validationCount = 20;
  config.training.epochs = 1;
  config.placement.enabled = false;
  config.evaluation.smoothnessEvery = 0;
  return config;
}

/// A folder of this process, gone with its object.
class Folder {
public:
  Folder() : m_path(std::filesystem::temp_directory_path() / ("pinwheel-bench-" + std::to_string(::getpid()))) {
    std::filesystem::remove_all(m_path);
    std::filesystem::create_directories(m_path);
  }
  ~Folder() { std::filesystem::remove_all(m_path); }
  [[nodiscard]] std::filesystem::path path() const { return m_path; }

private:
  std::filesystem::path m_path;
};

}  // namespace pinwheel::bench
