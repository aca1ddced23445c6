// The tables that stand beside report.json: what is measured against distance, threshold, pair of domains, time step.
#pragma once

#include <filesystem>

#include "engine/core/error.h"
#include "engine/training/measures.h"

namespace pinwheel::training {

/// Writes <layer>_by_distance.csv, _patches.csv, _overlap.csv and _time.csv; one of them only where something of it was
/// measured. A value that is missing is an empty cell.
Status writeTables(const std::filesystem::path& folder, const SheetMeasures& sheet);

}  // namespace pinwheel::training
