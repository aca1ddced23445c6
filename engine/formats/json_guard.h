// JSON out of files that nobody vouches for, looked through as it streams by, before a tree of it is built.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace pinwheel::formats {

struct JsonLimits {
  std::size_t depth = 16;          ///< of arrays and objects within one another
  std::size_t values = 1'000'000;  ///< arrays, objects and the names of members counted: a tree takes up to 100 bytes
                                   ///< for each
};

/// Why no tree should be built of `text`, to be put behind "it is": "not valid JSON", "nested more than 16 deep", "of
/// more than 1000000 values". Empty: it is valid JSON within the limits.
[[nodiscard]] std::string jsonRefusal(std::string_view text, const JsonLimits& limits = {});

}  // namespace pinwheel::formats
