#include "engine/analysis/wiring.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>

#include "engine/core/random.h"

namespace pinwheel::analysis {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr int kPasses = 300;
constexpr std::uint64_t kStartStream = 0x3174;
constexpr std::uint64_t kWindowStream = 0x3175;
constexpr std::uint64_t kTieStream = 0x3176;

double squaredDistance(const Point& a, const Point& b) {
  return (a.x - b.x) * (a.x - b.x) + (a.y - b.y) * (a.y - b.y);
}

// k-means++: the next centre is a point, drawn by its squared distance to the nearest one so far.
std::vector<Point> startingCentres(std::span<const Point> points, std::size_t k, Random& random) {
  std::vector<Point> centres{points[static_cast<std::size_t>(random.below(points.size()))]};
  std::vector<double> nearest(points.size(), kInfinity);
  while (centres.size() < k) {
    double total = 0;
    for (std::size_t i = 0; i < points.size(); ++i) {
      nearest[i] = std::min(nearest[i], squaredDistance(points[i], centres.back()));
      total += nearest[i];
    }
    double left = random.uniform() * total;
    std::size_t chosen = 0;
    while (chosen + 1 < points.size() && left >= nearest[chosen]) left -= nearest[chosen++];
    centres.push_back(points[chosen]);
  }
  return centres;
}

// Assigns and averages until no point changes its centre. A centre that loses all its points stays where it is.
PointClusters settled(std::span<const Point> points, std::vector<Point> centres) {
  PointClusters out{std::move(centres), 0};
  std::vector<std::size_t> of(points.size(), out.centres.size());
  for (int pass = 0; pass < kPasses; ++pass) {
    bool changed = false;
    out.inertia = 0;
    std::vector<Point> sums(out.centres.size());
    std::vector<double> counts(out.centres.size(), 0.0);
    for (std::size_t i = 0; i < points.size(); ++i) {
      std::size_t best = 0;
      for (std::size_t c = 1; c < out.centres.size(); ++c)
        if (squaredDistance(points[i], out.centres[c]) < squaredDistance(points[i], out.centres[best])) best = c;
      changed = changed || best != of[i];
      of[i] = best;
      out.inertia += squaredDistance(points[i], out.centres[best]);
      sums[best].x += points[i].x;
      sums[best].y += points[i].y;
      ++counts[best];
    }
    if (!changed) break;
    for (std::size_t c = 0; c < sums.size(); ++c)
      if (counts[c] > 0) out.centres[c] = {sums[c].x / counts[c], sums[c].y / counts[c]};
  }
  return out;
}

// Between the values, as scipy's scoreatpercentile has it.
double percentile(std::vector<float> values, double percent) {
  std::sort(values.begin(), values.end());
  const double at = percent / 100 * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const std::size_t above = std::min(below + 1, values.size() - 1);
  const auto low = static_cast<double>(values[below]);
  return low + (at - static_cast<double>(below)) * (static_cast<double>(values[above]) - low);
}

struct Window {
  double x = 0;
  double y = 0;
  double side = 0;
  std::uint64_t number = 0;
};

std::vector<Window> windowsOf(double sideMm, const FibreOptions& options) {
  if (options.windowMm <= 0 || options.windowMm >= sideMm) return {{0, 0, kInfinity, 0}};
  Random random(options.seed, kWindowStream);
  std::vector<Window> windows;
  for (int w = 0; w < options.windows; ++w) {
    const double x = random.uniform(0, sideMm - options.windowMm);
    const double y = random.uniform(0, sideMm - options.windowMm);
    windows.push_back({x, y, options.windowMm, static_cast<std::uint64_t>(w)});
  }
  return windows;
}

// Where the active units of a window lie.
std::vector<Point> activeUnits(std::span<const float> x, std::span<const float> y, std::span<const float> rates,
                               const Window& window, const FibreOptions& options) {
  std::vector<Point> inside;
  std::vector<float> answers;
  const auto within = [](double value, double from, double side) { return value >= from && value <= from + side; };
  for (std::size_t u = 0; u < rates.size(); ++u) {
    const Point at{static_cast<double>(x[u]), static_cast<double>(y[u])};
    if (!within(at.x, window.x, window.side) || !within(at.y, window.y, window.side)) continue;
    inside.push_back(at);
    answers.push_back(rates[u]);
  }
  if (inside.empty()) return {};
  const double threshold = percentile(answers, options.activePercentile);
  std::vector<Point> active;
  for (std::size_t i = 0; i < inside.size(); ++i)
    if (static_cast<double>(answers[i]) > threshold) active.push_back(inside[i]);
  const float largest = *std::max_element(answers.begin(), answers.end());
  if (!active.empty() || largest <= 0) return active;
  for (std::size_t i = 0; i < inside.size(); ++i)
    if (answers[i] == largest) active.push_back(inside[i]);
  Random random(options.seed, kTieStream, window.number);
  random.shuffle(active);
  const double share = (1 - options.activePercentile / 100) * static_cast<double>(inside.size());
  active.resize(std::min(active.size(), static_cast<std::size_t>(std::max(1.0, std::round(share)))));
  return active;
}

// Mean over the four sides of the source that the target can lie on.
double lengthBesides(const std::vector<Point>& source, const std::vector<Point>& target, double sideMm) {
  constexpr std::array<Point, 4> kSides{{{0, 1}, {0, -1}, {1, 0}, {-1, 0}}};
  double sum = 0;
  for (const Point& side : kSides) {
    std::vector<Point> shifted = target;
    for (Point& point : shifted) {
      point.x += side.x * sideMm;
      point.y += side.y * sideMm;
    }
    sum += matchedLength(source, shifted);
  }
  return sum / static_cast<double>(kSides.size());
}

}  // namespace

