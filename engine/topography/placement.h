// Position pre-optimisation: units swap places until neighbours respond alike (method section 2, after TDANN).
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "engine/core/error.h"
#include "engine/core/progress.h"
#include "engine/topography/sheet.h"

namespace pinwheel::topography {

struct PlacementOptions {
  std::int64_t windows = 20000;  ///< random squares of the sheet's neighbourhood side
  int attempts = 500;            ///< swaps tried in each
  int minUnits = 5;              ///< squares with fewer are skipped
  int maxUnits = 500;            ///< squares with more are trimmed at random
  std::uint64_t seed = 0;
  int threads = 0;  ///< 0: all; the result does not depend on it
};

/// One point of the falling loss: the mean over the windows since the last report, before and after their swaps, of
/// 1/2 (1 - Pearson(R, 1/(d+1))) over all pairs of the window.
struct PlacementPoint {
  std::int64_t window = 0;
  double lossBefore = 0;
  double lossAfter = 0;
  std::int64_t accepted = 0;  ///< swaps kept so far
};

struct PlacementReport {
  std::vector<PlacementPoint> points;
  std::int64_t windows = 0;
  std::int64_t skipped = 0;
  std::int64_t attempts = 0;
  std::int64_t accepted = 0;
  std::int64_t constantUnits = 0;  ///< that answer every stimulus alike: where they sit, nothing decided
  double seconds = 0;
  bool stopped = false;  ///< by the flag; positions are valid all the same
};

/// Responses [U, stimuli], row-major: the firing rate of every unit to every stimulus. Constant rows correlate 0 with
/// all.
struct ResponseMatrix {
  std::int64_t units = 0;
  std::int64_t stimuli = 0;
  std::span<const float> values;
};

/// Swaps positions of `sheet` in place. The multiset of positions never changes. A swap of a and b is kept only if
/// 1/2 (1 - Pearson(R[{a,b},:], 1/(dist+1)[{a,b},:])) is strictly lower. Errors: a size that does not match, NaN
/// responses.
Expected<PlacementReport> optimisePositions(Sheet& sheet, const ResponseMatrix& responses,
                                            const PlacementOptions& options,
                                            const std::function<void(const PlacementPoint&)>& onPoint = {},
                                            const StopFlag* stop = nullptr);

}  // namespace pinwheel::topography
