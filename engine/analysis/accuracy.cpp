#include "engine/analysis/accuracy.h"

#include <algorithm>
#include <cmath>

namespace pinwheel::analysis {

// Wilson's score interval (Wilson 1927): holds near 0 and 1 and for few images, where the normal one does not.
Accuracy accuracyOf(std::int64_t correct, std::int64_t images) {
  Accuracy accuracy;
  accuracy.correct = correct;
  accuracy.images = images;
  if (images <= 0) return accuracy;
  constexpr double z = 1.959963984540054;
  const auto n = static_cast<double>(images);
  const double p = static_cast<double>(correct) / n;
  const double centre = (p + z * z / (2 * n)) / (1 + z * z / n);
  const double half = z / (1 + z * z / n) * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
  accuracy.low = std::max(0.0, centre - half);
  accuracy.high = std::min(1.0, centre + half);
  return accuracy;
}

}  // namespace pinwheel::analysis
