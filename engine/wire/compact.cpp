#include "engine/wire/compact.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace pinwheel::wire {

std::optional<CompactMap> compactMap(std::span<const float> values) {
  CompactMap map;
  bool any = false;
  for (const float value : values) {
    if (std::isinf(value)) return std::nullopt;
    if (std::isnan(value)) continue;
    map.minimum = any ? std::min(map.minimum, value) : value;
    map.maximum = any ? std::max(map.maximum, value) : value;
    any = true;
  }
  // In double: the range of two floats does not fit a float.
  const auto minimum = static_cast<double>(map.minimum);
  const double range = static_cast<double>(map.maximum) - minimum;
  const double scale = range > 0 ? CompactMap::kSteps / range : 0;
  map.codes.reserve(values.size());
  for (const float value : values)
    map.codes.push_back(std::isnan(value)
                            ? CompactMap::kNan
                            : static_cast<std::uint16_t>((static_cast<double>(value) - minimum) * scale + 0.5));
  return map;
}

std::vector<float> expandMap(float minimum, float maximum, std::span<const std::uint16_t> codes) {
  const auto low = static_cast<double>(minimum);
  const double step = (static_cast<double>(maximum) - low) / CompactMap::kSteps;
  std::vector<float> values;
  values.reserve(codes.size());
  for (const std::uint16_t code : codes)
    values.push_back(code == CompactMap::kNan ? std::numeric_limits<float>::quiet_NaN()
                                              : std::clamp(static_cast<float>(low + code * step), minimum, maximum));
  return values;
}

std::vector<std::uint8_t> packBits(std::span<const std::uint8_t> entries) {
  std::vector<std::uint8_t> bits((entries.size() + 7) / 8, 0);
  for (std::size_t i = 0; i < entries.size(); ++i)
    if (entries[i] != 0) bits[i / 8] = static_cast<std::uint8_t>(bits[i / 8] | (1U << (i % 8)));
  return bits;
}

std::vector<std::uint8_t> unpackBits(std::span<const std::uint8_t> bits, std::size_t count) {
  std::vector<std::uint8_t> entries(count);
  for (std::size_t i = 0; i < count; ++i) entries[i] = static_cast<std::uint8_t>((bits[i / 8] >> (i % 8)) & 1U);
  return entries;
}

}  // namespace pinwheel::wire
