#include "views/gestures.h"

#include <cmath>
#include <limits>

namespace pinwheel::views {

Selection::Mode selectionMode(Qt::KeyboardModifiers modifiers) {
  if (modifiers.testFlag(Qt::ShiftModifier)) return Selection::Mode::add;
  if (modifiers.testFlag(Qt::AltModifier)) return Selection::Mode::subtract;
  return Selection::Mode::replace;
}

std::int32_t unitToward(const session::SheetPlan& plan, std::int32_t unit, double x, double y) {
  const auto from = static_cast<std::size_t>(unit);
  if (unit < 0 || from >= plan.xMm.size()) return -1;
  std::int32_t best = -1;
  double bestSquared = std::numeric_limits<double>::infinity();
  for (std::size_t u = 0; u < plan.xMm.size(); ++u) {
    const double dx = static_cast<double>(plan.xMm[u]) - static_cast<double>(plan.xMm[from]);
    const double dy = static_cast<double>(plan.yMm[u]) - static_cast<double>(plan.yMm[from]);
    const double along = dx * x + dy * y;
    const double across = dx * y - dy * x;
    const double squared = dx * dx + dy * dy;
    if (along <= 0 || std::abs(across) > along || squared >= bestSquared) continue;
    best = static_cast<std::int32_t>(u);
    bestSquared = squared;
  }
  return best;
}

}  // namespace pinwheel::views
