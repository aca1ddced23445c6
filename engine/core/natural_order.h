// The order in which a person would list names that hold numbers: "2.png" before "10.png".
#pragma once

#include <cstddef>
#include <string_view>

namespace pinwheel {

/// Runs of digits compare by their value, everything else byte by byte; names that are alike but for leading zeros keep
/// their plain order, so that the order is total.
[[nodiscard]] inline bool naturalLess(std::string_view a, std::string_view b) noexcept {
  const auto isDigit = [](char c) { return c >= '0' && c <= '9'; };
  // The digits from `at` on, without leading zeros; `at` ends behind them.
  const auto number = [&](std::string_view text, std::size_t& at) {
    while (at < text.size() && text[at] == '0') ++at;
    const std::size_t first = at;
    while (at < text.size() && isDigit(text[at])) ++at;
    return text.substr(first, at - first);
  };
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < a.size() && j < b.size()) {
    if (isDigit(a[i]) && isDigit(b[j])) {
      const std::string_view left = number(a, i);
      const std::string_view right = number(b, j);
      if (left.size() != right.size()) return left.size() < right.size();
      if (left != right) return left < right;
    } else {
      if (a[i] != b[j]) return static_cast<unsigned char>(a[i]) < static_cast<unsigned char>(b[j]);
      ++i;
      ++j;
    }
  }
  const std::size_t leftOver = a.size() - i;
  const std::size_t rightOver = b.size() - j;
  return leftOver != rightOver ? leftOver < rightOver : a < b;
}

}  // namespace pinwheel
