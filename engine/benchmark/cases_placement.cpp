#include <algorithm>
#include <cmath>
#include <numbers>

#include "engine/benchmark/case.h"
#include "engine/benchmark/plain_placement.h"
#include "engine/core/random.h"

// The swaps of the position pre-optimisation beside the method word for word.
namespace pinwheel::benchmark {
namespace {

using topography::PlacementOptions;
using topography::Sheet;

struct Problem {
  Sheet sheet;
  std::int64_t stimuli = 0;
  std::vector<float> responses;  // [U, stimuli], bell-shaped tuning to a random angle, with noise
  PlacementOptions options;

  [[nodiscard]] topography::ResponseMatrix matrix() const {
    return {sheet.spec.unitCount(), stimuli, std::span<const float>(responses)};
  }
};

Problem problemOf(const topography::SheetSpec& spec, std::int64_t stimuli) {
  Problem problem{topography::retinotopicSheet(spec, 3), stimuli, {}, {}};
  Random random(5);
  for (std::int64_t u = 0; u < spec.unitCount(); ++u) {
    const double preferred = random.uniform(0, std::numbers::pi);
    for (std::int64_t s = 0; s < stimuli; ++s) {
      const double angle = std::numbers::pi * static_cast<double>(s) / static_cast<double>(stimuli);
      problem.responses.push_back(
          static_cast<float>(std::exp(2 * std::cos(2 * (angle - preferred))) + 0.3 * random.normal()));
    }
  }
  problem.options.seed = 9;
  return problem;
}

Expected<Sheet> placedFast(const Problem& problem) {
  Sheet sheet = problem.sheet;
  const auto report = topography::optimisePositions(sheet, problem.matrix(), problem.options);
  if (!report) return tl::unexpected(report.error());
  return sheet;
}

Sheet placedPlainly(const Problem& problem) {
  Sheet sheet = problem.sheet;
  placePlainly(sheet, problem.matrix(), problem.options);
  return sheet;
}

std::int64_t unitsApart(const Sheet& a, const Sheet& b) {
  std::int64_t apart = 0;
  for (std::size_t u = 0; u < a.xMm.size(); ++u) apart += a.xMm[u] != b.xMm[u] || a.yMm[u] != b.yMm[u] ? 1 : 0;
  return apart;
}

Expected<CaseResult> runPlacement(const Bench& bench) {
  Problem small = problemOf({"V1", "V1", 12, 8, 8, 10, 10, 4, 0.5}, 24);
  small.options.windows = 12;
  small.options.attempts = 60;
  small.options.maxUnits = 60;
  small.options.threads = bench.threads();
  const auto fast = placedFast(small);
  if (!fast) return tl::unexpected(fast.error());
  if (const std::int64_t apart = unitsApart(*fast, placedPlainly(small)); apart != 0)
    return disagreement(
        "The fast swaps and the method word for word",
        std::to_string(apart) + " of " + std::to_string(small.sheet.xMm.size()) + " units sit elsewhere");

  // Windows of about 100 units.
  Problem problem = problemOf({"V1", "V1", 32, 16, 16, 24.5, 36.75, 2.7, 0.35}, 128);
  problem.options.windows = 256;
  problem.options.attempts = 500;
  problem.options.threads = bench.threads();
  const auto placed = placedFast(problem);
  if (!placed) return tl::unexpected(placed.error());
  CaseResult result;
  result.figures = {
      {"units", static_cast<double>(problem.sheet.xMm.size()), ""},
      {"units that the two place differently", static_cast<double>(unitsApart(*placed, placedPlainly(problem))), ""}};
  result.timings = bench
                       .time({{"ours", "the gain of a swap by one pass over two rows; windows in parallel",
                               [&] { (void)placedFast(problem); }},
                              {"plain", "both rows' loss before and after every swap, one window after another",
                               [&] { (void)placedPlainly(problem); }}})
                       .timings;
  return result;
}

}  // namespace

std::vector<Case> placementCases() {
  const CaseInfo info{"placement.v1",
                      "swaps on a sheet of 8,192 units: 256 windows of some 100 units, 500 attempts each"};
  return {Case{info, runPlacement}};
}

}  // namespace pinwheel::benchmark
