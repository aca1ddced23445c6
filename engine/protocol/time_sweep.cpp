#include "engine/protocol/time_sweep.h"

#include <torch/torch.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "engine/analysis/accuracy.h"
#include "engine/analysis/interval.h"
#include "engine/data/selection.h"
#include "engine/perturbation/lesion.h"
#include "engine/protocol/stored_parts.h"
#include "engine/protocol/twin.h"
#include "engine/protocol/unit_trains.h"
#include "engine/training/measured_json.h"
#include "engine/training/responses.h"
#include "engine/training/restore.h"

namespace pinwheel::protocol {
namespace {

using nlohmann::json;
using training::Checkpoint;
using training::number;

constexpr std::uint64_t kBootstrapStream = 0x7153;
constexpr std::int64_t kKeptBytes = std::int64_t{1} << 28;  // of decoded images, which every T is shown again

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

// One network at one T.
struct Run {
  training::DatasetResponse response;
  std::vector<double> rates;            // [sheets], spikes per unit and time step
  std::vector<LayerEntropy> entropies;  // [sheets]; empty at a T without
};
using Runs = std::map<std::int64_t, Run>;  // by T

// Of the mean over the units.
analysis::Interval meanInterval(const std::vector<double>& values, const TimeSweepOptions& options) {
  return analysis::meanInterval95(values, options.bootstraps, options.seed, kBootstrapStream);
}

// What a run needs of a checkpoint: the optimiser's state is as large as the weights twice over.
Checkpoint withoutOptimizer(const Checkpoint& checkpoint) {
  Checkpoint out;
  out.config = checkpoint.config;
  out.sheets = checkpoint.sheets;
  out.model = checkpoint.model;
  out.state = checkpoint.state;
  out.provenance = checkpoint.provenance;
  out.lesion = checkpoint.lesion;
  return out;
}

// A lesion of a network with more time steps, for one with `timeSteps`.
perturbation::Lesion lesionAt(perturbation::Lesion lesion, std::int64_t timeSteps) {
  for (perturbation::LesionPart& part : lesion.parts) {
    if (part.timeSteps.empty()) continue;
    std::erase_if(part.timeSteps, [&](int t) { return t >= timeSteps; });
    if (part.timeSteps.empty()) part.units.clear();  // no time steps would mean all of them
  }
  return lesion;
}

Expected<Checkpoint> twinOf(const TimeSweepOptions& options, const Checkpoint& own) {
  if (options.openedTwin != nullptr) {
    if (const Status status = checkTwin(own, *options.openedTwin, options.twin); !status)
      return tl::unexpected(status.error());
    return withoutOptimizer(*options.openedTwin);
  }
  auto twin = training::loadCheckpoint(options.twin);
  if (!twin) return twin;
  if (const Status status = checkTwin(own, *twin, options.twin); !status) return tl::unexpected(status.error());
  return withoutOptimizer(*twin);
}

class Sweep {
public:
  // `networks`: how many will be run.
  Sweep(const Subject& subject, const TimeSweepOptions& options, std::int64_t networks,
        const ProgressCallback& progress, const StopFlag& stop)
      : m_subject(subject), m_options(options), m_progress(progress), m_stop(stop) {
    m_steps = options.accuracySteps;
    m_steps.insert(m_steps.end(), options.entropySteps.begin(), options.entropySteps.end());
    m_steps.push_back(subject.checkpoint->config.model.steps());
    std::sort(m_steps.begin(), m_steps.end());
    m_steps.erase(std::unique(m_steps.begin(), m_steps.end()), m_steps.end());
    // All of them in their own order where they are few enough: as every other measurement shows them.
    m_images =
        subject.validation->size() <= options.images
            ? subject.validation
            : data::selectImages(subject.validation,
                                 data::balancedIndices(*subject.validation, options.images, options.seed), kKeptBytes);
    // Counted in time steps of an image, which is what takes the time.
    m_total = networks * images() * std::accumulate(m_steps.begin(), m_steps.end(), std::int64_t{0});
  }

  [[nodiscard]] const std::vector<std::int64_t>& steps() const { return m_steps; }
  [[nodiscard]] std::int64_t images() const { return m_images->size(); }

  // All T of one network. `who` is for the progress.
  Expected<Runs> run(Checkpoint stored, const std::string& who, const std::filesystem::path& path) {
    const std::int64_t trained = stored.config.model.steps();
    Runs runs;
    for (const std::int64_t timeSteps : m_steps) {
      stored.config.model.timeSteps = timeSteps;
      const auto restored = training::restoreNetwork(stored, m_subject.device, path);
      if (!restored) return tl::unexpected(restored.error());
      snn::Network& network = *restored->network;
      network.setPerturbation(
          perturbation::makePerturbation(lesionAt(stored.lesion, timeSteps), network.sheets(), m_subject.device));
      const std::int64_t batch =
          std::max<std::int64_t>(1, std::min(m_subject.batchSize, m_subject.batchSize * trained / timeSteps));
      auto measured = runAt(network, stored, batch, timeSteps, who);
      if (!measured) return tl::unexpected(measured.error());
      runs.emplace(timeSteps, std::move(*measured));
    }
    return runs;
  }

