// The maps of a network on the protocol's page, from the report that evaluate() wrote. No LibTorch.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "engine/protocol/section.h"

namespace pinwheel::protocol {

/// "The network", V1 (the first sheet of that area), IT (the last one), "Time" and, where there are any, "Other
/// sheets". `report`: a report.json, older ones too: what they lack is "-" or has no chart. `folder`: where it lies; of
/// the maps' pictures those are shown that `report` names in "pictures" (an array of file names) and that are there.
/// What withTwin() added stands beside the other controls.
[[nodiscard]] std::vector<Section> mapSections(const nlohmann::json& report, const std::filesystem::path& folder);

/// `report` with the measures of another network, of the same layers and without topography, as further controls:
/// "twin" (its numbers as "twin_...") beside "untrained" of every measure, and its accuracy and loss under "twin".
/// `twin`: its report. Sheets that it does not have, and what was not measured of it, stay without.
[[nodiscard]] nlohmann::json withTwin(nlohmann::json report, const nlohmann::json& twin);

}  // namespace pinwheel::protocol
