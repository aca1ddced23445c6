#include "engine/training/study_results.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "engine/core/files.h"
#include "engine/formats/csv.h"
#include "engine/training/metrics.h"
#include "engine/training/run_folder.h"

namespace pinwheel::training {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::uint64_t kLargestReport = std::uint64_t{256} << 20;

double numberAt(const json& object, const char* pointer) {
  const json::json_pointer where(pointer);
  return object.contains(where) && object[where].is_number() ? object[where].get<double>() : std::nan("");
}

double valueOf(const Measures& measures, const std::string& name) {
  const auto found = std::find_if(measures.begin(), measures.end(), [&](const auto& m) { return m.first == name; });
  return found == measures.end() ? std::nan("") : found->second;
}

// Each once, in the order of their first appearance.
template <class Range, class Name>
std::vector<std::string> namesOf(const Range& range, const Name& name) {
  std::vector<std::string> names;
  for (const auto& item : range)
    if (const std::string& text = name(item); std::find(names.begin(), names.end(), text) == names.end())
      names.push_back(text);
  return names;
}

std::vector<std::string> measureNames(const std::vector<StudyRow>& rows) {
  Measures all;
  for (const StudyRow& row : rows) all.insert(all.end(), row.measures.begin(), row.measures.end());
  return namesOf(all, [](const auto& measure) -> const std::string& { return measure.first; });
}

// Unit by unit, as the paper has it; NaN where the pair was not measured.
double overlapOf(const json& sheet, const char* first, const char* second) {
  const auto is = [](const json& overlap, const char* key, const char* domain) {
    const auto found = overlap.find(key);
    return found != overlap.end() && *found == domain;
  };
  const auto overlaps = sheet.find("overlaps");
  if (overlaps == sheet.end()) return std::nan("");
  for (const json& overlap : *overlaps)
    if (is(overlap, "first", first) && is(overlap, "second", second)) return numberAt(overlap, "/correlation/value");
  return std::nan("");
}

Status writeRows(const fs::path& path, const std::vector<StudyRow>& rows) {
  const std::vector<std::string> names = measureNames(rows);
  formats::CsvTable table;
  table.columns = {"run", "condition", "neuron", "loss", "alpha", "beta", "weight", "seed"};
  table.columns.insert(table.columns.end(), names.begin(), names.end());
  for (const StudyRow& row : rows) {
    const StcConfig& stc = row.run.config.stc;
    // What the loss does not know stays empty.
    const bool slow = stc.loss == "stc" || stc.loss == "rate";
    double weight = std::nan("");
    if (stc.loss == "tdann") weight = stc.tdannWeight;
    if (stc.loss == "topoloss") weight = stc.topolossWeight;
    std::vector<formats::CsvCell> cells{row.run.name,
                                        row.run.condition,
                                        row.run.config.model.neuron,
                                        stc.loss,
                                        slow ? stc.alpha : std::nan(""),
                                        stc.loss == "stc" ? stc.beta : std::nan(""),
                                        weight,
                                        row.run.config.training.seed};
    for (const std::string& name : names) cells.emplace_back(valueOf(row.measures, name));
    table.rows.push_back(std::move(cells));
  }
  return formats::saveCsv(path, table);
}

Status writeSummary(const fs::path& path, const std::vector<StudySummary>& summaries) {
  formats::CsvTable table;
  table.columns = {"condition", "measure", "runs", "mean", "sem", "pairs", "difference", "difference_sem"};
  for (const StudySummary& s : summaries)
    table.rows.push_back({s.condition, s.measure, s.over.count, s.over.mean, s.over.sem, s.difference.count,
                          s.difference.mean, s.difference.sem});
  return formats::saveCsv(path, table);
}

std::string shortText(double value, bool sign = false) {
  if (!std::isfinite(value)) return "-";
  char text[64];
  std::snprintf(text, sizeof text, sign ? "%+.*f" : "%.*f", std::abs(value) < 100 ? 3 : 0, value);
  return text;
}

std::string cellText(const StudySummary& summary) {
  std::string text = shortText(summary.over.mean);
  if (summary.over.count > 1) text += " +- " + shortText(summary.over.sem);
  if (summary.difference.count > 0) {
    text += " (" + shortText(summary.difference.mean, true);
    if (summary.difference.count > 1) text += " +- " + shortText(summary.difference.sem);
    text += ")";
  }
  return text;
}

// Measures downwards, conditions across: there are many of the former.
std::string markdown(const Study& study, const std::vector<StudyRow>& rows, const std::vector<StudySummary>& summaries,
                     const std::vector<StudyFailure>& failures) {
  const auto conditions = namesOf(summaries, [](const StudySummary& s) -> const std::string& { return s.condition; });
  const auto measures = namesOf(summaries, [](const StudySummary& s) -> const std::string& { return s.measure; });
  std::string text = "# Study of recipe " + study.config.recipe + " on " + study.base.data.source + "\n\n";
  text += std::to_string(rows.size()) + " of " + std::to_string(study.runs.size()) +
          " runs are done. Mean +- SEM over seeds; in brackets the difference to the twin without a topographic loss, "
          "paired by seed, +- its SEM. In the head the number of seeds.\n\n";
  if (!failures.empty()) text += "Failed, and tried again by the next start:\n\n";
  for (const StudyFailure& failed : failures) text += "- " + failed.run + ": " + failed.reason + "\n";
  if (!failures.empty()) text += "\n";
  std::string head = "| |";
  std::string rule = "|---|";
  for (const std::string& condition : conditions) {
    const auto seeds =
        std::count_if(rows.begin(), rows.end(), [&](const StudyRow& r) { return r.run.condition == condition; });
    head += " " + condition + " (" + std::to_string(seeds) + ") |";
    rule += "---|";
  }
  text += head + "\n" + rule + "\n";
  for (const std::string& measure : measures) {
    text += "| " + measure + " |";
    for (const std::string& condition : conditions) {
      const auto found = std::find_if(summaries.begin(), summaries.end(), [&](const StudySummary& s) {
        return s.condition == condition && s.measure == measure;
      });
      text.append(" ").append(found == summaries.end() ? "-" : cellText(*found)).append(" |");
    }
    text += "\n";
  }
  return text;
}

}  // namespace

