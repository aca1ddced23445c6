// The tables that stand beside report.json: what is measured against distance, threshold, pair of domains, time step.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "engine/core/error.h"
#include "engine/training/measures.h"

namespace pinwheel::training {

/// Writes <layer>_by_distance.csv, _patches.csv, _patch_outlines.csv, _overlap.csv and _time.csv; one of them only
/// where something of it was measured. A value that is missing is an empty cell.
Status writeTables(const std::filesystem::path& folder, const SheetMeasures& sheet);

/// One map as numbers: `stem`.npy [U], and `stem`.csv of the columns unit, x_mm, y_mm (display scale) and `column`.
Status writeMapNumbers(const std::filesystem::path& folder, const std::string& stem, const topography::Sheet& sheet,
                       const std::string& column, const std::vector<float>& values);

}  // namespace pinwheel::training
