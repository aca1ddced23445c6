#include "engine/training/trainer.h"

#include <torch/torch.h>

#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>

#include "engine/core/files.h"
#include "engine/core/runtime.h"
#include "engine/snn/backbones.h"
#include "engine/training/checkpoint.h"
#include "engine/training/import_weights.h"
#include "engine/training/loop.h"
#include "engine/training/metrics.h"
#include "engine/training/placing.h"
#include "engine/training/responses.h"
#include "engine/training/setup.h"

#ifndef PINWHEEL_VERSION
#define PINWHEEL_VERSION "unknown"
#endif

namespace pinwheel::training {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr const char* kCheckpoint = "checkpoint.safetensors";
constexpr const char* kPositions = "positions.safetensors";
constexpr std::uint64_t kMaximumConfigBytes = 1 << 20;

double secondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::string tomlOf(TrainConfig config) {
  return describe(config).toToml();
}

// Options that may differ when a run is resumed: none of them changes what is computed (data may have moved).
bool mayDiffer(const std::string& key) {
  return key == "data.source" || key == "data.workers" || key == "training.checkpoint_minutes";
}

Status checkSameConfig(TrainConfig stored, TrainConfig asked) {
  const OptionTable storedTable = describe(stored);
  const OptionTable askedTable = describe(asked);
  std::string differing;
  for (std::size_t i = 0; i < storedTable.options().size(); ++i) {
    const Option& a = storedTable.options()[i];
    const Option& b = askedTable.options()[i];
    if (mayDiffer(a.key) || storedTable.valueText(a) == askedTable.valueText(b)) continue;
    differing += (differing.empty() ? "" : ", ") + a.key + " (" + storedTable.valueText(a) + " there, " +
                 askedTable.valueText(b) + " asked)";
  }
  if (differing.empty()) return {};
  return failure("The run in this folder was made with other options", differing,
                 "resume it with its own options, or train into a new folder");
}

// One run from its options to its files.
class Run {
public:
  Run(const TrainConfig& config, const RunOptions& run, TrainObserver& observer, const StopFlag& stop)
      : m_config(config), m_run(run), m_observer(observer), m_stop(stop) {}

  Expected<TrainResult> train() {
    if (const Status status = prepare(); !status) return tl::unexpected(status.error());
    if (const Status status = preparePositions(); !status) return tl::unexpected(status.error());
    if (m_sheets.empty()) return TrainResult{Outcome::stopped, {}, 0};
    if (const Status status = prepareLoop(); !status) return tl::unexpected(status.error());
    return runEpochs();
  }

  Expected<fs::path> place() {
    if (const Status status = prepare(); !status) return tl::unexpected(status.error());
    m_run.resume = false;  // placing on its own always places
    if (const Status status = preparePositions(); !status) return tl::unexpected(status.error());
    if (m_sheets.empty()) return failure("Placement was stopped; nothing was written");
    return m_run.out / kPositions;
  }

private:
  Status prepare() {
    if (const Status status = validate(m_config); !status) return status;
    auto device = chooseDevice(m_run.device);
    if (!device) return tl::unexpected(device.error());
    m_device = *device;
    m_threads = useThreads(m_run.threads);
    auto pair = data::openDataset(m_config.data.source, datasetOptions(m_config));
    if (!pair) return tl::unexpected(pair.error());
    m_data = std::move(*pair);
    if (const Status status = prepareFolder(); !status) return status;
    auto network =
        snn::makeNetwork(networkOptions(m_config.model, static_cast<std::int64_t>(m_data.train->classNames().size())),
                         static_cast<std::uint64_t>(m_config.training.seed));
    if (!network) return tl::unexpected(network.error());
    m_network = std::move(*network);
    if (!m_run.weights.empty()) {
      const auto weights = loadWeights(m_run.weights);
      if (!weights) return tl::unexpected(weights.error());
      if (Status status = copyInto(stateDict(*m_network), *weights, "weights"); !status) {
        status.error().path = m_run.weights.string();
        return status;
      }
    }
    m_network->moveTo(m_device.is_cuda());
    return {};
  }

  Status prepareFolder() {
    std::error_code code;
    fs::create_directories(m_run.out, code);
    if (code)
      return failure("The run's folder cannot be made", code.message(), "choose another --out", m_run.out.string());
    const fs::path configFile = m_run.out / "config.toml";
    const bool used = fs::exists(configFile) || fs::exists(m_run.out / kCheckpoint);
    if (used && !m_run.resume)
      return failure("This folder already holds a run", "training into it would overwrite its results",
                     "add --resume to continue it, or choose another --out", m_run.out.string());
    if (used && fs::exists(configFile)) {
      const auto text = readFile(configFile, kMaximumConfigBytes);
      if (!text) return tl::unexpected(text.error());
      TrainConfig stored;
      OptionTable table = describe(stored);
      if (const Status status = table.readToml(*text, configFile.string()); !status) return status;
      return checkSameConfig(stored, m_config);
    }
    return writeFileAtomically(configFile, tomlOf(m_config));
  }

