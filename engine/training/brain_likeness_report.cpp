#include "engine/training/brain_likeness_report.h"

#include <cmath>
#include <cstdio>
#include <limits>
#include <nlohmann/json.hpp>

#include "engine/core/files.h"
#include "engine/core/number_text.h"
#include "engine/formats/csv.h"
#include "engine/training/measured_json.h"

namespace pinwheel::training {
namespace {

using nlohmann::json;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

const char* nameOf(analysis::Distance distance) {
  switch (distance) {
    case analysis::Distance::pearson:
      return "pearson";
    case analysis::Distance::spearman:
      return "spearman";
    case analysis::Distance::euclidean:
      return "euclidean";
    case analysis::Distance::cosine:
      return "cosine";
  }
  return "";
}

const char* nameOf(analysis::Comparison comparison) {
  switch (comparison) {
    case analysis::Comparison::pearson:
      return "pearson";
    case analysis::Comparison::spearman:
      return "spearman";
    case analysis::Comparison::kendallA:
      return "kendall_tau_a";
    case analysis::Comparison::kendallB:
      return "kendall_tau_b";
  }
  return "";
}

json toJson(const Reference& reference) {
  return {{"file", reference.name},
          {"subjects", reference.subjects.size()},
          {"noise_ceiling", orReason(reference.ceiling, [](const auto& ceiling) -> json {
             return {{"lower", number(ceiling.lower)}, {"upper", number(ceiling.upper)}};
           })}};
}

json toJson(const StepLikeness& step, const std::vector<Reference>& references) {
  json out = {{"time_step", step.step},
              {"images_answered_alike", step.constantImages},
              {"effective_dimensionality", orReason(step.dimensionality, number)}};
  json similarities = json::array();
  for (std::size_t r = 0; r < references.size(); ++r) {
    json entry = orReason(step.similarities[r], [](const analysis::Similarity& s) -> json {
      return {{"value", number(s.value)},
              {"low_95", number(s.low)},
              {"high_95", number(s.high)},
              {"p", number(s.p)},
              {"by_subject", numbers(s.bySubject)}};
    });
    entry["reference"] = references[r].name;
    similarities.push_back(entry);
  }
  out["similarity"] = similarities;
  out["predictivity"] = orReason(step.predictivity, [](const analysis::Predictivity& p) -> json {
    return {{"median_r", number(p.median)}, {"sem", number(p.sem)}, {"sites", p.sites}, {"by_site", numbers(p.bySite)}};
  });
  return out;
}

json toJson(const BrainLikeness& measured, const BrainLikenessOptions& options, const Checkpoint& checkpoint) {
  std::vector<topography::SheetSpec> specs;
  for (const topography::Sheet& sheet : checkpoint.sheets) specs.push_back(sheet.spec);
  json references = json::array();
  for (const Reference& reference : measured.references) references.push_back(toJson(reference));
  json sheets = json::array();
  for (const SheetLikeness& sheet : measured.sheets) {
    json steps = json::array();
    for (const StepLikeness& step : sheet.steps) steps.push_back(toJson(step, measured.references));
    sheets.push_back({{"layer", sheet.layer}, {"area", sheet.area}, {"units", sheet.units}, {"time_steps", steps}});
  }
  const Provenance& provenance = checkpoint.provenance;
  return {{"checkpoint", options.checkpoint.filename().string()},
          {"epochs", checkpoint.state.epoch},
          {"lesion", json::parse(perturbation::lesionSummaryJson(checkpoint.lesion, specs))},
          {"provenance",
           {{"program", provenance.program},
            {"version", provenance.version},
            {"torch", provenance.torch},
            {"created", provenance.created},
            {"command", provenance.commandLine},
            {"trained_on", provenance.dataName}}},
          {"images", measured.images},
          {"distance", nameOf(options.distance)},
          {"comparison", nameOf(options.similarity.comparison)},
          {"permutations", options.similarity.permutations},
          {"bootstraps", options.similarity.bootstraps},
          {"seed", options.similarity.seed},
          {"recordings", options.recordings.filename().string()},
          {"reliability", options.reliability.filename().string()},
          {"references", references},
          {"sheets", sheets}};
}

formats::CsvTable table(const BrainLikeness& measured, const BrainLikenessOptions& options) {
  formats::CsvTable out;
  out.columns = {"layer", "area", "time_step", "measure", "reference",         "value",
                 "low",   "high", "sem",       "p",       "noise_ceiling_low", "noise_ceiling_high"};
  struct Row {
    std::string measure;
    std::string reference{};
    double value = kNaN;
    double low = kNaN;
    double high = kNaN;
    double sem = kNaN;
    double p = kNaN;
    double ceilingLow = kNaN;
    double ceilingHigh = kNaN;
  };
  const std::string similarity = std::string("similarity_") + nameOf(options.similarity.comparison);
  for (const SheetLikeness& sheet : measured.sheets)
    for (const StepLikeness& step : sheet.steps) {
      const auto add = [&](const Row& row) {
        out.rows.push_back({sheet.layer, sheet.area, step.step, row.measure, row.reference, row.value, row.low,
                            row.high, row.sem, row.p, row.ceilingLow, row.ceilingHigh});
      };
      for (std::size_t r = 0; r < measured.references.size(); ++r) {
        const Reference& reference = measured.references[r];
        Row row;
        row.measure = similarity;
        row.reference = reference.name;
        if (step.similarities[r]) {
          row.value = step.similarities[r]->value;
          row.low = step.similarities[r]->low;
          row.high = step.similarities[r]->high;
          row.p = step.similarities[r]->p;
        }
        if (reference.ceiling) {
          row.ceilingLow = reference.ceiling->lower;
          row.ceilingHigh = reference.ceiling->upper;
        }
        add(row);
      }
      if (!options.recordings.empty()) {
        Row row;
        row.measure = "predictivity_median_r";
        row.reference = options.recordings.filename().string();
        if (step.predictivity) {
          row.value = step.predictivity->median;
          row.sem = step.predictivity->sem;
        }
        add(row);
      }
      Row row;
      row.measure = "effective_dimensionality";
      row.value = step.dimensionality.value_or(kNaN);
      add(row);
    }
  return out;
}

// The sums over time, a line a sheet.
std::string summaryText(const BrainLikeness& measured, const BrainLikenessOptions& options,
                        const Checkpoint& checkpoint) {
  std::string text = std::to_string(measured.images.size()) + " images; spikes summed over time, " +
                     nameOf(options.similarity.comparison) + "\n";
  if (checkpoint.lesion.units() > 0)
    text += "under its lesion of " + std::to_string(checkpoint.lesion.units()) + " units, as it was trained\n";
  for (const Reference& reference : measured.references)
    if (reference.ceiling)
      text += "noise ceiling of " + reference.name + ": " + fixedText(reference.ceiling->lower, 3) + " to " +
              fixedText(reference.ceiling->upper, 3) + "\n";
  for (const SheetLikeness& sheet : measured.sheets) {
    const StepLikeness& sum = sheet.steps.back();
    text += sheet.layer + ":";
    for (std::size_t r = 0; r < measured.references.size(); ++r) {
      const auto& similarity = sum.similarities[r];
      text += "  " + measured.references[r].name + " ";
      if (similarity)
        text += fixedText(similarity->value, 3) + " [" + fixedText(similarity->low, 3) + ", " +
                fixedText(similarity->high, 3) + "], p " + fixedText(similarity->p, 4);
      else
        text += "- (" + (similarity.error().why.empty() ? similarity.error().what : similarity.error().why) + ")";
    }
    if (!options.recordings.empty())
      text += "  predictivity " +
              (sum.predictivity ? fixedText(sum.predictivity->median, 3) + " +- " + fixedText(sum.predictivity->sem, 3)
                                : "- (" + sum.predictivity.error().what + ")");
    text += "  dimensionality " + fixedText(sum.dimensionality.value_or(kNaN), 1) + "\n";
  }
  return text;
}

}  // namespace

Expected<BrainLikenessResult> writeBrainLikeness(const BrainLikeness& measured, const BrainLikenessOptions& options,
                                                 const Checkpoint& checkpoint) {
  if (const Status status = formats::saveCsv(options.out / "rsa.csv", table(measured, options)); !status)
    return tl::unexpected(status.error());
  BrainLikenessResult result;
  result.report = options.out / "rsa.json";
  // Names of files need not be UTF-8.
  const std::string text =
      toJson(measured, options, checkpoint).dump(2, ' ', false, json::error_handler_t::replace) + "\n";
  if (const Status status = writeFileAtomically(result.report, text); !status) return tl::unexpected(status.error());
  result.summary = summaryText(measured, options, checkpoint);
  return result;
}

}  // namespace pinwheel::training
