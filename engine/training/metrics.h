// metrics.jsonl: one JSON object per epoch.
#pragma once

#include <cstdint>
#include <filesystem>

#include "engine/core/error.h"
#include "engine/training/trainer.h"

namespace pinwheel::training {

/// Appends one line and syncs; returns the file's length behind it.
Expected<std::int64_t> appendMetrics(const std::filesystem::path& path, const EpochReport& report);

/// Cuts the file back to `bytes`, the length that the checkpoint knew: what was written behind it will be written
/// again. A file shorter than that, or none, is an error: a metrics file was lost.
Status cutMetrics(const std::filesystem::path& path, std::int64_t bytes);

}  // namespace pinwheel::training
