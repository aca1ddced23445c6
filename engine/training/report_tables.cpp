#include "engine/training/report_tables.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "engine/formats/csv.h"
#include "engine/formats/npy.h"

namespace pinwheel::training {
namespace {

using analysis::CorrelationByDistance;
using formats::CsvCell;
using formats::CsvTable;

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

// One row a bin; `control` is the untrained network's curve over the same bins, or null.
void addCurve(CsvTable& table, const std::string& measure, const CorrelationByDistance& curve,
              const CorrelationByDistance* control) {
  for (std::size_t b = 0; b < curve.mean.size(); ++b)
    table.rows.push_back({measure, curve.distanceMm[b], curve.mean[b], curve.low[b], curve.high[b], curve.shuffled[b],
                          control != nullptr ? control->mean[b] : kMissing, curve.pairs[b]});
}

const CorrelationByDistance* curveOf(const Expected<CorrelationByDistance>& measured) {
  return measured ? &*measured : nullptr;
}

CsvTable byDistance(const SheetMeasures& sheet) {
  CsvTable table;
  table.columns = {"measure", "distance_mm", "mean", "low_95", "high_95", "shuffled", "untrained", "pairs"};
  if (sheet.correlation)
    addCurve(table, "response_correlation", *sheet.correlation,
             sheet.untrainedTime ? curveOf(sheet.untrainedTime->responseCorrelation) : nullptr);
  if (sheet.tuningCorrelation.value)
    addCurve(table, "tuning_correlation", *sheet.tuningCorrelation.value, curveOf(sheet.tuningCorrelation.untrained));
  if (sheet.time.synchrony)
    addCurve(table, "synchrony", *sheet.time.synchrony,
             sheet.untrainedTime ? curveOf(sheet.untrainedTime->synchrony) : nullptr);
  for (const DomainMeasure& domain : sheet.domains)
    if (domain.delta.value)
      addCurve(table, "delta_selectivity_" + domain.domain, domain.delta.value->difference,
               domain.delta.untrained ? &domain.delta.untrained->difference : nullptr);
  return table;
}

CsvTable patches(const SheetMeasures& sheet) {
  CsvTable table;
  table.columns = {
      "domain",     "threshold",        "patches",           "area_mm2",          "largest_mm2",       "units",
      "unit_share", "shuffled_patches", "shuffled_area_mm2", "untrained_patches", "untrained_area_mm2"};
  for (const DomainMeasure& domain : sheet.domains) {
    if (!domain.sweep.value) continue;
    for (std::size_t i = 0; i < domain.sweep.value->size(); ++i) {
      const analysis::PatchesAtThreshold& row = (*domain.sweep.value)[i];
      const analysis::PatchesAtThreshold* control = domain.sweep.untrained ? &(*domain.sweep.untrained)[i] : nullptr;
      table.rows.push_back({domain.domain, row.threshold, row.patches, row.areaMm2, row.largestMm2, row.units,
                            row.unitShare, row.shuffledPatches, row.shuffledAreaMm2,
                            control != nullptr ? static_cast<double>(control->patches) : kMissing,
                            control != nullptr ? control->areaMm2 : kMissing});
    }
  }
  return table;
}

// The outlines of the patches at every threshold. A patch's first one is its rim, then come its holes; each ends where
// it begins. Rounded to a micrometre, as in report.json.
CsvTable patchOutlines(const SheetMeasures& sheet) {
  CsvTable table;
  table.columns = {"domain", "threshold", "patch", "outline", "vertex", "x_mm", "y_mm"};
  const auto rounded = [](double mm) { return std::round(1000 * mm) / 1000; };
  for (const DomainMeasure& domain : sheet.domains) {
    if (!domain.sweep.value) continue;
    for (const analysis::PatchesAtThreshold& row : *domain.sweep.value)
      for (std::size_t p = 0; p < row.outlines.size(); ++p)
        for (std::size_t o = 0; o < row.outlines[p].size(); ++o)
          for (std::size_t v = 0; v < row.outlines[p][o].size(); ++v) {
            const analysis::SheetPoint& point = row.outlines[p][o][v];
            table.rows.push_back({domain.domain, row.threshold, static_cast<std::int64_t>(p + 1),
                                  static_cast<std::int64_t>(o + 1), static_cast<std::int64_t>(v + 1),
                                  rounded(point.xMm), rounded(point.yMm)});
          }
  }
  return table;
}

CsvTable overlaps(const SheetMeasures& sheet) {
  CsvTable table;
  table.columns = {"first",
                   "second",
                   "correlation",
                   "correlation_chance_low_95",
                   "correlation_chance_high_95",
                   "windowed",
                   "windowed_chance_low_95",
                   "windowed_chance_high_95",
                   "untrained_correlation",
                   "untrained_windowed"};
  for (const OverlapMeasure& measured : sheet.overlaps) {
    if (!measured.overlap.value) continue;
    const analysis::DomainOverlap& o = *measured.overlap.value;
    const auto& control = measured.overlap.untrained;
    table.rows.push_back({measured.first, measured.second, o.correlation.value, o.correlation.chanceLow,
                          o.correlation.chanceHigh, o.windowed.value, o.windowed.chanceLow, o.windowed.chanceHigh,
                          control ? control->correlation.value : kMissing,
                          control ? control->windowed.value : kMissing});
  }
  return table;
}

CsvTable bySteps(const SheetMeasures& sheet) {
  CsvTable table;
  table.columns = {"time_step",
                   "rate",
                   "untrained_rate",
                   "readout_fisher_information",
                   "shuffled_labels_fisher_information",
                   "untrained_fisher_information",
                   "explained_variance"};
  // The steps that a measure has; missing ones are empty cells.
  const auto at = [](const std::vector<double>* values, std::size_t t) {
    return values != nullptr && t < values->size() ? (*values)[t] : kMissing;
  };
  const auto* entropy = sheet.time.entropy ? &*sheet.time.entropy : nullptr;
  const auto* fisher = sheet.time.fisher ? &*sheet.time.fisher : nullptr;
  const TimeMeasures* untrained = sheet.untrainedTime ? &*sheet.untrainedTime : nullptr;
  const std::size_t steps =
      std::max(entropy != nullptr ? entropy->rateByStep.size() : 0, fisher != nullptr ? fisher->information.size() : 0);
  for (std::size_t t = 0; t < steps; ++t)
    table.rows.push_back({static_cast<std::int64_t>(t + 1), at(entropy != nullptr ? &entropy->rateByStep : nullptr, t),
                          at(untrained != nullptr && untrained->entropy ? &untrained->entropy->rateByStep : nullptr, t),
                          at(fisher != nullptr ? &fisher->information : nullptr, t),
                          at(fisher != nullptr ? &fisher->chance : nullptr, t),
                          at(untrained != nullptr && untrained->fisher ? &untrained->fisher->information : nullptr, t),
                          at(fisher != nullptr ? &fisher->explained : nullptr, t)});
  return table;
}

}  // namespace

Status writeTables(const std::filesystem::path& folder, const SheetMeasures& sheet) {
  const std::string stem = sheet.sheet.spec.layer;
  const std::array<std::pair<std::string, CsvTable>, 5> tables{{{"_by_distance.csv", byDistance(sheet)},
                                                                {"_patches.csv", patches(sheet)},
                                                                {"_patch_outlines.csv", patchOutlines(sheet)},
                                                                {"_overlap.csv", overlaps(sheet)},
                                                                {"_time.csv", bySteps(sheet)}}};
  for (const auto& [name, table] : tables) {
    if (table.rows.empty()) continue;
    if (const Status status = formats::saveCsv(folder / (stem + name), table); !status) return status;
  }
  return {};
}

Status writeMapNumbers(const std::filesystem::path& folder, const std::string& stem, const topography::Sheet& sheet,
                       const std::string& column, const std::vector<float>& values) {
  const auto units = static_cast<std::int64_t>(values.size());
  if (const Status status =
          formats::saveNpy(folder / (stem + ".npy"), formats::HostTensor::fromFloats(values, {units}));
      !status)
    return status;
  CsvTable table;
  table.columns = {"unit", "x_mm", "y_mm", column};
  const std::vector<float> x = sheet.displayXMm();
  const std::vector<float> y = sheet.displayYMm();
  for (std::size_t u = 0; u < values.size(); ++u)
    table.rows.push_back({static_cast<std::int64_t>(u), static_cast<double>(x[u]), static_cast<double>(y[u]),
                          static_cast<double>(values[u])});
  return formats::saveCsv(folder / (stem + ".csv"), table);
}

}  // namespace pinwheel::training
