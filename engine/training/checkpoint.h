// One .safetensors file that holds a whole run: weights, positions, optimiser and training state, configuration,
// provenance.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "engine/core/error.h"
#include "engine/core/progress.h"
#include "engine/formats/host_tensor.h"
#include "engine/perturbation/lesion_record.h"
#include "engine/topography/sheet.h"
#include "engine/training/config.h"

namespace pinwheel::training {

struct TrainingState {
  std::int64_t epoch = 0;         ///< epochs completed
  std::int64_t batch = 0;         ///< batches completed of the epoch in progress
  std::int64_t step = 0;          ///< optimiser steps
  std::int64_t metricsBytes = 0;  ///< length of metrics.jsonl at this point; resuming cuts it there
  bool finished = false;
  std::map<std::string, double> sums;  ///< the running sums of the epoch in progress
};

struct Provenance {
  std::string program = "pinwheel";
  std::string version;
  std::string torch;
  std::string created;      ///< UTC
  std::string commandLine;  ///< the first one, and behind it "; resumed: ..." for every other that went on with it
  std::string data;         ///< the --data spec
  std::string dataName;
  std::array<float, 3> pixelMean{0.5F, 0.5F, 0.5F};  ///< the normalisation of its images: what the network expects
  std::array<float, 3> pixelDeviation{0.25F, 0.25F, 0.25F};
  std::vector<std::string> classNames;
  std::string device;
  int threads = 0;  ///< 0: not known
  std::string processor;
  std::string weights;  ///< the file that the weights started from; empty: drawn at random
};
/// More threads than any machine has: a file that tells more is not believed.
constexpr int kMaximumThreads = 4096;

/// Tensor names in the file: "model.<parameter>" (torchvision's names), "optimizer.<slot>.<parameter>",
/// "sheet.<layer>.x_mm", "sheet.<layer>.y_mm". Metadata: "pinwheel.format" ("1"), "pinwheel.config" (TOML),
/// "pinwheel.sheets", "pinwheel.state", "pinwheel.provenance" (JSON each), and where a lesion was held
/// "pinwheel.lesion" (perturbation::lesionJson).
struct Checkpoint {
  TrainConfig config;
  std::vector<topography::Sheet> sheets;
  formats::TensorMap model;
  formats::TensorMap optimizer;
  TrainingState state;
  Provenance provenance;
  perturbation::Lesion lesion;  ///< that the training held when this was written, and holds when it goes on
};

/// Atomic, keeps one backup. Error: it cannot be written, `progress` gave it up, or the lesion is none of these
/// sheets'.
Status saveCheckpoint(const std::filesystem::path& path, const Checkpoint& checkpoint,
                      const ByteProgress& progress = {});
/// Refuses another program's file, a newer format, missing parts, tensors that do not fit, numbers that cannot be: each
/// named. Whether the sheets are those of the network that the configuration describes, topography::adoptSheets tells.
Expected<Checkpoint> loadCheckpoint(const std::filesystem::path& path, const ByteProgress& progress = {});
/// Everything but the tensors' bytes; `tensors` lists name and description.
struct CheckpointInfo {
  TrainConfig config;
  std::vector<topography::SheetSpec> sheets;
  TrainingState state;
  Provenance provenance;
  perturbation::Lesion lesion;
  std::vector<std::pair<std::string, std::string>> tensors;
  std::int64_t parameterCount = 0;
  std::int64_t fileBytes = 0;
};
Expected<CheckpointInfo> loadCheckpointInfo(const std::filesystem::path& path);

/// Positions alone (what `place` writes and `placement.positions` reads).
Status savePositions(const std::filesystem::path& path, const std::vector<topography::Sheet>& sheets,
                     const std::string& configToml);
Expected<std::vector<topography::Sheet>> loadPositions(const std::filesystem::path& path);

}  // namespace pinwheel::training
