#include "engine/training/trainer.h"

#include <torch/torch.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>

#include "engine/core/files.h"
#include "engine/core/runtime.h"
#include "engine/snn/backbones.h"
#include "engine/training/checkpoint.h"
#include "engine/training/import_weights.h"
#include "engine/training/live.h"
#include "engine/training/loop.h"
#include "engine/training/metrics.h"
#include "engine/training/placing.h"
#include "engine/training/responses.h"
#include "engine/training/run_folder.h"
#include "engine/training/setup.h"

#ifndef PINWHEEL_VERSION
#define PINWHEEL_VERSION "unknown"
#endif

namespace pinwheel::training {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

double secondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::string tomlOf(TrainConfig config) {
  return describe(config).toToml();
}

bool samePositions(const std::vector<topography::Sheet>& a, const std::vector<topography::Sheet>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.spec.layer == y.spec.layer && x.xMm == y.xMm && x.yMm == y.yMm;
  });
}

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

// One run from its options to its files.
class Run {
public:
  Run(const TrainConfig& config, const RunOptions& run, TrainObserver& observer, const StopFlag& stop)
      : m_config(config), m_run(run), m_folder(run.out), m_observer(observer), m_stop(stop) {}

  Expected<TrainResult> train() {
    if (const Status status = prepare(Purpose::train); !status) return tl::unexpected(status.error());
    if (m_checkpoint && m_checkpoint->state.epoch >= m_config.training.epochs) {
      m_observer.onPhase("this run is already finished: " + std::to_string(m_checkpoint->state.epoch) + " of " +
                         std::to_string(m_config.training.epochs) + " epochs");
      return TrainResult{Outcome::finished, m_folder.checkpoint(), 0};
    }
    if (const Status status = preparePositions(); !status) return tl::unexpected(status.error());
    if (m_sheets.empty()) return TrainResult{Outcome::stopped, {}, 0};
    if (const Status status = prepareLoop(); !status) return tl::unexpected(status.error());
    return runEpochs();
  }

  Expected<fs::path> place() {
    m_run.resume = false;  // placing on its own always places
    if (const Status status = prepare(Purpose::place); !status) return tl::unexpected(status.error());
    if (const Status status = preparePositions(); !status) return tl::unexpected(status.error());
    if (m_sheets.empty()) return failure("Placement was stopped; nothing was written", "", "repeat the same command");
    return m_folder.positions();
  }

private:
  enum class Purpose { train, place };

  // Whatever can fail does so here, before anything is written: a run that cannot start leaves no trace.
  Status prepare(Purpose purpose) {
    if (const Status status = validate(m_config); !status) return status;
    if (Status status = m_run.resume ? openRun() : refuseUsedFolder(purpose); !status) return status;
    if (m_checkpoint && m_checkpoint->state.epoch >= m_config.training.epochs) return {};
    if (const Status status = chooseMachine(); !status) return status;
    auto pair = data::openDataset(m_config.data.source, datasetOptions(m_config));
    if (!pair) return tl::unexpected(pair.error());
    m_data = std::move(*pair);
    const auto batches = batchesPerEpoch(*m_data.train, m_config.training);
    if (!batches) return tl::unexpected(batches.error());
    m_batches = *batches;
    auto network =
        snn::makeNetwork(networkOptions(m_config.model, static_cast<std::int64_t>(m_data.train->classNames().size())),
                         static_cast<std::uint64_t>(m_config.training.seed));
    if (!network) return tl::unexpected(network.error());
    m_network = std::move(*network);
    m_specs = sheetSpecs(m_network->sheets(), m_config.sheets);
    if (const Status status = findPositions(); !status) return status;
    if (purpose == Purpose::train) {
      if (const Status status = startFromWeights(); !status) return status;
      if (const Status status = drawClusters(); !status) return status;
    }
    m_network->moveTo(m_device.is_cuda());
    if (m_run.resume) return {};
    if (const Status status = m_folder.claim(); !status) return status;
    if (const Status status = refuseUsedFolder(purpose); !status) return status;  // somebody was faster
    return m_folder.begin(m_config, {m_run.commandLine, m_threads, m_device.str()});
  }

  Status refuseUsedFolder(Purpose purpose) const {
    if (!m_folder.holdsResults()) return {};
    if (purpose == Purpose::place)
      return failure("This folder already holds positions or a run", "placing into it would overwrite them",
                     "choose another --out", m_run.out.string());
    return failure("This folder already holds a run", "training into it would overwrite its results",
                   "add --resume to continue it, or choose another --out", m_run.out.string());
  }

