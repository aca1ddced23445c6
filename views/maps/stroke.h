// What a brush passes over.
#pragma once

#include <QPolygonF>
#include <cstdint>
#include <vector>

#include "engine/session/frames.h"

namespace pinwheel::views {

/// Units of a sheet under a disc that goes along a line, ascending, each once however often it is passed: those of
/// discs a quarter of the radius apart, so that their hull has no dents to speak of. Places in mm at display scale; no
/// line or no radius covers nothing.
[[nodiscard]] std::vector<std::int32_t> unitsUnderStroke(const session::SheetPlan& plan, const QPolygonF& lineMm,
                                                         double radiusMm);

}  // namespace pinwheel::views