  [[nodiscard]] bool knows(const Checkpoint& checkpoint) const {
    return checkpoint.provenance.classNames == m_images->classNames();
  }

private:
  Expected<Run> runAt(snn::Network& network, const Checkpoint& stored, std::int64_t batch, std::int64_t timeSteps,
                      const std::string& who) {
    const std::size_t sheets = stored.sheets.size();
    const bool counted = std::find(m_options.entropySteps.begin(), m_options.entropySteps.end(), timeSteps) !=
                         m_options.entropySteps.end();
    std::vector<UnitTrains> trains;
    if (counted)
      for (const topography::Sheet& sheet : stored.sheets)
        trains.emplace_back(sheet.spec.unitCount(), static_cast<int>(timeSteps), images(), m_options.units,
                            m_options.seed);
    Run out;
    out.rates.assign(sheets, 0.0);
    const auto rateSink = [&](std::size_t sheet, std::span<const std::int64_t>, std::int64_t count,
                              std::span<const float> rates) {
      for (const float rate : rates) out.rates[sheet] += static_cast<double>(rate);
      if (sheet + 1 < sheets) return;
      m_done += count * timeSteps;
      if (m_progress) m_progress({"time steps, " + who + " at T = " + std::to_string(timeSteps), m_done, m_total});
    };
    training::SpikeRequest spikes;
    if (counted)
      spikes.sink = [&](std::size_t sheet, std::span<const std::int64_t>, std::int64_t count,
                        std::span<const float> values) { trains[sheet].add(static_cast<std::size_t>(count), values); };
    const data::Normalisation normalisation{stored.provenance.pixelMean, stored.provenance.pixelDeviation};
    auto response =
        training::recordDataset(network, m_subject.device, m_images, m_subject.side, normalisation, batch,
                                m_subject.workers, m_subject.labelled && knows(stored), rateSink, &m_stop, spikes);
    if (!response) return tl::unexpected(response.error());
    out.response = std::move(*response);
    for (std::size_t s = 0; s < sheets; ++s)
      out.rates[s] /= static_cast<double>(images() * stored.sheets[s].spec.unitCount());
    for (const UnitTrains& layer : trains) out.entropies.push_back(layer.entropy());
    return out;
  }

