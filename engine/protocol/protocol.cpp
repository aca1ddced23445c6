#include "engine/protocol/protocol.h"

#include <torch/torch.h>

#include <cmath>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "engine/core/error_line.h"
#include "engine/core/files.h"
#include "engine/core/runtime.h"
#include "engine/perturbation/lesion_record.h"
#include "engine/protocol/brain_section.h"
#include "engine/protocol/contrasts.h"
#include "engine/protocol/lesion_study.h"
#include "engine/protocol/map_sections.h"
#include "engine/protocol/page.h"
#include "engine/protocol/page_pdf.h"
#include "engine/protocol/part_cost.h"
#include "engine/protocol/parts_progress.h"
#include "engine/protocol/robustness.h"
#include "engine/protocol/section_text.h"
#include "engine/protocol/stimulation.h"
#include "engine/protocol/stored_parts.h"
#include "engine/protocol/subject.h"
#include "engine/protocol/time_sweep.h"
#include "engine/protocol/twin.h"
#include "engine/protocol/wiring.h"
#include "engine/training/guarded.h"
#include "engine/training/measured_network.h"
#include "engine/training/trainer.h"

namespace pinwheel::protocol {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* kMemoryHint = "if memory ran out, close other programs, or use a machine with more";
constexpr std::int64_t kProgressSteps = 10000;
constexpr std::uint64_t kLargestReport = std::uint64_t{1} << 28;

/// One measurement with its place in the report and on the page.
struct Part {
  std::string name;   ///< of its file, and in the report
  std::string title;  ///< for people
  json options;       ///< all that its result depends on beside the subject
  std::function<Expected<json>(const ProgressCallback&)> measure;
  std::function<std::vector<Section>(const json&)> sections;
  bool mustSucceed = false;  ///< without it there is no report; any other is skipped with its reason
  double cost = 1;           ///< see part_cost.h
};

Expected<json> readJson(const fs::path& file) {
  const auto text = readFile(file, kLargestReport);
  if (!text) return tl::unexpected(text.error());
  json parsed = json::parse(*text, nullptr, false);
  if (parsed.is_discarded())
    return failure("A report cannot be read back", "it is damaged", "measure again", file.string());
  return parsed;
}

/// A part whose files are robustness.h and its like.
template <class Options, class Measure, class MakeSection>
Part partOf(std::string name, std::string title, const Options& options, const Subject& subject, const StopFlag& stop,
            Measure measure, MakeSection section) {
  Part part{std::move(name), std::move(title), optionsJson(options), {}, {}};
  part.cost = expectedCost(options, subject);
  part.measure = [=, &subject, &stop](const ProgressCallback& progress) {
    return measure(subject, options, progress, stop);
  };
  part.sections = [section](const json& measured) { return std::vector<Section>{section(measured)}; };
  return part;
}

/// What `measure` gives goes to `kept`, for the part that shows it beside its own; the page has no section of it.
Part twinPart(std::string name, std::string title, json options, double cost, const Twin& twin, json& kept,
              std::function<Expected<json>(const ProgressCallback&)> measure) {
  options["twin_fingerprint"] = twin.checkpoint;
  Part part{std::move(name), std::move(title), std::move(options), std::move(measure), {}};
  part.cost = cost;
  part.sections = [&kept](const json& measured) {
    kept = measured;
    return std::vector<Section>{};
  };
  return part;
}

Expected<json> mapsOf(training::MeasuredNetwork& opened, const training::EvaluateOptions& evaluate,
                      const ProgressCallback& progress, const StopFlag& stop) {
  const auto result = training::measureMaps(opened, evaluate, progress, stop);
  if (!result) return tl::unexpected(result.error());
  auto report = readJson(result->report);
  if (report) (*report)["summary"] = result->summary;
  return report;
}

Part mapsPart(const ProtocolOptions& options, training::MeasuredNetwork& opened, const Subject& subject,
              const Twin* twin, const StopFlag& stop) {
  const training::EvaluateOptions& evaluate = options.evaluate;
  Part part{"maps", "Maps", {{"pictures", evaluate.pictures}}, {}, {}, true, expectedMapsCost(subject)};
  part.measure = [&evaluate, &opened, &stop](const ProgressCallback& progress) {
    return mapsOf(opened, evaluate, progress, stop);
  };
  part.sections = [folder = evaluate.out, twin](const json& measured) {
    return mapSections(twin != nullptr && !twin->maps.is_null() ? withTwin(measured, twin->maps) : measured, folder);
  };
  return part;
}

Part brainPart(const ProtocolOptions& options, const Subject& subject, const StopFlag& stop) {
  training::BrainLikenessOptions brain = *options.brain;
  brain.checkpoint = options.evaluate.checkpoint;
  brain.out = options.evaluate.out / "brain";
  brain.device = options.evaluate.device;
  brain.threads = options.evaluate.threads;
  json matrices = json::array();
  for (const formats::ArraySource& source : brain.matrices) matrices.push_back({stateOf(source.path), source.variable});
  Part part{"brain",
            "Likeness to a brain",
            {{"images", stateOf(brain.images)},
             {"matrices", matrices},
             {"recordings", stateOf(brain.recordings)},
             {"reliability", stateOf(brain.reliability)},
             {"distance", static_cast<int>(brain.distance)},
             {"comparison", static_cast<int>(brain.similarity.comparison)},
             {"permutations", brain.similarity.permutations},
             {"bootstraps", brain.similarity.bootstraps},
             {"seed", brain.similarity.seed}},
            {},
            {}};
  part.cost = expectedCost(brain, subject);
  part.measure = [brain, &stop](const ProgressCallback& progress) -> Expected<json> {
    const auto result = training::brainLikeness(brain, progress, stop);
    if (!result) return tl::unexpected(result.error());
    return readJson(result->report);
  };
  part.sections = [](const json& measured) { return std::vector<Section>{brainSection(measured)}; };
  return part;
}

// The twin's come first: the subject's show them.
std::vector<Part> twinParts(const ProtocolOptions& options, Twin& twin, const StopFlag& stop) {
  const RobustnessOptions robustness = RobustnessOptions::of(options.effort);
  return {twinPart("twin_maps", "Maps of the twin", {}, expectedMapsCost(twin.subject), twin, twin.maps,
                   [&twin, &stop](const ProgressCallback& progress) {
                     return mapsOf(twin.opened, twin.evaluate, progress, stop);
                   }),
          twinPart("twin_robustness", "Robustness of the twin", optionsJson(robustness),
                   expectedCost(robustness, twin.subject), twin, twin.robustness,
                   [&twin, &stop, robustness](const ProgressCallback& progress) {
                     return measureRobustness(twin.subject, robustness, progress, stop);
                   })};
}

Expected<std::vector<Part>> partsOf(const ProtocolOptions& options, training::MeasuredNetwork& opened,
                                    const Subject& subject, Twin* twin, const StopFlag& stop) {
  std::vector<Part> parts;
  if (twin != nullptr) parts = twinParts(options, *twin, stop);
  parts.push_back(mapsPart(options, opened, subject, twin, stop));
  TimeSweepOptions timeSweep = TimeSweepOptions::of(options.effort);
  if (twin != nullptr) {
    timeSweep.twin = options.twin;
    timeSweep.openedTwin = &twin->opened.checkpoint;
    timeSweep.twinFingerprint = twin->checkpoint;
  }
  parts.push_back(partOf("time_sweep", "Time steps", timeSweep, subject, stop, measureTimeSweep, timeSweepSection));
  parts.push_back(partOf("robustness", "Robustness", RobustnessOptions::of(options.effort), subject, stop,
                         measureRobustness, [twin](const json& measured) {
                           return robustnessSection(measured, twin != nullptr ? twin->robustness : json());
                         }));
  parts.push_back(partOf("lesions", "Lesions", LesionStudyOptions::of(options.effort), subject, stop,
                         measureLesionStudy, lesionStudySection));
  parts.push_back(partOf("stimulation", "Micro-stimulation", StimulationOptions::of(options.effort), subject, stop,
                         measureStimulation, stimulationSection));
  parts.push_back(partOf("wiring", "Wiring length", WiringOptions::of(options.effort), subject, stop, measureWiring,
                         wiringSection));
  if (!options.contrasts.empty()) {
    ContrastsOptions contrasts = ContrastsOptions::of(options.effort);
    contrasts.out = options.evaluate.out;
    for (const std::string& text : options.contrasts) {
      const auto contrast = parseContrast(text);
      if (!contrast) return tl::unexpected(contrast.error());
      contrasts.contrasts.push_back(*contrast);
    }
    parts.push_back(
        partOf("contrasts", "Further contrasts", contrasts, subject, stop, measureContrasts, contrastsSection));
  }
  if (options.brain) parts.push_back(brainPart(options, subject, stop));
  return parts;
}

/// What the parts gave, in their order.
struct Gathered {
  json measured = json::object();  ///< by part; {"skipped": reason} where nothing could be measured
  std::vector<Section> sections;

