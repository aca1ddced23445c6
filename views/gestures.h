// What gestures mean, the same in every view.
#pragma once

#include <cstdint>

#include "engine/session/frames.h"
#include "views/selection.h"

namespace pinwheel::views {

/// Shift adds, Alt subtracts, neither replaces.
[[nodiscard]] Selection::Mode selectionMode(Qt::KeyboardModifiers modifiers);

/// Where one step of the keyboard leads: the unit nearest to `unit` within the quarter turn about the direction (x, y)
/// of its sheet, y down, of any length; of two as near the first. -1: none lies there, or the plan has no such unit.
[[nodiscard]] std::int32_t unitToward(const session::SheetPlan& plan, std::int32_t unit, double x, double y);

}  // namespace pinwheel::views
