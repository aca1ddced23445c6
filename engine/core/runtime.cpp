#include "engine/core/runtime.h"

#include <dlfcn.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iterator>
#include <sstream>
#include <thread>
#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace pinwheel {
namespace {

// "max 100000" or "150000 100000": quota and period of cgroup v2; 0 when there is no limit.
double cgroupProcessors() {
  std::ifstream file("/sys/fs/cgroup/cpu.max");
  std::string quota;
  double period = 0;
  if (!(file >> quota >> period) || quota == "max" || period <= 0) return 0;
  return std::strtod(quota.c_str(), nullptr) / period;
}

}  // namespace

void tuneMalloc() noexcept {
#ifdef __GLIBC__
  ::mallopt(M_MMAP_MAX, 0);
  ::mallopt(M_TRIM_THRESHOLD, 1 << 30);
  ::mallopt(M_TOP_PAD, 64 << 20);
#endif
}

std::string betterBlasCore(const std::string& core, bool avx2, bool avx512) {
  // What OpenBLAS falls back on: kernels of processors without AVX.
  static constexpr const char* kOldest[] = {"Prescott", "Core2", "Penryn", "Dunnington", "Nehalem", "Atom", "Generic"};
  const bool old = std::find(std::begin(kOldest), std::end(kOldest), core) != std::end(kOldest);
  if (!old || !avx2) return {};
  return avx512 ? "SKYLAKEX" : "HASWELL";
}

void restartWithFastBlas(char** arguments) noexcept {
#if defined(__x86_64__) && defined(__GNUC__)
  if (::getenv("OPENBLAS_CORETYPE") != nullptr) return;
  const auto coreName = reinterpret_cast<const char* (*)()>(::dlsym(RTLD_DEFAULT, "openblas_get_corename"));
  if (coreName == nullptr) return;
  try {
    const bool avx512 = __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512dq") != 0 &&
                        __builtin_cpu_supports("avx512vl") != 0 && __builtin_cpu_supports("avx512bw") != 0;
    const bool avx2 = __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0;
    const std::string better = betterBlasCore(coreName(), avx2, avx512);
    if (better.empty() || ::setenv("OPENBLAS_CORETYPE", better.c_str(), 1) != 0) return;
    ::execv("/proc/self/exe", arguments);  // returns where it cannot; the slow kernels compute the same
  } catch (...) {
  }
#else
  (void)arguments;
#endif
}

std::int64_t peakMemoryBytes() noexcept {
  struct rusage usage {};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::int64_t>(usage.ru_maxrss) * 1024;
}

double processorSeconds() noexcept {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

int availableProcessors() noexcept {
  int processors = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof set, &set) == 0) processors = std::max(1, CPU_COUNT(&set));
  try {
    if (const double quota = cgroupProcessors(); quota > 0)
      processors = std::min(processors, std::max(1, static_cast<int>(std::ceil(quota))));
  } catch (...) {
    // The quota is a refinement; without it the affinity stands.
  }
  return processors;
}

std::string processorName() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const auto colon = line.find(':');
    if (line.rfind("model name", 0) == 0 && colon != std::string::npos && colon + 2 < line.size())
      return line.substr(colon + 2);
  }
  return "unknown";
}

std::string utcTimestamp() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text;
}

bool referenceBlasLoaded() {
  // Debian's alternatives resolve libblas.so.3 to /usr/lib/<triplet>/blas/libblas.so.3.x for the reference one;
  // OpenBLAS, BLIS, ATLAS and MKL bring folders and names of their own.
  std::ifstream maps("/proc/self/maps");
  bool reference = false;
  for (std::string line; std::getline(maps, line);) {
    if (line.find("/blas/libblas.so") != std::string::npos) reference = true;
    if (line.find("openblas-") != std::string::npos && line.find("libblas.so") != std::string::npos) return false;
    if (line.find("mkl") != std::string::npos || line.find("blis-") != std::string::npos) return false;
  }
  return reference;
}

}  // namespace pinwheel
