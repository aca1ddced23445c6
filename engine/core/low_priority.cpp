#include "engine/core/low_priority.h"

#include <sys/resource.h>
#include <unistd.h>

namespace pinwheel {
namespace {

constexpr int kNice = 10;  // a tenth of the share of a thread at 0

}  // namespace

// On Linux a nice value is a thread's, not the process's.
void lowerPriority() noexcept {
  const auto self = static_cast<id_t>(::gettid());
  if (::getpriority(PRIO_PROCESS, self) < kNice) static_cast<void>(::setpriority(PRIO_PROCESS, self, kNice));
}

}  // namespace pinwheel
