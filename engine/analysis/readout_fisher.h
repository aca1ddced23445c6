// Fisher information of a linear readout of one area's spikes, by time step. Streamed.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/core/error.h"

namespace pinwheel::analysis {

struct ReadoutFisher {
  std::vector<double> information;  ///< [T], I_t per stimulus
  std::vector<double> chance;       ///< [T], of a readout that knows the targets' mean alone (targets shuffled)
  std::vector<double>
      explained;  ///< [T], share of the targets' variance that the readout explains, adjusted for its weights
  std::int64_t units = 0;
  std::int64_t stimuli = 0;
};

/// I_t = (1/N) sum_n ||grad_theta log f_theta(y | x_n, i<=t)||^2 (Kim et al. 2023; method section 5) for the
/// linear-Gaussian readout f = N(y; W r_n(t) + b, sigma_t^2 1), theta = (W, b), where r_n(t) is the units' mean spikes
/// up to step t and y has K components. The gradient is the outer product of the residual and (r, 1) over sigma^2; in
/// expectation over the readout's own noise I_t = K / sigma_t^2 mean_n (1 + ||r_n(t)||^2). W and b are fitted by least
/// squares (with a ridge of 1e-6 of the mean variance: silent units are allowed), sigma_t^2 is the residual variance,
/// divided by the degrees of freedom that are left. It is the readout's information, not that of the network's weights.
class ReadoutFisherAccumulator {
public:
  ReadoutFisherAccumulator(std::int64_t units, int targets, int timeSteps);
  /// One stimulus: spikes [T, units], target [targets] (one-hot for a class).
  void add(std::span<const float> spikes, std::span<const double> target);
  /// Error: fewer stimuli than twice the readout's parameters per target; targets that do not vary; a readout without
  /// residual.
  [[nodiscard]] Expected<ReadoutFisher> information() const;

private:
  std::size_t m_units;
  std::size_t m_targets;
  std::size_t m_timeSteps;
  std::int64_t m_count = 0;
  std::vector<double> m_inputs;   ///< [T, units + 1, units + 1], sums of z z^T with z = (1, r), lower triangle
  std::vector<double> m_outputs;  ///< [T, units + 1, targets], sums of z y^T
  double m_squares = 0;           ///< sum of |y|^2
  std::vector<double> m_z;        ///< [units + 1], of one stimulus
};

}  // namespace pinwheel::analysis
