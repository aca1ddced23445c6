#include <nlohmann/json.hpp>
#include <string>

#include "engine/protocol/section_text.h"
#include "engine/protocol/wiring.h"

namespace pinwheel::protocol {
namespace {

using nlohmann::json;

std::string pairName(const json& pair) {
  return pair.at("source").get<std::string>() + " to " + pair.at("target").get<std::string>();
}

std::string leftOutText(const json& lengths) {
  return fixedText(100 * realOf(lengths.at("left_out_share")), 1) + " %";
}

std::string fibresText(const json& lengths) {
  return reasonOf(lengths).empty() ? fixedText(realOf(lengths.at("fibres")), 1) : "-";
}

std::string lengthText(const json& lengths) {
  if (!reasonOf(lengths).empty()) return "- (" + reasonOf(lengths) + ")";
  return intervalText(realOf(lengths.at("length_mm")), realOf(lengths.at("low_95")), realOf(lengths.at("high_95")), 1) +
         " mm";
}

// One of the lengths over the pairs; a pair without one is a gap.
Series seriesOf(const json& pairs, const std::string& name, const char* control) {
  Series series{name, {}, {}, {}, {}, control != nullptr};
  for (std::size_t p = 0; p < pairs.size(); ++p) {
    const json& lengths = control == nullptr ? pairs.at(p) : pairs.at(p).at("controls").at(control);
    const bool known = reasonOf(lengths).empty();
    series.x.push_back(static_cast<double>(p + 1));
    series.y.push_back(known ? realOf(lengths.at("length_mm")) : realOf({}));
    series.low.push_back(known ? realOf(lengths.at("low_95")) : realOf({}));
    series.high.push_back(known ? realOf(lengths.at("high_95")) : realOf({}));
  }
  return series;
}

std::string textOf(const json& measured) {
  const json& used = measured.at("parameters");
  std::string text =
      "How long fibres must be that join the active units of successive sheets (Margalit et al. 2024): shorter is "
      "better. For " +
      std::to_string(measured.at("images").get<std::int64_t>()) + " validation images: units are active above the " +
      fixedText(realOf(used.at("it_percentile")), 0) + "th percentile where the target is IT, above the " +
      fixedText(realOf(used.at("v1_percentile")), 0) + "th elsewhere, in " +
      std::to_string(used.at("windows").get<int>()) +
      " random windows; the smallest k whose k-means inertia is at most n d^2 gives the fibres, d being " +
      fixedText(realOf(used.at("it_distance_mm")), 1) + " mm of a 70 mm IT and " +
      fixedText(realOf(used.at("v1_distance_mm")), 1) + " mm of a window of " +
      fixedText(realOf(used.at("v1_window_mm")), 1) +
      " mm of a 36.75 mm V1, scaled to the sheet (a sheet with fewer units has larger windows); the sheets lie side by "
      "side, and the fibres' ends are matched for the shortest total. Lengths are at the source's scale: pairs cannot "
      "be compared with each other, only with their controls. Shuffled: the same answers with the positions of both "
      "sheets shuffled, anew for every image (Margalit et al. shuffle the source's alone). Untrained: the network as "
      "it was drawn. A window without an active unit in the source, or with fewer in the target than fibres, is left "
      "out; lengths and fibres are means over the windows that the network and both controls have in common (a "
      "control without any takes no part). "
      "Intervals of 95 % by bootstrap over the images. Pairs of the chart:";
  const json& pairs = measured.at("pairs");
  for (std::size_t p = 0; p < pairs.size(); ++p)
    text += (p == 0 ? " " : ", ") + std::to_string(p + 1) + " " + pairName(pairs.at(p));
  return text + ".";
}

void addRows(Section& section, const json& pair) {
  const json& shuffled = pair.at("controls").at("shuffled");
  const json& untrained = pair.at("controls").at("untrained");
  const std::string name = pairName(pair);
  const auto controls = [&](const auto& text) {
    return "shuffled " + text(shuffled) + "; untrained " + text(untrained);
  };
  section.rows.push_back({"Wiring length, " + name, lengthText(pair), controls(lengthText)});
  section.rows.push_back(
      {"Wiring length as a share of the shuffled, " + name, fixedText(realOf(pair.at("of_shuffled")), 3)});
  section.rows.push_back({"Fibres, " + name + " (d = " + fixedText(realOf(pair.at("distance_mm")), 2) + " mm)",
                          fibresText(pair), controls(fibresText)});
  section.rows.push_back({"Windows left out, " + name,
                          leftOutText(pair) + " (" + std::to_string(pair.at("compared_windows").get<std::int64_t>()) +
                              " of " + std::to_string(pair.at("windows").get<std::int64_t>()) + " in common)",
                          controls(leftOutText)});
}

}  // namespace

Section wiringSection(const json& measured) {
  const json& pairs = measured.at("pairs");
  Section section;
  section.title = "Wiring length";
  section.text = textOf(measured);
  for (const json& pair : pairs) addRows(section, pair);
  section.charts.push_back({"wiring_length",
                            "Wiring length of successive sheets",
                            "Pair of sheets, from the first",
                            "Length (mm)",
                            {seriesOf(pairs, "this network", nullptr), seriesOf(pairs, "shuffled", "shuffled"),
                             seriesOf(pairs, "untrained", "untrained")}});
  return section;
}

}  // namespace pinwheel::protocol
