// The entropies of the units of a layer at one number of time steps, with a control that is counted in the same way. No
// LibTorch.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace pinwheel::protocol {

/// What was counted of one layer at one T.
struct LayerEntropy {
  std::vector<double> bits;  ///< per unit, in the order of their indices
  double uncorrected = 0;    ///< means over the units
  double independent = 0;    ///< bits of the control
  double silent = 0;         ///< share of units without a spike
  bool exact = true;         ///< as analysis::SpikeTrainEntropy has it
  int memorySteps = 0;
};

/// The trains of a layer's units, each counted apart by analysis::SpikeTrains, so that their spread is known. Control:
/// the same trains with the images of every time step in another order (one order per step, the same for every unit):
/// rates as they were, steps independent of each other. As many trains counted by the same counter are as far from
/// their true entropy, which the sum of the steps' own entropies is not: N trains never show more than log2 N bits,
/// independent steps that are summed have no such bound.
class UnitTrains {
public:
  /// Of `units` at most `counted`, and no more than SpikeTrains::unitsThatFit, are drawn by `seed`. `images`: how many
  /// will be added; a bit is kept of every unit, image and time step.
  UnitTrains(std::int64_t units, int timeSteps, std::int64_t images, std::int64_t counted, std::uint64_t seed);

  /// spikes [T, images, units] of one batch; what is above 0 is a spike.
  void add(std::size_t images, std::span<const float> spikes);
  [[nodiscard]] LayerEntropy entropy() const;

private:
  [[nodiscard]] std::size_t at(std::size_t unit, std::size_t image, std::size_t step) const {
    return (unit * m_images + image) * m_timeSteps + step;
  }

  std::size_t m_total;
  std::size_t m_timeSteps;
  std::size_t m_images;
  std::uint64_t m_seed;
  std::vector<std::int64_t> m_units;
  std::vector<bool> m_fired;  ///< [units, images, T]
  std::size_t m_added = 0;    ///< images
};

}  // namespace pinwheel::protocol
