// The swaps of the position pre-optimisation as the method says them, for tests and benchmarks.
#pragma once

#include "engine/topography/placement.h"

namespace pinwheel::benchmark {

/// What topography::optimisePositions does, word for word and in double: one window after another, for every attempt
/// the loss 1/2 (1 - Pearson) of both rows before the swap and after it. Same seed, same positions, but where both sums
/// agree within single precision. The responses are those that optimisePositions would accept.
void placePlainly(topography::Sheet& sheet, const topography::ResponseMatrix& responses,
                  const topography::PlacementOptions& options);

}  // namespace pinwheel::benchmark
