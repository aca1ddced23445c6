#include "engine/analysis/rank_correlation.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>

namespace pinwheel::analysis {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// Differences from the first value: a constant list is then exactly zero, whatever its value.
double pearson(std::span<const double> x, std::span<const double> y) {
  if (x.empty()) return kNaN;
  const auto n = static_cast<double>(x.size());
  double meanX = 0;
  double meanY = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    meanX += (x[i] - x[0]) / n;
    meanY += (y[i] - y[0]) / n;
  }
  double xx = 0;
  double yy = 0;
  double xy = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double dx = x[i] - x[0] - meanX;
    const double dy = y[i] - y[0] - meanY;
    xx += dx * dx;
    yy += dy * dy;
    xy += dx * dy;
  }
  if (xx <= 0 || yy <= 0) return kNaN;
  return std::clamp(xy / (std::sqrt(xx) * std::sqrt(yy)), -1.0, 1.0);
}

std::int64_t pairsAmong(std::int64_t count) {
  return count * (count - 1) / 2;
}

// Pairs of neighbours in `order` that `same` calls alike, all runs together.
template <class Same>
std::int64_t tiedPairs(std::size_t count, Same&& same) {
  std::int64_t tied = 0;
  std::int64_t run = 1;
  for (std::size_t i = 1; i < count; ++i) {
    if (same(i - 1, i)) {
      ++run;
    } else {
      tied += pairsAmong(run);
      run = 1;
    }
  }
  return tied + pairsAmong(run);
}

// Sorts `values` and returns how many pairs stood in the wrong order.
std::int64_t sortCounting(std::vector<double>& values) {
  std::vector<double> buffer(values.size());
  std::int64_t swaps = 0;
  for (std::size_t width = 1; width < values.size(); width *= 2) {
    for (std::size_t first = 0; first < values.size(); first += 2 * width) {
      const std::size_t middle = std::min(first + width, values.size());
      const std::size_t last = std::min(first + 2 * width, values.size());
      std::size_t left = first;
      std::size_t right = middle;
      for (std::size_t to = first; to < last; ++to) {
        if (right == last || (left < middle && values[left] <= values[right])) {
          buffer[to] = values[left++];
        } else {
          swaps += static_cast<std::int64_t>(middle - left);
          buffer[to] = values[right++];
        }
      }
    }
    values.swap(buffer);
  }
  return swaps;
}

// W. R. Knight (1966), A computer method for calculating Kendall's tau with ungrouped data.
double kendall(std::span<const double> x, std::span<const double> y, bool withoutTies) {
  std::vector<std::size_t> order(x.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return x[a] != x[b] ? x[a] < x[b] : y[a] < y[b]; });
  const auto sameX = [&](std::size_t a, std::size_t b) { return x[order[a]] == x[order[b]]; };
  const auto sameY = [&](std::size_t a, std::size_t b) { return y[order[a]] == y[order[b]]; };
  const std::int64_t tiedX = tiedPairs(order.size(), sameX);
  const std::int64_t tiedBoth =
      tiedPairs(order.size(), [&](std::size_t a, std::size_t b) { return sameX(a, b) && sameY(a, b); });
  std::vector<double> sorted(y.size());
  for (std::size_t i = 0; i < order.size(); ++i) sorted[i] = y[order[i]];
  const std::int64_t discordant = sortCounting(sorted);
  const std::int64_t tiedY =
      tiedPairs(sorted.size(), [&](std::size_t a, std::size_t b) { return sorted[a] == sorted[b]; });
  const std::int64_t all = pairsAmong(static_cast<std::int64_t>(x.size()));
  if (tiedX == all || tiedY == all) return kNaN;
  const auto concordantLess = static_cast<double>(all - tiedX - tiedY + tiedBoth - 2 * discordant);
  return concordantLess /
         (withoutTies ? std::sqrt(static_cast<double>(all - tiedX)) * std::sqrt(static_cast<double>(all - tiedY))
                      : static_cast<double>(all));
}

}  // namespace

double correlate(std::span<const double> x, std::span<const double> y, Comparison comparison) {
  assert(x.size() == y.size());
  switch (comparison) {
    case Comparison::pearson:
      return pearson(x, y);
    case Comparison::spearman:
      return pearson(ranks(x), ranks(y));
    case Comparison::kendallA:
      return kendall(x, y, false);
    case Comparison::kendallB:
      return kendall(x, y, true);
  }
  return kNaN;
}

std::vector<double> ranks(std::span<const double> values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  std::vector<double> out(values.size());
  for (std::size_t first = 0; first < order.size();) {
    std::size_t last = first + 1;
    while (last < order.size() && values[order[last]] == values[order[first]]) ++last;
    // Ranks first + 1 to last, their mean.
    const double rank = 0.5 * static_cast<double>(first + 1 + last);
    for (std::size_t i = first; i < last; ++i) out[order[i]] = rank;
    first = last;
  }
  return out;
}

}  // namespace pinwheel::analysis
