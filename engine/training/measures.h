// Everything that is measured of a trained network, before any of it is written. Includes LibTorch.
#pragma once

#include <ATen/core/Tensor.h>

#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "engine/analysis/correlation.h"
#include "engine/analysis/patches.h"
#include "engine/analysis/pinwheels.h"
#include "engine/analysis/smoothness.h"
#include "engine/core/error.h"
#include "engine/core/progress.h"
#include "engine/data/dataset.h"
#include "engine/snn/network.h"
#include "engine/topography/sheet.h"
#include "engine/training/responses.h"

namespace pinwheel::training {

/// A smoothness that could be computed, or the reason why not.
struct MeasuredSmoothness {
  std::string quantity;  ///< "orientation", "orientation_von_mises", "spatial_frequency", "colour", or a domain's name
  Expected<analysis::Smoothness> value = failure("not measured");
  Expected<analysis::Smoothness> untrained = failure("no untrained network was given");  ///< the same on the control
};

struct DomainMeasure {
  std::string domain;
  std::vector<float> t;  ///< [U]
  MeasuredSmoothness smoothness;
  Expected<std::vector<analysis::Patch>> patches = failure("not measured");
};

struct SheetMeasures {
  topography::Sheet sheet;
  analysis::TuningMaps tuning;
  std::vector<MeasuredSmoothness> tuningSmoothness;
  Expected<analysis::PinwheelMap> pinwheels = failure("not measured");
  std::vector<DomainMeasure> domains;
  Expected<analysis::CorrelationByDistance> correlation = failure("not measured");
  double firingRate = 0;  ///< mean over the validation images, spikes per unit and time step
  double medianCircularVariance = std::numeric_limits<double>::quiet_NaN();  ///< NaN where no unit fires
  double selectiveFraction =
      std::numeric_limits<double>::quiet_NaN();  ///< circular variance below 0.6 among units that fire; NaN: none does
};

struct NetworkMeasures {
  DatasetResponse validation;
  bool validationLabelled = true;  ///< false: the data's classes are not the network's
  std::vector<SheetMeasures> sheets;
};

struct MeasureInputs {
  snn::Network* network = nullptr;
  snn::Network* untrained = nullptr;  ///< the control: the same network before training, calibrated; null: none
  at::Device device{at::kCPU};
  std::vector<topography::Sheet> sheets;
  data::DatasetPair data;
  std::shared_ptr<const data::Dataset> categories;  ///< fLoc, or the built-in world
  data::Normalisation normalisation;                ///< of the training data
  int side = 32;
  std::int64_t batchSize = 128;
  int workers = 1;
  bool labelled = true;
};

/// One pass over the gratings, one over the categories, one over the validation images; statistics are streamed.
Expected<NetworkMeasures> measure(const MeasureInputs& inputs, const ProgressCallback& progress, const StopFlag& stop);

}  // namespace pinwheel::training
