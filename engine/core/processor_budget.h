// A program that watches a training of its own machine must not take the processors that the training computes on.
#pragma once

#include <algorithm>
#include <limits>

namespace pinwheel {

/// Of one processor of a machine that trains: what a program may take that only watches, while nobody touches it.
inline constexpr double kWatcherShare = 0.01;

/// Spreads pieces of work over time, so that they take at most a share of one processor. A piece is what the process
/// spends from one begin() to the next question, whichever of its threads does it.
class ProcessorBudget {
public:
  /// `share`: of one processor, above 0.
  explicit ProcessorBudget(double share) : m_share(share) {}

  /// A piece of work begins. `now`: seconds on a clock that only rises; `spent`: processorSeconds().
  void begin(double now, double spent) noexcept {
    m_begun = now;
    m_spent = spent;
  }
  /// Somebody touches the program and looks for what comes of it: for kTouched seconds nothing waits, and what is done
  /// for that hand is not to be saved up for.
  void touch(double now, double spent) noexcept {
    m_touched = now;
    begin(now, spent);
  }
  /// Seconds from `now` on until the next piece may begin; 0: at once.
  [[nodiscard]] double wait(double now, double spent) const noexcept {
    if (now - m_touched < kTouched) return 0;
    return std::max(0.0, m_begun + (spent - m_spent) / m_share - now);
  }

private:
  static constexpr double kTouched = 3;  ///< seconds

  double m_share;
  double m_begun = 0;
  double m_spent = 0;
  double m_touched = -std::numeric_limits<double>::infinity();
};

}  // namespace pinwheel
