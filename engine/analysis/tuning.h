// Tuning of every unit to gratings: orientation, spatial frequency, colour. Streamed: memory is units x conditions,
// whatever the number of stimuli.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/core/error.h"

namespace pinwheel::analysis {

/// Sums of the firing rates of U units per condition (orientation, frequency, colour), over phases and repeats.
class GratingResponses {
public:
  GratingResponses(std::int64_t units, int orientations, int frequencies, int colours);
  /// Adds one stimulus: rates [U], spikes per time step.
  void add(int orientation, int frequency, int colour, std::span<const float> rates);

  [[nodiscard]] std::int64_t units() const noexcept { return m_units; }
  [[nodiscard]] int orientations() const noexcept { return m_orientations; }
  [[nodiscard]] int frequencies() const noexcept { return m_frequencies; }
  [[nodiscard]] int colours() const noexcept { return m_colours; }
  /// Mean rate of one condition, NaN where nothing was added.
  [[nodiscard]] double mean(std::int64_t unit, int orientation, int frequency, int colour) const;
  /// Marginal tuning curves, the mean over the other axes.
  [[nodiscard]] std::vector<double> orientationCurve(std::int64_t unit) const;
  [[nodiscard]] std::vector<double> frequencyCurve(std::int64_t unit) const;
  [[nodiscard]] std::vector<double> colourCurve(std::int64_t unit) const;

private:
  std::int64_t m_units;
  int m_orientations;
  int m_frequencies;
  int m_colours;
  std::vector<float> m_sums;           ///< [condition, U]
  std::vector<std::int64_t> m_counts;  ///< [condition]
};

/// Per unit, all [U]. NaN where a unit never fires; a preference is NaN where a unit answers all conditions alike.
struct TuningMaps {
  std::vector<float>
      orientationDeg;  ///< vector sum, [0, 180): theta = 1/2 atan2(sum r sin 2t, sum r cos 2t) (Bosking et al. 1997)
  std::vector<float> orientationVonMisesDeg;  ///< peak of a von Mises fit to the curve (TDANN's convention), [0, 180)
  std::vector<float> circularVariance;        ///< 1 - |sum r exp(2 i t)| / sum r, 0..1 (Ringach et al. 2002)
  std::vector<float> orientationPeakToPeak;   ///< max - min of the orientation curve
  std::vector<float>
      frequencyCyclesPerImage;  ///< preferred spatial frequency: the argmax, refined by a parabola over its neighbours
  std::vector<float> frequencyPeakToPeak;
  std::vector<float> colourPreference;  ///< (chromatic - achromatic) / (sum), -1..1
  std::vector<float> colourPeakToPeak;
  std::vector<float> meanRate;  ///< over all conditions
};

/// `angleDeg` [orientations], `cyclesPerImage` [frequencies].
[[nodiscard]] TuningMaps tuningMaps(const GratingResponses& responses, std::span<const double> angleDeg,
                                    std::span<const double> cyclesPerImage);

}  // namespace pinwheel::analysis