  Status preparePositions() {
    const std::vector<topography::SheetSpec> specs = sheetSpecs(m_network->sheets(), m_config.sheets);
    const fs::path own = m_run.out / kPositions;
    fs::path source;
    if (m_run.resume && fs::exists(own)) source = own;
    if (source.empty() && !m_config.placement.positions.empty()) source = m_config.placement.positions;
    if (!source.empty()) {
      auto sheets = loadPositions(source);
      if (!sheets) return tl::unexpected(sheets.error());
      if (sheets->size() != specs.size())
        return failure(
            "The positions are another network's",
            "they hold " + std::to_string(sheets->size()) + " sheets, this network has " + std::to_string(specs.size()),
            "place this network's sheets with `pinwheel-cli place`", source.string());
      for (std::size_t i = 0; i < specs.size(); ++i)
        if (Status status = topography::validateSheet((*sheets)[i], specs[i]); !status) {
          status.error().path = source.string();
          return status;
        }
      m_sheets = std::move(*sheets);
    } else if (m_config.placement.enabled) {
      auto sheets = placeSheets(m_config, specs, m_data.train, m_device, m_threads, m_run.out / "placement.jsonl",
                                m_observer, m_stop);
      if (!sheets) return tl::unexpected(sheets.error());
      m_sheets = std::move(*sheets);
      if (m_sheets.empty()) return {};
    } else {
      m_sheets = startingSheets(m_config, specs);
    }
    return source == own ? Status{} : savePositions(own, m_sheets, tomlOf(m_config));
  }

  Status prepareLoop() {
    auto loss = TopographicLoss::create(m_config.stc, m_config.sheets, m_sheets,
                                        static_cast<std::uint64_t>(m_config.training.seed), m_device);
    if (!loss) return tl::unexpected(loss.error());
    m_loop = std::make_unique<TrainingLoop>(*m_network, m_device, m_config, m_data.train, std::move(*loss));
    m_metrics = m_run.out / "metrics.jsonl";
    const fs::path path = m_run.out / kCheckpoint;
    if (!m_run.resume || !fs::exists(path)) {
      return writeFileAtomically(m_metrics, std::string_view{});
    }
    auto checkpoint = loadCheckpoint(path);
    if (!checkpoint) {
      const fs::path backup = path.string() + ".bak";
      if (!fs::exists(backup)) return tl::unexpected(checkpoint.error());
      m_observer.onWarning(checkpoint.error().text() + "\nThe checkpoint before it is used: " + backup.string());
      checkpoint = loadCheckpoint(backup);
      if (!checkpoint) return tl::unexpected(checkpoint.error());
    }
    if (Status status = checkSameConfig(checkpoint->config, m_config); !status) return status;
    if (checkpoint->provenance.data != m_config.data.source)
      m_observer.onWarning("The run was made with --data " + checkpoint->provenance.data + ", now it is " +
                           m_config.data.source);
    if (Status status = copyInto(stateDict(*m_network), checkpoint->model, "weights"); !status) return status;
    if (Status status = copyInto(m_loop->optimizer().state(), checkpoint->optimizer, "optimiser state"); !status)
      return status;
    m_loop->state() = checkpoint->state;
    return cutMetrics(m_metrics, checkpoint->state.metricsBytes);
  }

  // An update may overflow weights whose gradients were finite; the next batch would tell, but a checkpoint written in
  // between would no longer be a good one.
  Status checkFinite(const NamedTensors& tensors) {
    for (const auto& [name, value] : tensors)
      if (value.is_floating_point() && !at::isfinite(value).all().item<bool>())
        return failure("Training stopped: NaN or Inf in layer " + name.substr(0, name.rfind('.')) + " after step " +
                           std::to_string(m_loop->state().step),
                       "the update made " + name + " overflow",
                       "lower training.learning_rate, or set training.clip_norm; the last good checkpoint is kept");
    return {};
  }

  Status save() {
    const NamedTensors tensors = stateDict(*m_network);
    if (Status status = checkFinite(tensors); !status) return status;
    Checkpoint checkpoint;
    checkpoint.config = m_config;
    checkpoint.sheets = m_sheets;
    checkpoint.model = toHost(tensors);
    checkpoint.optimizer = toHost(m_loop->optimizer().state());
    checkpoint.state = m_loop->state();
    Provenance& provenance = checkpoint.provenance;
    provenance.version = PINWHEEL_VERSION;
    provenance.torch = torchVersion();
    provenance.created = utcTimestamp();
    provenance.commandLine = m_run.commandLine;
    provenance.data = m_config.data.source;
    provenance.dataName = m_data.train->name();
    provenance.pixelMean = m_data.train->normalisation().mean;
    provenance.pixelDeviation = m_data.train->normalisation().deviation;
    provenance.classNames = m_data.train->classNames();
    provenance.device = m_device.str();
    provenance.threads = m_threads;
    provenance.processor = processorName();
    const fs::path path = m_run.out / kCheckpoint;
    if (Status status = saveCheckpoint(path, checkpoint); !status) return status;
    m_lastSave = Clock::now();
    m_observer.onCheckpoint(path);
    return {};
  }

