#include "engine/benchmark/plain_placement.h"

#include <cmath>
#include <utility>
#include <vector>

#include "engine/core/random.h"
#include "engine/topography/slot_grid.h"

namespace pinwheel::benchmark {
namespace {

using topography::PlacementOptions;
using topography::ResponseMatrix;
using topography::Sheet;

constexpr double kRounding = 1e-7;  // a gain below what single precision can tell is none

// 0 where either is constant.
template <class Values>
double pearson(const Values& a, const Values& b) {
  const auto n = static_cast<double>(a.size());
  double meanA = 0;
  double meanB = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    meanA += static_cast<double>(a[i]);
    meanB += static_cast<double>(b[i]);
  }
  meanA /= n;
  meanB /= n;
  double ab = 0;
  double aa = 0;
  double bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double da = static_cast<double>(a[i]) - meanA;
    const double db = static_cast<double>(b[i]) - meanB;
    ab += da * db;
    aa += da * da;
    bb += db * db;
  }
  return aa > 0 && bb > 0 ? ab / std::sqrt(aa * bb) : 0;
}

using Matrix = std::vector<std::vector<double>>;

// Rows a and b of the loss. `at[i]` is which of the window's units sits in its slot i.
double rowLoss(const Matrix& correlations, const Matrix& distances, const std::vector<std::size_t>& at, std::size_t a,
               std::size_t b) {
  std::vector<double> r;
  std::vector<double> d;
  for (const std::size_t row : {a, b})
    for (std::size_t j = 0; j < at.size(); ++j) {
      r.push_back(correlations[at[row]][at[j]]);
      d.push_back(distances[row][j]);
    }
  return 0.5 * (1 - pearson(r, d));
}

}  // namespace

void placePlainly(Sheet& sheet, const ResponseMatrix& responses, const PlacementOptions& options) {
  const std::size_t units = sheet.xMm.size();
  const auto stimuli = static_cast<std::size_t>(responses.stimuli);
  const std::vector<float> slotX = sheet.xMm;
  const std::vector<float> slotY = sheet.yMm;
  std::vector<std::size_t> unitAt(units);
  for (std::size_t i = 0; i < units; ++i) unitAt[i] = i;
  for (std::int64_t w = 0; w < options.windows; ++w) {
    Random place(options.seed, 0x9A, static_cast<std::uint64_t>(w));
    const topography::Square square =
        topography::randomSquare(place, sheet.spec.trainingSideMm, sheet.spec.neighbourhoodMm);
    std::vector<std::int32_t> inside;
    for (std::size_t s = 0; s < units; ++s)
      if (square.contains(static_cast<double>(slotX[s]), static_cast<double>(slotY[s])))
        inside.push_back(static_cast<std::int32_t>(s));
    if (static_cast<int>(inside.size()) < options.minUnits) continue;
    Random random(options.seed, 0x9B, static_cast<std::uint64_t>(w));
    topography::keepRandom(inside, static_cast<std::size_t>(options.maxUnits), random);

    const std::size_t n = inside.size();
    std::vector<std::size_t> at(n);
    std::vector<std::size_t> members(n);
    for (std::size_t i = 0; i < n; ++i) {
      at[i] = i;
      members[i] = unitAt[static_cast<std::size_t>(inside[i])];
    }
    const auto row = [&](std::size_t unit) { return responses.values.subspan(unit * stimuli, stimuli); };
    Matrix correlations(n, std::vector<double>(n));
    Matrix distances(n, std::vector<double>(n));
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j <= i; ++j) {
        const auto si = static_cast<std::size_t>(inside[i]);
        const auto sj = static_cast<std::size_t>(inside[j]);
        correlations[i][j] = correlations[j][i] = pearson(row(members[i]), row(members[j]));
        distances[i][j] = distances[j][i] = 1 / (1 + std::hypot(static_cast<double>(slotX[si] - slotX[sj]),
                                                                static_cast<double>(slotY[si] - slotY[sj])));
      }
    for (int attempt = 0; attempt < options.attempts; ++attempt) {
      const auto a = static_cast<std::size_t>(random.below(n));
      auto b = static_cast<std::size_t>(random.below(n - 1));
      if (b >= a) ++b;
      const double before = rowLoss(correlations, distances, at, a, b);
      std::swap(at[a], at[b]);
      if (!(rowLoss(correlations, distances, at, a, b) < before - kRounding)) std::swap(at[a], at[b]);
    }
    for (std::size_t i = 0; i < n; ++i) unitAt[static_cast<std::size_t>(inside[i])] = members[at[i]];
  }
  for (std::size_t s = 0; s < units; ++s) {
    sheet.xMm[unitAt[s]] = slotX[s];
    sheet.yMm[unitAt[s]] = slotY[s];
  }
}

}  // namespace pinwheel::benchmark
