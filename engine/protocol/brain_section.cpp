#include "engine/protocol/brain_section.h"

#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "engine/protocol/section_text.h"

namespace pinwheel::protocol {
namespace {

using nlohmann::json;

// NaN where it was not measured. Whatever else is missing throws: a damaged part is measured again.
double numberAt(const json& object, const char* key) {
  return reasonOf(object).empty() ? realOf(object.at(key)) : realOf({});
}

// Zhou et al. (arXiv 2508.04270).
std::string publishedScore(const std::string& area) {
  const auto scores = [&area](const char* values) { return "Brain-Score " + area + ": " + values; };
  if (area == "V1") return scores("TDSNN 0.6845, SNN 0.6823, TopoNet 0.7116, TDANN 0.6932");
  if (area == "V2") return scores("TDSNN 0.3021, SNN 0.3079, TopoNet 0.3038, TDANN 0.1775");
  if (area == "V4") return scores("TDSNN 0.3886, SNN 0.3970, TopoNet 0.2923, TDANN 0.2792");
  if (area == "IT") return scores("TDSNN 0.7127, SNN 0.7102, TopoNet 0.5723, TDANN 0.4259");
  return "";
}

// Margalit et al. (2024).
constexpr const char* kDimensionality = "human VTC: 16.71 (12.55 to 25.20 over 16 hemispheres); TDANN: about 15";

std::string similarityText(const json& similarity) {
  if (!reasonOf(similarity).empty()) return "- (" + reasonOf(similarity) + ")";
  return fixedText(numberAt(similarity, "value"), 3) + " [" + fixedText(numberAt(similarity, "low_95"), 3) + ", " +
         fixedText(numberAt(similarity, "high_95"), 3) + "], p " + fixedText(numberAt(similarity, "p"), 4);
}

std::string ceilingText(const json& reference) {
  const json& ceiling = reference.at("noise_ceiling");
  if (!reasonOf(ceiling).empty()) return "no noise ceiling (" + reasonOf(ceiling) + ")";
  return "noise ceiling " + fixedText(numberAt(ceiling, "lower"), 3) + " to " +
         fixedText(numberAt(ceiling, "upper"), 3);
}

// The similarity to one reference over the time steps, a curve per sheet. Sheets of one step alone have none.
Chart overTime(const json& measured, std::size_t reference) {
  const std::string name = measured.at("references").at(reference).at("file").get<std::string>();
  Chart chart;
  chart.file = "similarity_" + std::to_string(reference + 1);
  chart.title = "Similarity to " + name + " by time step";
  chart.xLabel = "Time step";
  chart.yLabel = "Similarity (" + measured.at("comparison").get<std::string>() + ")";
  for (const json& sheet : measured.at("sheets")) {
    Series series;
    series.name = sheet.at("layer").get<std::string>();
    for (const json& step : sheet.at("time_steps")) {
      const std::string number = step.at("time_step").get<std::string>();
      if (number == "sum") continue;
      const json& similarity = step.at("similarity").at(reference);
      series.x.push_back(json::parse(number).get<double>());  // throws as the rest does
      series.y.push_back(numberAt(similarity, "value"));
      series.low.push_back(numberAt(similarity, "low_95"));
      series.high.push_back(numberAt(similarity, "high_95"));
    }
    if (series.x.size() > 1) chart.series.push_back(std::move(series));
  }
  return chart;
}

// The spikes of one sheet, summed over time.
void addSheet(Section& section, const json& measured, const json& sheet) {
  const json& references = measured.at("references");
  const std::string layer = sheet.at("layer").get<std::string>();
  const std::string area = sheet.at("area").get<std::string>();
  const json& steps = sheet.at("time_steps");
  const json& sum = steps.at(steps.empty() ? 0 : steps.size() - 1);
  for (std::size_t r = 0; r < references.size(); ++r)
    section.rows.push_back({layer + ", similarity to " + references.at(r).at("file").get<std::string>(),
                            similarityText(sum.at("similarity").at(r)), ceilingText(references.at(r))});
  if (const json& predicted = sum.at("predictivity"); reasonOf(predicted).empty())
    section.rows.push_back({layer + ", predictivity of " + measured.at("recordings").get<std::string>(),
                            "median r " + fixedText(numberAt(predicted, "median_r"), 3) + " ± " +
                                fixedText(numberAt(predicted, "sem"), 3) + " (" +
                                std::to_string(predicted.at("sites").get<int>()) + " sites)",
                            "", publishedScore(area)});
  if (const json& dimensions = sum.at("effective_dimensionality"); dimensions.is_number())
    section.rows.push_back({layer + ", effective dimensionality", fixedText(dimensions.get<double>(), 1), "",
                            area == "IT" ? kDimensionality : ""});
}

}  // namespace

Section brainSection(const json& measured) {
  Section section;
  section.title = "Likeness to a brain";
  section.text = std::to_string(measured.at("images").size()) +
                 " images; dissimilarity between responses: " + measured.at("distance").get<std::string>() +
                 "; matrices compared by " + measured.at("comparison").get<std::string>() +
                 "; intervals of 95 % from " + std::to_string(measured.at("bootstraps").get<int>()) +
                 " bootstraps over the images, p from " + std::to_string(measured.at("permutations").get<int>()) +
                 " permutations of them. The table has the spikes summed over time; every time step stands in rsa.csv. "
                 "Brain-Score is a predictivity of other recordings, to other images.";
  for (const json& sheet : measured.at("sheets")) addSheet(section, measured, sheet);
  for (std::size_t r = 0; r < measured.at("references").size(); ++r)
    if (Chart chart = overTime(measured, r); !chart.series.empty()) section.charts.push_back(std::move(chart));
  return section;
}

}  // namespace pinwheel::protocol
