#include "engine/data/corruptions.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

namespace pinwheel::data {
namespace {

float clipped(double value) {
  return static_cast<float>(std::clamp(value, 0.0, 1.0));
}

void addGaussianNoise(std::span<float> pixels, double deviation, Random& random) {
  for (float& pixel : pixels) pixel = clipped(static_cast<double>(pixel) + deviation * random.normal());
}

// Knuth's: as many factors as fit before the product of uniform numbers falls to e^-mean. A double holds that up to a
// mean of 700.
int poisson(double mean, Random& random) {
  const double limit = std::exp(-mean);
  int count = 0;
  for (double product = random.uniform(); product > limit; product *= random.uniform()) ++count;
  return count;
}

void addShotNoise(std::span<float> pixels, double photons, Random& random) {
  for (float& pixel : pixels) pixel = clipped(poisson(static_cast<double>(pixel) * photons, random) / photons);
}

void addImpulseNoise(std::span<float> pixels, double share, Random& random) {
  for (float& pixel : pixels) {
    const double draw = random.uniform();
    if (draw < share) pixel = draw < share / 2 ? 0.0F : 1.0F;
  }
}

// Weights from -radius to radius, cut at four deviations as the published sets were (skimage.filters.gaussian).
std::vector<double> gaussianKernel(double deviation) {
  const int radius = static_cast<int>(4 * deviation + 0.5);
  std::vector<double> kernel;
  double sum = 0;
  for (int offset = -radius; offset <= radius; ++offset) {
    kernel.push_back(std::exp(-0.5 * offset * offset / (deviation * deviation)));
    sum += kernel.back();
  }
  for (double& weight : kernel) weight /= sum;
  return kernel;
}

// One direction of one plane: `lines` lines of `side` values, `step` apart. The border's value goes on outside.
void blurLines(float* plane, int side, std::ptrdiff_t lineStep, std::ptrdiff_t step,
               const std::vector<double>& kernel) {
  const int radius = static_cast<int>(kernel.size() / 2);
  std::vector<float> line(static_cast<std::size_t>(side));
  for (int l = 0; l < side; ++l) {
    float* values = plane + l * lineStep;
    for (int i = 0; i < side; ++i) line[static_cast<std::size_t>(i)] = values[i * step];
    for (int i = 0; i < side; ++i) {
      double sum = 0;
      for (int k = -radius; k <= radius; ++k)
        sum += kernel[static_cast<std::size_t>(k + radius)] *
               static_cast<double>(line[static_cast<std::size_t>(std::clamp(i + k, 0, side - 1))]);
      values[i * step] = clipped(sum);
    }
  }
}

void blur(std::span<float> pixels, int side, double deviation) {
  if (deviation <= 0) return;
  const std::vector<double> kernel = gaussianKernel(deviation);
  for (std::ptrdiff_t c = 0; c < 3; ++c) {
    float* plane = pixels.data() + c * side * side;
    blurLines(plane, side, side, 1, kernel);
    blurLines(plane, side, 1, side, kernel);
  }
}

void reduceContrast(std::span<float> pixels, double factor) {
  const std::size_t plane = pixels.size() / 3;
  for (std::size_t c = 0; c < 3; ++c) {
    const std::span<float> channel = pixels.subspan(c * plane, plane);
    double mean = 0;
    for (const float pixel : channel) mean += static_cast<double>(pixel);
    mean /= static_cast<double>(plane);
    for (float& pixel : channel) pixel = clipped((static_cast<double>(pixel) - mean) * factor + mean);
  }
}

}  // namespace

const std::array<CorruptionKind, 5>& corruptionKinds() {
  static const std::array<CorruptionKind, 5> kinds{{
      {Corruption::gaussianNoise,
       "gaussian_noise",
       "Gaussian noise",
       "standard deviation, pixel units",
       {0.04, 0.06, 0.08, 0.09, 0.10}},
      {Corruption::shotNoise, "shot_noise", "Shot noise", "photons at full intensity", {500, 250, 100, 75, 50}},
      {Corruption::impulseNoise,
       "impulse_noise",
       "Impulse noise",
       "share of values at 0 or 1",
       {0.01, 0.02, 0.03, 0.05, 0.07}},
      {Corruption::gaussianBlur,
       "gaussian_blur",
       "Gaussian blur",
       "standard deviation, px of a 32 px image",
       {0.4, 0.6, 0.7, 0.8, 1.0}},
      {Corruption::contrast, "contrast", "Contrast", "factor of the contrast", {0.75, 0.5, 0.4, 0.3, 0.15}},
  }};
  return kinds;
}

void corrupt(std::span<float> pixels, int side, Corruption corruption, double strength, Random& random) {
  switch (corruption) {
    case Corruption::gaussianNoise:
      return addGaussianNoise(pixels, strength, random);
    case Corruption::shotNoise:
      return addShotNoise(pixels, strength, random);
    case Corruption::impulseNoise:
      return addImpulseNoise(pixels, strength, random);
    case Corruption::gaussianBlur:
      return blur(pixels, side, strength * side / kCorruptionSide);
    case Corruption::contrast:
      return reduceContrast(pixels, strength);
  }
}

}  // namespace pinwheel::data
