// What another process takes of the processors.
#pragma once

#include <sys/types.h>
#include <time.h>

namespace pinwheel::test {

/// Of all its threads so far, seconds; 0 when it has ended.
inline double processorSecondsOf(pid_t process) {
  clockid_t clock{};
  timespec time{};
  if (process <= 0 || ::clock_getcpuclockid(process, &clock) != 0 || ::clock_gettime(clock, &time) != 0) return 0;
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

}  // namespace pinwheel::test