  Status openRun() {
    if (!m_folder.holdsRun())
      return failure("There is no run to resume", "the folder holds neither config.toml nor a checkpoint",
                     "check --out, or begin a run without --resume", m_run.out.string());
    if (const Status status = m_folder.claim(); !status) return status;
    auto checkpoint = m_folder.newestCheckpoint([this](const std::string& text) { m_observer.onWarning(text); });
    if (!checkpoint) return tl::unexpected(checkpoint.error());
    m_checkpoint = std::move(*checkpoint);
    const auto stored = m_folder.readConfig();
    if (!stored) return tl::unexpected(stored.error());
    if (const Status status = checkSameConfig(*stored, m_config, m_checkpoint.has_value()); !status) return status;
    if (!m_checkpoint) {
      auto record = m_folder.readRecord();
      if (!record) return tl::unexpected(record.error());
      m_before = std::move(*record);
      return {};
    }
    // Options may have been changed by hand behind the last save: config.toml, which was just compared, is the newer.
    if (copyLiveSettings(*stored, m_checkpoint->config))
      m_observer.onWarning("Settings were changed after the last checkpoint: they hold from its step " +
                           std::to_string(m_checkpoint->state.step) + " on");
    if (const Status status = checkSameConfig(m_checkpoint->config, m_config, true); !status) return status;
    const TrainingState& state = m_checkpoint->state;
    if (state.epoch > m_config.training.epochs || (state.epoch == m_config.training.epochs && state.batch > 0))
      return failure("The checkpoint does not fit this run",
                     "it stands behind epoch " + std::to_string(state.epoch) + " and batch " +
                         std::to_string(state.batch) + ", the run has " + std::to_string(m_config.training.epochs) +
                         " epochs",
                     "it is damaged: put the one before (.bak) in its place", m_folder.checkpoint().string());
    const Provenance& provenance = m_checkpoint->provenance;
    m_before = {provenance.commandLine, provenance.threads, provenance.device};
    if (provenance.data != m_config.data.source)
      m_observer.onWarning("The run was made with --data " + provenance.data + ", now it is " + m_config.data.source);
    if (!m_config.training.weights.empty() && m_config.training.weights != m_checkpoint->config.training.weights)
      m_observer.onWarning(m_config.training.weights + " is not read: the run goes on from its checkpoint");
    m_config.training.weights = m_checkpoint->config.training.weights;
    return {};
  }

  // The same bytes need the same device and number of threads as before.
  Status chooseMachine() {
    const bool wasCpu = m_before.device == "cpu";
    auto device = chooseDevice(m_run.device == "auto" && wasCpu ? "cpu" : m_run.device);
    if (!device) return tl::unexpected(device.error());
    m_device = *device;
    m_threads = useThreads(m_run.threads > 0 ? m_run.threads : m_before.threads);
    const std::string sequel = ": the result will not be, to the bit, that of an uninterrupted run";
    if (!m_before.device.empty() && wasCpu != m_device.is_cpu())
      m_observer.onWarning("The run was made on " + m_before.device + ", now it is on " + m_device.str() + sequel);
    if (m_before.threads > 0 && m_threads != m_before.threads)
      m_observer.onWarning("The run was made with --threads " + std::to_string(m_before.threads) + ", now it is " +
                           std::to_string(m_threads) + sequel);
    return {};
  }

  Status startFromWeights() {
    const std::string& file = m_config.training.weights;
    if (file.empty() || m_checkpoint) return {};
    const auto weights = loadWeights(file);
    if (!weights) {
      Error error = weights.error();
      if (m_run.resume) error.hint = "put it back: the run starts from it and has no checkpoint yet";
      return tl::unexpected(std::move(error));
    }
    const ImportReport report = compareStateDict(toHost(stateDict(*m_network)), *weights);
    if (!report.exact()) return failure("The weights do not fit this network", report.text(), report.hint(), file);
    m_observer.onPhase("weights of " + file + ": " + report.text());
    return copyInto(stateDict(*m_network), *weights, "weights");
  }

  // The sheets, where they need not be placed: those of the checkpoint, of a placement that ended before the first
  // checkpoint, of another run, or the retinotopic start.
  Status findPositions() {
    if (m_checkpoint) return takePositions(m_checkpoint->sheets, m_folder.checkpoint());
    fs::path source;
    std::error_code code;
    if (m_run.resume && fs::exists(m_folder.positions(), code))
      source = m_folder.positions();
    else if (!m_config.placement.positions.empty())
      source = m_config.placement.positions;
    if (!source.empty()) {
      auto sheets = loadPositions(source);
      if (!sheets) return tl::unexpected(sheets.error());
      return takePositions(std::move(*sheets), source);
    }
    if (!m_config.placement.enabled) m_sheets = startingSheets(m_config, m_specs);
    return {};
  }

