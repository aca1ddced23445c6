// The likeness to a brain on the protocol's page, from what brainLikeness() wrote.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "engine/protocol/section.h"

namespace pinwheel::protocol {

/// `measured`: an rsa.json. Throws nlohmann::json::exception for anything else.
[[nodiscard]] Section brainSection(const nlohmann::json& measured);

}  // namespace pinwheel::protocol
