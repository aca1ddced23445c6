// Micro-stimulation on the protocol's page.
#include <nlohmann/json.hpp>

#include "engine/protocol/section_text.h"
#include "engine/protocol/stimulation.h"

namespace pinwheel::protocol {
namespace {

using nlohmann::json;

std::string labelOf(const json& exam) {
  return exam.at("name") == "readout" ? "read-out of the last layer" : "the network's own classes";
}

void addExam(Section& section, const json& exam, const json& domains) {
  if (exam.contains("not_measured")) {
    section.rows.push_back({"Stimulation: " + labelOf(exam), "-", exam.at("not_measured").get<std::string>()});
    return;
  }
  Chart chart;
  chart.file = "stimulation_" + exam.at("name").get<std::string>();
  chart.title = "Images read as the stimulated domain: " + labelOf(exam);
  chart.xLabel = "Probability of an added spike at the centre";
  chart.yLabel = "Change of the share of images (points)";
  for (const json& domain : domains) {
    const auto name = domain.get<std::string>();
    Series stimulated{name, {}, {}};
    Series random{name + ", random places", {}, {}};
    random.control = true;
    const json* strongest = nullptr;
    for (const json& item : exam.at("stimulations")) {
      if (item.at("domain") != domain) continue;
      addPoint(stimulated, item.at("strength").get<double>(), item.at("change"), "value", 1);
      addPoint(random, item.at("strength").get<double>(), item.at("random_places"), "value", 1);
      strongest = &item;
    }
    chart.series.push_back(std::move(stimulated));
    chart.series.push_back(std::move(random));
    section.rows.push_back({"Images read as " + name + " when its peak is stimulated (p = " +
                                fixedText(strongest->at("strength").get<double>(), 2) + ", " + labelOf(exam) + ")",
                            fixedText(100 * realOf(strongest->at("intact_share")), 1) + " % to " +
                                rangeText(*strongest, "share", 100, " %") + "; beyond random places " +
                                rangeText(strongest->at("beyond_random"), "value", 1, " points"),
                            "random places " + rangeText(strongest->at("random_places"), "value", 1, " points")});
  }
  section.charts.push_back(std::move(chart));
}

Chart spreadChart(const json& spread, const json& sheet) {
  const std::vector<double> distance = realsOf(sheet.at("distance"));
  Chart chart;
  chart.file = "stimulation_spread_" + sheet.at("sheet").get<std::string>();
  chart.title =
      "Spread from " + spread.at("stimulated").get<std::string>() + " to " + sheet.at("sheet").get<std::string>();
  chart.xLabel = "Distance from the stimulated place (sides of the sheet)";
  chart.yLabel = "Change of the firing rate (spikes per time step)";
  chart.series = {{"peaks of the domains", distance, realsOf(sheet.at("change")), realsOf(sheet.at("low_95")),
                   realsOf(sheet.at("high_95"))},
                  {"random places", distance, realsOf(sheet.at("random_places")), {}, {}, true},
                  {"shuffled positions",
                   distance,
                   std::vector<double>(distance.size(), realOf(sheet.at("shuffled_positions"))),
                   {},
                   {},
                   true}};
  return chart;
}

std::string textOf(const json& measured) {
  const json& parameters = measured.at("parameters");
  std::string text = "Spikes are added to " + measured.at("sheet").get<std::string>() +
                     " around the peak of each domain's smoothed t-map (of " + measured.at("map_images").dump() +
                     " images of " + measured.at("map_data").get<std::string>() +
                     "): at every time step a silent unit fires with a probability that falls as a Gaussian, sigma " +
                     fixedText(measured.at("sigma_mm").get<double>(), 2) + " mm. The control are the same drives at " +
                     parameters.at("places").dump() + " random units' places.";
  for (const json& exam : measured.at("exams"))
    if (!exam.contains("not_measured"))
      text += " Shown are " + exam.at("images").dump() + " other images of " + exam.at("data").get<std::string>() +
              " (" + labelOf(exam) + ").";
  const json& spread = measured.at("spread");
  if (spread.contains("not_measured"))
    text += " The spread was not measured: " + spread.at("not_measured").get<std::string>() + ".";
  else
    text += " For the spread " + spread.at("stimulated").get<std::string>() + " is stimulated, with probability " +
            fixedText(spread.at("strength").get<double>(), 2) + " and sigma " +
            fixedText(spread.at("sigma_mm").get<double>(), 2) + " mm.";
  return text +
         " Intervals are 95 %: Wilson's of shares, bootstrapped over images and places of changes, over "
         "places of the spread.";
}

}  // namespace

Section stimulationSection(const json& measured) {
  Section section = sectionOf("Micro-stimulation", measured);
  if (!section.skipped.empty()) return section;
  section.text = textOf(measured);
  for (const json& exam : measured.at("exams")) addExam(section, exam, measured.at("domains"));
  const json& spread = measured.at("spread");
  if (!spread.contains("not_measured"))
    for (const json& sheet : spread.at("sheets")) section.charts.push_back(spreadChart(spread, sheet));
  return section;
}

}  // namespace pinwheel::protocol
