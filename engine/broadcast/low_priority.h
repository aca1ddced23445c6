// Threads that must not take time from a training on the same processors.
#pragma once

#include <memory>

#include "engine/core/error.h"
#include "engine/transport/server.h"

namespace pinwheel::broadcast {

/// The calling thread's, for good: an unprivileged thread cannot raise it again. Threads that it begins inherit it.
/// Nothing happens where the system does not allow it.
void lowerPriority() noexcept;

/// transport::Server::open() on a thread of low priority, whose priority the server's threads inherit: encoding,
/// encrypting and sending give way to the training.
Expected<std::unique_ptr<transport::Server>> openServer(const transport::ServerOptions& options,
                                                        transport::CommandHandler handler);

}  // namespace pinwheel::broadcast
