#include "engine/benchmark/interleaved.h"

#include <chrono>
#include <utility>

namespace pinwheel::benchmark {
namespace {

double steadySeconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

InterleavedTimer::InterleavedTimer(const Options& options, Clock clock)
    : m_options(options), m_clock(clock ? std::move(clock) : Clock(steadySeconds)) {}

std::vector<std::vector<double>> InterleavedTimer::run(const std::vector<std::function<void()>>& contestants,
                                                       const StopFlag* stop) const {
  std::vector<std::vector<double>> seconds(contestants.size());
  const auto stopped = [stop] { return stop != nullptr && stop->requested(); };
  for (const auto& contestant : contestants) {
    if (stopped()) return seconds;
    contestant();
  }
  const double begin = m_clock();
  for (std::int64_t round = 0; round < m_options.maximumRounds; ++round) {
    if (round >= m_options.minimumRounds && m_clock() - begin >= m_options.seconds) break;
    std::vector<double> times;
    for (const auto& contestant : contestants) {
      if (stopped()) return seconds;
      const double before = m_clock();
      contestant();
      times.push_back(m_clock() - before);
    }
    for (std::size_t i = 0; i < times.size(); ++i) seconds[i].push_back(times[i]);
  }
  return seconds;
}

}  // namespace pinwheel::benchmark
