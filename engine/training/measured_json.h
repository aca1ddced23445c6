// How reports write numbers and what could not be measured. No LibTorch.
#pragma once

#include <cmath>
#include <nlohmann/json.hpp>
#include <vector>

#include "engine/core/error.h"

namespace pinwheel::training {

/// null for NaN and infinity, which JSON does not have.
[[nodiscard]] inline nlohmann::json number(double value) {
  return std::isfinite(value) ? nlohmann::json(value) : nlohmann::json();
}

[[nodiscard]] inline nlohmann::json numbers(const std::vector<double>& values) {
  nlohmann::json out = nlohmann::json::array();
  for (const double value : values) out.push_back(number(value));
  return out;
}

[[nodiscard]] inline nlohmann::json notMeasured(const Error& error) {
  return {{"not_measured", error.why.empty() ? error.what : error.what + ": " + error.why}};
}

/// The value's JSON, or why there is none.
template <class T, class Write>
[[nodiscard]] nlohmann::json orReason(const Expected<T>& measured, Write&& write) {
  return measured ? nlohmann::json(write(*measured)) : notMeasured(measured.error());
}

}  // namespace pinwheel::training
