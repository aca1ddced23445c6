// What a network answers to stimuli: firing rates of every sheet, batch by batch, and accuracy. Includes LibTorch.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "engine/analysis/selectivity.h"
#include "engine/analysis/smoothness.h"
#include "engine/analysis/tuning.h"
#include "engine/core/error.h"
#include "engine/core/progress.h"
#include "engine/data/batch_loader.h"
#include "engine/data/dataset.h"
#include "engine/data/gratings.h"
#include "engine/snn/network.h"
#include "engine/topography/sheet.h"

namespace pinwheel::training {

/// Rates [count, U] of sheet `sheet` for stimuli first .. first + count, spikes per time step.
using RateSink =
    std::function<void(std::size_t sheet, std::int64_t first, std::int64_t count, std::span<const float> rates)>;

/// A data set presented with other statistics: those of the data that a network was trained on.
[[nodiscard]] std::shared_ptr<const data::Dataset> renormalised(std::shared_ptr<const data::Dataset> dataset,
                                                                const data::Normalisation& normalisation);

/// Gives an untrained network's batch norms statistics: the plain mean over (at most) ten batches of `dataset`, shown
/// with its own normalisation. Without them it would be silent behind its first layers; the weights stay as they were
/// drawn. Leaves the network in evaluation mode.
Status calibrateNormalisation(snn::Network& network, at::Device device, std::shared_ptr<const data::Dataset> dataset,
                              int side, std::int64_t batchSize, const StopFlag* stop = nullptr);

/// The network is put into evaluation mode and left there. Pixels in [0, 1] are normalised as the training data were.
Status recordGratings(snn::Network& network, at::Device device, const std::vector<data::Grating>& gratings, int side,
                      const data::Normalisation& normalisation, std::int64_t batchSize, const RateSink& sink,
                      const StopFlag* stop = nullptr);

/// Rates [U, gratings] of one sheet, as the placement takes them: every grating is a column of its own, so that phase
/// counts. One sheet at a time, since those of a ResNet-18 at 224 px take 1.9 GB together.
Expected<std::vector<float>> recordGratingMatrix(snn::Network& network, at::Device device,
                                                 const std::vector<data::Grating>& gratings, int side,
                                                 const data::Normalisation& normalisation, std::int64_t batchSize,
                                                 std::size_t sheet, const StopFlag* stop = nullptr);

/// Hands every batch of a data set, in its order and normalised as it says, to `each`, whose error ends it. Error: an
/// image that cannot be read, "Stopped".
Status forEachBatch(std::shared_ptr<const data::Dataset> dataset, int side, std::int64_t batchSize, int workers,
                    const StopFlag* stop, const std::function<Status(data::Batch&)>& each);

/// Rates to every image of a data set, with its labels; the mean loss and accuracy come with the same pass.
struct DatasetResponse {
  double accuracy = 0;
  double loss = 0;
  std::int64_t images = 0;
  std::vector<std::int64_t> correct;  ///< per class
  std::vector<std::int64_t> count;    ///< per class
};
/// `labelled` false: the labels are not the network's classes; no accuracy is taken. `normalisation` is the training
/// data's.
using LabelledRateSink = std::function<void(std::size_t sheet, std::span<const std::int64_t> labels, std::int64_t count,
                                            std::span<const float> rates)>;
/// Spikes [T, count, U] of sheet `sheet` in the same batch (rates of the ReLU twin, T = 1).
using SpikeSink = std::function<void(std::size_t sheet, std::span<const std::int64_t> labels, std::int64_t count,
                                     std::span<const float> spikes)>;
/// Whose spikes are wanted: a dense network's cost as much to copy as to compute.
struct SpikeRequest {
  SpikeSink sink;                    ///< is given these images of every batch that has some
  std::vector<std::int64_t> images;  ///< indices, ascending; empty: all
};
Expected<DatasetResponse> recordDataset(snn::Network& network, at::Device device,
                                        std::shared_ptr<const data::Dataset> dataset, int side,
                                        const data::Normalisation& normalisation, std::int64_t batchSize, int workers,
                                        bool labelled, const LabelledRateSink& sink, const StopFlag* stop = nullptr,
                                        const SpikeRequest& spikes = {});

/// Tuning of every sheet from the gratings of `side`. `progress` is called after every batch.
struct SheetTuning {
  analysis::GratingResponses responses;
  analysis::TuningMaps maps;
};
Expected<std::vector<SheetTuning>> measureTuning(snn::Network& network, at::Device device, int side,
                                                 const data::Normalisation& normalisation, std::int64_t batchSize,
                                                 const StopFlag* stop = nullptr, const ProgressCallback& progress = {});

/// How the smoothness of a sheet's preference is taken: bins up to 3.30 mm on a 36.75 mm V1 (TDANN) and the same
/// fraction of every other sheet. `periodic`, `range`: see analysis::SmoothnessOptions.
[[nodiscard]] analysis::SmoothnessOptions smoothnessOptions(const topography::Sheet& sheet, double periodic,
                                                            double range, std::uint64_t seed);

/// Orientation smoothness of a sheet at display scale (period 180 degrees).
Expected<analysis::Smoothness> orientationSmoothness(const topography::Sheet& sheet, const analysis::TuningMaps& maps,
                                                     std::uint64_t seed);
/// Smoothness of a map of t [U] at display scale, to half the sheet: patches are far wider than orientation columns.
Expected<analysis::Smoothness> selectivitySmoothness(const topography::Sheet& sheet, const std::vector<float>& t,
                                                     std::uint64_t seed);

}  // namespace pinwheel::training
