#include "engine/benchmark/roofline.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

// Compiled with -O3 -ffp-contract=fast (see CMakeLists.txt): a multiplication and an addition become one fma where the
// instruction set has it.

namespace pinwheel::benchmark {
namespace {

constexpr std::size_t kCopied = 256ULL << 20;  // bytes, more than caches hold
constexpr std::int64_t kTurns = 1 << 23;       // of the loop of fmas in one pass and thread: some 20 ms
constexpr int kChains = 12;                    // fmas in flight: two ports of four cycles each need eight

using Clock = std::chrono::steady_clock;

double secondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Twelve chains that do not depend on each other, each in a register; the values stay about 1. The vectors are declared
// inside: a function for another instruction set cannot take over a body that was made for this one.
#define PINWHEEL_FMA_LOOP(NAME, ATTRIBUTES, BYTES)                                               \
  ATTRIBUTES float NAME(std::int64_t turns, float factor, float term) {                          \
    typedef float Vector __attribute__((vector_size(BYTES)));                                    \
    const Vector f = Vector{} + factor;                                                          \
    const Vector t = Vector{} + term;                                                            \
    Vector a = t, b = t + 1.0F, c = t + 2.0F, d = t + 3.0F, e = t + 4.0F, g = t + 5.0F;          \
    Vector h = t + 6.0F, i = t + 7.0F, j = t + 8.0F, k = t + 9.0F, l = t + 10.0F, m = t + 11.0F; \
    for (std::int64_t n = 0; n < turns; ++n) {                                                   \
      a = a * f + t, b = b * f + t, c = c * f + t, d = d * f + t, e = e * f + t, g = g * f + t;  \
      h = h * f + t, i = i * f + t, j = j * f + t, k = k * f + t, l = l * f + t, m = m * f + t;  \
    }                                                                                            \
    const Vector sum = a + b + c + d + e + g + h + i + j + k + l + m;                            \
    float total = 0;                                                                             \
    for (std::size_t lane = 0; lane < (BYTES) / sizeof(float); ++lane) total += sum[lane];       \
    return total;                                                                                \
  }

PINWHEEL_FMA_LOOP(fmaGeneric, , 16)
#if defined(__x86_64__) && defined(__GNUC__)
PINWHEEL_FMA_LOOP(fmaAvx2, __attribute__((target("avx2,fma"))), 32)
PINWHEEL_FMA_LOOP(fmaAvx512, __attribute__((target("avx512f,fma"))), 64)
#endif

struct FmaLoop {
  float (*run)(std::int64_t turns, float factor, float term);
  int lanes;
  const char* name;
};

FmaLoop fastestLoop() {
#if defined(__x86_64__) && defined(__GNUC__)
  if (__builtin_cpu_supports("avx512f")) return {fmaAvx512, 16, "AVX-512"};
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return {fmaAvx2, 8, "AVX2"};
#endif
  return {fmaGeneric, 4, "generic"};
}

// Seconds until every thread has done its part.
double secondsOn(int threads, const std::function<void(int)>& part) {
  const auto start = Clock::now();
  std::vector<std::thread> helpers;
  for (int i = 1; i < threads; ++i) helpers.emplace_back(part, i);
  part(0);
  for (std::thread& helper : helpers) helper.join();
  return secondsSince(start);
}

// The shortest of as many passes as the budget has room for.
double bestPass(int threads, double budget, const StopFlag* stop, const std::function<void(int)>& part) {
  secondsOn(threads, part);  // pages are touched, the clock rate rises
  const auto start = Clock::now();
  double best = secondsOn(threads, part);
  while (secondsSince(start) < budget && !(stop != nullptr && stop->requested()))
    best = std::min(best, secondsOn(threads, part));
  return best;
}

}  // namespace

Roofline measureRoofline(int threads, double seconds, const StopFlag* stop) {
  Roofline roofline;
  roofline.threads = std::max(1, threads);
  const auto count = static_cast<std::size_t>(roofline.threads);
  {
    const auto from = std::make_unique<char[]>(kCopied);  // zeros, so that every page is one of its own
    const auto to = std::make_unique<char[]>(kCopied);
    const double pass = bestPass(roofline.threads, seconds / 2, stop, [&](int thread) {
      const std::size_t begin = kCopied / count * static_cast<std::size_t>(thread);
      std::memcpy(to.get() + begin, from.get() + begin, kCopied / count);
    });
    // Each byte is read once and written once.
    roofline.copyBytesPerSecond = 2 * static_cast<double>(kCopied / count * count) / pass;
  }
  const FmaLoop loop = fastestLoop();
  roofline.instructionSet = loop.name;
  std::vector<float> results(count * 16);  // a line of the cache each
  const double pass = bestPass(roofline.threads, seconds / 2, stop, [&](int thread) {
    // Read from memory, so that the loop cannot be computed beforehand, and kept, so that it cannot be left out.
    volatile float factor = 0.999F;
    results[static_cast<std::size_t>(thread) * 16] = loop.run(kTurns, factor, 0.001F);
  });
  roofline.flopsPerSecond =
      2.0 * kChains * loop.lanes * static_cast<double>(kTurns) * static_cast<double>(roofline.threads) / pass;
  return roofline;
}

}  // namespace pinwheel::benchmark
