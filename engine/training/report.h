// What `evaluate` writes: report.json, tables, a CSV and an NPY per map, and pictures.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "engine/core/error.h"
#include "engine/training/checkpoint.h"
#include "engine/training/evaluation.h"
#include "engine/training/measures.h"

namespace pinwheel::training {

struct ReportContext {
  std::filesystem::path checkpoint;
  Provenance provenance;
  TrainingState state;
  perturbation::Lesion lesion;  ///< that acted on the network when it was measured
  std::string data;
  std::string categories;
  std::vector<std::string> classNames;
  bool pictures = true;
};

Expected<EvaluateResult> writeReport(const std::filesystem::path& folder, const NetworkMeasures& measures,
                                     const ReportContext& context);

}  // namespace pinwheel::training
