#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "engine/protocol/contrasts.h"
#include "engine/protocol/section_text.h"

namespace pinwheel::protocol {
namespace {

using nlohmann::json;

// "0.9 % (0.2 to 2.1)".
std::string rangeText(const json& shuffled, const std::string& key) {
  return percentText(realOf(shuffled.at(key + "_share"))) + " (" +
         fixedText(100 * realOf(shuffled.at(key + "_low_95")), 1) + " to " +
         fixedText(100 * realOf(shuffled.at(key + "_high_95")), 1) + ")";
}

std::string measuredText(const json& value, const std::string& text) {
  return reasonOf(value).empty() ? text : "- (" + reasonOf(value) + ")";
}

void addRows(Section& section, const json& contrast, const json& sheet) {
  const std::string where = contrast.at("name").get<std::string>() + ", " + sheet.at("layer").get<std::string>();
  const json& smoothness = sheet.at("smoothness");
  Row smooth{"Smoothness of t, " + where, measuredText(smoothness, "")};
  if (reasonOf(smoothness).empty()) {
    const json& controls = smoothness.at("controls");
    smooth.value =
        fixedText(realOf(smoothness.at("smoothness")), 2) + " ± " + fixedText(realOf(smoothness.at("sem")), 2);
    smooth.control = "shuffled positions " + fixedText(realOf(controls.at("shuffled")), 2) + " ± " +
                     fixedText(realOf(controls.at("shuffled_sem")), 2);
  }
  section.rows.push_back(std::move(smooth));
  const json& shuffled = sheet.at("controls").at("shuffled_labels");
  section.rows.push_back(
      {"Selective units, " + where,
       "A " + percentText(realOf(sheet.at("prefer_a_share"))) + ", B " +
           percentText(realOf(sheet.at("prefer_b_share"))),
       "shuffled labels: A " + rangeText(shuffled, "prefer_a") + ", B " + rangeText(shuffled, "prefer_b")});
  const json& reliability = sheet.at("reliability");
  Row reliable{"Reliability of t, " + where, measuredText(reliability, "")};
  if (reasonOf(reliability).empty()) {
    const json& stepped = reliability.at("spearman_brown");
    reliable.value = measuredText(stepped, fixedText(realOf(stepped), 2)) + " (halves correlate " +
                     fixedText(realOf(reliability.at("halves")), 2) + ")";
  }
  section.rows.push_back(std::move(reliable));
}

// |difference of t| against distance, to half the sheet.
Chart differenceChart(const std::string& contrast, const json& sheet) {
  const std::string layer = sheet.at("layer").get<std::string>();
  const json& smoothness = sheet.at("smoothness");
  const std::vector<double> distance = realsOf(smoothness.at("distance_mm"));
  return {"contrast_" + contrast + "_" + layer,
          "Difference of t against distance, " + contrast + ", " + layer,
          "Distance (mm)",
          "Mean |difference of t|",
          {{"this network", distance, realsOf(smoothness.at("difference"))},
           {"shuffled positions", distance, realsOf(smoothness.at("chance")), {}, {}, true}}};
}

}  // namespace

Section contrastsSection(const json& measured) {
  Section section;
  section.title = "Further contrasts";
  const json& parameters = measured.at("parameters");
  section.text = "Welch's t of images A against images B, per unit.";
  for (const json& contrast : measured.at("contrasts"))
    section.text += std::string(" ") + contrast.at("name").get<std::string>() + ": A is " +
                    contrast.at("folder_a").get<std::string>() + " (" +
                    std::to_string(contrast.at("images_a").get<std::int64_t>()) + " images), B is " +
                    contrast.at("folder_b").get<std::string>() + " (" +
                    std::to_string(contrast.at("images_b").get<std::int64_t>()) + ").";
  section.text +=
      " A unit is selective from |t| = " + fixedText(realOf(parameters.at("threshold")), 1) + " on; the control is " +
      std::to_string(parameters.at("permutations").get<int>()) +
      " shuffles of the labels (mean, and range of 95 % of them; at most 4096 units of a sheet); smoothness as "
      "of the domains' maps, to half the sheet, beside that of shuffled positions - the untrained network "
      "is not shown these images; the reliability is the correlation of "
      "the maps of odd and of even images, stepped up to all of them by Spearman and Brown "
      "where they correlate above 0.";
  for (const json& contrast : measured.at("contrasts")) {
    for (const json& sheet : contrast.at("sheets")) {
      addRows(section, contrast, sheet);
      if (reasonOf(sheet.at("smoothness")).empty())
        section.charts.push_back(differenceChart(contrast.at("name").get<std::string>(), sheet));
    }
  }
  return section;
}

}  // namespace pinwheel::protocol
