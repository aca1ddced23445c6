// What a study found: one row of measures per run, and their statistics over seeds.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "engine/core/error.h"
#include "engine/training/study.h"

namespace pinwheel::training {

/// Names and values in the report's order ("accuracy", "V1.orientation_smoothness"); NaN: not measured.
using Measures = std::vector<std::pair<std::string, double>>;

struct StudyRow {
  StudyRun run;
  Measures measures;
};

/// The measures of a run that is done, from maps/report.json and metrics.jsonl in its folder. Error: a file that cannot
/// be read.
Expected<Measures> readMeasures(const std::filesystem::path& runFolder);

/// Over the values that are numbers.
struct Statistic {
  std::int64_t count = 0;
  double mean = 0;  ///< NaN of none
  double sem = 0;   ///< sample standard deviation over the root of the count; NaN below two
};
[[nodiscard]] Statistic statisticOf(const std::vector<double>& values);

/// One measure of one condition.
struct StudySummary {
  std::string condition;
  std::string measure;
  Statistic over;        ///< over its seeds
  Statistic difference;  ///< to the twin of the same seed, over the seeds that both have; count 0: there is none
};
/// Conditions in the order of the rows, and measures in theirs within each. A condition that is itself without
/// topography has no difference.
[[nodiscard]] std::vector<StudySummary> summarise(const std::vector<StudyRow>& rows);

/// A run without a row.
struct StudyFailure {
  std::string run;     ///< its name
  std::string reason;  ///< one line
};

/// study.csv, summary.csv and study.md in `out`; `study` tells how many rows there will be. study.md names the
/// failures.
Status writeStudyTables(const std::filesystem::path& out, const Study& study, const std::vector<StudyRow>& rows,
                        const std::vector<StudyFailure>& failures = {});

}  // namespace pinwheel::training
