// The control of a lesion: the same treatment of as many other units.
#pragma once

#include <cstdint>
#include <span>

#include "engine/core/error.h"
#include "engine/perturbation/lesion_record.h"

namespace pinwheel::perturbation {

/// Different units that a lesion touches, over all its parts.
[[nodiscard]] std::int64_t distinctUnits(const Lesion& lesion);

/// The same parts on other units of the same sheets: every lesioned unit has a stand-in, drawn at random by `seed`
/// among the units that the lesion leaves alone, so that parts overlap as they did. `sheetUnits` [sheets]. Error: a
/// sheet has too few units left.
Expected<Lesion> shamOf(const Lesion& lesion, std::span<const std::int64_t> sheetUnits, std::uint64_t seed);

}  // namespace pinwheel::perturbation
