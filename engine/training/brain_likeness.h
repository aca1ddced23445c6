// How a network's responses compare with those of a brain: representational similarity to dissimilarity matrices, and
// linear predictivity of recordings, for every sheet and time step.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/analysis/rsa.h"
#include "engine/core/error.h"
#include "engine/core/progress.h"
#include "engine/formats/matrix_file.h"

namespace pinwheel::training {

struct BrainLikenessOptions {
  std::filesystem::path checkpoint;
  std::filesystem::path images;  ///< a folder; its images are the stimuli, "2.png" before "10.png"
  std::vector<formats::ArraySource> matrices;
  std::filesystem::path recordings;   ///< [images, sites]; empty: no predictivity
  std::filesystem::path reliability;  ///< [sites]: what predictivity is divided by; empty: nothing
  analysis::Distance distance = analysis::Distance::pearson;
  analysis::SimilarityOptions similarity;  ///< its seed draws the folds of the predictivity, too
  std::filesystem::path out;               ///< made when missing
  /// Bound on what is kept of the network's answers, and on the matrices of images with images (see planPasses).
  std::int64_t memoryBytes = std::int64_t{1} << 30;
  std::string device = "auto";
  int threads = 0;
};

struct BrainLikenessResult {
  std::filesystem::path report;  ///< rsa.json
  std::string summary;           ///< a few lines for the terminal
};

/// Shows the images (resized and cropped as those of a folder are, normalised as the training data were) and takes the
/// spikes of every sheet at every time step, and summed over them. What is kept of them are products of images over
/// units, gathered in as many passes a sheet as memoryBytes asks for; their number changes no result. Writes rsa.json,
/// rsa.csv (one row per sheet, time step and measure) and <layer>_t<step>_rdm.npy, <layer>_sum_rdm.npy [images,
/// images]. A network that was trained with a lesion held is measured under it. What cannot be measured of a sheet says
/// why in the report. Error: files that cannot be read or do not fit the images or more images than memoryBytes allows
/// (told before anything is shown), "Stopped", a folder that cannot be written.
Expected<BrainLikenessResult> brainLikeness(const BrainLikenessOptions& options, const ProgressCallback& progress,
                                            const StopFlag& stop);

}  // namespace pinwheel::training
