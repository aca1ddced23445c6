// Numbers of a stored part as its section shows them. No LibTorch.
#pragma once

#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "engine/core/number_text.h"
#include "engine/protocol/section.h"

namespace pinwheel::protocol {

/// NaN where it is no number: JSON writes null for it.
[[nodiscard]] inline double realOf(const nlohmann::json& value) {
  return value.is_number() ? value.get<double>() : std::numeric_limits<double>::quiet_NaN();
}

/// Each times `factor`: shares become per cent.
[[nodiscard]] inline std::vector<double> realsOf(const nlohmann::json& values, double factor = 1) {
  std::vector<double> out;
  for (const nlohmann::json& value : values) out.push_back(factor * realOf(value));
  return out;
}

/// "0.71 (0.65 to 0.77)".
[[nodiscard]] inline std::string intervalText(double value, double low, double high, int decimals) {
  return fixedText(value, decimals) + " (" + fixedText(low, decimals) + " to " + fixedText(high, decimals) + ")";
}

/// Why a value was not measured; empty where it was.
[[nodiscard]] inline std::string reasonOf(const nlohmann::json& value) {
  return value.is_object() && value.contains("not_measured") ? value.at("not_measured").get<std::string>() : "";
}

/// With its title, and `skipped` where `measured` is {"not_measured": reason}: nothing more is to be told then.
[[nodiscard]] inline Section sectionOf(std::string title, const nlohmann::json& measured) {
  Section section;
  section.title = std::move(title);
  section.skipped = reasonOf(measured);
  return section;
}

/// Of [{"what", "own", "twin"}]: how the twin differs beside its topography.
[[nodiscard]] inline std::string twinDifferencesText(const nlohmann::json& differences) {
  std::string text;
  for (const nlohmann::json& difference : differences)
    text += (text.empty() ? "" : "; ") + difference.at("what").get<std::string>() + " " +
            difference.at("twin").get<std::string>() + ", not " + difference.at("own").get<std::string>();
  return text.empty() ? "Its training seed, T, epochs, training data and held lesion are this network's."
                      : "It differs from this network in more than topography: " + text + ".";
}

/// "12.3 (10.1 to 14.5) %" of measured[key], "low_95", "high_95".
[[nodiscard]] inline std::string rangeText(const nlohmann::json& measured, const char* key, double scale,
                                           const std::string& unit) {
  const auto scaled = [&](const char* which) { return scale * realOf(measured.at(which)); };
  return intervalText(scaled(key), scaled("low_95"), scaled("high_95"), 1) + unit;
}

/// The same as a point of a curve.
inline void addPoint(Series& series, double x, const nlohmann::json& measured, const char* key, double scale) {
  series.x.push_back(x);
  series.y.push_back(scale * realOf(measured.at(key)));
  series.low.push_back(scale * realOf(measured.at("low_95")));
  series.high.push_back(scale * realOf(measured.at("high_95")));
}

}  // namespace pinwheel::protocol
