// The built-in world: images made by code, so that everything runs with no download. Five domains of two sub-kinds
// each, as in fLoc (Stigliani et al. 2015), varied in position, scale, pose, lighting and background texture.
#pragma once

#include <cstdint>
#include <memory>

#include "engine/data/dataset.h"

namespace pinwheel::data {

/// The five domains of category-selectivity (method: faces, bodies, characters, places, objects).
inline constexpr int kDomainCount = 5;
[[nodiscard]] const std::vector<std::string>& domainNames();  ///< "faces", "bodies", "characters", "places", "objects"

/// `count` images of `side` px, class index = index % 10 in the order adult, child, body, limb, word, number, house,
/// corridor, car, instrument. Image i depends on (seed, i) alone. Rendered on demand: no memory grows with `count`.
[[nodiscard]] std::shared_ptr<const Dataset> makeWorld(int side, std::int64_t count, std::uint64_t seed);

/// The domain of a class of the built-in world or of fLoc by name ("adult" -> 0); -1 for none (e.g. "scrambled").
[[nodiscard]] int domainOfCategory(const std::string& category);

}  // namespace pinwheel::data
