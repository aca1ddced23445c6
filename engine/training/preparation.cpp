#include "engine/training/preparation.h"

#include <c10/core/impl/VirtualGuardImpl.h>

#include <algorithm>
#include <utility>

#include "engine/core/runtime.h"
#include "engine/snn/backbones.h"
#include "engine/training/import_weights.h"
#include "engine/training/loop.h"
#include "engine/training/placing.h"
#include "engine/training/setup.h"

namespace pinwheel::training {
namespace {

namespace fs = std::filesystem;

bool samePositions(const std::vector<topography::Sheet>& a, const std::vector<topography::Sheet>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.spec.layer == y.spec.layer && x.xMm == y.xMm && x.yMm == y.yMm;
  });
}

Status refuseUsedFolder(const PreparedRun& run, Purpose purpose) {
  if (!run.folder.holdsResults()) return {};
  if (purpose == Purpose::place)
    return failure("This folder already holds positions or a run", "placing into it would overwrite them",
                   "choose another --out", run.options.out.string());
  return failure("This folder already holds a run", "training into it would overwrite its results",
                 "add --resume to continue it, or choose another --out", run.options.out.string());
}

Status openRun(PreparedRun& run, TrainObserver& observer) {
  if (!run.folder.holdsRun())
    return failure("There is no run to resume", "the folder holds neither config.toml nor a checkpoint",
                   "check --out, or begin a run without --resume", run.options.out.string());
  if (const Status status = run.folder.claim(); !status) return status;
  auto checkpoint = run.folder.newestCheckpoint([&observer](const std::string& text) { observer.onWarning(text); });
  if (!checkpoint) return tl::unexpected(checkpoint.error());
  run.checkpoint = std::move(*checkpoint);
  const auto stored = run.folder.readConfig();
  if (!stored) return tl::unexpected(stored.error());
  if (const Status status = checkSameConfig(*stored, run.config, run.checkpoint.has_value()); !status) return status;
  if (!run.checkpoint) {
    auto record = run.folder.readRecord();
    if (!record) return tl::unexpected(record.error());
    run.before = std::move(*record);
    return {};
  }
  // Options may have been changed by hand behind the last save: config.toml, which was just compared, is the newer.
  if (copyLiveSettings(*stored, run.checkpoint->config))
    observer.onWarning("Settings were changed after the last checkpoint: they hold from its step " +
                       std::to_string(run.checkpoint->state.step) + " on");
  if (const Status status = checkSameConfig(run.checkpoint->config, run.config, true); !status) return status;
  const TrainingState& state = run.checkpoint->state;
  const std::int64_t epochs = run.config.training.epochs;
  if (state.epoch > epochs || (state.epoch == epochs && state.batch > 0))
    return failure("The checkpoint does not fit this run",
                   "it stands behind epoch " + std::to_string(state.epoch) + " and batch " +
                       std::to_string(state.batch) + ", the run has " + std::to_string(epochs) + " epochs",
                   "it is damaged: put the one before (.bak) in its place", run.folder.checkpoint().string());
  const Provenance& provenance = run.checkpoint->provenance;
  run.before = {provenance.commandLine, provenance.threads, provenance.device};
  if (provenance.data != run.config.data.source)
    observer.onWarning("The run was made with --data " + provenance.data + ", now it is " + run.config.data.source);
  std::string& weights = run.config.training.weights;
  const std::string& before = run.checkpoint->config.training.weights;
  if (!weights.empty() && weights != before)
    observer.onWarning(weights + " is not read: the run goes on from its checkpoint");
  weights = before;
  return {};
}

// Ranks of one machine have a GPU each: what asks for "the" GPU gets this one from here on.
at::Device ownGpu(at::Device device, int localRank) {
  if (!device.is_cuda()) return device;
  const c10::impl::VirtualGuardImpl guard(device.type());
  const int count = std::max(1, static_cast<int>(guard.deviceCount()));
  const at::Device own(device.type(), static_cast<at::DeviceIndex>(localRank % count));
  guard.setDevice(own);
  return own;
}

