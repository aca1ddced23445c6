#include "engine/protocol/map_section_parts.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "engine/protocol/section_text.h"

namespace pinwheel::protocol {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

// The mean over the domains that have this control; why there is none otherwise.
std::string meanControl(const json& domains, const std::string& control) {
  double sum = 0;
  int count = 0;
  std::string reason = "-";
  for (const json& domain : domains) {
    const json& value = at(domain, "/smoothness/controls/" + control);
    if (const double number = realOf(value); std::isfinite(number)) {
      sum += number;
      ++count;
    } else if (reason == "-") {
      reason = valueText(value, 2);
    }
  }
  return count > 0 ? fixedText(sum / count, 2) : reason;
}

}  // namespace

const json& at(const json& of, std::string_view pointer) {
  static const json kNone;
  const json::json_pointer where{std::string(pointer)};
  return of.contains(where) ? of.at(where) : kNone;
}

std::string textAt(const json& of, const std::string& pointer) {
  const json& found = at(of, pointer);
  return found.is_string() ? found.get<std::string>() : "";
}

std::vector<double> arrayAt(const json& of, const std::string& pointer) {
  const json& found = at(of, pointer);
  return found.is_array() ? realsOf(found) : std::vector<double>{};
}

std::string valueText(const json& measured, int decimals) {
  const std::string reason = reasonOf(measured);
  return reason.empty() ? fixedText(realOf(measured), decimals) : "- (" + reason + ")";
}

std::string withUnit(std::string value, const std::string& unit) {
  return value == "-" || value.starts_with("- ") ? value : std::move(value) + " " + unit;
}

std::string shareText(const json& share) {
  const std::string reason = reasonOf(share);
  return reason.empty() ? withUnit(fixedText(100 * realOf(share), 1), "%") : "- (" + reason + ")";
}

std::string controlsText(std::initializer_list<std::pair<const char*, std::string>> controls) {
  std::string out;
  for (const auto& [name, value] : controls)
    if (value != "-") out += std::string(out.empty() ? "" : "; ") + name + " " + value;
  return out;
}

Row smoothnessRow(const std::string& name, const json& measured, const char* published) {
  if (!reasonOf(measured).empty()) return {name, valueText(measured, 2), "", published};
  const auto withSem = [&](const std::string& value, const std::string& sem) {
    const double error = realOf(at(measured, sem));
    return valueText(at(measured, value), 2) + (std::isfinite(error) ? " \u00b1 " + fixedText(error, 2) : "");
  };
  return {name, withSem("/smoothness", "/sem"),
          controlsText({{"shuffled", withSem("/controls/shuffled", "/controls/shuffled_sem")},
                        {"untrained", withSem("/controls/untrained", "/controls/untrained_sem")},
                        {"twin", withSem("/controls/twin", "/controls/twin_sem")}}),
          published};
}

Row meanSmoothnessRow(const std::string& name, const json& sheet) {
  const json& domains = at(sheet, "/categories");
  return {name, valueText(at(sheet, "/mean_category_smoothness"), 2),
          controlsText({{"shuffled", meanControl(domains, "shuffled")},
                        {"untrained", meanControl(domains, "untrained")},
                        {"twin", meanControl(domains, "twin")}})};
}

std::string selectiveControls(const json& share) {
  return controlsText(
      {{"untrained", shareText(at(share, "/controls/untrained"))}, {"twin", shareText(at(share, "/controls/twin"))}});
}

std::string sheetControls(const json& sheet, const std::string& key,
                          const std::function<std::string(const json&)>& text) {
  return controlsText({{"untrained", text(at(sheet, "/controls/untrained_" + key))},
                       {"twin", text(at(sheet, "/controls/twin_" + key))}});
}

void addControl(Chart& chart, const std::string& name, std::vector<double> x, std::vector<double> y) {
  if (x.size() == y.size()) chart.series.push_back({name, std::move(x), std::move(y), {}, {}, true});
}

void addChart(Section& section, Chart chart) {
  if (!chart.series.empty() && !chart.series.front().x.empty()) section.charts.push_back(std::move(chart));
}

Chart curveChart(const std::string& file, const std::string& title, const char* yLabel, const json& curve) {
  const std::vector<double> distance = arrayAt(curve, "/distance_mm");
  Chart chart{file, title, "Distance on the sheet (mm)", yLabel, {}};
  chart.series.push_back({"measured, 95 % interval", distance, arrayAt(curve, "/mean"), arrayAt(curve, "/low_95"),
                          arrayAt(curve, "/high_95")});
  addControl(chart, "positions shuffled", distance, arrayAt(curve, "/shuffled"));
  for (const char* which : {"untrained", "twin"})
    addControl(chart, which, distance, arrayAt(curve, std::string("/controls/") + which));
  return chart;
}

std::string nameOf(const json& sheet) {
  const std::string layer = textAt(sheet, "/layer");
  const std::string area = textAt(sheet, "/area");
  return layer == area ? layer : layer + " (" + area + ")";
}

ReportPictures picturesOf(const json& report, const fs::path& folder) {
  ReportPictures pictures{folder, {}};
  const json& names = at(report, "/pictures");
  if (!names.is_array()) return pictures;
  for (const json& name : names)
    if (name.is_string()) pictures.names.insert(name.get<std::string>());
  return pictures;
}

void addPicture(Section& section, const json& sheet, const ReportPictures& pictures, const std::string& map,
                const std::string& caption) {
  const std::string file = textAt(sheet, "/layer") + "_" + map + ".png";
  std::error_code code;
  if (pictures.names.contains(file) && fs::is_regular_file(pictures.folder / file, code))
    section.pictures.push_back({file, caption});
}

std::string sheetText(const json& sheet) {
  const std::string side = fixedText(realOf(at(sheet, "/display_side_mm")), 2);
  return nameOf(sheet) + ": " + fixedText(realOf(at(sheet, "/units")), 0) + " units on " + side + " mm \u00d7 " + side +
         " mm. Smoothness is (largest - first) / largest of the mean difference of two units against their distance, "
         "\u00b1 its standard error over draws of units. Controls: the units' positions shuffled, the same network "
         "before training and, where one is given, the twin without topography. ";
}

void addCorrelations(Section& section, const json& sheet) {
  const std::string layer = textAt(sheet, "/layer");
  addChart(section, curveChart("maps_response_correlation_" + layer, layer + ", correlation of responses to images",
                               "Pearson correlation", at(sheet, "/correlation_by_distance")));
  addChart(section, curveChart("maps_tuning_correlation_" + layer, layer + ", correlation of tuning to gratings",
                               "Pearson correlation", at(sheet, "/tuning_correlation_by_distance")));
}

}  // namespace pinwheel::protocol