PointClusters kMeans(std::span<const Point> points, std::size_t k, int starts, std::uint64_t seed) {
  PointClusters best;
  best.inertia = kInfinity;
  for (int start = 0; start < starts; ++start) {
    Random random(seed, kStartStream, static_cast<std::uint64_t>(start));
    PointClusters found = settled(points, startingCentres(points, k, random));
    if (found.inertia < best.inertia) best = std::move(found);
  }
  return best;
}

PointClusters fewestClusters(std::span<const Point> points, double distance, std::size_t most, int starts,
                             std::uint64_t seed) {
  const double enough = static_cast<double>(points.size()) * distance * distance;
  const std::size_t limit = std::min(most, points.size());
  PointClusters clusters = kMeans(points, 1, starts, seed);
  for (std::size_t k = 2; k <= limit && clusters.inertia > enough; ++k) clusters = kMeans(points, k, starts, seed);
  return clusters;
}

// Shortest augmenting paths with potentials: rows are added one by one. Row 0 and column 0 stand for none.
double matchedLength(std::span<const Point> a, std::span<const Point> b) {
  const std::size_t n = a.size();
  const auto cost = [&](std::size_t i, std::size_t j) { return std::sqrt(squaredDistance(a[i - 1], b[j - 1])); };
  std::vector<double> rowPotential(n + 1, 0.0);
  std::vector<double> columnPotential(n + 1, 0.0);
  std::vector<std::size_t> rowOf(n + 1, 0);  // of a column
  for (std::size_t row = 1; row <= n; ++row) {
    std::vector<double> slack(n + 1, kInfinity);
    std::vector<std::size_t> cameFrom(n + 1, 0);
    std::vector<bool> reached(n + 1, false);
    std::size_t column = 0;
    rowOf[0] = row;
    do {
      reached[column] = true;
      double step = kInfinity;
      std::size_t next = 0;
      for (std::size_t j = 1; j <= n; ++j) {
        if (reached[j]) continue;
        const double reduced = cost(rowOf[column], j) - rowPotential[rowOf[column]] - columnPotential[j];
        if (reduced < slack[j]) {
          slack[j] = reduced;
          cameFrom[j] = column;
        }
        if (slack[j] < step) {
          step = slack[j];
          next = j;
        }
      }
      for (std::size_t j = 0; j <= n; ++j) {
        if (reached[j]) {
          rowPotential[rowOf[j]] += step;
          columnPotential[j] -= step;
        } else {
          slack[j] -= step;
        }
      }
      column = next;
    } while (rowOf[column] != 0);
    for (; column != 0; column = cameFrom[column]) rowOf[column] = rowOf[cameFrom[column]];
  }
  double sum = 0;
  for (std::size_t j = 1; j <= n; ++j) sum += cost(rowOf[j], j);
  return sum;
}

Expected<WiringLength> wiringLength(const WiredSheets& sheets, std::span<const float> sourceRates,
                                    std::span<const float> targetRates, const FibreOptions& options) {
  if (sheets.sourceX.size() != sourceRates.size() || sheets.sourceY.size() != sourceRates.size() ||
      sheets.targetX.size() != targetRates.size() || sheets.targetY.size() != targetRates.size())
    return failure("A wiring length needs a position and a rate for every unit", "their numbers differ",
                   "give those of the same sheets");
  if (!(sheets.sideMm > 0) || !(options.distanceMm > 0) || !(options.activePercentile >= 0) ||
      !(options.activePercentile < 100) || options.windows < 1 || options.starts < 1 || options.maximumFibres < 1)
    return failure("The options of the wiring length are out of range",
                   "lengths must be above 0, the percentile in [0, 100), windows, starts and fibres at least 1",
                   "start from the defaults");
  WiringLength out;
  for (const Window& window : windowsOf(sheets.sideMm, options)) {
    const std::vector<Point> source = activeUnits(sheets.sourceX, sheets.sourceY, sourceRates, window, options);
    const std::vector<Point> target = activeUnits(sheets.targetX, sheets.targetY, targetRates, window, options);
    ++out.leftOut;
    out.windowLengthMm.push_back(std::numeric_limits<double>::quiet_NaN());
    out.windowFibres.push_back(std::numeric_limits<double>::quiet_NaN());
    if (source.empty()) continue;
    const PointClusters ends =
        fewestClusters(source, options.distanceMm, options.maximumFibres, options.starts, options.seed);
    const std::size_t fibres = ends.centres.size();
    if (target.size() < fibres) continue;
    --out.leftOut;
    ++out.windows;
    out.windowFibres.back() = static_cast<double>(fibres);
    out.windowLengthMm.back() =
        lengthBesides(ends.centres, kMeans(target, fibres, options.starts, options.seed).centres, sheets.sideMm);
    out.fibres += out.windowFibres.back();
    out.lengthMm += out.windowLengthMm.back();
  }
  if (out.windows == 0)
    return failure("There is no wiring length", "too few units are active for a fibre with two ends",
                   "show images that both sheets answer");
  out.fibres /= out.windows;
  out.lengthMm /= out.windows;
  return out;
}

}  // namespace pinwheel::analysis
