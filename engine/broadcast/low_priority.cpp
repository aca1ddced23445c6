#include "engine/broadcast/low_priority.h"

#include <sys/resource.h>
#include <unistd.h>

#include <thread>
#include <utility>

namespace pinwheel::broadcast {
namespace {

constexpr int kNice = 10;  // a tenth of the share of a thread at 0

}  // namespace

// On Linux a nice value is a thread's, not the process's.
void lowerPriority() noexcept {
  const auto self = static_cast<id_t>(::gettid());
  if (::getpriority(PRIO_PROCESS, self) < kNice) static_cast<void>(::setpriority(PRIO_PROCESS, self, kNice));
}

Expected<std::unique_ptr<transport::Server>> openServer(const transport::ServerOptions& options,
                                                        transport::CommandHandler handler) {
  Expected<std::unique_ptr<transport::Server>> opened;
  std::thread opener([&] {
    lowerPriority();
    opened = transport::Server::open(options, std::move(handler));
  });
  opener.join();
  return opened;
}

}  // namespace pinwheel::broadcast
