#include "engine/benchmark/case.h"

#include "engine/benchmark/interleaved.h"
#include "engine/benchmark/memory_peak.h"

namespace pinwheel::benchmark {

Bench::Measured Bench::time(const std::vector<Contestant>& contestants, Memory memory) const {
  std::vector<std::function<void()>> runs;
  for (const Contestant& contestant : contestants) runs.push_back(contestant.run);
  InterleavedTimer::Options options;
  options.seconds = m_seconds;
  Measured measured;
  measured.rounds = InterleavedTimer(options).run(runs, &m_stop);
  for (std::size_t i = 0; i < contestants.size(); ++i) {
    Timing timing{contestants[i].name, contestants[i].what, summarise(measured.rounds[i])};
    if (i > 0) timing.ratio = summarise(pairwiseRatios(measured.rounds[i], measured.rounds[0]));
    if (memory == Memory::measured && !stopped()) timing.peakBytes = peakBytesOf(runs[i]);
    measured.timings.push_back(std::move(timing));
  }
  return measured;
}

Growth Bench::grow(const std::string& of, const std::vector<Sized>& sizes) const {
  std::vector<Contestant> contestants;
  for (const Sized& size : sizes) contestants.push_back({std::to_string(size.n), "", size.run});
  const Measured measured = time(contestants, Memory::measured);
  Growth growth;
  growth.of = of;
  std::vector<double> n;
  std::vector<double> seconds;
  std::vector<double> bytes;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const Timing& timing = measured.timings[i];
    growth.rows.push_back({sizes[i].n, timing.seconds, timing.peakBytes});
    n.push_back(static_cast<double>(sizes[i].n));
    seconds.push_back(timing.seconds.median);
    bytes.push_back(static_cast<double>(timing.peakBytes.value_or(0)));
  }
  growth.secondsSlope = logLogSlope(n, seconds);
  growth.bytesSlope = logLogSlope(n, bytes);
  return growth;
}

}  // namespace pinwheel::benchmark
