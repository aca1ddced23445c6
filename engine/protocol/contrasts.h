// Further contrasts of images, such as big against small objects or originals against texforms: a map of t per sheet
// from two folders of the user's. Includes LibTorch.
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

struct Contrast {
  std::string name;               ///< letters, digits, "-", "_" and ".": it becomes part of files' names
  std::filesystem::path folderA;  ///< a positive t prefers these images
  std::filesystem::path folderB;
};

/// "big-small=DIR_A,DIR_B". Error: anything else; a folder's name cannot hold a comma. The folders are not looked at.
Expected<Contrast> parseContrast(const std::string& text);

struct ContrastsOptions {
  std::vector<Contrast> contrasts;
  double threshold = training::kSelectiveT;  ///< from this |t| on a unit counts as selective
  std::uint64_t seed = training::kMeasureSeed;
  int permutations = 20;      ///< of the labels, each a control
  std::filesystem::path out;  ///< where <layer>_contrast_<name>.npy and .csv go; empty: nowhere

  /// The same for both: every image of the folders is shown once.
  static ContrastsOptions of(Effort effort);
};
/// Without `out`, on which no result depends; with the folders' absolute paths and a hash over the names, sizes and
/// times of their images, which tells when one was added, taken away or written anew.
[[nodiscard]] nlohmann::json optionsJson(const ContrastsOptions& options);

/// Per contrast and sheet: Welch's t of A against B, its smoothness as that of the domains (to half the sheet), the
/// share of selective units with that of at most 4096 drawn units under `permutations` shuffles of the labels (mean and
/// 95 % range), and the reliability: the correlation r over units of the maps of odd and of even images (in the natural
/// order of their names), stepped up to all images by Spearman and Brown, 2 r / (1 + r), where r > 0. PNG and JPEG of
/// the folder itself, normalised as the training data were. One batch in memory at a time, and three sets of statistics
/// per unit and one per shuffle and drawn unit.
/// {"parameters", "contrasts": [{"name", "folder_a", "folder_b", "images_a", "images_b", "sheets": [{"layer", "area",
///  "units", "file" (stem), "largest_t", "smallest_t", "smoothness": as in report.json without the untrained,
///  "prefer_a_share", "prefer_b_share", "controls": {"shuffled_labels": {"units", "prefer_a_share",
///  "prefer_a_low_95", "prefer_a_high_95", "prefer_b_share", ...}},
///  "reliability": {"halves", "spearman_brown"}}]}]}
/// Error: no contrast, no permutation, two of one name, a folder that is not there or holds fewer than 4 images (it is
/// named, before anything is shown), an image that cannot be read, `out` that cannot be written, "Stopped".
Expected<nlohmann::json> measureContrasts(const Subject& subject, const ContrastsOptions& options,
                                          const ProgressCallback& progress, const StopFlag& stop);

/// `measured`: what measureContrasts returned; throws nlohmann::json::exception for anything else.
[[nodiscard]] Section contrastsSection(const nlohmann::json& measured);

}  // namespace pinwheel::protocol
