// Pairwise response correlation against distance on the sheet.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/core/error.h"

namespace pinwheel::analysis {

struct CorrelationByDistance {
  std::vector<double> distanceMm;  ///< [bins], centres
  std::vector<double> mean;        ///< [bins], NaN for an empty bin
  std::vector<double> low;         ///< [bins], 95 % interval of the mean by bootstrap over units
  std::vector<double> high;
  std::vector<std::int64_t> pairs;
};

struct CorrelationOptions {
  int units = 500;  ///< drawn at random among those whose responses vary
  int bins = 20;
  double maximumDistanceMm = 0;  ///< 0: half the diagonal of the positions' bounding box
  int bootstraps = 200;
  std::uint64_t seed = 0;
};

/// Indices of the units to record, drawn before the stimuli are shown, so that memory is units x units whatever the
/// number of stimuli; feed their rates to `CorrelationAccumulator`.
[[nodiscard]] std::vector<std::int64_t> drawUnits(std::int64_t total, int wanted, std::uint64_t seed);

/// Streamed Pearson correlation of the recorded units over stimuli (co-moments by Welford).
class CorrelationAccumulator {
public:
  explicit CorrelationAccumulator(std::int64_t units);
  void add(std::span<const float> rates);  ///< [units]
  /// [units, units]; rows of a constant unit are NaN.
  [[nodiscard]] std::vector<double> correlation() const;
  [[nodiscard]] std::int64_t count() const noexcept { return m_count; }

private:
  std::int64_t m_units;
  std::int64_t m_count = 0;
  std::vector<double> m_mean;
  std::vector<double> m_comoment;  ///< [units, units], upper triangle
};

/// x, y [units] mm, correlation [units, units].
Expected<CorrelationByDistance> correlationByDistance(std::span<const float> x, std::span<const float> y,
                                                      std::span<const double> correlation,
                                                      const CorrelationOptions& options);

}  // namespace pinwheel::analysis
