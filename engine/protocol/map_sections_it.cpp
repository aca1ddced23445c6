// IT and time: the sections of map_sections.h with a curve per domain and per time step.
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>

#include "engine/protocol/map_section_parts.h"
#include "engine/protocol/section_text.h"

namespace pinwheel::protocol {
namespace {

using nlohmann::json;

// Zhou et al. (arXiv 2508.04270).
constexpr const char* kFaceBody = "ImageNet: 0.63 with STC, 0.15 without topography";
constexpr const char* kCharacterPlace = "ImageNet: 0.16 with STC, 0.47 without topography";

const char* publishedOverlap(const std::string& first, const std::string& second) {
  const std::set<std::string> pair{first, second};
  if (pair == std::set<std::string>{"faces", "bodies"}) return kFaceBody;
  if (pair == std::set<std::string>{"characters", "places"}) return kCharacterPlace;
  return "";
}

// One value of every row of a sweep.
std::vector<double> column(const json& rows, const std::string& pointer) {
  std::vector<double> values;
  for (const json& row : rows) values.push_back(realOf(at(row, pointer)));
  return values;
}

bool hasValue(const std::vector<double>& values) {
  for (const double value : values)
    if (std::isfinite(value)) return true;
  return false;
}

std::string patchesText(double count, double area) {
  if (!std::isfinite(count)) return "-";
  return fixedText(count, count == std::floor(count) ? 0 : 1) + ", " + withUnit(fixedText(area, 1), "mm\u00b2");
}

// The patches at the threshold that the maps are cut at; their controls stand in the sweep over thresholds.
Row patchesRow(const std::string& domain, const json& measured, double threshold) {
  Row row{"Patches of t \u2265 " + fixedText(threshold, 0) + ", " + domain, ""};
  const json& patches = at(measured, "/patches");
  double area = 0;
  for (const double mm2 : patches.is_array() ? column(patches, "/area_mm2") : std::vector<double>{}) area += mm2;
  row.value = patches.is_array() ? patchesText(static_cast<double>(patches.size()), area) : valueText(patches, 0);
  const json& sweep = at(measured, "/patches_by_threshold");
  if (!sweep.is_array()) return row;
  for (const json& step : sweep) {
    if (realOf(at(step, "/threshold")) != threshold) continue;
    const auto control = [&](const std::string& which) {
      return patchesText(realOf(at(step, "/controls/" + which + "_patches")),
                         realOf(at(step, "/controls/" + which + "_area_mm2")));
    };
    row.control = controlsText(
        {{"shuffled", control("shuffled")}, {"untrained", control("untrained")}, {"twin", control("twin")}});
  }
  return row;
}

// Under the map of t, on which the patches are outlined.
std::string pictureText(const json& sheet, const std::string& domain, const json& measured, double threshold) {
  const json& patches = at(measured, "/patches");
  std::string text = "Selectivity for " + domain;
  if (patches.is_array() && !patches.empty())
    text += ", patches of t \u2265 " + fixedText(threshold, 0) +
            " outlined. Outlines at every threshold: " + textAt(sheet, "/layer") + "_patch_outlines.csv";
  return text;
}

Chart sweepChart(const std::string& domain, const json& sweep, const std::string& what, const char* label) {
  Chart chart{
      "maps_" + what + "_" + domain, "Patches of " + domain + " against the threshold", "Threshold (t)", label, {}};
  if (!sweep.is_array()) return chart;
  const std::vector<double> threshold = column(sweep, "/threshold");
  chart.series.push_back({"measured", threshold, column(sweep, "/" + what)});
  for (const char* which : {"shuffled", "untrained", "twin"})
    if (auto values = column(sweep, std::string("/controls/") + which + "_" + what); hasValue(values))
      addControl(chart, std::string(which) == "shuffled" ? "positions shuffled" : which, threshold, std::move(values));
  return chart;
}

// |difference of t| over that of shuffled positions: chance is 1, and the interval is that of the difference.
Chart deltaChart(const std::string& domain, const json& delta) {
  Chart chart{"maps_delta_selectivity_" + domain,
              "Delta-selectivity for " + domain,
              "Distance on the sheet (mm)",
              "Difference of t over chance",
              {}};
  const std::vector<double> distance = arrayAt(delta, "/distance_mm");
  const std::vector<double> chance = arrayAt(delta, "/shuffled");
  const auto overChance = [&chance](std::vector<double> values) {
    for (std::size_t i = 0; i < values.size() && i < chance.size(); ++i) values[i] /= chance[i];
    return values;
  };
  chart.series.push_back({"measured, 95 % interval", distance, arrayAt(delta, "/ratio_to_chance"),
                          overChance(arrayAt(delta, "/low_95")), overChance(arrayAt(delta, "/high_95"))});
  addControl(chart, "positions shuffled", distance, std::vector<double>(distance.size(), 1.0));
  for (const char* which : {"untrained", "twin"})
    addControl(chart, which, distance, arrayAt(delta, std::string("/controls/") + which + "_ratio_to_chance"));
  return chart;
}

void addOverlap(Section& section, const json& overlap) {
  const std::string first = textAt(overlap, "/first");
  const std::string second = textAt(overlap, "/second");
  const std::string name = "Overlap of " + first + " and " + second;
  if (!reasonOf(overlap).empty()) {
    section.rows.push_back({name, valueText(overlap, 2), "", publishedOverlap(first, second)});
    return;
  }
  const auto add = [&](const char* key, const char* how, const char* published) {
    const json& value = at(overlap, std::string("/") + key);
    const auto control = [&](const std::string& which) {
      const json& other = at(overlap, "/controls/" + which);
      return valueText(reasonOf(other).empty() ? at(other, std::string("/") + key) : other, 2);
    };
    const std::string low = valueText(at(value, "/chance_low_95"), 2);
    section.rows.push_back(
        {name + how, valueText(at(value, "/value"), 2),
         controlsText({{"chance", low == "-" ? low : low + " to " + valueText(at(value, "/chance_high_95"), 2)},
                       {"untrained", control("untrained")},
                       {"twin", control("twin")}}),
         published});
  };
  add("correlation", ", unit by unit", publishedOverlap(first, second));
  add("windowed", ", in windows", "");
}

void addDomain(Section& section, const std::string& domain, const json& measured, double threshold) {
  section.rows.push_back(smoothnessRow("Smoothness of t, " + domain, at(measured, "/smoothness")));
  const json& share = at(measured, "/d_prime_share");
  const double least = share.is_object() ? realOf(at(share, "/threshold")) : 1;
  section.rows.push_back({"Units of d' \u2265 " + fixedText(least, 0) + ", " + domain, shareText(at(share, "/value")),
                          selectiveControls(share)});
  section.rows.push_back(patchesRow(domain, measured, threshold));
  const json& sweep = at(measured, "/patches_by_threshold");
  addChart(section, sweepChart(domain, sweep, "patches", "Number of patches"));
  addChart(section, sweepChart(domain, sweep, "area_mm2", "Area of all patches (mm\u00b2)"));
  addChart(section, deltaChart(domain, at(measured, "/delta_selectivity")));
}

// 1, 2, .. as many as there are values.
std::vector<double> stepsOf(const std::vector<double>& values) {
  std::vector<double> steps;
  for (std::size_t t = 0; t < values.size(); ++t) steps.push_back(static_cast<double>(t + 1));
  return steps;
}

Chart stepsChart(const std::string& file, const std::string& title, const char* yLabel) {
  return {file, title, "Time step", yLabel, {}};
}

void addSteps(Chart& chart, const std::string& name, std::vector<double> values, bool control = false) {
  if (!values.empty()) chart.series.push_back({name, stepsOf(values), std::move(values), {}, {}, control});
}

constexpr const char* kRate = "Spikes per unit and step";
constexpr const char* kFisher = "Readout's Fisher information per image";

void addTimeRows(Section& section, const json& sheet) {
  const std::string name = nameOf(sheet);
  const json& time = at(sheet, "/time");
  const json& entropy = at(time, "/entropy");
  const bool bound = at(entropy, "/exact").is_boolean() && !at(entropy, "/exact").get<bool>();
  section.rows.push_back(
      {name + ", entropy of a spike train" + (bound ? " (upper bound)" : ""),
       withUnit(valueText(reasonOf(entropy).empty() ? at(entropy, "/bits") : entropy, 3), "bits"),
       controlsText({{"independent steps", valueText(at(entropy, "/controls/independent_steps_bits"), 3)},
                     {"untrained", valueText(at(entropy, "/controls/untrained_bits"), 3)},
                     {"twin", valueText(at(entropy, "/controls/twin_bits"), 3)}})});
  section.rows.push_back({name + ", firing rate", withUnit(valueText(at(sheet, "/firing_rate"), 3), "spikes per step"),
                          sheetControls(sheet, "firing_rate", [](const json& value) { return valueText(value, 3); })});
  section.rows.push_back({name + ", silent units", shareText(at(time, "/silent_share")),
                          controlsText({{"untrained", shareText(at(time, "/controls/untrained_silent_share"))},
                                        {"twin", shareText(at(time, "/controls/twin_silent_share"))}})});
  const json& fisher = at(time, "/readout_fisher_information");
  const auto last = [&fisher](const std::string& pointer) {
    const std::vector<double> values = arrayAt(fisher, pointer);
    return values.empty() ? valueText(at(fisher, pointer), 2) : fixedText(values.back(), 2);
  };
  section.rows.push_back({name + ", Fisher information of a fitted readout at the last step",
                          reasonOf(fisher).empty() ? last("/by_step") : valueText(fisher, 2),
                          controlsText({{"labels shuffled", last("/controls/shuffled_labels")},
                                        {"untrained", last("/controls/untrained")},
                                        {"twin", last("/controls/twin")}})});
}

void addTimeCharts(Section& section, const json& sheet) {
  const std::string layer = textAt(sheet, "/layer");
  const json& time = at(sheet, "/time");
  Chart rates = stepsChart("maps_rate_" + layer, layer + ", firing rate by time step", kRate);
  addSteps(rates, "measured", arrayAt(time, "/rate_by_step"));
  for (const char* which : {"untrained", "twin"})
    addSteps(rates, which, arrayAt(time, std::string("/controls/") + which + "_rate_by_step"), true);
  addChart(section, std::move(rates));
  const json& fisher = at(time, "/readout_fisher_information");
  Chart information =
      stepsChart("maps_fisher_" + layer, layer + ", Fisher information of a fitted readout by time step", kFisher);
  addSteps(information, "measured", arrayAt(fisher, "/by_step"));
  addSteps(information, "labels shuffled", arrayAt(fisher, "/controls/shuffled_labels"), true);
  for (const char* which : {"untrained", "twin"})
    addSteps(information, which, arrayAt(fisher, std::string("/controls/") + which), true);
  addChart(section, std::move(information));
  addChart(section, curveChart("maps_synchrony_" + layer, layer + ", synchrony of two units", "Spike-time correlation",
                               at(time, "/synchrony_by_distance")));
}

}  // namespace

Section itSection(const json& sheet, const ReportPictures& pictures) {
  Section section{"IT"};
  section.text =
      sheetText(sheet) +
      "t is that of one domain of images against all the others; delta-selectivity is the mean difference "
      "of t of two units, over the same with positions shuffled; d' is t without its growth with the number of "
      "images.";
  const json& share = at(sheet, "/selective_share");
  const double threshold = share.is_object() ? realOf(at(share, "/threshold_t")) : 2;
  section.rows.push_back(meanSmoothnessRow("Smoothness of t, mean over domains", sheet));
  section.rows.push_back({"Units of t \u2265 " + fixedText(threshold, 0) + " for a domain",
                          shareText(at(share, "/value")), selectiveControls(share)});
  for (const auto& [domain, measured] : at(sheet, "/categories").items())
    addDomain(section, domain, measured, threshold);
  for (const json& overlap : at(sheet, "/overlaps")) addOverlap(section, overlap);
  addCorrelations(section, sheet);
  for (const auto& [domain, measured] : at(sheet, "/categories").items())
    addPicture(section, sheet, pictures, "t_" + domain, pictureText(sheet, domain, measured, threshold));
  return section;
}

Section timeSection(const json& report, const std::vector<const json*>& shown) {
  Section section{"Time"};
  section.text =
      "Entropy is that of a unit's spike train over images, corrected after Miller and Madow (1955). Fisher "
      "information is that of a linear readout which is fitted to an area's mean spikes up to a time step, with "
      "respect to the readout's own weights, per image: what the spikes tell of the class so far. It is not the "
      "information of the network's own weights, which is not measured. Synchrony is the spike-time "
      "correlation of the fast constraint, against the distance of two units.";
  Chart rates = stepsChart("maps_rate", "Firing rate of every area", kRate);
  Chart fisher = stepsChart("maps_fisher", "Fisher information of a readout fitted to every area", kFisher);
  for (const json& sheet : at(report, "/sheets")) {
    if (!at(sheet, "/time").is_object()) continue;
    addTimeRows(section, sheet);
    addSteps(rates, nameOf(sheet), arrayAt(sheet, "/time/rate_by_step"));
    addSteps(fisher, nameOf(sheet), arrayAt(sheet, "/time/readout_fisher_information/by_step"));
  }
  if (section.rows.empty()) section.skipped = "the report holds nothing that was measured in time";
  addChart(section, std::move(rates));
  addChart(section, std::move(fisher));
  for (const json* sheet : shown) addTimeCharts(section, *sheet);
  return section;
}

}  // namespace pinwheel::protocol
