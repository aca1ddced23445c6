#include "engine/data/gratings.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace pinwheel::data {
namespace {

constexpr double kLowest = 5.5;        // cycles per image (TDANN, 224 px, 8 degrees of visual angle)
constexpr double kEnd = 110.0;         // linspace's end, left out
constexpr double kNyquistShare = 0.8;  // where the list is scaled: of what an image can carry
constexpr double kReferenceSide = 224.0;

}  // namespace

std::vector<double> gratingFrequencies(int side, int count) {
  // linspace(5.5, 110, n + 1) without the last
  const double listHighest = kLowest + (kEnd - kLowest) / count * (count - 1);
  const bool fits = listHighest <= side / 2.0;
  const double highest = fits ? listHighest : side / 2.0 * kNyquistShare;
  const double lowest = fits ? kLowest : std::max(1.0, kLowest * side / kReferenceSide);
  std::vector<double> frequencies;
  for (int f = 0; f < count; ++f)
    frequencies.push_back(count > 1 ? lowest + (highest - lowest) * f / (count - 1) : lowest);
  return frequencies;
}

std::vector<Grating> makeGratings(int side, const GratingOptions& options) {
  const std::vector<double> frequencies = gratingFrequencies(side, options.frequencies);
  std::vector<Grating> gratings;
  for (int o = 0; o < options.orientations; ++o)
    for (int f = 0; f < options.frequencies; ++f)
      for (int p = 0; p < options.phases; ++p)
        for (int c = 0; c < options.colours; ++c) {
          Grating g{o, f, p, c, 0, 0, 0};
          g.angleDeg = 180.0 * o / options.orientations;
          g.cyclesPerImage = frequencies[static_cast<std::size_t>(f)];
          g.phaseRad = 2 * std::numbers::pi * p / options.phases;
          gratings.push_back(g);
        }
  return gratings;
}

void renderGrating(const Grating& grating, int side, float* pixels) {
  // Bars along (cos a, -sin a) in image coordinates (y down); the wave runs across them.
  const double angle = grating.angleDeg * std::numbers::pi / 180;
  const double kx = 2 * std::numbers::pi * grating.cyclesPerImage * std::sin(angle) / side;
  const double ky = 2 * std::numbers::pi * grating.cyclesPerImage * std::cos(angle) / side;
  const double centre = (side - 1) / 2.0;
  const auto plane = static_cast<std::ptrdiff_t>(side) * side;
  for (int y = 0; y < side; ++y)
    for (int x = 0; x < side; ++x) {
      const double wave = std::sin(kx * (x - centre) + ky * (y - centre) + grating.phaseRad);
      const auto light = static_cast<float>(0.5 + 0.5 * wave);
      const std::ptrdiff_t at = static_cast<std::ptrdiff_t>(y) * side + x;
      pixels[at] = light;
      // Red against cyan: green and blue in opposite phase to red.
      pixels[plane + at] = grating.colour == 0 ? light : 1 - light;
      pixels[2 * plane + at] = grating.colour == 0 ? light : 1 - light;
    }
}

}  // namespace pinwheel::data
