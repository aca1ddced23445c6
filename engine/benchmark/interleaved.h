// Timing several ways to do one thing in turn, A B A B ..., in one process: what else the machine does at a time meets
// them all alike, and the ratio within a round means something where a single time does not.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "engine/core/progress.h"

namespace pinwheel::benchmark {

class InterleavedTimer {
public:
  /// Seconds since whenever; never goes back.
  using Clock = std::function<double()>;

  struct Options {
    double seconds = 10;             ///< no round begins later than that ...
    std::int64_t minimumRounds = 3;  ///< ... but so many are run in any case
    std::int64_t maximumRounds = 1000;
  };

  /// Without a clock, std::chrono::steady_clock.
  explicit InterleavedTimer(const Options& options, Clock clock = {});

  /// The seconds of every run, [contestants][rounds]. One round that is not timed comes first, and does not count
  /// against the budget. Stopped, what was begun is run to its end, and a round that is not whole is dropped.
  [[nodiscard]] std::vector<std::vector<double>> run(const std::vector<std::function<void()>>& contestants,
                                                     const StopFlag* stop = nullptr) const;

private:
  Options m_options;
  Clock m_clock;
};

}  // namespace pinwheel::benchmark
