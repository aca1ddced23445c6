// Where the sheets of a cortex stand on paper: upright one behind the other as in the cortex view, seen obliquely in a
// parallel projection, so that all are to one scale. Numbers only, in mm of the page, y down.
#pragma once

#include <QLineF>
#include <QPolygonF>
#include <QSizeF>
#include <QStringList>
#include <QTransform>
#include <vector>

#include "views/export/paper_text.h"

namespace pinwheel::views {

struct CortexPageSheet {
  double sideMm = 0;
  QTransform toPage;  ///< mm of the sheet, y down, to mm of the page
  DrawnText label;
  QLineF leader;  ///< from the sheet's upper edge to its label

  [[nodiscard]] QPolygonF outline() const;  ///< mm of the page, closed
};

struct CortexPage {
  std::vector<CortexPageSheet> sheets;  ///< as they were given: the first stands in front of the others
  QLineF scaleBar;                      ///< along the lower edge of the first sheet; holds for all
  DrawnText scaleText;
  QSizeF sizeMm;
};

/// Sheets of these sides (above 0; one at least) with a label each. No sheet hides more than a seventh of another one's
/// width, and no label lies on a sheet or on another label. `azimuthDeg` 20..70, `elevationDeg` 0..60: from where the
/// sheets are seen, 0 and 0 being straight on.
[[nodiscard]] CortexPage layOutCortex(const std::vector<double>& sidesMm, const QStringList& labels,
                                      const TextRuler& ruler, double widthMm, double azimuthDeg, double elevationDeg);

}  // namespace pinwheel::views