Expected<Measures> readMeasures(const fs::path& runFolder) {
  const fs::path path = runFolder / "maps" / "report.json";
  const auto text = readFile(path, kLargestReport);
  if (!text) return tl::unexpected(text.error());
  const json report = json::parse(*text, nullptr, false);
  if (!report.is_object() || !report.contains("sheets") || !report["sheets"].is_array())
    return failure("The report of a run cannot be read", "it is no report of `evaluate`",
                   "delete it: the run is measured again", path.string());
  const auto epochs = readMetrics(RunFolder(runFolder).metrics());
  if (!epochs) return tl::unexpected(epochs.error());
  std::vector<double> speeds;
  for (const EpochReport& epoch : *epochs) speeds.push_back(epoch.imagesPerSecond);
  Measures measures{{"accuracy", numberAt(report, "/accuracy")},
                    {"validation_loss", numberAt(report, "/loss")},
                    {"train_accuracy", epochs->empty() ? std::nan("") : epochs->back().trainAccuracy},
                    {"images_per_second", statisticOf(speeds).mean}};
  for (const json& sheet : report["sheets"]) {
    if (!sheet.is_object() || !sheet.contains("layer") || !sheet["layer"].is_string()) continue;
    const std::string layer = sheet["layer"].get<std::string>() + ".";
    const auto add = [&](const char* name, const char* pointer) {
      measures.emplace_back(layer + name, numberAt(sheet, pointer));
    };
    add("orientation_smoothness", "/smoothness/orientation/smoothness");
    add("orientation_smoothness_shuffled", "/smoothness/orientation/controls/shuffled");
    add("orientation_smoothness_untrained", "/smoothness/orientation/controls/untrained");
    add("pinwheels", "/pinwheels/count");
    add("pinwheel_density", "/pinwheels/density_per_column_spacing_squared");
    add("category_smoothness", "/mean_category_smoothness");
    measures.emplace_back(layer + "overlap_faces_bodies", overlapOf(sheet, "faces", "bodies"));
    measures.emplace_back(layer + "overlap_characters_places", overlapOf(sheet, "characters", "places"));
    add("firing_rate", "/firing_rate");
    add("entropy", "/time/entropy/bits");
  }
  return measures;
}

Statistic statisticOf(const std::vector<double>& values) {
  Statistic out{0, std::nan(""), std::nan("")};
  double sum = 0;
  for (const double value : values)
    if (std::isfinite(value)) {
      sum += value;
      ++out.count;
    }
  if (out.count == 0) return out;
  const auto count = static_cast<double>(out.count);
  out.mean = sum / count;
  if (out.count < 2) return out;
  double squares = 0;
  for (const double value : values)
    if (std::isfinite(value)) squares += (value - out.mean) * (value - out.mean);
  out.sem = std::sqrt(squares / (count - 1) / count);
  return out;
}

std::vector<StudySummary> summarise(const std::vector<StudyRow>& rows) {
  const auto conditions = namesOf(rows, [](const StudyRow& row) -> const std::string& { return row.run.condition; });
  const std::vector<std::string> names = measureNames(rows);
  std::vector<StudySummary> summaries;
  for (const std::string& condition : conditions)
    for (const std::string& name : names) {
      std::vector<double> values;
      std::vector<double> differences;
      for (const StudyRow& row : rows) {
        if (row.run.condition != condition) continue;
        const double value = valueOf(row.measures, name);
        values.push_back(value);
        for (const StudyRow& other : rows)
          if (other.run.condition == row.run.twin && condition != row.run.twin &&
              other.run.config.training.seed == row.run.config.training.seed)
            differences.push_back(value - valueOf(other.measures, name));
      }
      summaries.push_back({condition, name, statisticOf(values), statisticOf(differences)});
    }
  return summaries;
}

Status writeStudyTables(const fs::path& out, const Study& study, const std::vector<StudyRow>& rows,
                        const std::vector<StudyFailure>& failures) {
  const std::vector<StudySummary> summaries = summarise(rows);
  if (Status status = writeRows(out / "study.csv", rows); !status) return status;
  if (Status status = writeSummary(out / "summary.csv", summaries); !status) return status;
  return writeFileAtomically(out / "study.md", markdown(study, rows, summaries, failures));
}

}  // namespace pinwheel::training
