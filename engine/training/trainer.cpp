#include "engine/training/trainer.h"

#include <torch/torch.h>

#include <unistd.h>

#include <chrono>
#include <cmath>
#include <optional>
#include <set>

#include "engine/core/files.h"
#include "engine/core/runtime.h"
#include "engine/distributed/communicator.h"
#include "engine/training/checkpoint.h"
#include "engine/training/guarded.h"
#include "engine/training/held_lesion.h"
#include "engine/training/live.h"
#include "engine/training/loop.h"
#include "engine/training/metrics.h"
#include "engine/training/preparation.h"
#include "engine/training/responses.h"
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

constexpr std::uint64_t kLargestRun = std::uint64_t{64} << 30;
constexpr const char* kFailed = "The training failed";
constexpr const char* kMemoryHint = "if memory ran out, lower training.batch_size or stc.clusters";

// One run from its options to its files.
class Run {
public:
  Run(const TrainConfig& config, const RunOptions& options, TrainObserver& observer, const StopFlag& stop)
      : m_run(config, options), m_observer(observer), m_stop(stop) {}

  Expected<TrainResult> train() {
    const distributed::World& world = m_run.options.world;
    if (!world.many()) return trainHere();
    if (const Status status = checkShares(m_run.config, world); !status) return tl::unexpected(status.error());
    auto ranks = distributed::Communicator::join(world);
    if (!ranks) return tl::unexpected(ranks.error());
    m_ranks = std::move(*ranks);
    try {
      auto result = world.first() ? trainHere() : trainReplica();
      if (result)
        m_ranks->leave();
      else
        m_ranks->fail(result.error());
      return result;
    } catch (const distributed::RankLost& lost) {
      m_ranks->fail(lost.error());
      return tl::unexpected(lost.error());
    } catch (const std::exception& error) {
      m_ranks->fail({kFailed, error.what(), kMemoryHint});
      throw;
    }
  }

private:
  // In this process: alone, or as rank 0.
  Expected<TrainResult> trainHere() {
    if (const Status status = prepare(m_run, Purpose::train, m_observer); !status)
      return tl::unexpected(status.error());
    if (m_run.finished()) {
      m_observer.onPhase("this run is already finished: " + std::to_string(m_run.checkpoint->state.epoch) + " of " +
                         std::to_string(m_run.config.training.epochs) + " epochs");
      tell(kFinished);
      return TrainResult{Outcome::finished, m_run.folder.checkpoint(), 0};
    }
    if (const Status status = prepareSheets(m_run, m_observer, m_stop); !status) return tl::unexpected(status.error());
    if (m_run.sheets.empty()) {
      tell(kStopped);
      return TrainResult{Outcome::stopped, {}, 0};
    }
    if (const Status status = prepareLoop(); !status) return tl::unexpected(status.error());
    if (m_ranks)
      if (const Status status = tellRun(); !status) return tl::unexpected(status.error());
    return runEpochs();
  }

  // As a rank beside rank 0, which places, evaluates and writes.
  Expected<TrainResult> trainReplica() {
    const std::string word = m_ranks->tellAll();
    if (word == kFinished) return TrainResult{Outcome::finished, {}, 0};
    if (word == kStopped) return TrainResult{Outcome::stopped, {}, 0};
    auto told = hearRun();
    if (!told) return tl::unexpected(told.error());
    if (const Status status = prepareReplica(m_run, std::move(*told)); !status) return tl::unexpected(status.error());
    makeLoop();
    if (const Status status = restore(); !status) return tl::unexpected(status.error());
    if (const Status status = sameData(); !status) return tl::unexpected(status.error());
    TrainResult result{Outcome::finished, {}, 0};
    TrainingState& state = m_loop->state();
    while (state.epoch < m_run.config.training.epochs) {
      const auto ended = m_loop->runEpoch(
          m_stop, [](const StepReport&) {}, [] { return Status{}; });
      if (!ended) return tl::unexpected(ended.error());
      if (*ended == TrainingLoop::Result::stopped || m_ranks->tellAll() == kStopped) {
        result.outcome = Outcome::stopped;
        break;
      }
      m_loop->beginEpoch();
      ++state.epoch;
    }
    return result;
  }

public:
  Expected<fs::path> place() {
    m_run.options.resume = false;  // placing on its own always places
    if (const Status status = prepare(m_run, Purpose::place, m_observer); !status)
      return tl::unexpected(status.error());
    if (const Status status = prepareSheets(m_run, m_observer, m_stop); !status) return tl::unexpected(status.error());
    if (m_run.sheets.empty())
      return failure("Placement was stopped; nothing was written", "", "repeat the same command");
    return m_run.folder.positions();
  }

private:
  // What rank 0 says instead of the run, or behind an epoch; anything else: go on.
  static constexpr const char* kFinished = "finished";
  static constexpr const char* kStopped = "stopped";
  void tell(const char* word) {
    if (m_ranks) m_ranks->tellAll(word);
  }

