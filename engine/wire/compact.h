// Maps in 16 bits a unit, rasters in one bit an entry.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace pinwheel::wire {

/// Code c of 0..65534 is minimum + c * (maximum - minimum) / 65534, code 65535 NaN.
struct CompactMap {
  static constexpr std::uint16_t kNan = 65535;
  static constexpr int kSteps = 65534;
  float minimum = 0;
  float maximum = 0;
  std::vector<std::uint16_t> codes;
};

/// Values [U] come back at most (maximum - minimum) / 65534 / 2 beside, to a float's rounding, and within the range
/// that they had: an angle below 180 never becomes 180, and no mean is taken over the turn. Nothing where one is
/// infinite.
[[nodiscard]] std::optional<CompactMap> compactMap(std::span<const float> values);
/// `minimum` <= `maximum`, both finite.
[[nodiscard]] std::vector<float> expandMap(float minimum, float maximum, std::span<const std::uint16_t> codes);

/// Bit i of byte k is entry 8 k + i, 1 where it is not 0; the bits behind the last entry are 0.
[[nodiscard]] std::vector<std::uint8_t> packBits(std::span<const std::uint8_t> entries);
/// `bits` holds (count + 7) / 8 bytes.
[[nodiscard]] std::vector<std::uint8_t> unpackBits(std::span<const std::uint8_t> bits, std::size_t count);

}  // namespace pinwheel::wire
