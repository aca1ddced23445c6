#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "engine/protocol/section_text.h"
#include "engine/protocol/time_sweep.h"

namespace pinwheel::protocol {
namespace {

using nlohmann::json;

std::string stepsText(const json& steps) {
  std::string text;
  for (const json& step : steps) text += (text.empty() ? "" : ", ") + std::to_string(step.get<std::int64_t>());
  return text;
}

std::string accuracyText(const json& accuracy, std::size_t at) {
  return intervalText(100 * realOf(accuracy.at("value").at(at)), 100 * realOf(accuracy.at("low_95").at(at)),
                      100 * realOf(accuracy.at("high_95").at(at)), 1) +
         " %";
}

bool hasTwin(const json& measured) {
  return reasonOf(measured.at("twin")).empty();
}

// Where T is the trained one.
std::size_t trainedAt(const json& measured) {
  const json& steps = measured.at("time_steps");
  return static_cast<std::size_t>(std::find(steps.begin(), steps.end(), measured.at("trained_time_steps")) -
                                  steps.begin());
}

// The T whose words outnumber the images.
std::string undersampledText(const json& measured) {
  const json& layers = measured.at("entropy");
  const auto images = measured.at("images").get<double>();
  json steps = json::array();
  if (!layers.empty())
    for (std::size_t at = 0; at < layers.at(0).at("time_steps").size(); ++at)
      if (std::exp2(layers.at(0).at("memory_steps").at(at).get<double>() + 1) > images)
        steps.push_back(layers.at(0).at("time_steps").at(at));
  return stepsText(steps);
}

std::string textOf(const json& measured) {
  std::string text = "The same weights at T = " + stepsText(measured.at("time_steps")) + " time steps, on " +
                     std::to_string(measured.at("images").get<std::int64_t>()) +
                     " validation images, the same ones at every T. The network was trained at T = " +
                     std::to_string(measured.at("trained_time_steps").get<std::int64_t>()) +
                     ": the statistics of its batch norms were learned there, so what other T show is the network out "
                     "of its usual conditions, not what training at that T would give. Intervals of 95 %: Wilson's for "
                     "accuracies, bootstrap over units for entropies. The entropy is that of a unit's spike train over "
                     "the images, mean over units, corrected after Miller and Madow. Independent steps, the control, "
                     "are the same trains with the images of every time step in another order: the same rates, no "
                     "memory, counted in the same way.";
  const json& layers = measured.at("entropy");
  const bool bounds = std::any_of(layers.begin(), layers.end(), [](const json& layer) {
    const json& exact = layer.at("exact");
    return std::find(exact.begin(), exact.end(), json(false)) != exact.end();
  });
  if (bounds) text += " Above 16 time steps it is an upper bound, of a process that remembers 8 steps.";
  if (const std::string steps = undersampledText(measured); !steps.empty())
    text +=
        " At T = " + steps +
        " there are more words that a train (a run of 9 steps of one above 16) can be than images: entropies are too "
        "low there and bounded by the number of images, the controls' as much as the network's, and only their "
        "difference counts.";
  if (hasTwin(measured))
    text += " The twin is " + measured.at("twin").at("checkpoint").get<std::string>() +
            ", trained at T = " + std::to_string(measured.at("twin").at("trained_time_steps").get<std::int64_t>()) +
            "; a shift is this network's entropy less the twin's, over the same units and images, counted alike. " +
            twinDifferencesText(measured.at("twin").at("differences"));
  else
    text += " No shift of the entropy: " + reasonOf(measured.at("twin")) + ".";
  return text;
}

void addAccuracyRows(Section& section, const json& measured) {
  const json& accuracy = measured.at("accuracy");
  if (!reasonOf(accuracy).empty()) {
    section.rows.push_back({"Accuracy", "- (" + reasonOf(accuracy) + ")"});
    return;
  }
  const auto control = [&](std::size_t at) {
    if (!hasTwin(measured) || !reasonOf(measured.at("twin").at("accuracy")).empty()) return std::string();
    return "twin " + accuracyText(measured.at("twin").at("accuracy"), at);
  };
  const json& steps = measured.at("time_steps");
  for (const auto& [name, at] :
       {std::pair{"the trained T", trainedAt(measured)}, std::pair{"the smallest T", std::size_t{0}},
        std::pair{"the largest T", steps.size() - 1}})
    section.rows.push_back(
        {std::string("Accuracy at ") + name + " = " + std::to_string(steps.at(at).get<std::int64_t>()),
         accuracyText(accuracy, at), control(at)});
}

void addEntropyRows(Section& section, const json& layer) {
  const json& steps = layer.at("time_steps");
  for (std::size_t at = 0; at < steps.size(); ++at) {
    if (at != 0 && at + 1 != steps.size()) continue;  // those between stand in the charts
    const std::string where =
        layer.at("layer").get<std::string>() + ", T = " + std::to_string(steps.at(at).get<std::int64_t>());
    std::string control = "independent steps " + fixedText(realOf(layer.at("independent_bits").at(at)), 3);
    if (layer.contains("twin_bits")) control += "; twin " + fixedText(realOf(layer.at("twin_bits").at(at)), 3);
    section.rows.push_back({"Entropy of the spike trains, " + where,
                            intervalText(realOf(layer.at("bits").at(at)), realOf(layer.at("low_95").at(at)),
                                         realOf(layer.at("high_95").at(at)), 3) +
                                " bits",
                            control});
    if (layer.contains("shift"))
      section.rows.push_back({"Shift of the entropy against the twin, " + where,
                              intervalText(realOf(layer.at("shift").at(at)), realOf(layer.at("shift_low_95").at(at)),
                                           realOf(layer.at("shift_high_95").at(at)), 3) +
                                  " bits"});
  }
}

Chart accuracyChart(const json& measured) {
  const json& accuracy = measured.at("accuracy");
  const std::vector<double> steps = realsOf(measured.at("time_steps"));
  const auto series = [&](const std::string& name, const json& values, bool control) {
    return Series{name,
                  steps,
                  realsOf(values.at("value"), 100),
                  realsOf(values.at("low_95"), 100),
                  realsOf(values.at("high_95"), 100),
                  control};
  };
  const std::int64_t trained = measured.at("trained_time_steps").get<std::int64_t>();
  Chart chart{"time_sweep_accuracy",
              "Accuracy against T (trained at T = " + std::to_string(trained) + ")",
              "Time steps T",
              "Accuracy (%)",
              {series("this network", accuracy, false)}};
  if (hasTwin(measured) && reasonOf(measured.at("twin").at("accuracy")).empty())
    chart.series.push_back(series("twin", measured.at("twin").at("accuracy"), true));
  // The trained T as a line from the lowest to the highest value.
  const std::vector<double>& low = chart.series.front().low;
  const std::vector<double>& high = chart.series.front().high;
  const auto x = static_cast<double>(trained);
  chart.series.push_back({"trained T",
                          {x, x},
                          {*std::min_element(low.begin(), low.end()), *std::max_element(high.begin(), high.end())},
                          {},
                          {},
                          true});
  return chart;
}

// All areas in one; with a twin a chart per area, in which it is clear whose control is whose.
void addRateCharts(Section& section, const json& measured) {
  const std::vector<double> steps = realsOf(measured.at("time_steps"));
  const std::string title = "Firing rate against T";
  const Chart empty{"time_sweep_rate", title, "Time steps T", "Spikes per unit and time step", {}};
  const json& areas = measured.at("firing_rate");
  Chart chart = empty;
  for (std::size_t a = 0; a < areas.size(); ++a) {
    const std::string name = areas.at(a).at("area").get<std::string>();
    if (!hasTwin(measured)) {
      chart.series.push_back({name, steps, realsOf(areas.at(a).at("rate"))});
      continue;
    }
    chart = empty;
    chart.file += "_" + name;
    chart.title += ", " + name;
    const json& twin = measured.at("twin").at("firing_rate").at(a).at("rate");
    chart.series = {{"this network", steps, realsOf(areas.at(a).at("rate"))},
                    {"twin", steps, realsOf(twin), {}, {}, true}};
    section.charts.push_back(chart);
  }
  if (!hasTwin(measured)) section.charts.push_back(std::move(chart));
}

Chart entropyChart(const json& layer) {
  const std::string name = layer.at("layer").get<std::string>();
  const std::vector<double> steps = realsOf(layer.at("time_steps"));
  Chart chart{
      "time_sweep_entropy_" + name,
      "Entropy of the spike trains against T, " + name,
      "Time steps T",
      "Entropy (bits)",
      {{"this network", steps, realsOf(layer.at("bits")), realsOf(layer.at("low_95")), realsOf(layer.at("high_95"))},
       {"independent steps", steps, realsOf(layer.at("independent_bits")), {}, {}, true}}};
  if (layer.contains("twin_bits"))
    chart.series.push_back({"twin", steps, realsOf(layer.at("twin_bits")), {}, {}, true});
  return chart;
}

Chart shiftChart(const json& measured) {
  Chart chart{"time_sweep_entropy_shift",
              "Shift of the entropy against the run without topography",
              "Time steps T",
              "Shift (bits)",
              {}};
  for (const json& layer : measured.at("entropy"))
    if (layer.contains("shift"))
      chart.series.push_back({layer.at("layer").get<std::string>(), realsOf(layer.at("time_steps")),
                              realsOf(layer.at("shift")), realsOf(layer.at("shift_low_95")),
                              realsOf(layer.at("shift_high_95"))});
  return chart;
}

}  // namespace

Section timeSweepSection(const json& measured) {
  Section section;
  section.title = "Time steps";
  section.text = textOf(measured);
  addAccuracyRows(section, measured);
  for (const json& layer : measured.at("entropy")) addEntropyRows(section, layer);
  if (reasonOf(measured.at("accuracy")).empty()) section.charts.push_back(accuracyChart(measured));
  addRateCharts(section, measured);
  for (const json& layer : measured.at("entropy"))
    if (!layer.at("time_steps").empty()) section.charts.push_back(entropyChart(layer));
  if (Chart shift = shiftChart(measured); !shift.series.empty()) section.charts.push_back(std::move(shift));
  return section;
}

}  // namespace pinwheel::protocol
