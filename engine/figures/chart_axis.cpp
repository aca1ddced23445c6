#include "engine/figures/chart_axis.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace pinwheel::figures {
namespace {

constexpr int kIntervals = 5;  // at most, between ticks

// 1, 2 or 5 times a power of ten, the smallest not below `value`.
double roundUp(double value) {
  const double power = std::pow(10, std::floor(std::log10(value)));
  for (const double step : {1.0, 2.0, 5.0})
    if (step * power >= value * (1 - 1e-9)) return step * power;
  return 10 * power;
}

}  // namespace

std::vector<double> ChartAxis::ticks() const {
  std::vector<double> values;
  const double last = std::floor(high / step + 1e-9);
  for (double i = std::ceil(low / step - 1e-9); i <= last; ++i) values.push_back(i == 0 ? 0 : i * step);  // no -0
  return values;
}

std::string ChartAxis::text(double tick) const {
  std::array<char, 64> digits{};
  char* const begin = digits.data();
  char* const end = begin + digits.size();
  const bool plain = step >= 1e-4 && std::abs(tick) < 1e6;
  const int decimals = std::max(0, static_cast<int>(-std::floor(std::log10(step) + 1e-9)));
  const auto written = plain ? std::to_chars(begin, end, tick, std::chars_format::fixed, decimals)
                             : std::to_chars(begin, end, tick, std::chars_format::general, 4);
  std::string out(begin, written.ptr);
  if (out.front() == '-') out = "\u2212" + out.substr(1);  // a true minus sign
  return out;
}

ChartAxis axisOver(std::span<const double> values, AxisEnds ends) {
  const auto [lowest, highest] = std::minmax_element(values.begin(), values.end());
  double low = *lowest;
  double high = *highest;
  const bool whole = std::all_of(values.begin(), values.end(), [](double value) { return value == std::floor(value); });
  // A constant still needs an axis with two ends, around a value that can be read.
  const double size = std::max(std::abs(low), std::abs(high));
  const bool nothing = size < 1e-200;
  if (nothing || high - low <= 1e-9 * size) {
    const double pad = nothing ? 1 : 0.5 * size;
    low -= pad;
    high += pad;
  }
  ChartAxis axis{low, high, roundUp((high - low) / kIntervals)};
  if (whole) axis.step = std::max(axis.step, 1.0);
  if (ends == AxisEnds::atTicks) {
    axis.low = std::floor(low / axis.step + 1e-9) * axis.step;
    axis.high = std::ceil(high / axis.step - 1e-9) * axis.step;
  } else {
    const double pad = 0.02 * (high - low);
    axis.low = low - pad;
    axis.high = high + pad;
  }
  return axis;
}

}  // namespace pinwheel::figures
