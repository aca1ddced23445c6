// What a network loses when part of its category map is silenced, after the lesions of the interactive topographic
// network (Blauch, Behrmann, Plaut 2022). Includes LibTorch.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <vector>

#include "engine/core/error.h"
#include "engine/core/progress.h"
#include "engine/protocol/effort.h"
#include "engine/protocol/section.h"
#include "engine/protocol/subject.h"

namespace pinwheel::protocol {

struct LesionStudyOptions {
  std::vector<double> shares;      ///< 0..1 of the sheet's units, for discs and ranked sets
  std::vector<double> thresholds;  ///< t; each silences the units that reach it. Empty: no such sets
  std::int64_t images = 400;       ///< at most, of the validation data and of either half of the categories
  int shamDraws = 3;               ///< shams of every lesion
  int bootstraps = 1000;           ///< of images and of shams, for the intervals
  std::uint64_t seed = 1;          ///< of the images' choice, the shams and the bootstraps

  /// full: 0, 1, 5, 10, 20 .. 100 % (ITN's) and five thresholds; quick: 0, 5, 20, 100 %, 100 images, 2 shams.
  static LesionStudyOptions of(Effort effort);
};
[[nodiscard]] nlohmann::json optionsJson(const LesionStudyOptions& options);

/// Silences units of the IT sheet (inferotemporalSheet) per domain: a disc around the peak of the smoothed t-map that
/// grows until it holds the share; the units of highest t; those above a threshold. Beside each its shams: as many
/// units drawn at random among those that the lesion leaves alone, and where these are too few (above 50 %) among all.
/// Put to the test are the exams of DomainStudy, on images that the maps were not made of. The lesion that the network
/// was trained under stays in place, the study's comes on top of it.
/// {"parameters", "sheet", "area", "units", "held_lesion", "map_images", "domains", "peaks": [{"domain", "x_mm",
///  "y_mm", "t"}], "exams": [{"name", "data", "images", "groups", "images_by_group", "domain_of_group" (null: none),
///  "intact": {"correct", "accuracy", "low_95", "high_95", "correct_by_group"},
///  "lesions": [those of intact and "domain", "selection", "size" (share or t), "units", "share",
///    "sham": {"accuracy", "accuracy_by_group", "draws", "drawn_among"}],
///  "by_size": [{"selection", "size", "sham": {"accuracy", "low_95", "high_95"}, "dissociation":
///    {"points_lost_beyond_sham" [lesioned domain][tested domain], "diagonal", "off_diagonal", "difference", "low_95",
///     "high_95", "sham_own": {"accuracy", "low_95", "high_95"}}}]}]}, the second exam {"name", "not_measured"} where
/// the labels are not the network's classes. Accuracies are shares with Wilson's interval; those of shams and of
/// dissociations are bootstrapped over images (within each group) and shams.
/// Error: options that cannot be, fewer than two domains, an image that cannot be read, "Stopped".
Expected<nlohmann::json> measureLesionStudy(const Subject& subject, const LesionStudyOptions& options,
                                            const ProgressCallback& progress, const StopFlag& stop);

/// `measured`: what measureLesionStudy returned, or {"not_measured": reason}; throws nlohmann::json::exception for
/// anything else.
[[nodiscard]] Section lesionStudySection(const nlohmann::json& measured);

}  // namespace pinwheel::protocol
