// What a map of one sheet holds, ready to be drawn: the field and its picture, pinwheels, lines. No painter here.
#pragma once

#include <QImage>
#include <QPolygonF>
#include <QString>
#include <cstdint>
#include <vector>

#include "engine/analysis/pinwheels.h"
#include "views/field.h"
#include "views/sheet_grid.h"

namespace pinwheel::views {

/// Which lines are taken as well: each costs a smoothing of the sheet.
struct MapExtras {
  bool isoLines = false;
  bool patches = false;
};

struct MapContent {
  QString title;  ///< "V1: preferred orientation"
  FieldChoice choice;
  Field field;
  double sideMm = 0;
  std::int64_t units = 0;
  QImage picture;  ///< null: nothing to show, field.note says why
  std::vector<analysis::Pinwheel> pinwheels;
  std::vector<QPolygonF> isoLines;  ///< mm
  std::vector<QPolygonF> patches;   ///< mm; of a category map
};

/// Whether a content is smoothed or takes a smoothing for its lines, which is too long for the GUI thread. One that is
/// plain takes 2 ms.
[[nodiscard]] bool smooths(const FieldChoice& choice, const MapExtras& extras);

/// All of it, on any thread; `ground` colours units without a value. A sheet that there is not: a content with a note.
[[nodiscard]] MapContent mapContent(const FieldSource& source, std::size_t sheet, const FieldChoice& choice,
                                    const SheetGrid& grid, const MapExtras& extras, QRgb ground);

/// Places that prefer 0, 22.5 ... 157.5 deg: contours of the smoothed orientation vectors, left out where neighbours
/// hardly agree. `weight` [U] or empty.
[[nodiscard]] std::vector<QPolygonF> isoOrientationLines(const session::SheetPlan& plan, std::span<const float> degrees,
                                                         std::span<const float> weight);
/// Where the smoothed t crosses the patches' threshold, blots smaller than a patch left out.
[[nodiscard]] std::vector<QPolygonF> patchOutlines(const session::SheetPlan& plan, std::span<const float> t);

}  // namespace pinwheel::views
