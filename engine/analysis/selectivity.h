// Category selectivity: Welch's t and d' of one domain against all the others, streamed (Welford).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/core/error.h"

namespace pinwheel::analysis {

/// Mean and population variance of U units per domain, merged stably.
class CategoryResponses {
public:
  CategoryResponses(std::int64_t units, int domains);
  /// Adds one image of `domain`: rates [U]. NaN is a caller's bug (asserted).
  void add(int domain, std::span<const float> rates);

  [[nodiscard]] std::int64_t units() const noexcept { return m_units; }
  [[nodiscard]] int domains() const noexcept { return m_domains; }
  [[nodiscard]] std::int64_t count(int domain) const;
  [[nodiscard]] double mean(std::int64_t unit, int domain) const;
  /// Population variance (division by n).
  [[nodiscard]] double variance(std::int64_t unit, int domain) const;

  /// t = (mu_on - mu_off) / sqrt(s2_on / n_on + s2_off / n_off), [U]; 0 where the variance is 0 (method section 5).
  [[nodiscard]] std::vector<float> tMap(int domain) const;
  /// d' = (mu_on - mu_off) / sqrt((s2_on + s2_off) / 2), [U]; 0 where the variance is 0. Unlike t it does not grow with
  /// the number of images.
  [[nodiscard]] std::vector<float> dPrimeMap(int domain) const;

private:
  /// All domains but one as one group.
  struct Others {
    double count = 0;
    double mean = 0;
    double variance = 0;
  };
  [[nodiscard]] Others others(std::int64_t unit, int domain) const;

  std::int64_t m_units;
  int m_domains;
  std::vector<std::int64_t> m_counts;  ///< [domains]
  std::vector<double> m_means;         ///< [domains, U]
  std::vector<double> m_squares;       ///< [domains, U], sums of squared deviations
};

/// The share of units whose t reaches `threshold` in at least one of the maps ([U] each); NaN without maps.
[[nodiscard]] double selectiveShare(std::span<const std::vector<float>> tMaps, double threshold);

}  // namespace pinwheel::analysis
