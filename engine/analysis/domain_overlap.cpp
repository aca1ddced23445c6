#include "engine/analysis/domain_overlap.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "engine/analysis/interval.h"
#include "engine/analysis/rank_correlation.h"
#include "engine/core/random.h"

namespace pinwheel::analysis {
namespace {

// Which window every unit lies in, and how many units a window holds.
struct Windows {
  std::vector<std::size_t> of;
  std::vector<double> units;

  // The share of units with t >= threshold in every window that holds one, as ranks: Pearson's correlation of two such
  // lists is Spearman's of the shares.
  [[nodiscard]] std::vector<double> rankedShares(const std::vector<double>& t, double threshold) const {
    std::vector<double> counts(units.size(), 0.0);
    for (std::size_t u = 0; u < t.size(); ++u)
      if (t[u] >= threshold) ++counts[of[u]];
    std::vector<double> shares;
    for (std::size_t w = 0; w < counts.size(); ++w)
      if (units[w] > 0) shares.push_back(counts[w] / units[w]);
    return ranks(shares);
  }
};

Windows windowsOf(std::span<const float> x, std::span<const float> y, double sideMm, double windowMm) {
  const int n = std::max(1, static_cast<int>(std::lround(sideMm / windowMm)));
  const auto cell = [&](float position) {
    return static_cast<std::size_t>(std::clamp(static_cast<int>(static_cast<double>(position) / sideMm * n), 0, n - 1));
  };
  Windows windows;
  windows.units.assign(static_cast<std::size_t>(n) * static_cast<std::size_t>(n), 0.0);
  for (std::size_t u = 0; u < x.size(); ++u) {
    windows.of.push_back(cell(y[u]) * static_cast<std::size_t>(n) + cell(x[u]));
    ++windows.units[windows.of.back()];
  }
  return windows;
}

void setChance(OverlapValue& value, std::vector<double> chance) {
  const Interval interval = interval95(std::move(chance));
  value.chanceLow = interval.low;
  value.chanceHigh = interval.high;
}

}  // namespace

Expected<DomainOverlap> domainOverlap(std::span<const float> x, std::span<const float> y, std::span<const float> first,
                                      std::span<const float> second, double sideMm, const OverlapOptions& options) {
  if (x.size() != y.size() || x.size() != first.size() || x.size() != second.size())
    return failure("Overlap needs a position and two selectivities for every unit",
                   std::to_string(x.size()) + ", " + std::to_string(y.size()) + " positions, " +
                       std::to_string(first.size()) + ", " + std::to_string(second.size()) + " values");
  if (!(sideMm > 0) || !(options.windowMm > 0))
    return failure("Overlap needs a sheet with an extent", "its side is " + std::to_string(sideMm) + " mm");
  const Windows windows = windowsOf(x, y, sideMm, options.windowMm * sideMm / options.referenceSideMm);
  DomainOverlap out;
  out.windows = static_cast<int>(
      std::count_if(windows.units.begin(), windows.units.end(), [](double units) { return units > 0; }));
  if (out.windows < 3)
    return failure("Too few windows for an overlap",
                   std::to_string(out.windows) + " windows hold units, at least 3 are needed");
  const std::vector<double> firstT(first.begin(), first.end());
  std::vector<double> secondT(second.begin(), second.end());
  const std::vector<double> firstRanks = windows.rankedShares(firstT, options.threshold);
  const auto correlation = [&] { return correlate(firstT, secondT, Comparison::pearson); };
  const auto windowed = [&] {
    return correlate(firstRanks, windows.rankedShares(secondT, options.threshold), Comparison::pearson);
  };
  out.correlation.value = correlation();
  out.windowed.value = windowed();
  std::vector<double> chanceCorrelation;
  std::vector<double> chanceWindowed;
  Random random(options.seed, 0x0E);
  for (int k = 0; k < options.shuffles; ++k) {
    random.shuffle(secondT);
    chanceCorrelation.push_back(correlation());
    chanceWindowed.push_back(windowed());
  }
  setChance(out.correlation, std::move(chanceCorrelation));
  setChance(out.windowed, std::move(chanceWindowed));
  return out;
}

}  // namespace pinwheel::analysis
