// Perceptually uniform colour maps: cividis and viridis sequential, vik diverging, a cyclic one for orientation.
#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace pinwheel::figures {

enum class ColourMap { viridis, cividis, vik, orientation };

struct Rgb {
  std::uint8_t r = 0, g = 0, b = 0;
};

/// Colour at `position`, clamped to 0..1 (orientation: wrapped). A map is a
/// formula, or samples joined by straight lines; its source is named where it is defined.
[[nodiscard]] Rgb colourAt(ColourMap map, double position);

}  // namespace pinwheel::figures
