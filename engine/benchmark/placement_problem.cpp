#include "engine/benchmark/placement_problem.h"

#include <cmath>
#include <numbers>

#include "engine/core/random.h"

namespace pinwheel::benchmark {

PlacementProblem placementProblem(const topography::SheetSpec& spec, std::int64_t stimuli) {
  PlacementProblem problem{topography::retinotopicSheet(spec, 3), stimuli, {}, {}};
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

Expected<topography::Sheet> placed(const PlacementProblem& problem) {
  topography::Sheet sheet = problem.sheet;
  const auto report = topography::optimisePositions(sheet, problem.matrix(), problem.options);
  if (!report) return tl::unexpected(report.error());
  return sheet;
}

}  // namespace pinwheel::benchmark