  // The run as it stands goes to the other ranks as the bytes of a checkpoint, whose reader checks all of it.
  Status tellRun() {
    tell("");
    const fs::path file = passingFile();
    const Status saved = saveCheckpoint(file, snapshot());
    auto bytes = saved ? readFile(file, kLargestRun) : Expected<std::string>(tl::unexpected(saved.error()));
    std::error_code code;
    fs::remove(file, code);
    if (!bytes) return tl::unexpected(bytes.error());
    at::Tensor size = at::full({1}, static_cast<std::int64_t>(bytes->size()), at::kLong);
    m_ranks->broadcast(size);
    at::Tensor content = at::from_blob(bytes->data(), {static_cast<std::int64_t>(bytes->size())}, at::kByte).clone();
    m_ranks->broadcast(content);
    return sameData();
  }

  Expected<Checkpoint> hearRun() {
    at::Tensor size = at::zeros({1}, at::kLong);
    m_ranks->broadcast(size);
    at::Tensor content = at::zeros({size.item<std::int64_t>()}, at::kByte);
    m_ranks->broadcast(content);
    const fs::path file = passingFile();
    const Status written =
        writeFileAtomically(file, std::string_view(reinterpret_cast<const char*>(content.data_ptr<std::uint8_t>()),
                                                   static_cast<std::size_t>(content.numel())));
    auto checkpoint = written ? loadCheckpoint(file) : Expected<Checkpoint>(tl::unexpected(written.error()));
    std::error_code code;
    fs::remove(file, code);
    return checkpoint;
  }

  [[nodiscard]] static fs::path passingFile() {
    return fs::temp_directory_path() / ("pinwheel-" + std::to_string(::getpid()) + ".safetensors");
  }

  // Every rank reads its images itself; they must be the same ones for the shares of a batch to make it up.
  Status sameData() {
    const auto all = m_ranks->texts(std::to_string(m_run.data.train->size()) + " training images, " +
                                    std::to_string(m_run.data.train->classNames().size()) + " classes");
    const std::set<std::string> different(all.begin(), all.end());
    if (different.size() == 1) return {};
    std::string why;
    for (std::size_t r = 0; r < all.size(); ++r)
      why += (r == 0 ? "rank " : "; rank ") + std::to_string(r) + ": " + all[r];
    return failure("The ranks do not read the same images", why, "give all of them the same --data");
  }

  void makeLoop() {
    m_loop = std::make_unique<TrainingLoop>(*m_run.network, m_run.device, m_run.config, m_run.data.train,
                                            std::move(*m_run.loss), m_ranks.get());
    m_held = std::make_unique<HeldLesion>(*m_run.network, m_run.device, m_loop->state().step);
    m_held->hold(m_run.lesion);
  }

  Status prepareLoop() {
    if (!m_run.loss)
      if (const Status status = drawClusters(m_run); !status) return status;
    makeLoop();
    m_history = commandHistory(m_run.before.command, m_run.options.commandLine);
    return m_run.checkpoint ? goOn() : begin();
  }

  // A checkpoint before the first batch: from here on resuming needs nothing but checkpoints.
  Status begin() {
    if (Status status = writeFileAtomically(m_run.folder.metrics(), std::string_view{}); !status) return status;
    if (m_run.lesion.units() > 0 || m_run.dropped.units() > 0)
      if (Status status = logLesion(); !status) return status;
    return save();
  }

  Status goOn() {
    const TrainingState state = m_run.checkpoint->state;
    if (state.batch > m_run.batches)
      return failure("The checkpoint does not fit this run",
                     "it stands behind batch " + std::to_string(state.batch) + " of an epoch, which has " +
                         std::to_string(m_run.batches) + " batches",
                     "give --data as it was", m_run.folder.checkpoint().string());
    if (state.step != state.epoch * m_run.batches + state.batch)
      m_observer.onWarning(
          "The training set is larger or smaller than before: the result will not be, to the bit, that "
          "of an uninterrupted run");
    if (Status status = restore(); !status) return status;
    if (Status status = cutMetrics(m_run.folder.metrics(), state.metricsBytes); !status) return status;
    m_saved = positionOf(state);
    if (m_run.dropped.units() == 0) return {};
    // The checkpoint holds the lesion still: killed before the next one the run would go on with it.
    if (Status status = logLesion(); !status) return status;
    m_saved.reset();
    return save();
  }

  // Weights, optimiser and state of the checkpoint, which is not kept.
  Status restore() {
    if (Status status = copyInto(stateDict(*m_run.network), m_run.checkpoint->model, "weights"); !status) return status;
    if (Status status = copyInto(m_loop->optimizer().state(), m_run.checkpoint->optimizer, "optimiser state"); !status)
      return status;
    m_loop->state() = m_run.checkpoint->state;
    m_run.checkpoint.reset();
    return {};
  }

  Status logLesion() const {
    return m_run.folder.appendEvent(m_loop->state().step, lesionEvent(m_run.lesion, m_run.specs));
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
    if (Status status = checkFinite(stateDict(*m_run.network)); !status) return status;
    const Checkpoint checkpoint = snapshot();
    if (Status status = saveCheckpoint(m_run.folder.checkpoint(), checkpoint); !status) return status;
    m_lastSave = Clock::now();
    m_saved = positionOf(checkpoint.state);
    m_observer.onCheckpoint(m_run.folder.checkpoint());
    return {};
  }

