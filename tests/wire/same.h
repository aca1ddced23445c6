// Compares values field by field, to the bit, and tells where two differ.
#pragma once

#include <bit>
#include <cmath>
#include <concepts>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "tests/wire/fields.h"

namespace pinwheel::test {

template <class T>
concept HasFields = requires(const T& v) {
  fields(v);
};

// Numbers, enumerators, texts, paths. NaN is NaN: its payload is nobody's.
template <class T>
bool sameValue(const T& a, const T& b) {
  if constexpr (std::same_as<T, double>)
    return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b) || (std::isnan(a) && std::isnan(b));
  else if constexpr (std::same_as<T, float>)
    return std::bit_cast<std::uint32_t>(a) == std::bit_cast<std::uint32_t>(b) || (std::isnan(a) && std::isnan(b));
  else
    return a == b;
}

template <class T>
std::string difference(const T& a, const T& b);

template <class T>
std::string differenceInside(const std::vector<T>& a, const std::vector<T>& b) {
  if (a.size() != b.size()) return "size " + std::to_string(a.size()) + ", " + std::to_string(b.size());
  for (std::size_t i = 0; i < a.size(); ++i)
    if (const std::string d = difference(a[i], b[i]); !d.empty()) return "[" + std::to_string(i) + "]" + d;
  return {};
}
template <class T>
std::string differenceInside(const std::optional<T>& a, const std::optional<T>& b) {
  if (a.has_value() != b.has_value()) return "there or not";
  return a ? difference(*a, *b) : std::string{};
}
template <class T>
std::string differenceInside(const std::shared_ptr<T>& a, const std::shared_ptr<T>& b) {
  if ((a == nullptr) != (b == nullptr)) return "there or not";
  return a ? difference(*a, *b) : std::string{};
}
template <class... T>
std::string differenceInside(const std::variant<T...>& a, const std::variant<T...>& b) {
  if (a.index() != b.index()) return "kind " + std::to_string(a.index()) + ", " + std::to_string(b.index());
  return std::visit(
      [&](const auto& value) { return difference(value, std::get<std::remove_cvref_t<decltype(value)>>(b)); }, a);
}

/// Where a and b differ: ".3[0].1" is entry 0 of field 3, and of that field 1. Empty: nowhere.
template <class T>
std::string difference(const T& a, const T& b) {
  if constexpr (HasFields<T>) {
    const auto left = fields(a);
    const auto right = fields(b);
    std::string found;
    [&]<std::size_t... i>(std::index_sequence<i...>) {
      [[maybe_unused]] const auto compare = [&](std::size_t number, const auto& x, const auto& y) {
        if (!found.empty()) return;
        if (const std::string d = difference(x, y); !d.empty()) found = "." + std::to_string(number) + d;
      };
      (compare(i, std::get<i>(left), std::get<i>(right)), ...);
    }
    (std::make_index_sequence<std::tuple_size_v<decltype(left)>>{});
    return found;
  } else if constexpr (requires { differenceInside(a, b); }) {
    return differenceInside(a, b);
  } else {
    return sameValue(a, b) ? std::string{} : std::string(" differs");
  }
}

template <class T>
std::string unset(const T& value);

template <class T>
std::string unsetInside(const std::vector<T>& list) {
  return list.empty() ? " is empty" : HasFields<T> ? unset(list.front()) : std::string{};
}
template <class T>
std::string unsetInside(const std::optional<T>& value) {
  return value ? unset(*value) : " is missing";
}
template <class T>
std::string unsetInside(const std::shared_ptr<T>& value) {
  return value ? unset(*value) : " is missing";
}
template <class... T>
std::string unsetInside(const std::variant<T...>& value) {
  return std::visit([](const auto& v) { return unset(v); }, value);
}

/// The first field that is as T{} has it, at any depth; of a list its first entry is looked at. Empty: all are set.
template <class T>
std::string unset(const T& value) {
  if constexpr (HasFields<T>) {
    const T blank{};
    const auto left = fields(value);
    const auto right = fields(blank);
    std::string found;
    [&]<std::size_t... i>(std::index_sequence<i...>) {
      [[maybe_unused]] const auto look = [&](std::size_t number, const auto& x, const auto& y) {
        if (!found.empty()) return;
        using Field = std::remove_cvref_t<decltype(x)>;
        std::string d;
        if constexpr (HasFields<Field> || requires { unsetInside(x); })
          d = unset(x);
        else if (sameValue(x, y))
          d = " is as it was";
        if (!d.empty()) found = "." + std::to_string(number) + d;
      };
      (look(i, std::get<i>(left), std::get<i>(right)), ...);
    }
    (std::make_index_sequence<std::tuple_size_v<decltype(left)>>{});
    return found;
  } else if constexpr (requires { unsetInside(value); }) {
    return unsetInside(value);
  } else {
    return {};
  }
}

}  // namespace pinwheel::test
