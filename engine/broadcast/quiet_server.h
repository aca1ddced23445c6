// A server beside a training on the same processors.
#pragma once

#include <memory>

#include "engine/core/error.h"
#include "engine/transport/server.h"

namespace pinwheel::broadcast {

/// transport::Server::open() on a thread of low priority, whose priority the server's threads inherit: encoding,
/// encrypting and sending give way to the training.
Expected<std::unique_ptr<transport::Server>> openServer(const transport::ServerOptions& options,
                                                        transport::CommandHandler handler);

}  // namespace pinwheel::broadcast
