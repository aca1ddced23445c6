// Products of responses: what dissimilarities, dimensionality and regression are made from.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/core/error.h"

namespace pinwheel::analysis {

/// What is taken off the responses before their products: nothing, each stimulus's mean over units, or each unit's
/// mean over stimuli.
enum class Centre { none, stimuli, units };

/// [stimuli, stimuli] inner products of the responses [stimuli, units], in double precision. A block of units at a
/// time: no second copy of the responses is made. Those of a constant row (Centre::stimuli) or column are exactly 0.
[[nodiscard]] std::vector<double> stimulusProducts(std::span<const float> responses, std::int64_t stimuli,
                                                   Centre centre);

/// [stimuli, units] responses without each unit's mean.
[[nodiscard]] std::vector<double> centredResponses(std::span<const float> responses, std::int64_t stimuli);

/// [columns, columns] = rows^T rows of rows [.., columns].
[[nodiscard]] std::vector<double> columnProducts(std::span<const double> rows, std::int64_t columns);

/// Responses that can be measured: a whole number of units, at least `fewest` stimuli, every value finite. `what` names
/// the measure in the error.
Status checkResponses(std::span<const float> responses, std::int64_t stimuli, std::int64_t fewest,
                      const std::string& what);

}  // namespace pinwheel::analysis
