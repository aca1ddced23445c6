// A map of a sheet as a picture for people: the map, a scale bar in mm, a colour bar (or the orientation half-wheel),
// the number of units, a title. Drawn with cairo; white background.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "engine/core/error.h"
#include "engine/figures/colour_maps.h"

namespace pinwheel::figures {

enum class MapKind { sequential, diverging, orientation };

/// A dot on the map, e.g. a pinwheel: sign > 0 white-filled, < 0 black-filled, 0 none.
struct MapMarker {
  double xMm = 0;
  double yMm = 0;
  int sign = 0;
};

/// A line on the map, in mm.
struct MapPoint {
  double xMm = 0;
  double yMm = 0;
};
using MapLine = std::vector<MapPoint>;

struct MapPicture {
  std::string title;     ///< "V1 orientation preference"
  std::string quantity;  ///< colour bar's label, "preferred orientation"
  std::string unit;      ///< "deg", "t", "cycles/image", ""
  MapKind kind = MapKind::sequential;
  int gridWidth = 0;
  int gridHeight = 0;
  std::span<const float> values;      ///< [gridHeight, gridWidth]; orientation in degrees; NaN is drawn light grey
  std::span<const float> saturation;  ///< [gridHeight, gridWidth] 0..1 or empty: orientation's selectivity
  double sideMm = 0;
  std::int64_t units = 0;
  double low = 0;    ///< colour bar's ends; low == high: the values' 1st and 99th percentile
  double high = 0;   ///< (diverging: symmetric about 0)
  std::string note;  ///< why there is nothing to see, "no unit responds"; written across the map, which has no bar then
  std::vector<MapMarker> markers;
  std::vector<MapLine> outlines{};     ///< closed, drawn black with a white rim: patches
  std::vector<std::string> footnotes;  ///< e.g. "smoothness 0.71 (shuffled 0.01)"
};

/// PNG of `widthPx` (height follows), text readable at that size; provenance goes into a tEXt chunk "Description".
Status writeMapPng(const std::filesystem::path& path, const MapPicture& picture, int widthPx = 900,
                   const std::string& provenance = {});

/// Several maps on one page, in `columns` columns, PNG.
Status writeMapSheetPng(const std::filesystem::path& path, std::span<const MapPicture> pictures, int columns,
                        int mapWidthPx = 560, const std::string& provenance = {});

}  // namespace pinwheel::figures
