// An engine's door to others: frames out, commands in, and who may have which.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>

#include "engine/transport/command_server.h"
#include "engine/transport/endpoint.h"
#include "engine/transport/frame_server.h"

namespace pinwheel::transport {

struct ServerOptions {
  Endpoint endpoint;
  bool allowRemote = false;      ///< beyond this machine, which needs keys too
  std::filesystem::path keys{};  ///< folder (keys.h); empty: without keys
  std::chrono::milliseconds beacon{1000};
};

struct ServerCounts {
  FrameCounts frames;
  CommandCounts commands;
  std::uint64_t keysRefused = 0;  ///< connections with a key that may not
};

/// Threads of its own; may be made, used and destroyed from any one thread at a time. Destroying it closes the door.
class Server {
public:
  /// Error: the endpoint is not allowed (checkServing) or taken, or the keys cannot be read.
  static Expected<std::unique_ptr<Server>> open(const ServerOptions& options, CommandHandler handler);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Of which publish() may be called from any thread.
  [[nodiscard]] FrameServer& frames() noexcept;
  /// Where it is served, with the ports that the system chose.
  [[nodiscard]] const Endpoint& endpoint() const noexcept;
  [[nodiscard]] ServerCounts counts() const;

private:
  struct Parts;
  explicit Server(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> m_parts;
};

}  // namespace pinwheel::transport