  Expected<TrainResult> runEpochs() {
    const OptimizationConfig& training = m_config.training;
    TrainResult result{Outcome::finished, m_run.out / kCheckpoint, 0};
    TrainingState& state = m_loop->state();
    m_lastSave = Clock::now();
    m_observer.onPhase("training");
    const auto onBatch = [&]() -> Status {
      if (secondsSince(m_lastSave) < training.checkpointMinutes * 60) return {};
      return save();
    };
    while (state.epoch < training.epochs) {
      const auto start = Clock::now();
      const auto ended = m_loop->runEpoch(
          m_stop, [&](const StepReport& step) { m_observer.onStep(step); }, onBatch);
      if (!ended) return tl::unexpected(ended.error());
      if (*ended == TrainingLoop::Result::stopped) return stopped(result);
      EpochReport report = m_loop->epochReport();
      if (const Status status = evaluateEpoch(report); !status) {
        // A stop during the evaluation keeps the epoch's last batch; resuming evaluates again.
        if (m_stop.requested()) return stopped(result);
        return tl::unexpected(status.error());
      }
      report.seconds = secondsSince(start);
      report.peakMemoryBytes = pinwheel::peakMemoryBytes();
      result.validationAccuracy = report.validationAccuracy;
      const auto bytes = appendMetrics(m_metrics, report);
      if (!bytes) return tl::unexpected(bytes.error());
      state.metricsBytes = *bytes;
      m_loop->beginEpoch();
      ++state.epoch;
      state.finished = state.epoch == training.epochs;
      if (const Status status = save(); !status) return tl::unexpected(status.error());
      m_observer.onEpoch(report);
    }
    return result;
  }

  Expected<TrainResult> stopped(TrainResult result) {
    result.outcome = Outcome::stopped;
    if (const Status status = save(); !status) return tl::unexpected(status.error());
    return result;
  }

  Status evaluateEpoch(EpochReport& report) {
    const data::Normalisation normalisation = m_data.train->normalisation();
    const int side = static_cast<int>(m_config.model.imageSide);
    const auto response =
        recordDataset(*m_network, m_device, m_data.validation, side, normalisation, m_config.evaluation.batchSize,
                      static_cast<int>(m_config.data.workers), true, {}, &m_stop);
    if (!response) return tl::unexpected(response.error());
    report.validationAccuracy = response->accuracy;
    report.validationLoss = response->loss;
    const std::int64_t every = m_config.evaluation.smoothnessEvery;
    if (every <= 0 || (report.epoch + 1) % every != 0) return {};
    const auto tuning =
        measureTuning(*m_network, m_device, side, normalisation, m_config.evaluation.batchSize, &m_stop);
    if (!tuning) return tl::unexpected(tuning.error());
    for (std::size_t s = 0; s < m_sheets.size(); ++s) {
      const auto smoothness = orientationSmoothness(m_sheets[s], (*tuning)[s].maps, 1);
      report.smoothness.push_back({m_sheets[s].spec.layer, smoothness ? smoothness->mean : std::nan(""),
                                   smoothness ? smoothness->shuffledMean : std::nan("")});
    }
    return {};
  }

  TrainConfig m_config;
  RunOptions m_run;
  TrainObserver& m_observer;
  const StopFlag& m_stop;
  at::Device m_device{at::kCPU};
  int m_threads = 1;
  data::DatasetPair m_data;
  std::unique_ptr<snn::Network> m_network;
  std::vector<topography::Sheet> m_sheets;
  std::unique_ptr<TrainingLoop> m_loop;
  fs::path m_metrics;
  Clock::time_point m_lastSave;
};

// LibTorch throws; the engine's callers get an Error.
template <class Function>
auto guarded(Function&& function) -> decltype(function()) {
  try {
    return function();
  } catch (const c10::Error& error) {
    return failure("LibTorch failed", error.what_without_backtrace(),
                   "if memory ran out, lower training.batch_size or stc.clusters");
  } catch (const std::exception& error) {
    return failure("The training failed", error.what(), "if memory ran out, lower training.batch_size or stc.clusters");
  }
}

}  // namespace

Expected<TrainResult> train(const TrainConfig& config, const RunOptions& run, TrainObserver& observer,
                            const StopFlag& stop) {
  return guarded([&] { return Run(config, run, observer, stop).train(); });
}

Expected<std::filesystem::path> place(const TrainConfig& config, const RunOptions& run, TrainObserver& observer,
                                      const StopFlag& stop) {
  return guarded([&] { return Run(config, run, observer, stop).place(); });
}

}  // namespace pinwheel::training
