#include "engine/protocol/brain_section.h"

#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "engine/protocol/section_text.h"

namespace pinwheel::protocol {
namespace {

using nlohmann::json;

double numberAt(const json& object, const char* key) {
  return object.contains(key) ? realOf(object.at(key)) : realOf({});
}

std::string similarityText(const json& similarity) {
  if (!reasonOf(similarity).empty()) return "- (" + reasonOf(similarity) + ")";
  return fixedText(numberAt(similarity, "value"), 3) + " [" + fixedText(numberAt(similarity, "low_95"), 3) + ", " +
         fixedText(numberAt(similarity, "high_95"), 3) + "], p " + fixedText(numberAt(similarity, "p"), 4);
}

std::string ceilingText(const json& reference) {
  const json& ceiling = reference["noise_ceiling"];
  if (!reasonOf(ceiling).empty()) return "no noise ceiling (" + reasonOf(ceiling) + ")";
  return "noise ceiling " + fixedText(numberAt(ceiling, "lower"), 3) + " to " +
         fixedText(numberAt(ceiling, "upper"), 3);
}

// The similarity to one reference over the time steps, a curve per sheet. Sheets of one step alone have none.
Chart overTime(const json& measured, std::size_t reference) {
  const std::string name = measured["references"][reference]["file"].get<std::string>();
  Chart chart;
  chart.file = "similarity_" + std::to_string(reference + 1);
  chart.title = "Similarity to " + name + " by time step";
  chart.xLabel = "Time step";
  chart.yLabel = "Similarity (" + measured["comparison"].get<std::string>() + ")";
  for (const json& sheet : measured["sheets"]) {
    Series series;
    series.name = sheet["layer"].get<std::string>();
    for (const json& step : sheet["time_steps"]) {
      if (step["time_step"] == "sum") continue;
      const json& similarity = step["similarity"][reference];
      series.x.push_back(std::stod(step["time_step"].get<std::string>()));
      series.y.push_back(numberAt(similarity, "value"));
      series.low.push_back(numberAt(similarity, "low_95"));
      series.high.push_back(numberAt(similarity, "high_95"));
    }
    if (series.x.size() > 1) chart.series.push_back(std::move(series));
  }
  return chart;
}

}  // namespace

Section brainSection(const json& measured) {
  Section section;
  section.title = "Likeness to a brain";
  section.text = std::to_string(measured["images"].size()) +
                 " images; dissimilarity between responses: " + measured["distance"].get<std::string>() +
                 "; matrices compared by " + measured["comparison"].get<std::string>() + "; intervals of 95 % from " +
                 std::to_string(measured["bootstraps"].get<int>()) + " bootstraps over the images, p from " +
                 std::to_string(measured["permutations"].get<int>()) +
                 " permutations of them. The table has the spikes summed over time; every time step stands in rsa.csv.";
  const json& references = measured["references"];
  for (const json& sheet : measured["sheets"]) {
    const std::string layer = sheet["layer"].get<std::string>();
    const json& sum = sheet["time_steps"].back();
    for (std::size_t r = 0; r < references.size(); ++r)
      section.rows.push_back({layer + ", similarity to " + references[r]["file"].get<std::string>(),
                              similarityText(sum["similarity"][r]), ceilingText(references[r])});
    if (const json& predicted = sum["predictivity"]; predicted.contains("median_r"))
      section.rows.push_back({layer + ", predictivity of " + measured["recordings"].get<std::string>(),
                              "median r " + fixedText(numberAt(predicted, "median_r"), 3) + " ± " +
                                  fixedText(numberAt(predicted, "sem"), 3) + " (" +
                                  std::to_string(predicted["sites"].get<int>()) + " sites)"});
    if (const json& dimensions = sum["effective_dimensionality"]; dimensions.is_number())
      section.rows.push_back({layer + ", effective dimensionality", fixedText(dimensions.get<double>(), 1)});
  }
  for (std::size_t r = 0; r < references.size(); ++r)
    if (Chart chart = overTime(measured, r); !chart.series.empty()) section.charts.push_back(std::move(chart));
  return section;
}

}  // namespace pinwheel::protocol
