// How alike two lists of numbers are: Pearson's r, Spearman's rho, Kendall's tau.
#pragma once

#include <span>
#include <vector>

namespace pinwheel::analysis {

/// kendallA divides by all pairs, ties included: the choice where one side may predict ties, since it does not reward
/// them (Nili et al. 2014); kendallB divides by the pairs that are not tied.
enum class Comparison { pearson, spearman, kendallA, kendallB };

/// x, y: as many numbers each, all finite. NaN where one list is constant. Kendall's tau takes O(n log n)
/// (Knight 1966).
[[nodiscard]] double correlate(std::span<const double> x, std::span<const double> y, Comparison comparison);

/// Ranks from 1; tied values share the mean of theirs.
[[nodiscard]] std::vector<double> ranks(std::span<const double> values);

}  // namespace pinwheel::analysis