  // The run as it stands.
  Checkpoint snapshot() const {
    Checkpoint checkpoint;
    checkpoint.config = m_run.config;
    checkpoint.sheets = m_run.sheets;
    checkpoint.model = toHost(stateDict(*m_run.network));
    checkpoint.optimizer = toHost(m_loop->optimizer().state());
    checkpoint.state = m_loop->state();
    Provenance& provenance = checkpoint.provenance;
    provenance.version = PINWHEEL_VERSION;
    provenance.torch = torchVersion();
    provenance.created = utcTimestamp();
    provenance.commandLine = m_history;
    provenance.data = m_run.config.data.source;
    provenance.dataName = m_run.data.train->name();
    provenance.pixelMean = m_run.data.train->normalisation().mean;
    provenance.pixelDeviation = m_run.data.train->normalisation().deviation;
    provenance.classNames = m_run.data.train->classNames();
    provenance.device = m_run.device.str();
    provenance.threads = m_run.threads;
    provenance.processor = processorName();
    provenance.weights = m_run.config.training.weights;
    checkpoint.lesion = m_held->lesion();
    return checkpoint;
  }

  Expected<TrainResult> runEpochs() {
    const OptimizationConfig& training = m_run.config.training;
    TrainResult result{Outcome::finished, m_run.folder.checkpoint(), 0};
    TrainingState& state = m_loop->state();
    m_lastSave = Clock::now();
    m_observer.onPhase("training");
    RunLive live({*m_run.network, m_run.device, m_run.sheets, m_run.data, m_run.config, *m_loop, *m_held, m_run.folder,
                  [this] { return snapshot(); }, [this] { m_saved.reset(); }, m_ranks != nullptr});
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
      if (const Status status = guarded(kFailed, kMemoryHint, [&] { return evaluateEpoch(report); }); !status) {
        // A stop during the evaluation keeps the epoch's last batch; resuming evaluates again.
        if (m_stop.requested()) {
          tell(kStopped);
          return stopped(result);
        }
        return failed(status.error());
      }
      report.seconds = earlier + secondsSince(start);
      report.peakMemoryBytes = pinwheel::peakMemoryBytes();
      result.validationAccuracy = report.validationAccuracy;
      const auto bytes = appendMetrics(m_run.folder.metrics(), report);
      if (!bytes) return failed(bytes.error());
      state.metricsBytes = *bytes;
      m_loop->beginEpoch();
      ++state.epoch;
      state.finished = state.epoch == training.epochs;
      if (const Status status = save(); !status) return failed(status.error());
      m_observer.onEpoch(report);
      tell("");
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
    const data::Normalisation normalisation = m_run.data.train->normalisation();
    const int side = static_cast<int>(m_run.config.model.imageSide);
    const auto response = recordDataset(*m_run.network, m_run.device, m_run.data.validation, side, normalisation,
                                        m_run.config.evaluation.batchSize, static_cast<int>(m_run.config.data.workers),
                                        true, {}, &m_stop);
    if (!response) return tl::unexpected(response.error());
    report.validationAccuracy = response->accuracy;
    report.validationLoss = response->loss;
    const std::int64_t every = m_run.config.evaluation.smoothnessEvery;
    const bool last = report.epoch + 1 == m_run.config.training.epochs;  // what is kept must not go unmeasured
    if (every <= 0 || (!last && (report.epoch + 1) % every != 0)) return {};
    const auto tuning =
        measureTuning(*m_run.network, m_run.device, side, normalisation, m_run.config.evaluation.batchSize, &m_stop);
    if (!tuning) return tl::unexpected(tuning.error());
    m_observer.onTuning(*tuning);
    for (std::size_t s = 0; s < m_run.sheets.size(); ++s) {
      const auto smoothness = orientationSmoothness(m_run.sheets[s], (*tuning)[s].maps, 1);
      report.smoothness.push_back({m_run.sheets[s].spec.layer, smoothness ? smoothness->mean : std::nan(""),
                                   smoothness ? smoothness->shuffledMean : std::nan("")});
    }
    return {};
  }

  PreparedRun m_run;
  std::unique_ptr<distributed::Communicator> m_ranks;  ///< null: one process
  TrainObserver& m_observer;
  const StopFlag& m_stop;
  std::string m_history;  ///< the command that began the run, and those that resumed it
  std::unique_ptr<TrainingLoop> m_loop;
  std::unique_ptr<HeldLesion> m_held;
  std::optional<Position> m_saved;
  Clock::time_point m_lastSave;
};

}  // namespace

Expected<TrainResult> train(const TrainConfig& config, const RunOptions& run, TrainObserver& observer,
                            const StopFlag& stop) {
  return guarded(kFailed, kMemoryHint, [&] { return Run(config, run, observer, stop).train(); });
}

Expected<std::filesystem::path> place(const TrainConfig& config, const RunOptions& run, TrainObserver& observer,
                                      const StopFlag& stop) {
  return guarded(kFailed, kMemoryHint, [&] { return Run(config, run, observer, stop).place(); });
}

}  // namespace pinwheel::training
