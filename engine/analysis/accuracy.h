// A share of images that were told right, with its interval.
#pragma once

#include <cstdint>
#include <limits>

namespace pinwheel::analysis {

/// k of n images right, with Wilson's 95 % interval; NaN of no images.
struct Accuracy {
  std::int64_t correct = 0;
  std::int64_t images = 0;
  [[nodiscard]] double value() const noexcept {
    return images > 0 ? static_cast<double>(correct) / static_cast<double>(images)
                      : std::numeric_limits<double>::quiet_NaN();
  }
  double low = std::numeric_limits<double>::quiet_NaN();
  double high = std::numeric_limits<double>::quiet_NaN();
};
[[nodiscard]] Accuracy accuracyOf(std::int64_t correct, std::int64_t images);

}  // namespace pinwheel::analysis
