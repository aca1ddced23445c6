#include "engine/broadcast/quiet_server.h"

#include <thread>
#include <utility>

#include "engine/core/low_priority.h"

namespace pinwheel::broadcast {

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
