// What a TOML text must satisfy before it is handed to the parser, which trusts it more than a hostile file deserves.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "engine/core/error.h"

namespace pinwheel {

/// Where `text` stops being UTF-8 (overlong forms, surrogates and numbers above U+10FFFF included); npos: it is UTF-8.
[[nodiscard]] std::size_t firstBadUtf8(std::string_view text) noexcept;

/// Refuses a text above 1 MiB, one that is not UTF-8, keys of more than 16 dots and brackets nested more than 16 deep:
/// each is a table inside a table, which the parser's destructors walk by recursion. `name` is for messages, which give
/// the line.
Status checkTomlText(std::string_view text, const std::string& name);

}  // namespace pinwheel