  Status takePositions(std::vector<topography::Sheet> sheets, const fs::path& source) {
    auto adopted = topography::adoptSheets(std::move(sheets), m_specs);
    if (!adopted) {
      adopted.error().path = source.string();
      return tl::unexpected(adopted.error());
    }
    m_sheets = std::move(*adopted);
    return {};
  }

  // Swaps only permute the places of a sheet: how many units a square holds is known before them.
  Status drawClusters() {
    const bool placed = !m_sheets.empty();
    auto loss =
        TopographicLoss::create(m_config.stc, m_config.sheets, placed ? m_sheets : startingSheets(m_config, m_specs),
                                static_cast<std::uint64_t>(m_config.training.seed), m_device);
    if (!loss) return tl::unexpected(loss.error());
    if (placed) m_loss = std::move(*loss);
    return {};
  }

  Status preparePositions() {
    if (m_sheets.empty()) {
      auto sheets = placeSheets(m_config, m_specs, m_data.train, m_device, m_threads, m_folder.placementLog(),
                                m_observer, m_stop);
      if (!sheets) return tl::unexpected(sheets.error());
      m_sheets = std::move(*sheets);
      if (m_sheets.empty()) return {};
    } else if (std::error_code code; m_run.resume && fs::exists(m_folder.positions(), code)) {
      const auto own = loadPositions(m_folder.positions());
      if (own && samePositions(*own, m_sheets)) return {};
      m_observer.onWarning(m_folder.positions().string() +
                           " does not hold the checkpoint's positions: it is written again from them");
    }
    return savePositions(m_folder.positions(), m_sheets, tomlOf(m_config));
  }

