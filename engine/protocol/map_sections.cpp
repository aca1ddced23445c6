#include "engine/protocol/map_sections.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "engine/analysis/accuracy.h"
#include "engine/protocol/map_section_parts.h"
#include "engine/protocol/section_text.h"

namespace pinwheel::protocol {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

// Of so many classes each; of more, the best and the worst.
constexpr std::size_t kMostClasses = 20;
constexpr std::size_t kExtremeClasses = 5;

// Zhou et al. (arXiv 2508.04270), ImageNet as alpha/beta; macaque V1: Nauhaus et al. (2012), Ringach et al. (2002).
constexpr const char* kAccuracy =
    "CIFAR-100: 73.97 % with STC, 73.01 % without topography; ImageNet: 58.49 % without topography, 58.53 at 10/10, "
    "58.72 at 10/90, 58.21 at 50/0, 58.34 at 50/50; points lost to topography on ImageNet: TopoNet 3.00, LLCNN-G 16.57";
constexpr const char* kOrientation =
    "ImageNet: 0.5555 without topography, 0.6839 at alpha/beta 10/10, 0.6991 at 10/90, 0.755 at 50/0, 0.7674 at 50/50; "
    "macaque V1: 0.68";
constexpr const char* kFrequency = "macaque V1: 0.52";
constexpr const char* kVariance = "macaque V1: 0.605";
constexpr const char* kSelective = "macaque V1: 49.7 %";
constexpr const char* kDensity = "\u03c0 = 3.14 in biology (Kaschube et al. 2010)";

void addClasses(Section& section, const json& report) {
  std::vector<std::pair<double, std::string>> classes;
  for (const auto& [name, accuracy] : at(report, "/accuracy_per_class").items())
    classes.emplace_back(realOf(accuracy), name);
  const bool all = classes.size() <= kMostClasses;
  if (!all) std::sort(classes.begin(), classes.end());
  for (std::size_t i = 0; i < classes.size(); ++i)
    if (all || i < kExtremeClasses || i + kExtremeClasses >= classes.size())
      section.rows.push_back({"Accuracy, " + classes[i].second, shareText(classes[i].first)});
  if (!all)
    section.text += " Of " + std::to_string(classes.size()) + " classes the " + std::to_string(kExtremeClasses) +
                    " worst and the " + std::to_string(kExtremeClasses) + " best are listed.";
}

Section networkSection(const json& report) {
  Section section{"The network"};
  const double images = realOf(at(report, "/images"));
  section.text = textAt(report, "/checkpoint") + ", trained on " + textAt(report, "/provenance/trained_on") + " for " +
                 fixedText(realOf(at(report, "/epochs")), 0) + " epochs. Accuracy over " + fixedText(images, 0) +
                 " images of " + textAt(report, "/data") +
                 ", with Wilson's interval of 95 %; categories of the maps: " + textAt(report, "/categories") + ".";
  double lesioned = 0;
  for (const json& part : at(report, "/lesion")) lesioned += realOf(at(part, "/count"));
  if (lesioned > 0)
    section.text += " Everything was measured under the lesion that the network was trained with (" +
                    fixedText(lesioned, 0) + " units).";
  const json& accuracy = at(report, "/accuracy");
  Row row{"Accuracy", shareText(accuracy), "", kAccuracy};
  if (const double share = realOf(accuracy); std::isfinite(share) && images > 0) {
    const auto measured = analysis::accuracyOf(std::llround(share * images), std::llround(images));
    row.value = intervalText(100 * share, 100 * measured.low, 100 * measured.high, 1) + " %";
    const auto classes = static_cast<double>(at(report, "/accuracy_per_class").size());
    row.control =
        controlsText({{"guessing", shareText(1 / classes)}, {"twin", shareText(at(report, "/twin/accuracy"))}});
  }
  section.rows.push_back(std::move(row));
  section.rows.push_back({"Cross-entropy", valueText(at(report, "/loss"), 3),
                          controlsText({{"twin", valueText(at(report, "/twin/loss"), 3)}})});
  addClasses(section, report);
  return section;
}

void addPinwheels(Section& section, const json& sheet) {
  const json& map = at(sheet, "/pinwheels");
  const auto controls = [&](const std::string& value, int decimals) {
    const auto of = [&](const std::string& which) {
      const json& control = at(map, "/controls/" + which);
      return reasonOf(control).empty() ? valueText(at(control, value), decimals) : valueText(control, decimals);
    };
    return controlsText({{"shuffled", of("shuffled")}, {"untrained", of("untrained")}, {"twin", of("twin")}});
  };
  if (!reasonOf(map).empty()) {
    section.rows.push_back({"Pinwheels", valueText(map, 0)});
    return;
  }
  const auto count = [&](const char* pointer) { return valueText(at(map, pointer), 0); };
  section.rows.push_back({"Pinwheels",
                          count("/count") + " (" + count("/positive") + " of +1/2, " + count("/negative") + " of -1/2)",
                          controls("/count", 0)});
  section.rows.push_back({"Pinwheels per column spacing squared",
                          valueText(at(map, "/density_per_column_spacing_squared"), 2),
                          controls("/density_per_column_spacing_squared", 2), kDensity});
  section.rows.push_back({"Pinwheels per (3.5 mm)\u00b2", valueText(at(map, "/density_per_3.5mm_squared"), 2),
                          controls("/density_per_3.5mm_squared", 2)});
  section.rows.push_back({"Column spacing", withUnit(valueText(at(map, "/column_spacing_mm"), 2), "mm"),
                          controls("/column_spacing_mm", 2)});
}

// Tenths of circular variance as shares, beside those of macaque V1.
Chart varianceChart(const json& sheet) {
  Chart chart{"maps_circular_variance", "Circular variance", "Circular variance", "Share of units (%)", {}};
  const auto add = [&](const std::string& name, const std::string& pointer, bool published) {
    std::vector<double> y = arrayAt(sheet, "/circular_variance/" + pointer);
    double sum = 0;
    for (const double count : y) sum += count;
    std::vector<double> x;
    for (double& count : y) {
      x.push_back((static_cast<double>(x.size()) + 0.5) / static_cast<double>(y.size()));
      count *= 100 / sum;
    }
    if (sum > 0) chart.series.push_back({name, std::move(x), std::move(y), {}, {}, published});
  };
  add("measured", "histogram", false);
  if (!chart.series.empty()) add("macaque V1, published (Ringach et al. 2002)", "macaque_histogram", true);
  return chart;
}

Section v1Section(const json& sheet, const ReportPictures& pictures) {
  Section section{"V1"};
  section.text = sheetText(sheet) + "Preferences are those to sine gratings.";
  const auto smoothness = [&](const char* name, const char* quantity, const char* published) {
    section.rows.push_back(smoothnessRow(name, at(sheet, std::string("/smoothness/") + quantity), published));
  };
  smoothness("Smoothness of orientation (vector sum)", "orientation", kOrientation);
  smoothness("Smoothness of orientation (von Mises fit)", "orientation_von_mises", "");
  smoothness("Smoothness of spatial frequency", "spatial_frequency", kFrequency);
  smoothness("Smoothness of colour preference", "colour", "");
  const json& variance = at(sheet, "/circular_variance");
  section.rows.push_back(
      {"Circular variance, median", valueText(at(sheet, "/median_circular_variance"), 3),
       sheetControls(sheet, "median_circular_variance", [](const json& value) { return valueText(value, 3); }),
       kVariance});
  section.rows.push_back({"Units of a circular variance below 0.6",
                          shareText(at(sheet, "/fraction_circular_variance_below_0.6")),
                          sheetControls(sheet, "fraction_circular_variance_below_0.6", shareText), kSelective});
  const bool missing = !reasonOf(variance).empty();
  section.rows.push_back({"Circular variance, distance to the macaque's histogram",
                          valueText(missing ? variance : at(variance, "/distance_to_macaque"), 3),
                          controlsText({{"untrained", valueText(at(variance, "/controls/untrained"), 3)},
                                        {"twin", valueText(at(variance, "/controls/twin"), 3)}})});
  addPinwheels(section, sheet);
  addChart(section, varianceChart(sheet));
  addCorrelations(section, sheet);
  addPicture(section, sheet, pictures, "orientation", "Orientation preference (vector sum), pinwheels marked");
  addPicture(section, sheet, pictures, "orientation_von_mises", "Orientation preference (von Mises fit)");
  addPicture(section, sheet, pictures, "spatial_frequency", "Spatial-frequency preference");
  addPicture(section, sheet, pictures, "colour", "Colour preference");
  addPicture(section, sheet, pictures, "circular_variance", "Circular variance");
  return section;
}

// What a reader compares across areas.
Section otherSection(const std::vector<const json*>& sheets) {
  Section section{"Other sheets"};
  section.text = "The same measures; every map and curve lies beside this page.";
  for (const json* sheet : sheets) {
    const std::string name = nameOf(*sheet);
    section.rows.push_back(smoothnessRow(name + ", smoothness of orientation", at(*sheet, "/smoothness/orientation")));
    section.rows.push_back(meanSmoothnessRow(name + ", smoothness of the domains' t, mean", *sheet));
    const std::string threshold = valueText(at(*sheet, "/selective_share/threshold_t"), 0);
    section.rows.push_back({name + ", units of t \u2265 " + threshold + " for a domain",
                            shareText(at(*sheet, "/selective_share/value")),
                            selectiveControls(at(*sheet, "/selective_share"))});
  }
  return section;
}

Section noSheet(const char* area) {
  Section section{area};
  section.skipped = std::string("the network has no sheet of area ") + area;
  return section;
}

}  // namespace

std::vector<Section> mapSections(const json& report, const fs::path& folder) {
  std::vector<const json*> sheets;
  for (const json& sheet : at(report, "/sheets"))
    if (sheet.is_object()) sheets.push_back(&sheet);
  const json* v1 = nullptr;
  const json* it = nullptr;
  for (const json* sheet : sheets) {
    if (v1 == nullptr && textAt(*sheet, "/area") == "V1") v1 = sheet;
    if (textAt(*sheet, "/area") == "IT") it = sheet;
  }
  std::vector<const json*> shown;
  std::vector<const json*> others;
  for (const json* sheet : sheets) (sheet == v1 || sheet == it ? shown : others).push_back(sheet);
  const ReportPictures pictures = picturesOf(report, folder);
  std::vector<Section> sections{networkSection(report), v1 != nullptr ? v1Section(*v1, pictures) : noSheet("V1"),
                                it != nullptr ? itSection(*it, pictures) : noSheet("IT"), timeSection(report, shown)};
  if (!others.empty()) sections.push_back(otherSection(others));
  return sections;
}

}  // namespace pinwheel::protocol
