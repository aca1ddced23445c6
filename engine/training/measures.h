// Everything that is measured of a trained network, before any of it is written. Includes LibTorch.
#pragma once

#include <ATen/core/Tensor.h>

#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "engine/analysis/circular_variance.h"
#include "engine/analysis/correlation.h"
#include "engine/analysis/delta_selectivity.h"
#include "engine/analysis/domain_overlap.h"
#include "engine/analysis/patches.h"
#include "engine/analysis/pinwheels.h"
#include "engine/analysis/smoothness.h"
#include "engine/core/error.h"
#include "engine/core/progress.h"
#include "engine/data/dataset.h"
#include "engine/snn/network.h"
#include "engine/topography/sheet.h"
#include "engine/training/responses.h"
#include "engine/training/time_measures.h"

namespace pinwheel::training {

/// A measure that could be taken, or the reason why not; and the same of the untrained network, the control.
template <class T>
struct Controlled {
  Expected<T> value = failure("not measured");
  Expected<T> untrained = failure("no untrained network was given");
};

struct MeasuredSmoothness {
  std::string quantity;  ///< "orientation", "orientation_von_mises", "spatial_frequency", "colour", or a domain's name
  Expected<analysis::Smoothness> value = failure("not measured");
  Expected<analysis::Smoothness> untrained = failure("no untrained network was given");
};

/// Of the draws of every analysis: the same units for every network.
inline constexpr std::uint64_t kMeasureSeed = 1;

/// From this t on a unit counts as selective (TDANN's patches).
inline constexpr double kSelectiveT = 2;
/// The same of d', which does not grow with the number of images.
inline constexpr double kSelectiveDPrime = 1;

struct DomainMeasure {
  std::string domain;
  std::vector<float> t;                                           ///< [U]
  std::vector<float> dPrime;                                      ///< [U]
  double dPrimeShare = std::numeric_limits<double>::quiet_NaN();  ///< of units, d' >= 1
  double untrainedDPrimeShare = std::numeric_limits<double>::quiet_NaN();
  MeasuredSmoothness smoothness;
  Controlled<analysis::DeltaSelectivity> delta;
  Expected<std::vector<analysis::Patch>> patches = failure("not measured");
  Controlled<std::vector<analysis::PatchesAtThreshold>> sweep;  ///< the untrained network's without shuffles
};

/// Of two domains.
struct OverlapMeasure {
  std::string first;
  std::string second;
  Controlled<analysis::DomainOverlap> overlap;  ///< the untrained network's without chance
};

struct SheetMeasures {
  topography::Sheet sheet;
  analysis::TuningMaps tuning;
  std::vector<MeasuredSmoothness> tuningSmoothness;
  Controlled<analysis::CircularVarianceMatch> circularVariance;
  Controlled<analysis::CorrelationByDistance> tuningCorrelation;
  Controlled<analysis::PinwheelMap> pinwheels;
  Expected<analysis::PinwheelMap> shuffledPinwheels = failure("not measured");  ///< chance: preferences shuffled
  std::vector<DomainMeasure> domains;
  std::vector<OverlapMeasure> overlaps;
  double selectiveShare = std::numeric_limits<double>::quiet_NaN();  ///< of units, t >= 2 in a domain; NaN: no domain
  double untrainedSelectiveShare = std::numeric_limits<double>::quiet_NaN();
  /// Of the responses to the validation images; the untrained network's is untrainedTime's.
  Expected<analysis::CorrelationByDistance> correlation = failure("not measured");
  double firingRate = 0;  ///< mean over the validation images, spikes per unit and time step
  TimeMeasures time;
  Expected<TimeMeasures> untrainedTime = failure("no untrained network was given");
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

/// One pass of each network over each kind of stimuli: the gratings, the categories, the validation images (the
/// control: at most 1,000 of them). Accuracy, maps and what is measured in time come from the same passes. Statistics
/// are streamed.
Expected<NetworkMeasures> measure(const MeasureInputs& inputs, const ProgressCallback& progress, const StopFlag& stop);

}  // namespace pinwheel::training