  Status prepareLoop() {
    if (!m_loss)
      if (const Status status = drawClusters(); !status) return status;
    m_loop = std::make_unique<TrainingLoop>(*m_network, m_device, m_config, m_data.train, std::move(*m_loss));
    m_history = commandHistory(m_before.command, m_run.commandLine);
    // A checkpoint before the first batch: from here on resuming needs nothing but checkpoints.
    if (!m_checkpoint) {
      if (Status status = writeFileAtomically(m_folder.metrics(), std::string_view{}); !status) return status;
      return save();
    }
    const TrainingState& state = m_checkpoint->state;
    if (state.batch > m_batches)
      return failure("The checkpoint does not fit this run",
                     "it stands behind batch " + std::to_string(state.batch) + " of an epoch, which has " +
                         std::to_string(m_batches) + " batches",
                     "give --data as it was", m_folder.checkpoint().string());
    if (state.step != state.epoch * m_batches + state.batch)
      m_observer.onWarning(
          "The training set is larger or smaller than before: the result will not be, to the bit, that "
          "of an uninterrupted run");
    if (Status status = copyInto(stateDict(*m_network), m_checkpoint->model, "weights"); !status) return status;
    if (Status status = copyInto(m_loop->optimizer().state(), m_checkpoint->optimizer, "optimiser state"); !status)
      return status;
    if (Status status = cutMetrics(m_folder.metrics(), state.metricsBytes); !status) return status;
    m_loop->state() = state;
    m_saved = positionOf(state);
    m_checkpoint.reset();
    return {};
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

  // (epoch, batch): what tells one checkpoint of a run from the next.
  using Position = std::pair<std::int64_t, std::int64_t>;
  static Position positionOf(const TrainingState& state) { return {state.epoch, state.batch}; }

  Status save() {
    // Saving the same again would only drive the checkpoint before it out of the backup.
    if (m_saved == positionOf(m_loop->state())) return {};
    if (Status status = checkFinite(stateDict(*m_network)); !status) return status;
    const Checkpoint checkpoint = snapshot();
    if (Status status = saveCheckpoint(m_folder.checkpoint(), checkpoint); !status) return status;
    m_lastSave = Clock::now();
    m_saved = positionOf(checkpoint.state);
    m_observer.onCheckpoint(m_folder.checkpoint());
    return {};
  }

  // The run as it stands.
  Checkpoint snapshot() const {
    Checkpoint checkpoint;
    checkpoint.config = m_config;
    checkpoint.sheets = m_sheets;
    checkpoint.model = toHost(stateDict(*m_network));
    checkpoint.optimizer = toHost(m_loop->optimizer().state());
    checkpoint.state = m_loop->state();
    Provenance& provenance = checkpoint.provenance;
    provenance.version = PINWHEEL_VERSION;
    provenance.torch = torchVersion();
    provenance.created = utcTimestamp();
    provenance.commandLine = m_history;
    provenance.data = m_config.data.source;
    provenance.dataName = m_data.train->name();
    provenance.pixelMean = m_data.train->normalisation().mean;
    provenance.pixelDeviation = m_data.train->normalisation().deviation;
    provenance.classNames = m_data.train->classNames();
    provenance.device = m_device.str();
    provenance.threads = m_threads;
    provenance.processor = processorName();
    provenance.weights = m_config.training.weights;
    return checkpoint;
  }

  Expected<TrainResult> runEpochs() {
    const OptimizationConfig& training = m_config.training;
    TrainResult result{Outcome::finished, m_folder.checkpoint(), 0};
    TrainingState& state = m_loop->state();
    m_lastSave = Clock::now();
    m_observer.onPhase("training");
    RunLive live({*m_network, m_device, m_sheets, m_data, m_config, *m_loop, m_folder, [this] { return snapshot(); },
                  [this] { m_saved.reset(); }});
    m_observer.onLive(live);
    const auto onBatch = [&]() -> Status {
      m_observer.onLive(live);
      if (secondsSince(m_lastSave) < training.checkpointMinutes * 60) return {};
      return save();
    };
    while (state.epoch < training.epochs) {
      const auto start = Clock::now();
      const double earlier = m_loop->epochReport().seconds;  // of this epoch, before a resumption
      const auto ended = m_loop->runEpoch(
          m_stop, [&](const StepReport& step) { m_observer.onStep(step); }, onBatch);
      if (!ended) return failed(ended.error());
      if (*ended == TrainingLoop::Result::stopped) return stopped(result);
      EpochReport report = m_loop->epochReport();
      if (const Status status = guarded([&] { return evaluateEpoch(report); }); !status) {
        // A stop during the evaluation keeps the epoch's last batch; resuming evaluates again.
        if (m_stop.requested()) return stopped(result);
        return failed(status.error());
      }
      report.seconds = earlier + secondsSince(start);
      report.peakMemoryBytes = pinwheel::peakMemoryBytes();
      result.validationAccuracy = report.validationAccuracy;
      const auto bytes = appendMetrics(m_folder.metrics(), report);
      if (!bytes) return failed(bytes.error());
      state.metricsBytes = *bytes;
      m_loop->beginEpoch();
      ++state.epoch;
      state.finished = state.epoch == training.epochs;
      if (const Status status = save(); !status) return failed(status.error());
      m_observer.onEpoch(report);
    }
    return result;
  }

  Expected<TrainResult> stopped(TrainResult result) {
    result.outcome = Outcome::stopped;
    if (const Status status = save(); !status) return tl::unexpected(status.error());
    return result;
  }

  // Keeps what was trained so far, where that is any good; the error that is told is the first one.
  tl::unexpected<Error> failed(Error error) {
    if (!m_loop->diverged()) (void)save();
    return tl::unexpected(std::move(error));
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
    m_observer.onTuning(*tuning);
    for (std::size_t s = 0; s < m_sheets.size(); ++s) {
      const auto smoothness = orientationSmoothness(m_sheets[s], (*tuning)[s].maps, 1);
      report.smoothness.push_back({m_sheets[s].spec.layer, smoothness ? smoothness->mean : std::nan(""),
                                   smoothness ? smoothness->shuffledMean : std::nan("")});
    }
    return {};
  }

  TrainConfig m_config;
  RunOptions m_run;
  RunFolder m_folder;
  TrainObserver& m_observer;
  const StopFlag& m_stop;
  std::optional<Checkpoint> m_checkpoint;  ///< that is resumed, until the loop has taken it over
  RunRecord m_before;                      ///< of the run that is resumed
  std::string m_history;                   ///< the command that began the run, and those that resumed it
  at::Device m_device{at::kCPU};
  int m_threads = 1;
  data::DatasetPair m_data;
  std::int64_t m_batches = 0;  ///< per epoch
  std::unique_ptr<snn::Network> m_network;
  std::vector<topography::SheetSpec> m_specs;
  std::vector<topography::Sheet> m_sheets;  ///< empty: to be placed
  std::optional<TopographicLoss> m_loss;    ///< until the loop has it
  std::unique_ptr<TrainingLoop> m_loop;
  std::optional<Position> m_saved;
  Clock::time_point m_lastSave;
};

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
