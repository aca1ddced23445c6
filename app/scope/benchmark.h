// How fast the program is, of its own pictures.
#pragma once

#include <string>
#include <vector>

namespace pinwheel::scope {

/// Since the system began this process, to a hundredth of a second; NaN where it does not tell.
[[nodiscard]] double secondsSinceStart();
/// Resident memory of this process; 0 where the system does not tell.
[[nodiscard]] double residentMegabytes();
/// The share-th value of `values`; NaN of none.
[[nodiscard]] double quantileOf(std::vector<double> values, double share);

struct BenchmarkResult {
  double startupSeconds = 0;
  std::vector<double> frameMs;  ///< every picture but the first
  double spikesPerSecond = 0;
};
/// {"frame_ms_median": ..., "frame_ms_95", "startup_s", "spikes_per_second", "rss_mb", "frames"}.
[[nodiscard]] std::string benchmarkJson(const BenchmarkResult& result);

}  // namespace pinwheel::scope
