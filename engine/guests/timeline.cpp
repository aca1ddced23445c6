#include <algorithm>

#include "engine/guests/replay.h"

namespace pinwheel::guests {

double Timeline::secondsAt(std::int64_t step) const {
  const auto after = std::upper_bound(moments.begin(), moments.end(), step,
                                      [](std::int64_t value, const Moment& moment) { return value < moment.step; });
  if (after == moments.begin()) return 0;
  const Moment& before = *(after - 1);
  if (after == moments.end()) return before.seconds;
  const double share = static_cast<double>(step - before.step) / static_cast<double>(after->step - before.step);
  return before.seconds + share * (after->seconds - before.seconds);
}

std::int64_t Timeline::stepAt(double seconds) const {
  const auto after = std::upper_bound(moments.begin(), moments.end(), seconds,
                                      [](double value, const Moment& moment) { return value < moment.seconds; });
  if (after == moments.begin()) return firstStep;
  const Moment& before = *(after - 1);
  if (after == moments.end()) return lastStep;
  const double span = after->seconds - before.seconds;  // above 0: what is at one time stands on one side of `after`
  const auto steps = static_cast<double>(after->step - before.step);
  return before.step + static_cast<std::int64_t>(steps * (seconds - before.seconds) / span);
}

}  // namespace pinwheel::guests