// The same bytes need the same device and number of threads as before.
Status chooseMachine(PreparedRun& run, TrainObserver& observer) {
  const RunRecord& before = run.before;
  const bool wasCpu = before.device == "cpu";
  auto device = chooseDevice(run.options.device == "auto" && wasCpu ? "cpu" : run.options.device);
  if (!device) return tl::unexpected(device.error());
  const distributed::World& world = run.options.world;
  run.device = world.many() ? ownGpu(*device, world.localRank) : *device;
  int wanted = run.options.threads > 0 ? run.options.threads : before.threads;
  if (wanted == 0 && world.localSize > 1) wanted = std::max(1, availableProcessors() / world.localSize);
  run.threads = useThreads(wanted);
  const std::string sequel = ": the result will not be, to the bit, that of an uninterrupted run";
  if (!before.device.empty() && wasCpu != run.device.is_cpu())
    observer.onWarning("The run was made on " + before.device + ", now it is on " + run.device.str() + sequel);
  if (before.threads > 0 && run.threads != before.threads)
    observer.onWarning("The run was made with --threads " + std::to_string(before.threads) + ", now it is " +
                       std::to_string(run.threads) + sequel);
  return {};
}

Status startFromWeights(PreparedRun& run, TrainObserver& observer) {
  const std::string& file = run.config.training.weights;
  if (file.empty() || run.checkpoint) return {};
  const auto weights = loadWeights(file);
  if (!weights) {
    Error error = weights.error();
    if (run.options.resume) error.hint = "put it back: the run starts from it and has no checkpoint yet";
    return tl::unexpected(std::move(error));
  }
  const ImportReport report = compareStateDict(toHost(stateDict(*run.network)), *weights);
  if (!report.exact()) return failure("The weights do not fit this network", report.text(), report.hint(), file);
  if (const std::string bad = firstNotFinite(*weights); !bad.empty())
    return failure("The weights are not finite", "tensor \"" + bad + "\" holds NaN or Inf",
                   "the training that saved them had gone wrong: take an earlier file of it", file);
  observer.onPhase("weights of " + file + ": " + report.text());
  return copyInto(stateDict(*run.network), *weights, "weights");
}

Status takePositions(PreparedRun& run, std::vector<topography::Sheet> sheets, const fs::path& source) {
  auto adopted = topography::adoptSheets(std::move(sheets), run.specs);
  if (!adopted) {
    adopted.error().path = source.string();
    return tl::unexpected(adopted.error());
  }
  run.sheets = std::move(*adopted);
  return {};
}

// The sheets, where they need not be placed: those of the checkpoint, of a placement that ended before the first
// checkpoint, of another run, or the retinotopic start.
Status findPositions(PreparedRun& run) {
  if (run.checkpoint) return takePositions(run, run.checkpoint->sheets, run.folder.checkpoint());
  fs::path source;
  std::error_code code;
  if (run.options.resume && fs::exists(run.folder.positions(), code))
    source = run.folder.positions();
  else if (!run.config.placement.positions.empty())
    source = run.config.placement.positions;
  if (!source.empty()) {
    auto sheets = loadPositions(source);
    if (!sheets) return tl::unexpected(sheets.error());
    return takePositions(run, std::move(*sheets), source);
  }
  if (!run.config.placement.enabled) run.sheets = startingSheets(run.config, run.specs);
  return {};
}

// A new run's is asked for; a resumed one's stands in its checkpoint, or in its record while it has none.
Status findLesion(PreparedRun& run, TrainObserver& observer) {
  const std::int64_t steps = run.config.model.steps();
  if (!run.options.resume) {
    run.lesion = run.options.lesion;
    if (const Status status = perturbation::checkLesion(run.lesion, run.specs, steps); !status) return status;
  } else if (run.checkpoint) {
    run.lesion = run.checkpoint->lesion;
  } else if (!run.before.lesion.empty()) {
    auto stored = perturbation::lesionFromJson(run.before.lesion, run.specs, steps);
    if (!stored) {
      stored.error().path = run.folder.record().string();
      return tl::unexpected(stored.error());
    }
    run.lesion = std::move(*stored);
  }
  if (run.lesion.units() == 0) return {};
  if (run.options.withoutLesion) run.dropped = std::exchange(run.lesion, {});
  observer.onPhase(run.options.withoutLesion ? "lesion dropped: " + perturbation::lesionText(run.dropped, run.specs)
                                             : "lesion held: " + perturbation::lesionText(run.lesion, run.specs));
  return {};
}

RunRecord recordOf(const PreparedRun& run) {
  RunRecord record{run.options.commandLine, run.threads, run.device.str()};
  if (run.lesion.units() > 0) record.lesion = perturbation::lesionJson(run.lesion, run.specs);
  return record;
}

