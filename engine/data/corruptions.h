// Images as a bad camera would hand them over: five of the corruptions of Hendrycks & Dietterich 2019, "Benchmarking
// neural network robustness to common corruptions and perturbations" (ICLR), with the severities that the authors
// published for images of 32 px (CIFAR-10-C). Unlike the published sets, nothing is rounded to 8 bits.
#pragma once

#include <array>
#include <span>

#include "engine/core/random.h"

namespace pinwheel::data {

enum class Corruption {
  gaussianNoise,  ///< strength: standard deviation, pixel units
  shotNoise,      ///< strength: photons at full intensity, at most 700; fewer are worse. Poisson counts over strength
  impulseNoise,   ///< strength: share of values (of each channel by itself) that become 0 or 1, either as often
  gaussianBlur,   ///< strength: standard deviation in pixels of a 32 px image; other images are blurred in proportion
  contrast        ///< strength: factor of the difference from the channel's mean; less is worse
};

/// The side for which the severities were published.
inline constexpr int kCorruptionSide = 32;

struct CorruptionKind {
  Corruption corruption;
  const char* name;                  ///< "gaussian_noise", for files
  const char* title;                 ///< "Gaussian noise"
  const char* strength;              ///< what its strength is, with the unit
  std::array<double, 5> severities;  ///< the strengths of severity 1 to 5
};
[[nodiscard]] const std::array<CorruptionKind, 5>& corruptionKinds();

/// pixels [3, side, side] in [0, 1], changed in place; they stay in [0, 1]. `random` is read by the three noises alone.
void corrupt(std::span<float> pixels, int side, Corruption corruption, double strength, Random& random);

}  // namespace pinwheel::data
