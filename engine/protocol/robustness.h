// What noise and attacks leave of a network's accuracy. Includes LibTorch.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "engine/core/error.h"
#include "engine/core/progress.h"
#include "engine/protocol/effort.h"
#include "engine/protocol/section.h"
#include "engine/protocol/subject.h"

namespace pinwheel::protocol {

/// Strengths ascend and are above 0 (the clean images come with every curve); pixel units are [0, 1], before the
/// normalisation. The severities of the corruptions are those of data::corruptionKinds.
struct RobustnessOptions {
  std::int64_t images = 1000;  ///< at most, every class as often as the data allow: the same ones at every strength
  std::uint64_t seed = 1;      ///< of the images' choice and of all noise
  std::vector<double> gaussianDeviations{0.05, 0.1, 0.15, 0.2, 0.3};                    ///< pixel units
  std::vector<double> epsilons{0.5 / 255, 1.0 / 255, 2.0 / 255, 4.0 / 255, 8.0 / 255};  ///< L-infinity, FGSM and PGD
  std::vector<double> maskedShares{0.1, 0.2, 0.3, 0.5, 0.7};                            ///< of the pixels of a step
  int pgdSteps = 20;
  double pgdStepFactor = 2.5;  ///< a step is this times epsilon / pgdSteps (Madry et al. 2018)

  /// quick: 100 images, 7 steps of PGD.
  static RobustnessOptions of(Effort effort);
};
[[nodiscard]] nlohmann::json optionsJson(const RobustnessOptions& options);

/// Accuracy with Wilson's 95 % interval against strength under Gaussian noise, FGSM, PGD, pixels masked anew at every
/// time step and five corruptions; controls of FGSM's size without its aim (random signs; Gaussian noise cut at
/// epsilon); how many gradients are exactly 0. Attacks are attacks.h's. What is drawn for an image is the same at every
/// strength, scaled. One batch in memory at a time, and the graph of no more than kGraphImages or a batch of the
/// training.
/// {"parameters", "images", "classes", "time_steps", "zero_gradients": {"pixel_share", "image_share"},
///  "curves": {name: {"strength" [0, ...], "correct", "accuracy", "low_95", "high_95"}},
///  "against": {attack: {control: {"attack_alone", "control_alone"}}}}
/// A corruption's strength is its severity, 0 to 5; "against" counts, at each strength of the curve, the images that
/// stay right under the one and not under the other.
/// Error: data of other classes or none, options that cannot be, an image that cannot be read, "Stopped".
Expected<nlohmann::json> measureRobustness(const Subject& subject, const RobustnessOptions& options,
                                           const ProgressCallback& progress, const StopFlag& stop);

/// Warns of an attack that was weaker than its control: a one-sided exact sign test (McNemar's) over the images that
/// only one of them left right, at 5 % over all strengths (Bonferroni). `measured`: what measureRobustness returned, or
/// {"not_measured": reason}; throws nlohmann::json::exception for anything else. `twin`: the same of a network to
/// compare with, null for none.
[[nodiscard]] Section robustnessSection(const nlohmann::json& measured);
[[nodiscard]] Section robustnessSection(const nlohmann::json& measured, const nlohmann::json& twin);

}  // namespace pinwheel::protocol