// Machine, data, network, positions, weights, lesion and loss.
Status findParts(PreparedRun& run, Purpose purpose, TrainObserver& observer) {
  if (const Status status = chooseMachine(run, observer); !status) return status;
  auto pair = data::openDataset(run.config.data.source, datasetOptions(run.config));
  if (!pair) return tl::unexpected(pair.error());
  run.data = std::move(*pair);
  const auto batches = batchesPerEpoch(*run.data.train, run.config.training);
  if (!batches) return tl::unexpected(batches.error());
  run.batches = *batches;
  const auto classes = static_cast<std::int64_t>(run.data.train->classNames().size());
  auto network =
      snn::makeNetwork(networkOptions(run.config.model, classes), static_cast<std::uint64_t>(run.config.training.seed));
  if (!network) return tl::unexpected(network.error());
  run.network = std::move(*network);
  run.specs = sheetSpecs(run.network->sheets(), run.config.sheets);
  if (const Status status = findPositions(run); !status) return status;
  if (purpose == Purpose::train) {
    if (const Status status = startFromWeights(run, observer); !status) return status;
    if (const Status status = findLesion(run, observer); !status) return status;
    // Swaps only permute the places of a sheet: how many units a square holds is known before them.
    if (const Status status = drawClusters(run, &observer); !status) return status;
  }
  run.network->moveTo(run.device.is_cuda());
  return {};
}

}  // namespace

Status prepare(PreparedRun& run, Purpose purpose, TrainObserver& observer) {
  if (const Status status = validate(run.config); !status) return status;
  const bool resume = run.options.resume;
  if (Status status = resume ? openRun(run, observer) : refuseUsedFolder(run, purpose); !status) return status;
  if (run.finished()) return {};
  if (const Status status = findParts(run, purpose, observer); !status) return status;
  if (resume) return {};
  if (const Status status = run.folder.claim(); !status) return status;
  if (const Status status = refuseUsedFolder(run, purpose); !status) return status;  // somebody was faster
  return run.folder.begin(run.config, recordOf(run));
}

Status prepareReplica(PreparedRun& run, Checkpoint told) {
  const std::string source = run.config.data.source;
  run.config = told.config;
  run.config.data.source = source;
  run.options.resume = true;
  run.options.withoutLesion = false;  // rank 0 has dropped it
  run.before = {told.provenance.commandLine, told.provenance.threads, ""};
  run.checkpoint = std::move(told);
  TrainObserver nobody;  // rank 0 tells
  return findParts(run, Purpose::train, nobody);
}

Status checkShares(const TrainConfig& config, const distributed::World& world) {
  const std::int64_t images = config.training.batchSize;
  if (images % world.size == 0 && images / world.size >= 2) return {};
  return failure(
      "A batch of " + std::to_string(images) + " images cannot be shared by " + std::to_string(world.size) + " ranks",
      "training.batch_size counts the images of all ranks together, and each takes as many, two at the least",
      "set training.batch_size to a multiple of " + std::to_string(2 * world.size) +
          ", or start another number of ranks");
}

Status prepareSheets(PreparedRun& run, TrainObserver& observer, const StopFlag& stop) {
  const fs::path positions = run.folder.positions();
  if (run.sheets.empty()) {
    auto sheets = placeSheets(run.config, run.specs, run.data.train, run.device, run.threads, run.folder.placementLog(),
                              observer, stop);
    if (!sheets) return tl::unexpected(sheets.error());
    run.sheets = std::move(*sheets);
    if (run.sheets.empty()) return {};
  } else if (std::error_code code; run.options.resume && fs::exists(positions, code)) {
    const auto own = loadPositions(positions);
    if (own && samePositions(*own, run.sheets)) return {};
    observer.onWarning(positions.string() + " does not hold the checkpoint's positions: it is written again from them");
  }
  TrainConfig written = run.config;
  return savePositions(positions, run.sheets, describe(written).toToml());
}

Status drawClusters(PreparedRun& run, TrainObserver* observer) {
  const bool placed = !run.sheets.empty();
  auto loss = TopographicLoss::create(
      run.config.stc, run.config.sheets, placed ? run.sheets : startingSheets(run.config, run.specs),
      static_cast<std::uint64_t>(run.config.training.seed), run.device, run.network.get());
  if (!loss) return tl::unexpected(loss.error());
  if (const std::string warning = loss->warning(); !warning.empty() && observer != nullptr)
    observer->onWarning(warning);
  if (placed) run.loss = std::move(*loss);
  return {};
}

}  // namespace pinwheel::training
