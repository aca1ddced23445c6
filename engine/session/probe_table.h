// Maps of one sheet from a few stimuli at a time: every grating's newest answer, and category statistics that forget.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/data/gratings.h"
#include "engine/session/frames.h"
#include "engine/session/tuning_answers.h"

namespace pinwheel::session {

/// One thread at a time.
class ProbeTable {
public:
  /// `gratings` is a whole set (data::makeGratings): every orientation with every frequency, phase and colour.
  ProbeTable(std::int64_t units, const std::vector<data::Grating>& gratings);

  /// rates [U], spikes per time step, to grating `index`.
  void setGrating(std::size_t index, std::span<const float> rates);
  /// rates [U] to an image of `domain`.
  void addImage(std::size_t domain, std::span<const float> rates);
  /// All images so far weigh `factor` of what they weighed.
  void forget(float factor);

  /// Tuning maps over the frequencies seen so far and the t of every domain; the von Mises peak, patches and pinwheels
  /// are left out. The same definitions as analysis::tuningMaps and analysis::CategoryResponses.
  [[nodiscard]] SheetMaps maps() const;
  [[nodiscard]] UnitAnswers answers(std::int32_t unit) const;

private:
  struct Curves {
    std::vector<float> orientation, frequency, colour;  ///< [condition, U]
    std::vector<double> frequencies;                    ///< those seen
  };
  [[nodiscard]] Curves curvesOf(std::size_t firstUnit, std::size_t count) const;
  [[nodiscard]] std::vector<float> tMap(std::size_t domain) const;

  std::size_t m_units;
  std::vector<data::Grating> m_gratings;
  std::size_t m_orientations = 0, m_frequencies = 0, m_phases = 0, m_colours = 0;
  std::vector<double> m_angleDeg;
  std::vector<float> m_rates;   ///< [grating, U]
  std::vector<bool> m_seen;     ///< [grating]
  std::vector<float> m_weight;  ///< [domain], images that still count
  std::vector<float> m_sum;     ///< [domain, U]
  std::vector<float> m_square;  ///< [domain, U]
};

}  // namespace pinwheel::session
