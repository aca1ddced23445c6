// The main job: place, train, map and keep a topographic spiking network.
//
// A run's folder holds
//   config.toml               the whole configuration as it was used
//   run.json                  the command that began it, its threads and device
//   positions.safetensors     the sheets, once placement is done (for `placement.positions` of other runs)
//   placement.jsonl           the falling loss of every sheet
//   metrics.jsonl             one object per epoch
//   events.jsonl              the lesion it began with, and what was changed by hand while it ran (see live.h);
//                             absent when there was neither
//   checkpoint.safetensors    the newest checkpoint (.bak: the one before; .broken: one that could not be read)
//   run.lock                  locked while a process works in the folder
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "engine/core/error.h"
#include "engine/core/progress.h"
#include "engine/distributed/world.h"
#include "engine/perturbation/lesion_record.h"
#include "engine/topography/placement.h"
#include "engine/training/config.h"

namespace pinwheel::training {

struct RunOptions {
  std::filesystem::path out;    ///< created when missing
  bool resume = false;          ///< error where there is no run
  std::string device = "auto";  ///< auto, cpu, cuda; resuming, auto is what the run used before
  int threads = 0;              ///< 0: all processors; resuming, as many as the run used before
  std::string commandLine;      ///< for the provenance
  perturbation::Lesion lesion;  ///< that a new run holds from its first batch on; one that is resumed holds its own
  /// Of several ranks rank 0 places, evaluates and writes the folder; the others are told positions, weights and state.
  distributed::World world{};
  bool withoutLesion = false;  ///< resuming: the lesion that the run held is dropped, for good
};

/// The loss terms of one layer, averaged over the steps of the period that had them; weights not applied. NaN: not
/// computed, since the weight was 0.
struct LayerLoss {
  std::string layer;
  double slow = std::numeric_limits<double>::quiet_NaN();   ///< L_L of STC and its rate part
  double fast = std::numeric_limits<double>::quiet_NaN();   ///< L_S of STC
  double other = std::numeric_limits<double>::quiet_NaN();  ///< the one term of another loss, EpochReport::otherTerm
};

struct StepReport {
  std::int64_t epoch = 0;    ///< from 0
  std::int64_t step = 0;     ///< optimiser steps so far
  std::int64_t batch = 0;    ///< in this epoch, from 1
  std::int64_t batches = 0;  ///< per epoch
  std::int64_t epochs = 0;
  double taskLoss = 0;         ///< running means over this epoch
  double topographicLoss = 0;  ///< sum over layers, weighted
  double trainAccuracy = 0;
  double imagesPerSecond = 0;
  double secondsLeft = 0;
};

struct AreaSmoothness {
  std::string layer;
  double orientation = 0;  ///< NaN when it cannot be computed
  double shuffled = 0;
};

struct EpochReport {
  std::int64_t epoch = 0;
  std::int64_t step = 0;
  double learningRate = 0;
  double taskLoss = 0;
  double topographicLoss = 0;
  std::vector<LayerLoss> layers;
  std::string otherTerm{};  ///< what LayerLoss::other is: "L_spatial" (TDANN), "L_topo" (TopoLoss); empty: STC's terms
  double trainAccuracy = 0;
  double validationAccuracy = 0;
  double validationLoss = 0;
  std::vector<double> firingRates;  ///< per sheet, spikes per unit and time step over the epoch
  std::vector<AreaSmoothness> smoothness;
  double imagesPerSecond = 0;  ///< of training, what was done before a resumption included
  double seconds = 0;          ///< of this epoch, evaluation included
  std::int64_t peakMemoryBytes = 0;
};

class LiveTraining;  // live.h
struct SheetTuning;  // responses.h

/// Called on the thread that runs the training; must return quickly.
class TrainObserver {
public:
  virtual ~TrainObserver() = default;
  virtual void onPhase(const std::string& /*text*/) {}  ///< "auxiliary network", "placing V1" ...
  virtual void onPlacement(const std::string& /*layer*/, const topography::PlacementPoint&, std::int64_t /*windows*/) {}
  virtual void onStep(const StepReport&) {}
  virtual void onEpoch(const EpochReport&) {}
  virtual void onWarning(const std::string&) {}
  virtual void onCheckpoint(const std::filesystem::path&) {}
  /// Before the first batch and after every one: the network may be looked at and the run's settings changed. Blocking
  /// here pauses the training. What it leaves behind must not depend on its having been called, unless it changed
  /// something.
  virtual void onLive(LiveTraining&) {}
  /// The tuning that an epoch's smoothness was taken from, per sheet.
  virtual void onTuning(const std::vector<SheetTuning>&) {}
};

enum class Outcome { finished, stopped };

struct TrainResult {
  Outcome outcome = Outcome::finished;
  std::filesystem::path checkpoint;
  double validationAccuracy = 0;
};

/// Runs a training to its end or until `stop` is requested (then after the batch, saved). Errors: bad configuration,
/// data, weights, positions, device - all told before anything is written; a folder that holds another run, or nothing
/// to resume, or where another process is at work; NaN or Inf (the layer named, the last good checkpoint kept). After
/// any other error on the way (an image that cannot be read, a full disk) the run is saved where it stands, if it can
/// be. On several ranks (RunOptions::world), all of which call it, with the same configuration: a batch that they
/// cannot share evenly, ranks that do not come, one that is lost or gave up on the way (named, the last checkpoint
/// kept); ranks other than 0 tell the observer nothing and their result names no checkpoint.
Expected<TrainResult> train(const TrainConfig& config, const RunOptions& run, TrainObserver& observer,
                            const StopFlag& stop);

/// The position pre-optimisation on its own: trains the auxiliary network, places every sheet, writes
/// `out`/positions.safetensors and `out`/placement.jsonl. Stopped or failed, it can be repeated into the same folder.
Expected<std::filesystem::path> place(const TrainConfig& config, const RunOptions& run, TrainObserver& observer,
                                      const StopFlag& stop);

/// True when this LibTorch can run on a CUDA GPU here.
[[nodiscard]] bool cudaAvailable();
/// Whether "auto", "cpu" or "cuda" can be had; the error of chooseDevice() otherwise.
Status checkDevice(const std::string& name);
/// LibTorch's version, for `--version` and provenance.
[[nodiscard]] std::string torchVersion();
/// What was found wrong with LibTorch since the process began, and what was done about it; empty: nothing. Known once a
/// network was made.
[[nodiscard]] std::string libraryFault();

}  // namespace pinwheel::training
