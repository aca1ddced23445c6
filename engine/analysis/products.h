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

/// The mean of a stimulus's responses [units]; that of equal values is exact.
[[nodiscard]] double responseMean(std::span<const float> responses);

/// Gathers the inner products of stimuli over units, however many units there are: whoever records the responses hands
/// them over a few units at a time and lets them go. Memory is [stimuli, stimuli], and a block of 16 MB.
class ProductSum {
public:
  ProductSum(std::int64_t stimuli, Centre centre);
  /// How many units are multiplied at once. Handed over in multiples of it, the same units give the same bits.
  [[nodiscard]] static std::int64_t blockUnits(std::int64_t stimuli);
  /// More units' responses [stimuli, units of these]. `means` [stimuli], for Centre::stimuli alone: responseMean() of
  /// every stimulus over all units, those of other calls too.
  void add(std::span<const float> responses, std::span<const double> means = {});
  /// [stimuli, stimuli], as stimulusProducts() of all units together; nothing is left behind.
  [[nodiscard]] std::vector<double> take();

private:
  std::size_t m_stimuli;
  Centre m_centre;
  std::vector<double> m_products;
};

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
