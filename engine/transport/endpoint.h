// Where an engine is served: two sockets, one for frames and one for commands.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "engine/core/error.h"

namespace pinwheel::transport {

/// ipc://PATH: the sockets PATH.frames and PATH.commands. tcp://HOST:PORT: frames on PORT, commands on PORT + 1.
struct Endpoint {
  enum class Kind { ipc, tcp } kind = Kind::ipc;
  std::string path;  ///< ipc
  std::string host;  ///< tcp; numeric, "*" (every address of this machine) or a name; an IPv6 address without brackets
  int port = 0;      ///< tcp; 0: the system finds two, for who serves alone

  // As ZeroMQ takes them. Port 0 of frames is its "*".
  [[nodiscard]] std::string framesAddress() const;
  [[nodiscard]] std::string commandsAddress() const;
  [[nodiscard]] std::string text() const;  ///< as parseEndpoint() takes it
  [[nodiscard]] bool isIpv6() const noexcept { return host.find(':') != std::string::npos; }
};

/// Room for the longer of both names in what the system takes for a socket's path (107 bytes).
inline constexpr std::size_t kMaxIpcPathBytes = 98;

/// "localhost" becomes 127.0.0.1. Error: neither ipc nor tcp, a path too long, no port ...
Expected<Endpoint> parseEndpoint(std::string_view text);
/// In a run's folder. Error: the folder's path is too long for a socket.
Expected<Endpoint> endpointOf(const std::filesystem::path& runFolder);

/// Whether nobody but programs of this machine can reach it. Names are not looked up: only numeric addresses can be.
[[nodiscard]] bool isLocal(const Endpoint& endpoint) noexcept;
/// Whether who serves it is surely on this machine, with its files and on its processors. Not by tcp, even on loopback:
/// a tunnel may lie behind.
[[nodiscard]] inline bool isBeside(const Endpoint& endpoint) noexcept {
  return endpoint.kind == Endpoint::Kind::ipc;
}

// Who serves beyond this machine must have asked for it and have keys; who connects needs keys alone.
Status checkServing(const Endpoint& endpoint, bool allowRemote, bool hasKeys);
Status checkConnecting(const Endpoint& endpoint, bool hasKeys);

}  // namespace pinwheel::transport
