// The folder of a run: which files it holds, who works in it, and what it knows of the run.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "engine/core/error.h"
#include "engine/core/files.h"
#include "engine/training/checkpoint.h"
#include "engine/training/config.h"

namespace pinwheel::training {

/// What the results depend on beside the configuration; run.json tells it until the first checkpoint's provenance does.
struct RunRecord {
  std::string command;   ///< that began the run
  int threads = 0;       ///< as used; 0: not known
  std::string device;    ///< as used, "cpu" or "cuda:0"; empty: not known
  std::string lesion{};  ///< that it began with, as perturbation::lesionJson writes it; empty: none
};

/// One thread at a time. Reading needs no `claim`, writing does.
class RunFolder {
public:
  explicit RunFolder(std::filesystem::path path) : m_path(std::move(path)) {}

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return m_path; }
  [[nodiscard]] std::filesystem::path config() const { return m_path / "config.toml"; }
  [[nodiscard]] std::filesystem::path record() const { return m_path / "run.json"; }
  [[nodiscard]] std::filesystem::path positions() const { return m_path / "positions.safetensors"; }
  [[nodiscard]] std::filesystem::path placementLog() const { return m_path / "placement.jsonl"; }
  [[nodiscard]] std::filesystem::path metrics() const { return m_path / "metrics.jsonl"; }
  [[nodiscard]] std::filesystem::path events() const { return m_path / "events.jsonl"; }
  [[nodiscard]] std::filesystem::path checkpoint() const { return m_path / "checkpoint.safetensors"; }

  /// There is something to resume: a configuration or a checkpoint.
  [[nodiscard]] bool holdsRun() const;
  /// There is something to lose: positions or a checkpoint. A configuration alone is what a run leaves that was killed
  /// or failed before it had placed its units.
  [[nodiscard]] bool holdsResults() const;

  /// Makes the folder, takes it for this object alone until the process ends, and clears what a killed run left half
  /// written. Error: it cannot be made, or another run is at work in it.
  Status claim();
  /// Writes run.json, and config.toml last: from then on there is a run to resume.
  Status begin(const TrainConfig& config, const RunRecord& record);

  /// config.toml again, after an option was changed while the run goes on.
  Status writeConfig(const TrainConfig& config) const;
  /// Appends {time, step, what} to events.jsonl and syncs it; `what` is a JSON value.
  Status appendEvent(std::int64_t step, const std::string& what) const;

  /// The run's options: config.toml, or those in its checkpoint where that is missing.
  Expected<TrainConfig> readConfig() const;
  /// run.json; an empty record when there is none.
  Expected<RunRecord> readRecord() const;
  /// The newest checkpoint that can be read; nothing when there is none. A damaged one is put aside as
  /// checkpoint.safetensors.broken and the one before takes its place - a save would make the damaged one the backup -
  /// and `warn` hears of it. Error: neither can be read.
  Expected<std::optional<Checkpoint>> newestCheckpoint(const std::function<void(const std::string&)>& warn);

private:
  std::filesystem::path m_path;
  FileLock m_lock;
};

/// A run goes on with its own options: the error names those that differ. Where data lie and how often it is saved may
/// change; so may the weights that it started from, once it has a checkpoint.
Status checkSameConfig(TrainConfig stored, TrainConfig asked, bool hasCheckpoint);

/// The options that may be changed while a run goes on (config.toml is then newer than the checkpoint): `to` gets those
/// of `from`. True when any differed.
bool copyLiveSettings(const TrainConfig& from, TrainConfig& to);

/// "<before> ; resumed: <command>"; the same command over and over is told once.
[[nodiscard]] std::string commandHistory(const std::string& before, const std::string& command);

}  // namespace pinwheel::training
