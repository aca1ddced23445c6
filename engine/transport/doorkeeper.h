// Says which keys may open which socket (ZAP, https://rfc.zeromq.org/spec/27).
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include "engine/core/error.h"
#include "engine/transport/binding.h"

namespace pinwheel::transport {

/// A thread of its own. Must be there before a socket of the context is bound with CURVE, since ZeroMQ lets everybody
/// in where nobody keeps the door, and must outlive it. The keys' folder is read at every connection.
class Doorkeeper {
public:
  static Expected<std::unique_ptr<Doorkeeper>> open(zmq::context_t& context, std::filesystem::path keys);
  ~Doorkeeper();
  Doorkeeper(const Doorkeeper&) = delete;
  Doorkeeper& operator=(const Doorkeeper&) = delete;

  /// Connections with a key that may not open the socket. Any thread.
  [[nodiscard]] std::uint64_t refused() const noexcept;

private:
  class Impl;
  explicit Doorkeeper(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> m_impl;
};

}  // namespace pinwheel::transport