  void skip(const Part& part, const Error& error) {
    const std::string reason = errorLine(error);
    measured[part.name] = {{"skipped", reason}};
    Section section;
    section.title = part.title;
    section.skipped = reason;
    sections.push_back(std::move(section));
  }
};

// None where the stored part lacks what a page of this program tells: another program's, edited.
std::optional<std::vector<Section>> sectionsOfStored(const Part& part, const std::optional<json>& stored) {
  if (!stored) return std::nullopt;
  try {
    return part.sections(*stored);
  } catch (const json::exception&) {
    return std::nullopt;
  }
}

Expected<Gathered> gather(const std::vector<Part>& parts, const StoredParts& stored, const ProgressCallback& progress,
                          const StopFlag& stop) {
  Gathered out;
  std::vector<std::optional<json>> kept;
  std::vector<double> costs;
  for (const Part& part : parts) {
    kept.push_back(stored.find(part.name, part.options));
    costs.push_back(kept.back() ? 0 : part.cost);
  }
  PartsProgress ahead(std::move(costs));
  for (std::size_t p = 0; p < parts.size(); ++p) {
    const Part& part = parts[p];
    std::optional<json> measured = std::move(kept[p]);
    auto sections = sectionsOfStored(part, measured);
    if (!sections) {
      ahead.expect(p, part.cost);
      const std::string where =
          part.title + " (part " + std::to_string(p + 1) + " of " + std::to_string(parts.size()) + ")";
      const auto tell = [&](Progress step) {
        const double share = step.total > 0 ? static_cast<double>(step.done) / static_cast<double>(step.total) : 0;
        step.detail = where;
        step.done = std::llround(kProgressSteps * ahead.at(p, share));
        step.total = kProgressSteps;
        if (progress) progress(step);
      };
      // A part that throws has failed, no more: the others go on.
      const auto fresh = training::guarded("The measurement failed", kMemoryHint, [&] { return part.measure(tell); });
      if (stop.requested())
        return failure("Stopped", "the parts that were done are kept", "the same command goes on with the others");
      if (!fresh && part.mustSucceed) return tl::unexpected(fresh.error());
      if (!fresh) {
        ahead.expect(p, 0);
        out.skip(part, fresh.error());
        continue;
      }
      if (const Status status = stored.store(part.name, part.options, *fresh); !status)
        return tl::unexpected(status.error());
      measured = json::parse(textOf(*fresh));  // as it will be read back: null for NaN
      sections = part.sections(*measured);
    }
    for (Section& section : *sections) out.sections.push_back(std::move(section));
    out.measured[part.name] = std::move(*measured);
  }
  return out;
}

/// All that every part depends on. The schema changes when a part measures something else under the same options.
json subjectKey(const training::MeasuredNetwork& opened, const ProtocolOptions& options,
                const std::string& checkpoint) {
  constexpr int kSchema = 3;
  const std::string& spec = opened.dataSpec;
  const std::size_t colon = spec.find(':');
  return {{"checkpoint", checkpoint},
          {"data", spec.substr(0, colon)},
          {"images", colon == std::string::npos ? json() : stateOf(spec.substr(colon + 1))},
          {"categories", opened.categories->name()},
          {"floc", stateOf(options.evaluate.floc)},
          {"version", PINWHEEL_VERSION},
          {"torch", training::torchVersion()},  // with what was found wrong with it
          {"schema", kSchema}};
}

std::string lesionOf(const training::MeasuredNetwork& opened) {
  std::vector<topography::SheetSpec> specs;
  for (const topography::Sheet& sheet : opened.sheets) specs.push_back(sheet.spec);
  const perturbation::Lesion& lesion = opened.checkpoint.lesion;
  return lesion.units() > 0 ? perturbation::lesionText(lesion, specs) : "none";
}

Page pageOf(const training::MeasuredNetwork& opened, const ProtocolOptions& options, const std::string& checkpoint,
            const Twin* twin, std::string summary, std::vector<Section> sections) {
  const training::Provenance& provenance = opened.checkpoint.provenance;
  const training::EvaluateOptions& evaluate = options.evaluate;
  Page page;
  page.title = "Evaluation of " + fs::absolute(evaluate.checkpoint).parent_path().filename().string();
  page.provenance = {
      {"Checkpoint", evaluate.checkpoint.string() + " (fingerprint " + checkpoint + ")"},
      {"Trained on", provenance.dataName},
      {"Epochs", std::to_string(opened.checkpoint.state.epoch)},
      {"Seed", std::to_string(opened.checkpoint.config.training.seed)},
      {"Loss", opened.checkpoint.config.stc.loss},
      {"Lesion held in training", lesionOf(opened)},
      {"Trained by", provenance.program + " " + provenance.version + ", LibTorch " + provenance.torch + ", " +
                         provenance.created + ": " + provenance.commandLine},
      {"Measured on", opened.dataSpec},
      {"Categories", opened.categories->name()},
      {"Protocol", options.effort == Effort::quick ? "quick" : "full"},
      {"Twin", twin == nullptr ? "none"
                               : options.twin.string() + " (fingerprint " + twin->checkpoint + "). " +
                                     twinDifferencesText(twinDifferences(opened.checkpoint, twin->opened.checkpoint))},
      {"Measured by", std::string("pinwheel " PINWHEEL_VERSION ", LibTorch ") + training::torchVersion() + ", " +
                          opened.device.str() + ", " + utcTimestamp() +
                          (options.commandLine.empty() ? "" : ": " + options.commandLine)}};
  page.summary = std::move(summary);
  page.sections = std::move(sections);
  return page;
}

Expected<ProtocolResult> run(const ProtocolOptions& options, const ProgressCallback& progress, const StopFlag& stop) {
  auto opened = training::openMeasured(options.evaluate);
  if (!opened) return tl::unexpected(opened.error());
  const Subject subject = subjectOf(*opened);
  const auto checkpoint = fingerprint(options.evaluate.checkpoint);
  if (!checkpoint) return tl::unexpected(checkpoint.error());
  // Told before anything is measured: a part without it would only be skipped.
  std::unique_ptr<Twin> twin;
  if (!options.twin.empty()) {
    auto found = openTwin(options.twin, options.evaluate, *opened);
    if (!found) return tl::unexpected(found.error());
    twin = std::move(*found);
  }
  const fs::path& folder = options.evaluate.out;
  const auto stored = StoredParts::open(folder / "parts", subjectKey(*opened, options, *checkpoint));
  if (!stored) return tl::unexpected(stored.error());
  const auto parts = partsOf(options, *opened, subject, twin.get(), stop);
  if (!parts) return tl::unexpected(parts.error());
  auto gathered = gather(*parts, *stored, progress, stop);
  if (!gathered) return tl::unexpected(gathered.error());

  json report = gathered->measured["maps"];
  gathered->measured.erase("maps");
  std::string summary = report.value("summary", "");
  report.erase("summary");
  report["protocol"] = {{"effort", options.effort == Effort::quick ? "quick" : "full"}, {"parts", gathered->measured}};
  ProtocolResult result{folder / "report.json", folder / "report.html", folder / "report.pdf", summary};
  for (const Section& section : gathered->sections)
    if (!section.skipped.empty()) result.summary += "skipped: " + section.title + ": " + section.skipped + "\n";
  if (const Status status = writeChartTables(folder, gathered->sections); !status)
    return tl::unexpected(status.error());
  const Page page =
      pageOf(*opened, options, *checkpoint, twin.get(), std::move(summary), std::move(gathered->sections));
  for (const Status& status : {writeFileAtomically(result.report, textOf(report, 2) + "\n"),
                               writeHtml(result.page, page, folder), writePdf(result.pdf, page, folder)})
    if (!status) return tl::unexpected(status.error());
  return result;
}

}  // namespace

Status checkContrasts(const std::vector<std::string>& contrasts) {
  std::set<std::string> names;
  for (const std::string& text : contrasts) {
    const auto contrast = parseContrast(text);
    if (!contrast) return tl::unexpected(contrast.error());
    if (!names.insert(contrast->name).second)
      return failure("Two contrasts have the same name", contrast->name + " comes twice", "give them different names");
  }
  return {};
}

Expected<ProtocolResult> runProtocol(const ProtocolOptions& options, const ProgressCallback& progress,
                                     const StopFlag& stop) {
  return training::guarded("The evaluation failed", kMemoryHint, [&] { return run(options, progress, stop); });
}

}  // namespace pinwheel::protocol
