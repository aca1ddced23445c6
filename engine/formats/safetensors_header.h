// The JSON header of a safetensors file, read as it streams by: no tree of it is ever built.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "engine/formats/host_tensor.h"

namespace pinwheel::formats {

struct SafetensorsEntry {
  std::string name;
  HostTensor tensor;        ///< its bytes are empty
  std::uint64_t begin = 0;  ///< in the data block; end - begin fits dtype and shape
  std::uint64_t end = 0;
};

struct SafetensorsHeader {
  std::vector<SafetensorsEntry> entries;  ///< as the header lists them
  std::map<std::string, std::string> metadata;
};

/// The header, or the reason why it is refused: malformed JSON, names or members that occur twice, unknown dtypes,
/// shapes of more than 32 axes or too large, anything nested deeper than the format, more than 100,000 tensors. Memory
/// stays within a few times the text's.
[[nodiscard]] tl::expected<SafetensorsHeader, std::string> parseSafetensorsHeader(std::string_view text);

}  // namespace pinwheel::formats
