#include "engine/analysis/dimensionality.h"

#include <vector>

#include "engine/analysis/products.h"

namespace pinwheel::analysis {

// The sum of the eigenvalues is the trace, the sum of their squares that of the squared entries; X X^T and X^T X share
// all eigenvalues but zeros. So no eigenvalue has to be found, and the smaller of the two products serves.
Expected<double> effectiveDimensionality(std::span<const float> responses, std::int64_t stimuli) {
  if (const Status status = checkResponses(responses, stimuli, 2, "a dimensionality"); !status)
    return tl::unexpected(status.error());
  const auto units = static_cast<std::int64_t>(responses.size()) / stimuli;
  if (units < stimuli)
    return effectiveDimensionalityOf(columnProducts(centredResponses(responses, stimuli), units), units);
  return effectiveDimensionalityOf(stimulusProducts(responses, stimuli, Centre::units), stimuli);
}

Expected<double> effectiveDimensionalityOf(std::span<const double> products, std::int64_t stimuli) {
  const auto side = static_cast<std::size_t>(stimuli);
  double trace = 0;
  for (std::size_t i = 0; i < side; ++i) trace += products[i * side + i];
  if (trace <= 0) return failure("There is no dimensionality to measure", "no unit's response varies over the stimuli");
  double squares = 0;
  for (const double value : products) squares += value / trace * (value / trace);
  return 1 / squares;
}

}  // namespace pinwheel::analysis
