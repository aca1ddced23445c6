// How long a job still takes, from how far it came.
#pragma once

#include <chrono>
#include <limits>

namespace pinwheel {

/// Seconds left at the pace since the first report, which may stand anywhere (a job that goes on where it was). NaN
/// while too little was done to tell: below 2 % of the job or 2 s.
class TimeLeft {
public:
  /// `share` of the job in 0..1, `seconds` on any clock that does not go back.
  [[nodiscard]] double at(double share, double seconds) noexcept {
    if (!m_begun) {
      m_begun = true;
      m_firstShare = share;
      m_firstSeconds = seconds;
    }
    const double done = share - m_firstShare;
    const double took = seconds - m_firstSeconds;
    if (!(done >= 0.02) || !(took >= 2)) return std::numeric_limits<double>::quiet_NaN();
    return took / done * (1 - share);
  }
  [[nodiscard]] double at(double share) noexcept {
    return at(share, std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count());
  }

private:
  bool m_begun = false;
  double m_firstShare = 0;
  double m_firstSeconds = 0;
};

}  // namespace pinwheel
