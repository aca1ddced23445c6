// Maps and measures of a trained network, written to a folder.
#pragma once

#include <filesystem>
#include <string>

#include "engine/core/error.h"
#include "engine/core/progress.h"

namespace pinwheel::training {

struct EvaluateOptions {
  std::filesystem::path checkpoint;
  std::string data;            ///< empty: what the checkpoint was trained on
  std::filesystem::path floc;  ///< empty: the built-in world's categories
  std::filesystem::path out;
  std::string device = "auto";
  int threads = 0;
  bool pictures = true;
};

struct EvaluateResult {
  std::filesystem::path report;  ///< report.json
  std::string summary;           ///< a few lines for the terminal
};

/// A network that was trained with a lesion held is measured under it, and its untrained control too; the report names
/// it. Writes report.json; per sheet the tables of report_tables.h, and per map <layer>_<map>.csv (unit, x_mm, y_mm,
/// value), .npy [U] and .png; needs no more memory for more stimuli.
Expected<EvaluateResult> evaluate(const EvaluateOptions& options, const ProgressCallback& progress,
                                  const StopFlag& stop);

}  // namespace pinwheel::training
