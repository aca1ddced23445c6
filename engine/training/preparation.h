// What a run needs before its first batch: found, checked, placed. Includes LibTorch.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/error.h"
#include "engine/core/progress.h"
#include "engine/data/dataset.h"
#include "engine/perturbation/lesion_record.h"
#include "engine/snn/network.h"
#include "engine/topography/sheet.h"
#include "engine/training/checkpoint.h"
#include "engine/training/config.h"
#include "engine/training/run_folder.h"
#include "engine/training/topographic_loss.h"
#include "engine/training/trainer.h"

namespace pinwheel::training {

/// The parts of a run. Its folder stays claimed while this lives.
struct PreparedRun {
  PreparedRun(const TrainConfig& asked, const RunOptions& run) : config(asked), options(run), folder(run.out) {}

  TrainConfig config;
  RunOptions options;
  RunFolder folder;
  std::optional<Checkpoint> checkpoint;  ///< that is resumed
  RunRecord before;                      ///< of the run that is resumed
  at::Device device{at::kCPU};
  int threads = 1;
  data::DatasetPair data;
  std::int64_t batches = 0;  ///< per epoch
  std::unique_ptr<snn::Network> network;
  std::vector<topography::SheetSpec> specs;
  std::vector<topography::Sheet> sheets;  ///< empty: to be placed
  std::optional<TopographicLoss> loss;    ///< once there are sheets to draw clusters on
  perturbation::Lesion lesion;            ///< held from the first batch on
  perturbation::Lesion dropped;           ///< what the run held until now, see RunOptions::withoutLesion

  /// There is nothing left to do.
  [[nodiscard]] bool finished() const {
    return checkpoint.has_value() && checkpoint->state.epoch >= config.training.epochs;
  }
};

enum class Purpose { train, place };

/// Whatever can fail does so here, before anything is written: a run that cannot start leaves no trace. Where the run
/// is finished already the rest is left out.
Status prepare(PreparedRun& run, Purpose purpose, TrainObserver& observer);

/// A rank beside rank 0: the parts of the run that `told`, rank 0's state as a checkpoint, describes. Images are read
/// where this rank's own configuration says. Nothing is written.
Status prepareReplica(PreparedRun& run, Checkpoint told);

/// A batch that the ranks can share evenly, two images for each at the least; otherwise the error.
Status checkShares(const TrainConfig& config, const distributed::World& world);

/// The sheets, placed where they are not known yet, and positions.safetensors. Stopped: no error, and no sheets.
Status prepareSheets(PreparedRun& run, TrainObserver& observer, const StopFlag& stop);

/// Draws the topographic loss's clusters. Error: a sheet too sparse for them.
Status drawClusters(PreparedRun& run, TrainObserver* observer = nullptr);

}  // namespace pinwheel::training
