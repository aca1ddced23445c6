// A quantity of pairs of units - the correlation of their responses or tuning, their synchrony - against distance on
// the sheet.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/analysis/tuning.h"
#include "engine/core/error.h"

namespace pinwheel::analysis {

struct CorrelationByDistance {
  std::vector<double> distanceMm;  ///< [bins], centres
  std::vector<double> mean;        ///< [bins], NaN for an empty bin
  std::vector<double> low;         ///< [bins], 95 % interval of the mean by bootstrap over units
  std::vector<double> high;
  std::vector<double> shuffled;  ///< [bins], chance: the mean with the units' positions shuffled
  std::vector<std::int64_t> pairs;
};

struct CorrelationOptions {
  int units = 500;  ///< drawn at random among those whose responses vary
  int bins = 20;
  double maximumDistanceMm = 0;  ///< 0: half the diagonal of the positions' bounding box
  int bootstraps = 200;          ///< 0: no interval (NaN)
  int shuffles = 10;             ///< whose mean is `shuffled`; 0: NaN
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

/// Pearson correlation of the tuning of `units`: of their mean rates over all conditions of the gratings. [units,
/// units]; rows of a unit that answers every condition alike are NaN.
[[nodiscard]] std::vector<double> tuningCorrelation(const GratingResponses& responses,
                                                    std::span<const std::int64_t> units);

/// x, y [units] mm, correlation [units, units], a unit whose diagonal is NaN left out. Error: sizes differ, fewer than
/// 10 usable units, all of them at one place.
Expected<CorrelationByDistance> correlationByDistance(std::span<const float> x, std::span<const float> y,
                                                      std::span<const double> correlation,
                                                      const CorrelationOptions& options);

}  // namespace pinwheel::analysis
