#include "engine/benchmark/memory_peak.h"

#include <algorithm>
#include <fstream>
#include <limits>
#include <string>
#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace pinwheel::benchmark {
namespace {

// "VmHWM:     12345 kB" of /proc/self/status, in bytes.
std::optional<std::int64_t> statusBytes(const std::string& key) {
  std::ifstream file("/proc/self/status");
  for (std::string word; file >> word;) {
    std::int64_t kibibytes = 0;
    if (word == key && file >> kibibytes) return kibibytes * 1024;
    file.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
  }
  return std::nullopt;
}

bool resetPeak() {
  std::ofstream file("/proc/self/clear_refs");
  file << "5" << std::flush;
  return file.good();
}

}  // namespace

std::optional<std::int64_t> peakBytesOf(const std::function<void()>& work) {
#ifdef __GLIBC__
  ::malloc_trim(0);
#endif
  const auto before = statusBytes("VmRSS:");
  if (!before || !resetPeak()) return std::nullopt;
  work();
  const auto peak = statusBytes("VmHWM:");
  if (!peak) return std::nullopt;
  return std::max<std::int64_t>(0, *peak - *before);
}

}  // namespace pinwheel::benchmark
