// What the sections of the maps are made of: values of a report as rows, curves and pictures. No LibTorch.
#pragma once

#include <filesystem>
#include <functional>
#include <initializer_list>
#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/protocol/section.h"

namespace pinwheel::protocol {

/// The value at a JSON pointer; null where there is none.
[[nodiscard]] const nlohmann::json& at(const nlohmann::json& of, std::string_view pointer);
/// Empty where there is no text.
[[nodiscard]] std::string textAt(const nlohmann::json& of, const std::string& pointer);
/// NaN for null; empty where there is no array.
[[nodiscard]] std::vector<double> arrayAt(const nlohmann::json& of, const std::string& pointer);

/// "0.71", "-", or "- (why it was not measured)".
[[nodiscard]] std::string valueText(const nlohmann::json& measured, int decimals);
/// A value of valueText with its unit; what is missing has none.
[[nodiscard]] std::string withUnit(std::string value, const std::string& unit);
/// A share: "53.8 %".
[[nodiscard]] std::string shareText(const nlohmann::json& share);
/// "shuffled 0.03; untrained 0.34"; those that are "-" are left out.
[[nodiscard]] std::string controlsText(std::initializer_list<std::pair<const char*, std::string>> controls);
/// Of report.json's smoothness objects: with its standard error, shuffled and untrained beside it.
[[nodiscard]] Row smoothnessRow(const std::string& name, const nlohmann::json& measured, const char* published = "");
/// Of report.json's selective_share and d_prime_share objects.
[[nodiscard]] std::string selectiveControls(const nlohmann::json& share);
/// Of one of the plain numbers of report.json's sheets, each as `text` writes it.
[[nodiscard]] std::string sheetControls(const nlohmann::json& sheet, const std::string& key,
                                        const std::function<std::string(const nlohmann::json&)>& text);

/// Left out where it is not as long as x.
void addControl(Chart& chart, const std::string& name, std::vector<double> x, std::vector<double> y);
/// Left out where its first series is empty.
void addChart(Section& section, Chart chart);
/// Of report.json's *_by_distance objects: the mean with its interval, the same with the units' positions shuffled, and
/// that of the untrained network where there is one.
[[nodiscard]] Chart curveChart(const std::string& file, const std::string& title, const char* yLabel,
                               const nlohmann::json& curve);
/// Of report.json's sheets: mean_category_smoothness with its controls, each the mean over the domains of that
/// smoothness that have one.
[[nodiscard]] Row meanSmoothnessRow(const std::string& name, const nlohmann::json& sheet);

/// The pictures that belong to a report: a folder may hold others, of an earlier measurement.
struct ReportPictures {
  std::filesystem::path folder;
  std::set<std::string> names;  ///< the report's "pictures"; none where it has no such list
};
[[nodiscard]] ReportPictures picturesOf(const nlohmann::json& report, const std::filesystem::path& folder);
/// <layer>_<map>.png; left out where it is not one of the pictures or not in their folder.
void addPicture(Section& section, const nlohmann::json& sheet, const ReportPictures& pictures, const std::string& map,
                const std::string& caption);

/// "V1", or "layer2.0 (V1)" where the layer has another name than its area.
[[nodiscard]] std::string nameOf(const nlohmann::json& sheet);
/// What every section of a sheet begins with.
[[nodiscard]] std::string sheetText(const nlohmann::json& sheet);
/// Correlation of responses and of tuning against distance.
void addCorrelations(Section& section, const nlohmann::json& sheet);

/// The sections of map_sections.h that stand in map_sections_it.cpp.
[[nodiscard]] Section itSection(const nlohmann::json& sheet, const ReportPictures& pictures);
/// All sheets in the table, `shown` with curves and their controls.
[[nodiscard]] Section timeSection(const nlohmann::json& report, const std::vector<const nlohmann::json*>& shown);

}  // namespace pinwheel::protocol
