// What the sheets are coloured by: one value a unit, taken from the maps.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "engine/figures/colour_maps.h"
#include "engine/session/frames.h"

namespace pinwheel::scope {

enum class Quantity { orientation, frequency, rate, category };

struct FieldChoice {
  Quantity quantity = Quantity::orientation;
  std::size_t domain = 0;  ///< of `category`
  friend bool operator==(const FieldChoice&, const FieldChoice&) = default;
};

/// "Preferred orientation", "Category: faces".
[[nodiscard]] std::string nameOf(const FieldChoice& choice, const session::NetworkFrame& network);
/// "deg", "cycles/image", "spikes/step", "t".
[[nodiscard]] const char* unitOf(Quantity quantity);
/// All that can be shown of a network.
[[nodiscard]] std::vector<FieldChoice> fieldChoices(const session::NetworkFrame& network);

/// One range for all sheets, so that one colour bar holds for all of them.
struct SheetFields {
  figures::ColourMap map = figures::ColourMap::viridis;
  double low = 0;
  double high = 1;
  std::vector<std::vector<float>> values;      ///< per sheet [U], NaN: none; empty: the maps do not hold it
  std::vector<std::vector<float>> saturation;  ///< per sheet [U], 0..1; empty: all 1
};
/// Orientation has its selectivity as saturation: the square root of 1 - circular variance, the 95th percentile full.
[[nodiscard]] SheetFields fieldsOf(const session::MapsFrame& maps, const session::NetworkFrame& network,
                                   const FieldChoice& choice);

}  // namespace pinwheel::scope
