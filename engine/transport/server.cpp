#include "engine/transport/server.h"

#include <charconv>
#include <zmq.hpp>

#include "engine/core/files.h"
#include "engine/transport/doorkeeper.h"
#include "engine/transport/keys.h"

namespace pinwheel::transport {
namespace {

constexpr int kTries = 32;  // to find a port whose next one is free too

int portOf(const std::string& address) {
  int port = 0;
  const std::size_t colon = address.rfind(':');
  std::from_chars(address.data() + colon + 1, address.data() + address.size(), port);
  return port;
}

}  // namespace

// Destroyed from the last to the first: sockets, doorkeeper, context, and then the lock.
struct Server::Parts {
  Endpoint endpoint;
  FileLock lock;
  zmq::context_t context{1};
  std::unique_ptr<Doorkeeper> doorkeeper;
  std::unique_ptr<CommandServer> commands;
  std::unique_ptr<FrameServer> frames;
};

Server::Server(std::unique_ptr<Parts> parts) : m_parts(std::move(parts)) {}
Server::~Server() = default;

Expected<std::unique_ptr<Server>> Server::open(const ServerOptions& options, CommandHandler handler) try {
  if (Status status = checkServing(options.endpoint, options.allowRemote, !options.keys.empty()); !status)
    return tl::unexpected(std::move(status.error()));
  auto parts = std::make_unique<Parts>();
  parts->endpoint = options.endpoint;
  std::string secretKey;
  if (!options.keys.empty()) {
    auto keys = readServerKeys(options.keys);
    if (!keys) return tl::unexpected(std::move(keys.error()));
    secretKey = keys->secretKey;
    auto doorkeeper = Doorkeeper::open(parts->context, options.keys);
    if (!doorkeeper) return tl::unexpected(std::move(doorkeeper.error()));
    parts->doorkeeper = std::move(*doorkeeper);
  }
  // ZeroMQ takes a socket's file from whoever has it.
  if (options.endpoint.kind == Endpoint::Kind::ipc) {
    const auto locked = parts->lock.acquire(options.endpoint.path + ".lock");
    if (!locked) return tl::unexpected(locked.error());
    if (!*locked)
      return failure("The engine cannot be served at " + options.endpoint.text(), "another engine is served there",
                     "stop it, or choose another address");
  }
  const bool choose = options.endpoint.kind == Endpoint::Kind::tcp && options.endpoint.port == 0;
  for (int tries = choose ? kTries : 1;; --tries) {
    const Binding framesAt{parts->endpoint.framesAddress(), secretKey, kFramesDoor};
    auto frames = FrameServer::open(parts->context, framesAt, options.beacon);
    if (!frames) return tl::unexpected(std::move(frames.error()));
    if (choose) parts->endpoint.port = portOf((*frames)->address());
    const Binding commandsAt{parts->endpoint.commandsAddress(), secretKey, kCommandsDoor};
    auto commands = CommandServer::open(parts->context, commandsAt, handler);
    if (commands) {
      parts->frames = std::move(*frames);
      parts->commands = std::move(*commands);
      return std::unique_ptr<Server>(new Server(std::move(parts)));
    }
    if (tries <= 1) return tl::unexpected(std::move(commands.error()));
    parts->endpoint.port = 0;  // the next one was taken: another pair
  }
} catch (const std::exception& error) {
  return failure("The engine cannot be served", error.what(), "close some programs and try again");
}

FrameServer& Server::frames() noexcept {
  return *m_parts->frames;
}
const Endpoint& Server::endpoint() const noexcept {
  return m_parts->endpoint;
}
ServerCounts Server::counts() const {
  return {m_parts->frames->counts(), m_parts->commands->counts(),
          m_parts->doorkeeper ? m_parts->doorkeeper->refused() : 0};
}

}  // namespace pinwheel::transport
