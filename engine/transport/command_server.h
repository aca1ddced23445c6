// Takes commands, with one answer to each.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "engine/core/error.h"
#include "engine/transport/binding.h"
#include "engine/wire/message.h"

namespace pinwheel::transport {

/// Called on the command server's thread, with verified requests alone, of keys that may command. Must not wait: it
/// puts a command into a queue or refuses it. Error: why it was not taken.
using CommandHandler = std::function<Status(const wire::Request& request)>;

struct CommandCounts {
  std::uint64_t taken = 0;
  std::uint64_t refused = 0;  ///< by the handler
  std::uint64_t damaged = 0;  ///< no request, or of another version
};

/// A ROUTER, for DEALER and for REQ. AskFrames does not reach the handler: it is answered at the socket of frames.
class CommandServer {
public:
  /// Error: the address cannot be bound.
  static Expected<std::unique_ptr<CommandServer>> open(zmq::context_t& context, const Binding& binding,
                                                       CommandHandler handler);
  ~CommandServer();
  CommandServer(const CommandServer&) = delete;
  CommandServer& operator=(const CommandServer&) = delete;

  [[nodiscard]] CommandCounts counts() const;  ///< any thread
  [[nodiscard]] const std::string& address() const noexcept;

private:
  class Impl;
  explicit CommandServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> m_impl;
};

}  // namespace pinwheel::transport
