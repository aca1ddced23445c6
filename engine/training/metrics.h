// metrics.jsonl: one JSON object per epoch.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "engine/core/error.h"
#include "engine/training/trainer.h"

namespace pinwheel::training {

/// Appends one line and syncs; returns the file's length behind it.
Expected<std::int64_t> appendMetrics(const std::filesystem::path& path, const EpochReport& report);

/// The epochs that a file tells of, in its order; what a line does not hold is NaN or empty. A last line that a crash
/// cut off is left out. Errors: no file, one above 256 MB, a line that is none of metrics.jsonl's.
Expected<std::vector<EpochReport>> readMetrics(const std::filesystem::path& path);

/// Cuts the file back to `bytes`, the length that the checkpoint knew: what was written behind it will be written
/// again. A file shorter than that, or none, is an error: a metrics file was lost.
Status cutMetrics(const std::filesystem::path& path, std::int64_t bytes);

}  // namespace pinwheel::training
