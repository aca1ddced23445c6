// Wiring length between successive sheets, against shuffled positions and the untrained network. Includes LibTorch.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>

#include "engine/core/error.h"
#include "engine/core/progress.h"
#include "engine/protocol/effort.h"
#include "engine/protocol/section.h"
#include "engine/protocol/subject.h"
#include "engine/training/measures.h"

namespace pinwheel::protocol {

/// TDANN's constants (Margalit et al. 2024), stated for a V1 of 36.75 mm and an IT of 70 mm and scaled to the sheet at
/// hand. A pair of sheets whose target is IT is measured as they measured IT, over the whole sheet; every other pair as
/// their V1, in windows.
struct WiringOptions {
  std::int64_t images = 50;
  double v1Percentile = 95;  ///< active is what answers above it
  double v1DistanceMm = 0.9;
  double v1WindowMm = 3.5;
  /// What their windows held. On a sheet with fewer units a window, and the distance with it, grows until it holds as
  /// many: in a window of 50 units there would be two active ones.
  std::int64_t windowUnits = 910;
  int windows = 20;
  double itPercentile = 99;
  double itDistanceMm = 10;
  int starts = 10;  ///< of every k-means
  int bootstraps = 1000;
  std::uint64_t seed = training::kMeasureSeed;

  /// quick: 10 images, 5 windows, 3 starts.
  static WiringOptions of(Effort effort);
};
[[nodiscard]] nlohmann::json optionsJson(const WiringOptions& options);

/// analysis::wiringLength of every pair of successive sheets, per validation image, in mm at the source's display scale
/// (a target of another size is brought to the source's). Controls: the same answers at shuffled positions, drawn anew
/// for every image (of both sheets; TDANN shuffles the source's alone); training::untrainedControl. Lengths and fibres
/// are means over the windows that were measured in the network and in every control that has any, first of an image's
/// windows, then of the images that have one. Intervals: bootstrap over these images. One batch in memory at a time.
/// {"parameters", "images", "pairs": [{"source", "target", "percentile", "distance_mm", "window_mm" (0: the whole
///  sheet), "windows" (of all images), "compared_windows", "length_mm", "low_95", "high_95", "fibres", "images",
///  "left_out_share" (of this one's own windows), "of_shuffled",
///  "controls": {"shuffled": {"length_mm", ... "left_out_share"}, "untrained": {...}}}]}
/// Where nothing can be compared "not_measured" stands beside "left_out_share" in place of the lengths.
/// Error: fewer than two sheets, options out of range, an image that cannot be read, "Stopped".
Expected<nlohmann::json> measureWiring(const Subject& subject, const WiringOptions& options,
                                       const ProgressCallback& progress, const StopFlag& stop);

/// `measured`: what measureWiring returned; throws nlohmann::json::exception for anything else.
[[nodiscard]] Section wiringSection(const nlohmann::json& measured);

}  // namespace pinwheel::protocol
