// Sine gratings: the stimuli that drive the placement of units and that orientation, frequency and colour are read
// from.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/core/error.h"

namespace pinwheel::data {

/// Constants of TDANN: 8 orientations 22.5 degrees apart, spatial frequencies linspace(5.5, 110, 9) without the last in
/// cycles per image of 224 px, 5 phases, black/white and red/cyan.
struct GratingOptions {
  int orientations = 8;
  int frequencies = 8;
  int phases = 5;
  int colours = 2;
};

struct Grating {
  int orientation = 0;  ///< index; angle = 180 * orientation / orientations degrees
  int frequency = 0;
  int phase = 0;
  int colour = 0;  ///< 0 black/white, 1 red/cyan
  double angleDeg = 0;
  double cyclesPerImage = 0;
  double phaseRad = 0;
};

/// The spatial frequencies for images of `side` px, rising, cycles per image: TDANN's list where its highest (96.94)
/// lies below the Nyquist frequency, side / 2. Nothing above that exists in a smaller image: there the list is scaled
/// to run evenly from 5.5 side / 224 (at least 1) to 0.8 of the Nyquist frequency, never folded.
[[nodiscard]] std::vector<double> gratingFrequencies(int side, int count = GratingOptions{}.frequencies);

/// The set for images of `side` px.
[[nodiscard]] std::vector<Grating> makeGratings(int side, const GratingOptions& options = {});

/// Planar RGB in [0, 1], [3, side, side]. The angle is that of the bars' orientation, counter-clockwise from horizontal
/// (0 = horizontal bars), image y pointing down.
void renderGrating(const Grating& grating, int side, float* pixels);

}  // namespace pinwheel::data
