// The main job: place, train, map and keep a topographic spiking network.
//
// A run's folder holds
//   config.toml               the whole configuration as it was used
//   positions.safetensors     the sheets, once placement is done (reused by --resume and by `placement.positions`)
//   placement.jsonl           the falling loss of every sheet
//   metrics.jsonl             one object per epoch (and per logged step)
//   checkpoint.safetensors    the newest checkpoint (.bak: the one before)
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "engine/core/error.h"
#include "engine/core/progress.h"
#include "engine/topography/placement.h"
#include "engine/training/config.h"

namespace pinwheel::training {

struct RunOptions {
  std::filesystem::path out;  ///< created when missing
  bool resume = false;
  std::filesystem::path weights;  ///< a state_dict (.pt, .pth, .safetensors) to start from; empty: random weights
  std::string device = "auto";    ///< auto, cpu, cuda
  int threads = 0;                ///< 0: all processors
  std::string commandLine;        ///< for the provenance
};

/// The loss terms of one layer, averaged over the steps of the period; weights not applied.
struct LayerLoss {
  std::string layer;
  double slow = 0;  ///< L_L
  double fast = 0;  ///< L_S
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
  double trainAccuracy = 0;
  double validationAccuracy = 0;
  double validationLoss = 0;
  std::vector<double> firingRates;  ///< per sheet, spikes per unit and time step over the epoch
  std::vector<AreaSmoothness> smoothness;
  double imagesPerSecond = 0;
  double seconds = 0;  ///< of this epoch, evaluation included
  std::int64_t peakMemoryBytes = 0;
};

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
};

enum class Outcome { finished, stopped };

struct TrainResult {
  Outcome outcome = Outcome::finished;
  std::filesystem::path checkpoint;
  double validationAccuracy = 0;
};

/// Runs a training to its end or until `stop` is requested (then after the batch, saved). Errors: bad configuration,
/// data, device; a folder that holds another run; NaN or Inf (the layer named, the last good checkpoint kept).
Expected<TrainResult> train(const TrainConfig& config, const RunOptions& run, TrainObserver& observer,
                            const StopFlag& stop);

/// The position pre-optimisation on its own: trains the auxiliary network, places every sheet, writes
/// `out`/positions.safetensors and `out`/placement.jsonl.
Expected<std::filesystem::path> place(const TrainConfig& config, const RunOptions& run, TrainObserver& observer,
                                      const StopFlag& stop);

/// True when this LibTorch can run on a CUDA GPU here.
[[nodiscard]] bool cudaAvailable();
/// LibTorch's version, for `--version`.
[[nodiscard]] std::string torchVersion();

}  // namespace pinwheel::training
