#include "app/scope/number_text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace pinwheel::scope {
namespace {

template <class... Values>
std::string printed(const char* format, Values... values) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), format, values...);
  return text.data();
}

}  // namespace

std::string grouped(std::int64_t number) {
  std::string text = std::to_string(number);
  const std::size_t sign = number < 0 ? 1 : 0;
  for (std::size_t at = text.size(); at > sign + 3;) text.insert(at -= 3, ",");
  return text;
}

std::string brief(double number) {
  if (!std::isfinite(number)) return "-";
  const double size = std::abs(number);
  if (size >= 999.5e6) return printed("%.3gG", number / 1e9);
  if (size >= 999.5e3) return printed("%.3gM", number / 1e6);
  if (size >= 9999.5) return printed("%.3gk", number / 1e3);
  if (size >= 999.5) return printed("%.0f", number);
  return printed("%.3g", number);
}

std::string memoryText(std::int64_t bytes) {
  const double mega = static_cast<double>(bytes) / (1 << 20);
  return mega >= 1024 ? printed("%.1f GB", mega / 1024) : printed("%.0f MB", mega);
}

double tickDistance(double length, double ticks) {
  const double rough = length / std::max(1.0, ticks);
  if (!(rough > 0) || !std::isfinite(rough)) return 1;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0})
    if (factor * power >= rough * (1 - 1e-9)) return factor * power;
  return 10 * power;
}

std::string tickText(double value, double distance) {
  if (std::abs(value) < distance * 1e-6) return "0";
  if (std::abs(value) >= 1e5) return brief(value);
  const int decimals = std::clamp(static_cast<int>(-std::floor(std::log10(distance) + 1e-9)), 0, 9);
  return printed("%.*f", decimals, value);
}

}  // namespace pinwheel::scope