  const Subject& m_subject;
  const TimeSweepOptions& m_options;
  const ProgressCallback& m_progress;
  const StopFlag& m_stop;
  std::vector<std::int64_t> m_steps;
  std::shared_ptr<const data::Dataset> m_images;
  std::int64_t m_done = 0;
  std::int64_t m_total = 0;
};

json accuracyJson(const Runs& runs, bool labelled) {
  if (!labelled) return training::notMeasured({"the data's classes are not those that the network was trained on"});
  json out = {
      {"correct", json::array()}, {"value", json::array()}, {"low_95", json::array()}, {"high_95", json::array()}};
  for (const auto& [timeSteps, run] : runs) {
    const std::int64_t correct =
        std::accumulate(run.response.correct.begin(), run.response.correct.end(), std::int64_t{0});
    const analysis::Accuracy accuracy = analysis::accuracyOf(correct, run.response.images);
    out["correct"].push_back(correct);
    out["value"].push_back(number(run.response.accuracy));
    out["low_95"].push_back(number(accuracy.low));
    out["high_95"].push_back(number(accuracy.high));
  }
  return out;
}

// Per area, every unit of its sheets counting alike.
json rateJson(const Runs& runs, const std::vector<topography::Sheet>& sheets) {
  json out = json::array();
  for (std::size_t first = 0; first < sheets.size(); ++first) {
    const std::string& area = sheets[first].spec.area;
    const auto isThis = [&](const topography::Sheet& sheet) { return sheet.spec.area == area; };
    if (std::any_of(sheets.begin(), sheets.begin() + static_cast<std::ptrdiff_t>(first), isThis)) continue;
    json rates = json::array();
    for (const auto& [timeSteps, run] : runs) {
      double sum = 0;
      double units = 0;
      for (std::size_t s = first; s < sheets.size(); ++s) {
        if (!isThis(sheets[s])) continue;
        const auto count = static_cast<double>(sheets[s].spec.unitCount());
        sum += count * run.rates[s];
        units += count;
      }
      rates.push_back(number(sum / units));
    }
    out.push_back({{"area", area}, {"rate", rates}});
  }
  return out;
}

void addShift(json& out, const LayerEntropy& own, const LayerEntropy& twin, const TimeSweepOptions& options) {
  std::vector<double> shifts(own.bits.size());
  for (std::size_t u = 0; u < shifts.size(); ++u) shifts[u] = own.bits[u] - twin.bits[u];
  const analysis::Interval interval = meanInterval(shifts, options);
  out["twin_bits"].push_back(number(mean(twin.bits)));
  out["shift"].push_back(number(mean(shifts)));
  out["shift_low_95"].push_back(number(interval.low));
  out["shift_high_95"].push_back(number(interval.high));
}

json entropyJson(const Runs& runs, const Runs* twin, std::size_t sheet, const topography::SheetSpec& spec,
                 const TimeSweepOptions& options) {
  json out = {{"layer", spec.layer}, {"area", spec.area}};
  for (const char* key : {"time_steps", "units", "exact", "memory_steps", "bits", "low_95", "high_95",
                          "uncorrected_bits", "independent_bits", "silent_share"})
    out[key] = json::array();
  for (const auto& [timeSteps, run] : runs) {
    if (run.entropies.empty()) continue;
    const LayerEntropy& entropy = run.entropies[sheet];
    const analysis::Interval interval = meanInterval(entropy.bits, options);
    out["time_steps"].push_back(timeSteps);
    out["units"].push_back(entropy.bits.size());
    out["exact"].push_back(entropy.exact);
    out["memory_steps"].push_back(entropy.memorySteps);
    out["bits"].push_back(number(mean(entropy.bits)));
    out["low_95"].push_back(number(interval.low));
    out["high_95"].push_back(number(interval.high));
    out["uncorrected_bits"].push_back(number(entropy.uncorrected));
    out["independent_bits"].push_back(number(entropy.independent));
    out["silent_share"].push_back(number(entropy.silent));
    if (twin != nullptr) addShift(out, entropy, twin->at(timeSteps).entropies[sheet], options);
  }
  return out;
}

Status checkOptions(const TimeSweepOptions& options) {
  const auto tooFew = [](std::int64_t steps) { return steps < 1; };
  if (std::any_of(options.accuracySteps.begin(), options.accuracySteps.end(), tooFew) ||
      std::any_of(options.entropySteps.begin(), options.entropySteps.end(), tooFew) || options.images < 1 ||
      options.units < 1 || options.bootstraps < 1)
    return failure("Time steps cannot be swept with these options",
                   "every T, the images, units and bootstraps must be at least 1", "take TimeSweepOptions::of");
  return {};
}

}  // namespace

TimeSweepOptions TimeSweepOptions::of(Effort effort) {
  TimeSweepOptions options;
  if (effort == Effort::quick) {
    options.accuracySteps = {1, 2, 4, 8};
    options.entropySteps = {5, 10};
    options.images = 500;
  }
  return options;
}

json optionsJson(const TimeSweepOptions& options) {
  json out = {{"accuracy_steps", options.accuracySteps},
              {"entropy_steps", options.entropySteps},
              {"twin", options.twin.string()},
              {"images", options.images},
              {"units", options.units},
              {"bootstraps", options.bootstraps},
              {"seed", options.seed},
              {"independent_steps", "the images of every time step in another order"}};
  if (!options.twin.empty())
    out["twin_fingerprint"] =
        options.twinFingerprint.empty() ? fingerprint(options.twin).value_or("") : options.twinFingerprint;
  return out;
}

Expected<json> measureTimeSweep(const Subject& subject, const TimeSweepOptions& options,
                                const ProgressCallback& progress, const StopFlag& stop) {
  if (const Status status = checkOptions(options); !status) return tl::unexpected(status.error());
  const Checkpoint& own = *subject.checkpoint;
  if (own.config.model.neuron == "relu")
    return failure("There are no time steps to sweep", "the ReLU twin answers with rates, at one step",
                   "give the checkpoint of a spiking network");
  std::optional<Checkpoint> twin;
  std::string withoutTwin = "no checkpoint of the run without topography was given";
  if (!options.twin.empty()) {
    auto opened = twinOf(options, own);
    if (!opened) return tl::unexpected(opened.error());
    if (opened->config.model.neuron == "relu")
      withoutTwin = "the twin is a ReLU network, which has no spike trains";
    else
      twin = std::move(*opened);
  }

  Sweep sweep(subject, options, twin ? 2 : 1, progress, stop);
  const auto runs = sweep.run(withoutOptimizer(own), "this network", {});
  if (!runs) return tl::unexpected(runs.error());
  json out = {{"parameters", optionsJson(options)},
              {"images", sweep.images()},
              {"trained_time_steps", own.config.model.steps()},
              {"time_steps", sweep.steps()},
              {"accuracy", accuracyJson(*runs, subject.labelled && sweep.knows(own))},
              {"firing_rate", rateJson(*runs, own.sheets)}};
  std::optional<Runs> twinRuns;
  if (twin) {
    auto ran = sweep.run(*twin, "the twin", options.twin);
    if (!ran) return tl::unexpected(ran.error());
    twinRuns = std::move(*ran);
    out["twin"] = {{"checkpoint", options.twin.string()},
                   {"trained_time_steps", twin->config.model.steps()},
                   {"differences", twinDifferences(own, *twin)},
                   {"accuracy", accuracyJson(*twinRuns, subject.labelled && sweep.knows(*twin))},
                   {"firing_rate", rateJson(*twinRuns, twin->sheets)}};
  } else {
    out["twin"] = training::notMeasured({withoutTwin});
  }
  out["entropy"] = json::array();
  for (std::size_t s = 0; s < own.sheets.size(); ++s)
    out["entropy"].push_back(entropyJson(*runs, twinRuns ? &*twinRuns : nullptr, s, own.sheets[s].spec, options));
  return out;
}

}  // namespace pinwheel::protocol
