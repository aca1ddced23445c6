// An error where there is room for a line: in tables, lists, beside others.
#pragma once

#include <string>

#include "engine/core/error.h"

namespace pinwheel {

/// "what (path): why", without the hint.
[[nodiscard]] inline std::string errorLine(const Error& error) {
  return error.what + (error.path.empty() ? "" : " (" + error.path + ")") + (error.why.empty() ? "" : ": " + error.why);
}

}  // namespace pinwheel
