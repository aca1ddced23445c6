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

/// Colour at `position`, clamped to 0..1 (orientation: wrapped). Tables of 256 or a formula with its source named.
[[nodiscard]] Rgb colourAt(ColourMap map, double position);

}  // namespace pinwheel::figures
