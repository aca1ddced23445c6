// The run without topography that a network is compared with. Includes LibTorch.
#pragma once

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "engine/core/error.h"
#include "engine/protocol/subject.h"
#include "engine/training/evaluation.h"
#include "engine/training/measured_network.h"

namespace pinwheel::protocol {

/// `opened` as the parts see it; `opened` must outlive it.
[[nodiscard]] Subject subjectOf(const training::MeasuredNetwork& opened);

struct Twin {
  training::EvaluateOptions evaluate;
  training::MeasuredNetwork opened;
  Subject subject;
  std::string checkpoint;  ///< fingerprint
  // What its parts gave; null before they have, and where they failed.
  nlohmann::json maps;
  nlohmann::json robustness;
};

/// Reads `path`, once for all parts, to be measured as `own` is: on the same images, which are not opened again, into
/// the folder twin/ of `evaluate`'s, without pictures. Error: it cannot be read, or checkTwin().
Expected<std::unique_ptr<Twin>> openTwin(const std::filesystem::path& path, const training::EvaluateOptions& evaluate,
                                         const training::MeasuredNetwork& own);

/// Error: other layers or another image side than `own`'s, or a topographic loss with a weight.
Status checkTwin(const training::Checkpoint& own, const training::Checkpoint& twin, const std::filesystem::path& path);

/// What a difference between the two can come from beside topography: [{"what", "own", "twin"}] of seed, T, epochs,
/// training data and held lesion, as texts, where they are not the same.
[[nodiscard]] nlohmann::json twinDifferences(const training::Checkpoint& own, const training::Checkpoint& twin);

}  // namespace pinwheel::protocol
