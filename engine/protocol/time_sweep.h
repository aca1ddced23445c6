// The same weights at other numbers of time steps T: accuracy, firing rates, the entropy of the spike trains, and how
// far that entropy lies from the network's without topography. Includes LibTorch.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "engine/core/error.h"
#include "engine/core/progress.h"
#include "engine/protocol/effort.h"
#include "engine/protocol/section.h"
#include "engine/protocol/subject.h"
#include "engine/training/measures.h"

namespace pinwheel::protocol {

struct TimeSweepOptions {
  std::vector<std::int64_t> accuracySteps{1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 25, 30};  ///< T; the trained one joins them
  std::vector<std::int64_t> entropySteps{5, 10, 15, 20, 25, 30};                     ///< T; they join them as well
  /// Checkpoint of the run without topography (its loss has no weight), with the same layers; empty: none.
  std::filesystem::path twin;
  /// What was read from it already, and its fingerprint; without them it is read here. Not owned.
  const training::Checkpoint* openedTwin = nullptr;
  std::string twinFingerprint{};
  std::int64_t images = 1000;  ///< at most, every class as often as the data allow: the same ones at every T
  std::int64_t units = 4096;   ///< of a layer, drawn, whose trains are counted; fewer where their counters take 8 MB
  int bootstraps = 1000;       ///< over units, for the intervals
  std::uint64_t seed = training::kMeasureSeed;

  /// quick: T = 1, 2, 4, 8 (entropy: 5, 10) and 500 images.
  static TimeSweepOptions of(Effort effort);
};
/// With a fingerprint of the twin's file: another one under the same name is another option.
[[nodiscard]] nlohmann::json optionsJson(const TimeSweepOptions& options);

/// Every T is a network of its own with the checkpoint's weights, under the lesion that it was trained with (time steps
/// of a lesion that a smaller T does not have are left out). A batch shrinks as T grows beyond the trained one: no more
/// memory is taken than there. Entropy: analysis::SpikeTrains, per unit, in bits; the control of independent steps and
/// the twin are counted alike (UnitTrains), so that all three are as far from the truth where words outnumber images.
/// Intervals: Wilson's for accuracies; bootstrap over units for entropies and for their shift, which takes the same
/// units of both networks.
/// {"parameters", "images", "trained_time_steps", "time_steps" [T],
///  "accuracy": {"correct", "value", "low_95", "high_95"} [T] each,
///  "firing_rate": [{"area", "rate" [T], spikes per unit and time step}],
///  "entropy": [{"layer", "area", "time_steps", "units", "exact", "memory_steps", "bits", "low_95", "high_95",
///    "uncorrected_bits", "independent_bits", "silent_share"; with a twin "twin_bits", "shift", "shift_low_95",
///    "shift_high_95"}],
///  "twin": {"checkpoint", "trained_time_steps", "differences": [{"what", "own", "twin"}] (seed, T, epochs, training
///    data, held lesion: texts, where they are not the same), "accuracy", "firing_rate"}}
/// Accuracy is not measured on data of other classes. Error: the ReLU twin, which has no T; a `twin` that cannot be
/// read, has other layers or a topographic loss (one without spikes is not measured); options out of range; an image
/// that cannot be read; "Stopped".
Expected<nlohmann::json> measureTimeSweep(const Subject& subject, const TimeSweepOptions& options,
                                          const ProgressCallback& progress, const StopFlag& stop);

/// `measured`: what measureTimeSweep returned; throws nlohmann::json::exception for anything else.
[[nodiscard]] Section timeSweepSection(const nlohmann::json& measured);

}  // namespace pinwheel::protocol
