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
/// --data builtin draws its training images with 2 * data.world_seed and its validation images with one more: seeds up
/// to kLastDataSeed; whoever wants images that no training has seen takes one above. `name` is what the dataset is
/// called.
[[nodiscard]] std::shared_ptr<const Dataset> makeWorld(int side, std::int64_t count, std::uint64_t seed,
                                                       std::string name = "built-in world");
inline constexpr std::uint64_t kLastDataSeed = 2000000001;  ///< data.world_seed ends at 1e9

/// The domain of a class of the built-in world or of fLoc by name ("adult" -> 0); -1 for none (e.g. "scrambled").
[[nodiscard]] int domainOfCategory(const std::string& category);

}  // namespace pinwheel::data
