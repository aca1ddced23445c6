// Where on the image chosen units look: the outline of their receptive fields, for the cortex's picture of the
// stimulus.
#pragma once

#include <QLineF>
#include <QRectF>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/session/frames.h"

namespace pinwheel::views {

/// The receptive field of a unit of the sheet in pixels of an image of `imageSide` x `imageSide`, y down, not cut at
/// the border. Where the engine does not know it: the unit's cell, when the layer's grid is laid over the image.
[[nodiscard]] QRectF receptiveField(const session::SheetPlan& plan, int imageSide, std::int32_t unit);

struct FieldsOnImage {
  std::vector<QLineF>
      outline;              ///< of all fields together, cut at the image's border, px; horizontal and vertical lines
  double coveredShare = 0;  ///< of the image's area, 0..1
};

/// Of units of one sheet, several channels at one place counted once; numbers that are no unit's are passed over.
[[nodiscard]] FieldsOnImage fieldsOnImage(const session::SheetPlan& plan, int imageSide,
                                          std::span<const std::int32_t> units);

}  // namespace pinwheel::views
