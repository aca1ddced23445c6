// What a lesion is, and what files say of it: plain values, no LibTorch.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/core/error.h"
#include "engine/topography/sheet.h"

namespace pinwheel::perturbation {

enum class PerturbationKind {
  silence,    ///< no spike leaves the unit
  damp,       ///< its output is multiplied by `strength` (0..1)
  noise,      ///< where it is silent a spike is added with probability `strength` (0..1), at every time step anew
  stimulate,  ///< it fires at the time steps `timeSteps`, whatever it is shown (empty: at all)
  freeze      ///< it answers as before, but no gradient passes through it: it takes no part in learning
};

/// One part of a lesion: units of one sheet, treated alike.
struct LesionPart {
  std::size_t sheet = 0;
  std::vector<std::int32_t> units;  ///< ascending, unique
  PerturbationKind kind = PerturbationKind::silence;
  double strength = 1;
  std::vector<int> timeSteps;
};

/// Where parts overlap, the later one acts on what the earlier ones left.
struct Lesion {
  std::uint64_t version = 0;  ///< given by the sender; 0 is no lesion. No file holds it.
  std::vector<LesionPart> parts;
  [[nodiscard]] std::int64_t units() const noexcept {
    std::int64_t n = 0;
    for (const LesionPart& part : parts) n += static_cast<std::int64_t>(part.units.size());
    return n;
  }
};

/// Whether every part can act on a network with these sheets. Error: a sheet or a unit that it does not have, units not
/// ascending, a strength outside 0..1, a time step behind the last one (the part is named); more parts or units than a
/// checkpoint's header can hold.
Status checkLesion(const Lesion& lesion, std::span<const topography::SheetSpec> sheets, std::int64_t timeSteps);

// Below: `lesion` has passed checkLesion for `sheets`.

/// For people: "V1, 3 units, noise 0.5; IT, 1 unit, freeze".
[[nodiscard]] std::string lesionText(const Lesion& lesion, std::span<const topography::SheetSpec> sheets);
/// A JSON array, one object a part: sheet (its layer), kind (its name above), strength, units, and time_steps where
/// there are any. Strengths come back to the bit.
[[nodiscard]] std::string lesionJson(const Lesion& lesion, std::span<const topography::SheetSpec> sheets);
/// The same with the number of units as "count" in their place.
[[nodiscard]] std::string lesionSummaryJson(const Lesion& lesion, std::span<const topography::SheetSpec> sheets);

/// The way back. Hostile until checked: an error names the part and what cannot be.
Expected<Lesion> lesionFromJson(const std::string& text, std::span<const topography::SheetSpec> sheets,
                                std::int64_t timeSteps);

}  // namespace pinwheel::perturbation
