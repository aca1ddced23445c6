// An axis with round ticks.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace pinwheel::figures {

struct ChartAxis {
  double low = 0;  ///< its ends
  double high = 1;
  double step = 1;  ///< between ticks: 1, 2 or 5 times a power of ten

  /// 0 at the low end, 1 at the high one.
  [[nodiscard]] double share(double value) const noexcept { return (value - low) / (high - low); }
  /// Multiples of the step between the ends, ascending; at most 7 of them.
  [[nodiscard]] std::vector<double> ticks() const;
  /// As many decimals as the step has; very large and very small ones in scientific notation. C locale.
  [[nodiscard]] std::string text(double tick) const;
};

enum class AxisEnds { atTicks, beyondData };

/// Around `values`, at least one, finite and below 1e200, which may be alike: the axis ends at the ticks about them or
/// a fiftieth of the range beyond. Among whole numbers no tick lies between two of them: there is no pair 1.5.
[[nodiscard]] ChartAxis axisOver(std::span<const double> values, AxisEnds ends);

}  // namespace pinwheel::figures
