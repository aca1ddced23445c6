#include "engine/benchmark/case.h"
#include "engine/benchmark/placement_problem.h"
#include "engine/benchmark/plain_placement.h"

// The swaps of the position pre-optimisation beside the method word for word.
namespace pinwheel::benchmark {
namespace {

using topography::Sheet;

Sheet placedPlainly(const PlacementProblem& problem) {
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
  PlacementProblem small = placementProblem({"V1", "V1", 12, 8, 8, 10, 10, 4, 0.5}, 24);
  small.options.windows = 12;
  small.options.attempts = 60;
  small.options.maxUnits = 60;
  small.options.threads = bench.threads();
  const auto fast = placed(small);
  if (!fast) return tl::unexpected(fast.error());
  if (const std::int64_t apart = unitsApart(*fast, placedPlainly(small)); apart != 0)
    return disagreement(
        "The fast swaps and the method word for word",
        std::to_string(apart) + " of " + std::to_string(small.sheet.xMm.size()) + " units sit elsewhere");

  // Windows of about 100 units.
  PlacementProblem problem = placementProblem({"V1", "V1", 32, 16, 16, 24.5, 36.75, 2.7, 0.35}, 128);
  problem.options.windows = 256;
  problem.options.attempts = 500;
  problem.options.threads = bench.threads();
  const auto ours = placed(problem);
  if (!ours) return tl::unexpected(ours.error());
  CaseResult result;
  result.figures = {
      {"units", static_cast<double>(problem.sheet.xMm.size()), ""},
      {"units that the two place differently", static_cast<double>(unitsApart(*ours, placedPlainly(problem))), ""}};
  result.timings = bench
                       .time({{"ours", "the gain of a swap by one pass over two rows; windows in parallel",
                               [&] { (void)placed(problem); }},
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
