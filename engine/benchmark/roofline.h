// What the machine can do at best, measured in the same run as what is compared with it (Williams, Waterman and
// Patterson, CACM 2009): bytes copied and fused multiply-adds per second on so many threads.
#pragma once

#include <string>

#include "engine/core/progress.h"

namespace pinwheel::benchmark {

struct Roofline {
  int threads = 1;
  double copyBytesPerSecond = 0;  ///< read and written, of 256 MiB; the best pass
  double flopsPerSecond = 0;      ///< single precision, an fma counts two; the best pass
  std::string instructionSet;     ///< of the fmas: "AVX-512", "AVX2" or "generic"
};

/// Takes about `seconds`, at least one pass of each; stopped, what there is so far.
[[nodiscard]] Roofline measureRoofline(int threads, double seconds, const StopFlag* stop = nullptr);

}  // namespace pinwheel::benchmark
