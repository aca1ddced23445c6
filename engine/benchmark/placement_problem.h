// Sheets with made-up responses to place. No LibTorch.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/core/error.h"
#include "engine/topography/placement.h"

namespace pinwheel::benchmark {

struct PlacementProblem {
  topography::Sheet sheet;
  std::int64_t stimuli = 0;
  std::vector<float> responses;  ///< [U, stimuli], bell-shaped tuning to a random angle, with noise
  topography::PlacementOptions options;

  [[nodiscard]] topography::ResponseMatrix matrix() const {
    return {sheet.spec.unitCount(), stimuli, std::span<const float>(responses)};
  }
};

/// The same for the same arguments.
[[nodiscard]] PlacementProblem placementProblem(const topography::SheetSpec& spec, std::int64_t stimuli);

/// The sheet after the swaps. Errors of topography::optimisePositions.
Expected<topography::Sheet> placed(const PlacementProblem& problem);

}  // namespace pinwheel::benchmark
