// What `pinwheel-cli rsa` writes: rsa.json and rsa.csv.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/analysis/predictivity.h"
#include "engine/analysis/rsa.h"
#include "engine/core/error.h"
#include "engine/training/brain_likeness.h"
#include "engine/training/checkpoint.h"

namespace pinwheel::training {

/// What the network is compared with: the matrices of one file, a subject each.
struct Reference {
  std::string name;
  std::vector<analysis::DissimilarityMatrix> subjects;
  Expected<analysis::NoiseCeiling> ceiling = failure("not measured");
};

/// One sheet at one time step. What could not be measured says why.
struct StepLikeness {
  std::string step;  ///< "1" to "T", or "sum"
  std::int64_t constantImages = 0;
  Expected<double> dimensionality = failure("not measured");
  std::vector<Expected<analysis::Similarity>> similarities;  ///< one per reference
  Expected<analysis::Predictivity> predictivity = failure("not measured");
};

struct SheetLikeness {
  std::string layer;
  std::string area;
  std::int64_t units = 0;
  std::vector<StepLikeness> steps;
};

struct BrainLikeness {
  std::vector<std::string> images;  ///< file names, in the order of the matrices' rows
  std::vector<Reference> references;
  std::vector<SheetLikeness> sheets;
};

/// Writes into options.out. `checkpoint`: what is told of the network.
Expected<BrainLikenessResult> writeBrainLikeness(const BrainLikeness& measured, const BrainLikenessOptions& options,
                                                 const Checkpoint& checkpoint);

}  // namespace pinwheel::training
