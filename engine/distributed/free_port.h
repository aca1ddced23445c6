// Where ranks of one machine can meet.
#pragma once

#include <cstdint>

#include "engine/core/error.h"

namespace pinwheel::distributed {

/// Of the loopback; free now, and most likely a moment later.
Expected<std::uint16_t> freePort();

}  // namespace pinwheel::distributed
