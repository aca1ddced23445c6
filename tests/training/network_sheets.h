// Sheets for a network of a test: 10 mm, at the retinotopic start.
#pragma once

#include <vector>

#include "engine/snn/network.h"
#include "engine/topography/sheet.h"

namespace pinwheel::test {

inline std::vector<topography::Sheet> sheetsOf(const snn::Network& network) {
  std::vector<topography::Sheet> sheets;
  for (const snn::SheetShape& shape : network.sheets())
    sheets.push_back(topography::retinotopicSheet(
        {shape.layer, shape.area, shape.channels, shape.height, shape.width, 10, 10, 3, 0.5}, 3));
  return sheets;
}

}  // namespace pinwheel::test
