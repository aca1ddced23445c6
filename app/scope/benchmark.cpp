#include "app/scope/benchmark.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <limits>
#include <sstream>

namespace pinwheel::scope {

double secondsSinceStart() {
  // proc(5): field 22 of stat is the start in clock ticks since boot; the name, field 2, may hold spaces.
  std::ifstream file("/proc/self/stat");
  std::string line;
  std::getline(file, line);
  const std::size_t end = line.rfind(')');
  if (end == std::string::npos) return std::numeric_limits<double>::quiet_NaN();
  std::istringstream fields(line.substr(end + 1));
  std::string field;
  for (int i = 3; i <= 22; ++i) fields >> field;
  timespec now{};
  if (!fields || clock_gettime(CLOCK_BOOTTIME, &now) != 0) return std::numeric_limits<double>::quiet_NaN();
  const double begun = std::strtod(field.c_str(), nullptr) / static_cast<double>(sysconf(_SC_CLK_TCK));
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9 - begun;
}

double residentMegabytes() {
  std::ifstream file("/proc/self/statm");
  double all = 0;
  double resident = 0;
  file >> all >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE)) / (1 << 20);
}

double quantileOf(std::vector<double> values, double share) {
  if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
  const auto at = static_cast<std::ptrdiff_t>(std::lround(share * static_cast<double>(values.size() - 1)));
  std::nth_element(values.begin(), values.begin() + at, values.end());
  return values[static_cast<std::size_t>(at)];
}

std::string benchmarkJson(const BenchmarkResult& result) {
  std::array<char, 320> text{};
  std::snprintf(text.data(), text.size(),
                "{\"frame_ms_median\": %.2f, \"frame_ms_95\": %.2f, \"startup_s\": %.2f, \"spikes_per_second\": %.0f, "
                "\"rss_mb\": %.1f, \"frames\": %zu}",
                quantileOf(result.frameMs, 0.5), quantileOf(result.frameMs, 0.95), result.startupSeconds,
                result.spikesPerSecond, residentMegabytes(), result.frameMs.size());
  return text.data();
}

}  // namespace pinwheel::scope
