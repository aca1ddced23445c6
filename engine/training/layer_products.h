// A layer's spikes to stimuli, recorded as what a comparison with a brain needs of them: products of every two stimuli
// over units. Memory has a bound, whatever the number of units and time steps. Includes LibTorch.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/analysis/rsa.h"
#include "engine/core/error.h"
#include "engine/core/progress.h"
#include "engine/data/dataset.h"
#include "engine/snn/network.h"

namespace pinwheel::training {

/// A network, and how it is shown its stimuli.
struct ShownStimuli {
  snn::Network* network = nullptr;
  at::Device device{at::kCPU};
  std::shared_ptr<const data::Dataset> images;
  data::Normalisation normalisation;  ///< of the training data
  int side = 0;                       ///< px
  std::int64_t batchSize = 0;
  int workers = 1;
};

/// One sheet.
struct LayerTables {
  std::size_t sheet = 0;  ///< in the network's order
  std::int64_t units = 0;
  std::int64_t timeSteps = 0;

  /// Tables of responses [images, units]: one per time step and their sum; a single time step is its own sum.
  [[nodiscard]] std::int64_t count() const noexcept { return timeSteps > 1 ? timeSteps + 1 : 1; }
  /// "1" to "T", and "sum", the last.
  [[nodiscard]] std::string name(std::int64_t table) const;
};

/// A pass shows all images once, and keeps some units of some tables: as many as the bound allows.
struct PassPlan {
  std::int64_t tables = 0;  ///< at a time
  std::int64_t units = 0;   ///< at a time
  std::int64_t passes = 0;  ///< in all
};
/// The fewest passes. `memoryBytes` bounds what is kept of the network's answers and the matrices [images, images] that
/// they become and are compared with, those of `subjects` brains among them; not the network and a batch of its spikes.
/// Error: a bound that the matrices alone exceed, with the one that would do.
Expected<PassPlan> planPasses(const LayerTables& layer, std::int64_t images, std::int64_t subjects,
                              analysis::Distance distance, std::int64_t memoryBytes);

/// [images, images] each.
struct TableProducts {
  std::string step;               ///< LayerTables::name
  std::vector<double> distances;  ///< for analysis::dissimilaritiesOf
  std::vector<double> centred;    ///< about every unit's mean over images
};

/// Records `plan.tables` tables from `first` on (fewer at the end). `progress` hears of the share of these passes. The
/// number of passes changes no bit. Error: a response that is not finite, an image that cannot be read, "Stopped".
Expected<std::vector<TableProducts>> recordTables(const ShownStimuli& shown, const LayerTables& layer,
                                                  const PassPlan& plan, std::int64_t first, analysis::Distance distance,
                                                  const StopFlag& stop,
                                                  const std::function<void(double share)>& progress);

}  // namespace pinwheel::training
