#include "engine/benchmark/benchmark.h"

#include <torch/torch.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <set>

#include "engine/benchmark/case.h"
#include "engine/benchmark/trained_weights.h"
#include "engine/core/options.h"
#include "engine/core/runtime.h"
#include "engine/training/guarded.h"
#include "engine/training/setup.h"
#include "engine/training/trainer.h"

#ifndef PINWHEEL_VERSION
#define PINWHEEL_VERSION "unknown"
#endif

namespace pinwheel::benchmark {
namespace {

constexpr double kRooflineSeconds = 2;  // at most
constexpr const char* kFailed = "The benchmark failed";
constexpr const char* kHint = "if memory ran out, choose smaller cases; `pinwheel-cli bench --list` names them";

std::vector<Case> allCases() {
  std::vector<Case> all;
  for (const auto& make : {lifCases, layerCases, densityCases, trainingCases, inferenceCases, stcCases, placementCases,
                           loadingCases, growthCases})
    for (Case& one : make()) all.push_back(std::move(one));
  return all;
}

bool chosen(const CaseInfo& info, const std::vector<std::string>& names) {
  return names.empty() || std::any_of(names.begin(), names.end(), [&](const std::string& name) {
           return name == info.name || name == info.group();
         });
}

double loadAverage() {
  double load = std::nan("");
  return ::getloadavg(&load, 1) == 1 ? load : std::nan("");
}

bool timedAnything(const CaseResult& result) {
  const auto ran = [](const auto& one) { return one.seconds.runs > 0; };
  return std::any_of(result.timings.begin(), result.timings.end(), ran) ||
         (result.growth && std::any_of(result.growth->rows.begin(), result.growth->rows.end(), ran));
}

bool takes(const Case& one, const TrainedWeights& weights) {
  return one.takes && one.takes(weights);
}

// Those of --checkpoint; none where none is given. Error: no case chosen has a use for them.
Expected<std::optional<TrainedWeights>> weightsOf(const Options& options) {
  if (options.checkpoint.empty()) return std::nullopt;
  auto weights = loadTrainedWeights(options.checkpoint);
  if (!weights) return tl::unexpected(weights.error());
  std::vector<Case> all = allCases();
  if (std::any_of(all.begin(), all.end(),
                  [&](const Case& one) { return chosen(one.info, options.names) && takes(one, *weights); }))
    return std::optional(std::move(*weights));
  return failure("The checkpoint's weights fit no case chosen",
                 "they are of a " + weights->model.backbone + " with the stem of its " +
                     std::to_string(weights->model.imageSide) + " px images (model.stem = " + weights->model.stem +
                     "); training and inference cases of that backbone and stem take them",
                 "choose such a case, `pinwheel-cli bench --list` names them, or leave --checkpoint out",
                 options.checkpoint.string());
}

Expected<Report> begin(const Options& options, const StopFlag& stop) {
  Report report;
  report.created = utcTimestamp();
  report.processor = processorName();
  report.processors = availableProcessors();
  report.threads = training::useThreads(options.threads);
  report.memoryBytes =
      static_cast<std::int64_t>(::sysconf(_SC_PHYS_PAGES)) * static_cast<std::int64_t>(::sysconf(_SC_PAGESIZE));
  report.loadBefore = loadAverage();
  report.loadAfter = report.loadBefore;
  report.pinwheel = PINWHEEL_VERSION;
  report.torch = training::torchVersion();
  report.compiler = __VERSION__;
#ifndef __OPTIMIZE__
  report.optimised = false;
#endif
  report.referenceBlas = referenceBlasLoaded();
  report.seconds = options.seconds;
  report.roofline = measureRoofline(report.threads, std::min(options.seconds, kRooflineSeconds), &stop);
  return report;
}

}  // namespace

std::vector<CaseInfo> cases() {
  std::vector<CaseInfo> infos;
  for (const Case& one : allCases()) infos.push_back(one.info);
  return infos;
}

Expected<std::vector<CaseInfo>> chooseCases(const std::vector<std::string>& names) {
  const std::vector<CaseInfo> all = cases();
  std::set<std::string> known;
  for (const CaseInfo& info : all) known.insert({info.name, info.group()});
  for (const std::string& name : names) {
    if (known.count(name) > 0) continue;
    const std::string near = nearestName(name, {known.begin(), known.end()});
    return failure("There is no benchmark \"" + name + "\"", near.empty() ? "" : "did you mean \"" + near + "\"?",
                   "`pinwheel-cli bench --list` names them and their groups");
  }
  std::vector<CaseInfo> out;
  for (const CaseInfo& info : all)
    if (chosen(info, names)) out.push_back(info);
  return out;
}

Expected<Report> run(const Options& options, const ProgressCallback& progress, const StopFlag& stop,
                     const std::function<void(const Report&)>& onCase) {
  const auto wanted = chooseCases(options.names);
  if (!wanted) return tl::unexpected(wanted.error());
  const auto weights = training::guarded(kFailed, kHint, [&] { return weightsOf(options); });
  if (!weights) return tl::unexpected(weights.error());
  const auto total = static_cast<std::int64_t>(wanted->size());
  if (progress) progress({"roofline", 0, total});
  auto begun = training::guarded(kFailed, kHint, [&] { return begin(options, stop); });
  if (!begun) return begun;
  Report& report = *begun;
  if (*weights) report.weights = (*weights)->name;
  std::int64_t done = 0;
  for (const Case& one : allCases()) {
    if (!chosen(one.info, options.names)) continue;
    if (stop.requested()) break;
    if (progress) progress({one.info.name, done, total});
    const bool trained = *weights && takes(one, **weights);
    torch::manual_seed(1);
    const Bench bench(options.seconds, report.threads, stop, report.roofline, trained ? &**weights : nullptr);
    auto result = training::guarded(kFailed, kHint, [&] { return one.run(bench); });
    ++done;
    CaseResult kept;
    if (result) kept = std::move(*result);
    kept.info = one.info;
    if (trained) kept.weights = report.weights;
    if (!result) kept.error = result.error();
    if (stop.requested() && !timedAnything(kept)) break;  // nor is it an error then
    report.results.push_back(std::move(kept));
    report.loadAfter = loadAverage();
    // Convolutions may have been found wrong meanwhile, and go another way since.
    report.torch = training::torchVersion();
    report.stopped = stop.requested();
    if (onCase) onCase(report);
  }
  report.stopped = stop.requested();
  return begun;
}

}  // namespace pinwheel::benchmark
