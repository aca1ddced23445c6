// Effective dimensionality of a population's responses.
#pragma once

#include <cstdint>
#include <span>

#include "engine/core/error.h"

namespace pinwheel::analysis {

/// (sum l)^2 / sum l^2 over the eigenvalues l of the covariance of the responses [stimuli, units] (the participation
/// ratio, as in Margalit et al. 2024): k directions of equal variance give k. At most min(stimuli - 1, units). Error:
/// fewer than 2 stimuli, values that are not finite, no unit that varies.
Expected<double> effectiveDimensionality(std::span<const float> responses, std::int64_t stimuli);
/// The same from the responses' products [stimuli, stimuli] about every unit's mean over stimuli (ProductSum,
/// Centre::units), whatever the number of units. Error: no unit that varies.
Expected<double> effectiveDimensionalityOf(std::span<const double> products, std::int64_t stimuli);

}  // namespace pinwheel::analysis
