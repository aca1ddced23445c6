// Positions before training: the retinotopic start, the auxiliary network, the swaps. Includes LibTorch.
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <vector>

#include "engine/core/error.h"
#include "engine/core/progress.h"
#include "engine/data/dataset.h"
#include "engine/topography/sheet.h"
#include "engine/training/config.h"
#include "engine/training/trainer.h"

namespace pinwheel::training {

/// The retinotopic sheets of the network that `config` describes (seed: placement.seed).
[[nodiscard]] std::vector<topography::Sheet> startingSheets(const TrainConfig& config,
                                                            const std::vector<topography::SheetSpec>& specs);

/// Trains an auxiliary network on the task for placement.auxiliary_epochs, records its rates to the gratings and swaps
/// the units, sheet by sheet, then drops the network (method section 2). Warns of a sheet whose units say nothing.
/// Writes `logFile` (one JSON line per point). Depends
/// on the configuration alone, so an interrupted placement is simply made again. Stopped: an empty list.
Expected<std::vector<topography::Sheet>> placeSheets(const TrainConfig& config,
                                                     const std::vector<topography::SheetSpec>& specs,
                                                     std::shared_ptr<const data::Dataset> dataset, at::Device device,
                                                     int threads, const std::filesystem::path& logFile,
                                                     TrainObserver& observer, const StopFlag& stop);

}  // namespace pinwheel::training
