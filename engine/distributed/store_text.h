// Texts in c10d's store, which holds bytes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace pinwheel::distributed {

[[nodiscard]] inline std::vector<std::uint8_t> bytesOf(const std::string& text) {
  return {text.begin(), text.end()};
}
[[nodiscard]] inline std::string textOf(const std::vector<std::uint8_t>& bytes) {
  return {bytes.begin(), bytes.end()};
}

}  // namespace pinwheel::distributed
