// The part of report.json that tells of one sheet.
#pragma once

#include <nlohmann/json.hpp>

#include "engine/training/measured_json.h"
#include "engine/training/measures.h"

namespace pinwheel::training {

/// What could not be measured is {"not_measured": reason}.
[[nodiscard]] nlohmann::json sheetJson(const SheetMeasures& sheet);

/// {"smoothness", "sem", "controls": {"shuffled", "shuffled_sem"}, "units", and the curve against distance}.
[[nodiscard]] nlohmann::json smoothnessJson(const analysis::Smoothness& smoothness);

/// The mean over the domains' t-maps: one figure for a sheet. NaN where none could be measured.
[[nodiscard]] double meanDomainSmoothness(const SheetMeasures& sheet);

}  // namespace pinwheel::training
