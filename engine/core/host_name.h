// What this machine is called.
#pragma once

#include <string>

namespace pinwheel {

/// As the system tells it; `otherwise` where it does not.
[[nodiscard]] std::string hostName(const std::string& otherwise);

}  // namespace pinwheel
