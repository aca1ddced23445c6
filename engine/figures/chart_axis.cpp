#include "engine/figures/chart_axis.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace pinwheel::figures {
namespace {

constexpr int kIntervals = 5;  // at most, between ticks
constexpr std::size_t kMostTicks = 7;
constexpr double kPadding = 0.02;   // of the range, beyond the data
constexpr double kRounding = 1e-9;  // relative; of exponents absolute

// 1, 2 or 5 times a power of ten, the smallest not below `value`.
double roundUp(double value) {
  const double power = std::pow(10, std::floor(std::log10(value)));
  for (const double step : {1.0, 2.0, 5.0})
    if (step * power >= value * (1 - 1e-9)) return step * power;
  return 10 * power;
}

// The nearest tick of a logarithmic axis that is not above the value, and the nearest one that is not below it.
double tickBelow(double value, double step) {
  const double exponent = std::log10(value) + kRounding;
  if (step > 0) return std::pow(10, step * std::floor(exponent / step));
  const double power = std::pow(10, std::floor(exponent));
  for (const double digit : {5.0, 2.0})
    if (digit * power <= value * (1 + kRounding)) return digit * power;
  return power;
}
double tickAbove(double value, double step) {
  return step > 0 ? std::pow(10, step * std::ceil((std::log10(value) - kRounding) / step)) : roundUp(value);
}

std::vector<double> logarithmicTicks(const ChartAxis& axis) {
  std::vector<double> values;
  const double first = std::log10(axis.low);
  const double last = std::log10(axis.high) + kRounding;
  if (axis.step > 0) {
    for (double i = std::ceil((first - kRounding) / axis.step); i * axis.step <= last; ++i)
      values.push_back(std::pow(10, i * axis.step));
    return values;
  }
  for (double exponent = std::floor(first); exponent <= last; ++exponent)
    for (const double digit : {1.0, 2.0, 5.0}) {
      const double tick = digit * std::pow(10, exponent);
      if (tick >= axis.low * (1 - kRounding) && tick <= axis.high * (1 + kRounding)) values.push_back(tick);
    }
  return values;
}

ChartAxis logarithmicAxis(double low, double high, AxisEnds ends) {
  if (high <= low * (1 + kRounding)) {
    low /= 1.5;
    high *= 1.5;
  }
  for (double step = 0;; ++step) {
    ChartAxis axis{low, high, step, AxisScale::logarithmic};
    if (ends == AxisEnds::atTicks) {
      axis.low = std::min(low, tickBelow(low, step));
      axis.high = std::max(high, tickAbove(high, step));
    } else {
      const double pad = std::pow(10, kPadding * (std::log10(high) - std::log10(low)));
      axis.low = low / pad;
      axis.high = high * pad;
    }
    const std::size_t ticks = axis.ticks().size();
    if (ticks > kMostTicks) continue;
    return ticks >= 2 || ends == AxisEnds::atTicks ? axis : logarithmicAxis(low, high, AxisEnds::atTicks);
  }
}

}  // namespace

double ChartAxis::share(double value) const noexcept {
  if (scale == AxisScale::linear) return (value - low) / (high - low);
  return (std::log(value) - std::log(low)) / (std::log(high) - std::log(low));
}

std::vector<double> ChartAxis::ticks() const {
  if (scale == AxisScale::logarithmic) return logarithmicTicks(*this);
  std::vector<double> values;
  const double last = std::floor(high / step + 1e-9);
  for (double i = std::ceil(low / step - 1e-9); i <= last; ++i) values.push_back(i == 0 ? 0 : i * step);  // no -0
  return values;
}

std::string ChartAxis::text(double tick) const {
  std::array<char, 64> digits{};
  char* const begin = digits.data();
  char* const end = begin + digits.size();
  const double finest = scale == AxisScale::logarithmic ? tick : step;
  const bool plain = finest > 0.99e-4 && std::abs(tick) < 1e6;
  const int decimals = std::max(0, static_cast<int>(-std::floor(std::log10(finest) + kRounding)));
  const auto written = plain ? std::to_chars(begin, end, tick, std::chars_format::fixed, decimals)
                             : std::to_chars(begin, end, tick, std::chars_format::general, 4);
  std::string out(begin, written.ptr);
  if (out.front() == '-') out = "\u2212" + out.substr(1);  // a true minus sign
  return out;
}

ChartAxis axisOver(std::span<const double> values, AxisEnds ends, AxisScale scale) {
  const auto [lowest, highest] = std::minmax_element(values.begin(), values.end());
  double low = *lowest;
  double high = *highest;
  if (scale == AxisScale::logarithmic) return logarithmicAxis(low, high, ends);
  const bool whole = std::all_of(values.begin(), values.end(), [](double value) { return value == std::floor(value); });
  // A constant still needs an axis with two ends, around a value that can be read.
  const double size = std::max(std::abs(low), std::abs(high));
  const bool nothing = size < 1e-200;
  if (nothing || high - low <= kRounding * size) {
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
    const double pad = kPadding * (high - low);
    axis.low = low - pad;
    axis.high = high + pad;
  }
  return axis;
}

}  // namespace pinwheel::figures
