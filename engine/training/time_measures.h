// What is measured of a network's spikes in time: entropy, rates, synchrony, what a readout could learn. Includes
// LibTorch.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <vector>

#include "engine/analysis/correlation.h"
#include "engine/analysis/readout_fisher.h"
#include "engine/analysis/spike_trains.h"
#include "engine/core/error.h"
#include "engine/core/progress.h"
#include "engine/data/dataset.h"
#include "engine/snn/network.h"
#include "engine/topography/sheet.h"
#include "engine/training/responses.h"

namespace pinwheel::training {

/// Units that the correlation of responses is taken of.
inline constexpr int kCorrelationUnits = 400;

/// Of one sheet.
struct TimeMeasures {
  double firingRate = 0;  ///< mean over the images, spikes per unit and time step
  /// Of the images' rates, without an interval: the control of a network that is shown no more images than these.
  Expected<analysis::CorrelationByDistance> responseCorrelation = failure("not measured");
  Expected<analysis::SpikeTrainEntropy> entropy = failure("not measured");
  Expected<analysis::CorrelationByDistance> synchrony = failure("not measured");  ///< r_CCG of pairs of units
  int synchronyWindow = 0;                                                        ///< time steps, W of the STC
  Expected<analysis::ReadoutFisher> fisher = failure("not measured");
};

/// Gathers a network's time measures from a pass over a data set that is made for something else too: recordDataset()
/// takes what it returns. At most 1,000 images count, spread evenly over the set.
class TimeRecorder {
public:
  /// `images`: of the whole set, with `classes` classes.
  TimeRecorder(const std::vector<topography::Sheet>& sheets, std::int64_t images, int classes, std::uint64_t seed);
  ~TimeRecorder();
  TimeRecorder(const TimeRecorder&) = delete;
  TimeRecorder& operator=(const TimeRecorder&) = delete;

  /// For one pass; it must not outlive this.
  [[nodiscard]] SpikeRequest request();
  /// Per sheet, of the images that were shown.
  [[nodiscard]] std::vector<TimeMeasures> measures() const;

private:
  struct Parts;
  std::unique_ptr<Parts> m_parts;
};

struct TimeInputs {
  snn::Network* network = nullptr;
  at::Device device{at::kCPU};
  const std::vector<topography::Sheet>* sheets = nullptr;
  std::shared_ptr<const data::Dataset> images;  ///< with their labels, which the readout learns
  data::Normalisation normalisation;
  int side = 32;
  std::int64_t batchSize = 128;
  int workers = 1;
  std::uint64_t seed = 1;
};

/// One pass over at most 1,000 of the images, spread evenly over the set; the same images and units for every network.
/// Per sheet. A layer of rates (the ReLU twin) has no entropy and no synchrony. Error: an image that cannot be read,
/// "Stopped".
Expected<std::vector<TimeMeasures>> measureTime(const TimeInputs& inputs, const StopFlag& stop);

}  // namespace pinwheel::training
