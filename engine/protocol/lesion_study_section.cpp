// The lesions on the protocol's page.
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "engine/protocol/domain_study.h"
#include "engine/protocol/lesion_study.h"
#include "engine/protocol/section_text.h"

namespace pinwheel::protocol {
namespace {

using nlohmann::json;

constexpr double kShownShare = 0.2;  // whose figures stand in the table
constexpr std::size_t kShownClasses = 20;

std::string labelOf(const json& exam) {
  return exam.at("name") == "readout" ? "domain read out of the last layer" : "the network's own classes";
}

// Of the images of a lesion's own domain, or of all where the classes are of no domain.
json accuracyOnOwn(const json& exam, const json& lesion) {
  const json& domains = exam.at("domain_of_group");
  std::int64_t correct = 0;
  std::int64_t images = 0;
  for (std::size_t g = 0; g < exam.at("groups").size(); ++g) {
    if (!domains.is_null() && domains.at(g) != lesion.at("domain")) continue;
    correct += lesion.at("correct_by_group").at(g).get<std::int64_t>();
    images += exam.at("images_by_group").at(g).get<std::int64_t>();
  }
  return accuracyJson(correct, images);
}

double abscissa(const json& item) {
  return (item.at("selection") == "thresholded" ? 1 : 100) * item.at("size").get<double>();
}

Chart accuracyChart(const json& exam, const std::string& selection, const json& domains) {
  const bool own = !exam.at("domain_of_group").is_null();
  Chart chart;
  chart.file = "lesion_" + exam.at("name").get<std::string>() + "_" + selection;
  chart.title = "Lesions (" + selection + "): " + labelOf(exam);
  chart.xLabel = selection == "thresholded" ? "Threshold (t)" : "Silenced (% of the sheet)";
  chart.yLabel = own ? "Accuracy on the lesioned domain (%)" : "Accuracy (%)";
  for (const json& domain : domains) {
    Series series{domain.get<std::string>(), {}, {}};
    for (const json& lesion : exam.at("lesions")) {
      if (lesion.at("selection") != selection || lesion.at("domain") != domain) continue;
      addPoint(series, abscissa(lesion), accuracyOnOwn(exam, lesion), "accuracy", 100);
    }
    chart.series.push_back(std::move(series));
  }
  Series sham{"sham, mean over the domains", {}, {}};
  sham.control = true;
  for (const json& size : exam.at("by_size")) {
    if (size.at("selection") != selection) continue;
    addPoint(sham, abscissa(size), own ? size.at("dissociation").at("sham_own") : size.at("sham"), "accuracy", 100);
  }
  chart.series.push_back(std::move(sham));
  return chart;
}

Chart dissociationChart(const json& exam) {
  Chart chart;
  chart.file = "lesion_" + exam.at("name").get<std::string>() + "_dissociation";
  chart.title = "Double dissociation: " + labelOf(exam);
  chart.xLabel = "Silenced (% of the sheet)";
  chart.yLabel = "Own domain's loss above the others' (points, beyond the sham's)";
  for (const char* selection : {"disc", "ranked"}) {
    Series series{selection, {}, {}};
    for (const json& size : exam.at("by_size")) {
      if (size.at("selection") != selection) continue;
      addPoint(series, abscissa(size), size.at("dissociation"), "difference", 1);
    }
    chart.series.push_back(std::move(series));
  }
  return chart;
}

// The largest size up to kShownShare; none where there is none above 0.
const json* shownSize(const json& exam, const std::string& selection) {
  const json* best = nullptr;
  for (const json& size : exam.at("by_size")) {
    const auto value = size.at("size").get<double>();
    if (size.at("selection") != selection || value <= 0 || value > kShownShare) continue;
    if (best == nullptr || value > best->at("size").get<double>()) best = &size;
  }
  return best;
}

void addTable(Section& section, const json& exam, const std::string& selection, const json& domains) {
  const json* size = shownSize(exam, selection);
  if (size == nullptr) return;
  const json& measured = size->at("dissociation");
  const std::string where = selection + ", " + fixedText(abscissa(*size), 0) + " %, " + labelOf(exam);
  for (std::size_t row = 0; row < domains.size(); ++row) {
    std::string lost;
    double others = 0;
    for (std::size_t column = 0; column < domains.size(); ++column) {
      const double points = realOf(measured.at("points_lost_beyond_sham").at(row).at(column));
      lost += (column > 0 ? ", " : "") + domains.at(column).get<std::string>() + " " + fixedText(points, 1);
      if (column != row) others += points / static_cast<double>(domains.size() - 1);
    }
    section.rows.push_back(
        {"Points lost beyond the sham: " + domains.at(row).get<std::string>() + " silenced (" + where + ")", lost,
         "other domains, mean " + fixedText(others, 1)});
  }
  section.rows.push_back({"Double dissociation (" + where + ")", rangeText(measured, "difference", 1, " points"),
                          "own " + fixedText(realOf(measured.at("diagonal")), 1) + ", others " +
                              fixedText(realOf(measured.at("off_diagonal")), 1)});
}

// What a lesion takes from every class beyond its shams, the most first.
std::string classesText(const json& exam, const json& lesion) {
  struct Loss {
    std::string group;
    double points = 0;
  };
  std::vector<Loss> losses;
  for (std::size_t g = 0; g < exam.at("groups").size(); ++g) {
    const auto images = exam.at("images_by_group").at(g).get<double>();
    const double sham = realOf(lesion.at("sham").at("accuracy_by_group").at(g));
    const double points = 100 * (sham - lesion.at("correct_by_group").at(g).get<double>() / images);
    if (std::isfinite(points)) losses.push_back({exam.at("groups").at(g).get<std::string>(), points});
  }
  std::stable_sort(losses.begin(), losses.end(), [](const Loss& a, const Loss& b) { return a.points > b.points; });
  std::string text;
  for (std::size_t i = 0; i < std::min(losses.size(), kShownClasses); ++i)
    text += (i > 0 ? ", " : "") + losses[i].group + " " + fixedText(losses[i].points, 1);
  if (losses.size() > kShownClasses)
    text += "; of the other " + std::to_string(losses.size() - kShownClasses) + " none above " +
            fixedText(losses[kShownClasses].points, 1);
  return text;
}

void addClasses(Section& section, const json& exam, const std::string& selection, const json& domains) {
  const json* size = shownSize(exam, selection);
  if (size == nullptr) return;
  for (const json& domain : domains)
    for (const json& lesion : exam.at("lesions")) {
      if (lesion.at("selection") != selection || lesion.at("domain") != domain || lesion.at("size") != size->at("size"))
        continue;
      section.rows.push_back(
          {"Points lost by class beyond the sham: " + domain.get<std::string>() + " silenced (" + selection + ", " +
               fixedText(abscissa(lesion), 0) + " %)",
           classesText(exam, lesion),
           "all classes " +
               fixedText(100 * (realOf(lesion.at("sham").at("accuracy")) - realOf(lesion.at("accuracy"))), 1)});
    }
}

void addExam(Section& section, const json& exam, const json& domains) {
  if (exam.contains("not_measured")) {
    section.rows.push_back({"Lesions: " + labelOf(exam), "-", exam.at("not_measured").get<std::string>()});
    return;
  }
  section.rows.push_back({"Accuracy without a lesion: " + labelOf(exam),
                          rangeText(exam.at("intact"), "accuracy", 100, " %"),
                          "chance " + fixedText(100.0 / static_cast<double>(exam.at("groups").size()), 1) + " %"});
  for (const std::string selection : {"disc", "ranked", "thresholded"}) {
    const json& sizes = exam.at("by_size");
    if (std::any_of(sizes.begin(), sizes.end(), [&](const json& size) { return size.at("selection") == selection; }))
      section.charts.push_back(accuracyChart(exam, selection, domains));
  }
  if (exam.at("name") == "classes")
    for (const char* selection : {"disc", "ranked"}) addClasses(section, exam, selection, domains);
  if (exam.at("domain_of_group").is_null()) return;
  for (const char* selection : {"disc", "ranked"}) addTable(section, exam, selection, domains);
  section.charts.push_back(dissociationChart(exam));
}

std::string textOf(const json& measured) {
  const json& parameters = measured.at("parameters");
  std::string text = "Units of " + measured.at("sheet").get<std::string>() + " (" + measured.at("units").dump() +
                     ") are silenced, domain by domain: a disc around the peak of the smoothed t-map, grown until it "
                     "holds the share; the units of highest t";
  if (!parameters.at("thresholds").empty()) text += "; all units above a threshold of t";
  text += ". Every lesion has " + parameters.at("sham_draws").dump() +
          " shams: as many units drawn at random among those that it leaves alone, and where these are too few (above "
          "50 % of the sheet) among all. The maps are of " +
          measured.at("map_images").dump() + " images of " + measured.at("map_data").get<std::string>() +
          ", the losses of others:";
  for (const json& exam : measured.at("exams"))
    if (!exam.contains("not_measured"))
      text += " " + labelOf(exam) + " on " + exam.at("images").dump() + " images of " +
              exam.at("data").get<std::string>() + ";";
  text +=
      " the read-out takes the domain whose mean rates, over the maps' images before the lesion, are nearest. "
      "Intervals are 95 %: Wilson's, and for shams and dissociations bootstrapped over images and shams.";
  if (!measured.at("held_lesion").empty()) text += " The lesion that the network was trained under stays in place.";
  return text;
}

}  // namespace

Section lesionStudySection(const json& measured) {
  Section section = sectionOf("Lesions", measured);
  if (!section.skipped.empty()) return section;
  section.text = textOf(measured);
  for (const json& exam : measured.at("exams")) addExam(section, exam, measured.at("domains"));
  return section;
}

}  // namespace pinwheel::protocol
