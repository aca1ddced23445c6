#include "engine/analysis/smoothness.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "engine/core/random.h"

namespace pinwheel::analysis {
namespace {

constexpr std::size_t kFewest = 50;
constexpr double kAlike = 1e-3;       // of the period or range: a smaller difference is none
constexpr double kShareAlike = 0.95;  // when more units share one preference, the curve is that of a few outliers
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

struct Points {
  std::vector<double> x, y, preference;
};

double percentile(std::vector<float> values, double percent) {
  const auto rank = static_cast<std::size_t>(percent / 100 * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(rank), values.end());
  return static_cast<double>(values[rank]);
}

// Mean |difference| of all pairs per bin of distance; NaN for an empty bin.
std::vector<double> differenceByDistance(const Points& points, const SmoothnessOptions& options) {
  const auto bins = static_cast<std::size_t>(options.bins);
  std::vector<double> sums(bins, 0.0);
  std::vector<std::int64_t> counts(bins, 0);
  const double perMm = static_cast<double>(options.bins) / options.maximumDistanceMm;
  const double limit = options.maximumDistanceMm * options.maximumDistanceMm;
  for (std::size_t i = 0; i < points.x.size(); ++i)
    for (std::size_t j = i + 1; j < points.x.size(); ++j) {
      const double dx = points.x[i] - points.x[j];
      const double dy = points.y[i] - points.y[j];
      const double squared = dx * dx + dy * dy;
      if (squared >= limit) continue;
      double difference = std::abs(points.preference[i] - points.preference[j]);
      if (options.periodic > 0) {
        difference = std::fmod(difference, options.periodic);
        difference = std::min(difference, options.periodic - difference);
      }
      const auto bin = std::min(bins - 1, static_cast<std::size_t>(std::sqrt(squared) * perMm));
      sums[bin] += difference;
      ++counts[bin];
    }
  for (std::size_t b = 0; b < bins; ++b) sums[b] = counts[b] > 0 ? sums[b] / static_cast<double>(counts[b]) : kNaN;
  return sums;
}

// 0 for a curve of empty bins.
double largestOf(const std::vector<double>& curve) {
  double largest = 0;
  for (const double v : curve)
    if (std::isfinite(v)) largest = std::max(largest, v);
  return largest;
}

// (max - first bin) / max; NaN without a first bin or without any difference.
double smoothnessOf(const std::vector<double>& curve) {
  const double largest = largestOf(curve);
  return largest > 0 ? (largest - curve.front()) / largest : kNaN;
}

// How many of the values lie within `tolerance` of each other at most.
std::size_t mostAlike(std::vector<double> values, double tolerance) {
  std::sort(values.begin(), values.end());
  std::size_t most = 0;
  std::size_t first = 0;
  for (std::size_t last = 0; last < values.size(); ++last) {
    while (values[last] - values[first] > tolerance) ++first;
    most = std::max(most, last - first + 1);
  }
  return most;
}

struct MeanAndSem {
  double mean = kNaN;
  double sem = kNaN;
};

MeanAndSem summarise(const std::vector<double>& values) {
  double n = 0;
  double mean = 0;
  double squares = 0;
  for (const double v : values) {
    if (!std::isfinite(v)) continue;
    ++n;
    const double delta = v - mean;
    mean += delta / n;
    squares += delta * (v - mean);
  }
  if (n == 0) return {};
  return {mean, n > 1 ? std::sqrt(squares / (n - 1) / n) : kNaN};
}

// The mean of each bin over draws, empty ones left out.
std::vector<double> meanCurve(const std::vector<std::vector<double>>& curves, int bins) {
  std::vector<double> out(static_cast<std::size_t>(bins), kNaN);
  for (std::size_t b = 0; b < out.size(); ++b) {
    std::vector<double> column;
    for (const auto& curve : curves) column.push_back(curve[b]);
    out[b] = summarise(column).mean;
  }
  return out;
}

}  // namespace

Expected<Smoothness> smoothness(std::span<const float> x, std::span<const float> y, std::span<const float> preference,
                                std::span<const float> peakToPeak, const SmoothnessOptions& options) {
  if (x.size() != y.size() || x.size() != preference.size() || (!peakToPeak.empty() && peakToPeak.size() != x.size()))
    return failure("Smoothness needs a position and a preference for every unit",
                   std::to_string(x.size()) + ", " + std::to_string(y.size()) + " positions, " +
                       std::to_string(preference.size()) + " preferences");
  if (options.bins < 2 || options.draws < 1 || options.maximumDistanceMm <= 0)
    return failure("Smoothness options out of range", "at least 2 bins, 1 draw and a distance above 0 mm are needed");
  std::vector<std::size_t> usable;
  std::vector<float> tuned;
  for (std::size_t u = 0; u < x.size(); ++u) {
    if (!std::isfinite(preference[u]) || (!peakToPeak.empty() && !std::isfinite(peakToPeak[u]))) continue;
    usable.push_back(u);
    if (!peakToPeak.empty()) tuned.push_back(peakToPeak[u]);
  }
  if (!tuned.empty()) {
    const double threshold = percentile(tuned, options.selectivePercentile);
    std::erase_if(usable, [&](std::size_t u) { return !(static_cast<double>(peakToPeak[u]) > threshold); });
  }
  if (usable.size() < kFewest)
    return failure("Too few units for a smoothness",
                   std::to_string(usable.size()) + " units respond selectively, at least " + std::to_string(kFewest) +
                       " are needed",
                   "the layer may be silent or answer every stimulus alike");

  const double scale = options.periodic > 0 ? options.periodic : options.range;
  std::vector<double> preferences;
  for (const std::size_t u : usable) preferences.push_back(static_cast<double>(preference[u]));
  const std::size_t alike = mostAlike(preferences, kAlike * scale);
  if (static_cast<double>(alike) > kShareAlike * static_cast<double>(usable.size()))
    return failure("The preferences are too alike for a smoothness",
                   std::to_string(alike) + " of " + std::to_string(usable.size()) + " units share one preference");

  Smoothness out;
  out.units = static_cast<std::int64_t>(usable.size());
  const double width = options.maximumDistanceMm / options.bins;
  for (int b = 0; b < options.bins; ++b) out.distanceMm.push_back((b + 0.5) * width);
  std::vector<double> values;
  std::vector<double> shuffledValues;
  std::vector<std::vector<double>> curves;
  std::vector<std::vector<double>> shuffledCurves;
  for (int draw = 0; draw < options.draws; ++draw) {
    Random random(options.seed, 0x5300, static_cast<std::uint64_t>(draw));
    // A draw of all units would be the same set every time, with no error between draws.
    const std::size_t n = std::min(usable.size() * 2 / 3, static_cast<std::size_t>(options.unitsPerDraw));
    for (std::size_t i = 0; i < n; ++i)
      std::swap(usable[i], usable[i + static_cast<std::size_t>(random.below(usable.size() - i))]);
    Points points;
    for (std::size_t i = 0; i < n; ++i) {
      points.x.push_back(static_cast<double>(x[usable[i]]));
      points.y.push_back(static_cast<double>(y[usable[i]]));
      points.preference.push_back(static_cast<double>(preference[usable[i]]));
    }
    curves.push_back(differenceByDistance(points, options));
    values.push_back(smoothnessOf(curves.back()));
    random.shuffle(points.preference);
    shuffledCurves.push_back(differenceByDistance(points, options));
    shuffledValues.push_back(smoothnessOf(shuffledCurves.back()));
  }
  const MeanAndSem trained = summarise(values);
  const MeanAndSem shuffled = summarise(shuffledValues);
  out.mean = trained.mean;
  out.sem = trained.sem;
  out.shuffledMean = shuffled.mean;
  out.shuffledSem = shuffled.sem;
  out.difference = meanCurve(curves, options.bins);
  out.chance = meanCurve(shuffledCurves, options.bins);
  const double largest = largestOf(out.difference);
  if (largest < kAlike * scale)
    return failure("The preferences are too alike for a smoothness",
                   "the largest mean difference between units, " + std::to_string(largest) +
                       ", is below a thousandth of " + std::to_string(scale));
  if (!std::isfinite(out.mean))
    return failure("Too few units for a smoothness",
                   "no two of " + std::to_string(usable.size()) + " units lie within " + std::to_string(width) + " mm",
                   "the sheet is sparse for its size");
  return out;
}

}  // namespace pinwheel::analysis
