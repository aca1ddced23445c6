// Numbers as people read them.
#pragma once

#include <cmath>
#include <cstdio>
#include <string>

namespace pinwheel {

/// "0.71"; "-" where it is not finite.
[[nodiscard]] inline std::string fixedText(double value, int decimals) {
  if (!std::isfinite(value)) return "-";
  char text[400];  // the largest double has 309 digits before the point
  std::snprintf(text, sizeof text, "%.*f", decimals, value);
  return text;
}

/// "53.8 %" of 0.538.
[[nodiscard]] inline std::string percentText(double share) {
  return fixedText(100 * share, 1) + " %";
}

}  // namespace pinwheel
