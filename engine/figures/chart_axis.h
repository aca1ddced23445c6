// An axis with round ticks.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace pinwheel::figures {

enum class AxisScale { linear, logarithmic };

struct ChartAxis {
  double low = 0;  ///< its ends; of a logarithmic axis above 0
  double high = 1;
  /// Between ticks: 1, 2 or 5 times a power of ten. Of a logarithmic axis: decades, or 0 for ticks at 1, 2 and 5 times
  /// every power of ten.
  double step = 1;
  AxisScale scale = AxisScale::linear;

  /// 0 at the low end, 1 at the high one.
  [[nodiscard]] double share(double value) const noexcept;
  /// Between the ends, ascending; at most 7 of them.
  [[nodiscard]] std::vector<double> ticks() const;
  /// As many decimals as the step has (a tick of a logarithmic axis as many as it needs itself); very large and very
  /// small ones in scientific notation. C locale.
  [[nodiscard]] std::string text(double tick) const;
};

enum class AxisEnds { atTicks, beyondData };

/// Around `values`, at least one, finite and below 1e200, which may be alike: the axis ends at the ticks about them or
/// a fiftieth of the range beyond. Among whole numbers no tick lies between two of them: there is no pair 1.5.
/// A logarithmic axis takes values above 1e-200, and ends at ticks too where the data lie between two of them.
[[nodiscard]] ChartAxis axisOver(std::span<const double> values, AxisEnds ends, AxisScale scale = AxisScale::linear);

}  // namespace pinwheel::figures
