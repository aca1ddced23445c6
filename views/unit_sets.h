// Sets of units by place and by value: what a lesion is made of. No GUI.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "engine/analysis/patches.h"
#include "engine/session/frames.h"

namespace pinwheel::views {

// Units of one sheet, ascending. Places in mm at display scale.
[[nodiscard]] std::vector<std::int32_t> unitsInDisc(const session::SheetPlan& plan, double xMm, double yMm,
                                                    double radiusMm);
/// `xMm`, `yMm`: corners of a closed polygon.
[[nodiscard]] std::vector<std::int32_t> unitsInPolygon(const session::SheetPlan& plan, std::span<const double> xMm,
                                                       std::span<const double> yMm);
/// Values [U]; NaN is above nothing.
[[nodiscard]] std::vector<std::int32_t> unitsAbove(std::span<const float> values, double threshold);
/// The units of the connected region of smoothed t at or above `options.threshold` that holds the place, smoothed as
/// `findPatches` does it; its limits on area do not apply. Empty: the place lies in none.
[[nodiscard]] std::vector<std::int32_t> unitsOfPatch(const session::SheetPlan& plan, std::span<const float> t,
                                                     double xMm, double yMm,
                                                     const analysis::PatchOptions& options = {});
/// The patch that holds a unit; empty for a unit that there is not.
[[nodiscard]] std::vector<std::int32_t> unitsOfPatch(const session::SheetPlan& plan, std::span<const float> t,
                                                     std::int32_t unit);
/// Mean place of units, mm; none for no units.
[[nodiscard]] std::optional<std::pair<double, double>> centreOf(const session::SheetPlan& plan,
                                                                std::span<const std::int32_t> units);

}  // namespace pinwheel::views
