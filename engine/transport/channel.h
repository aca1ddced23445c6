// A client's socket, connected again and again, and what its monitor tells of it. For the .cpp files of this room.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <zmq.hpp>

#include "engine/transport/connection.h"
#include "engine/transport/keys.h"

namespace pinwheel::transport {

/// One thread. ZeroMQ itself connects again where nobody listens or a connection broke; it gives up where it was
/// refused, and then the socket is made anew.
class Channel {
public:
  using Clock = std::chrono::steady_clock;
  struct Options {
    std::string address;
    zmq::socket_type type = zmq::socket_type::sub;
    std::optional<KeyPair> keys;
    std::string serverKey;
    std::chrono::milliseconds retry{1000};
    std::function<void(zmq::socket_t&)> prepare;  ///< before it is connected
  };

  Channel(zmq::context_t& context, Options options);
  ~Channel();
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  /// Makes the socket where there is none and it is time to.
  void openWhenDue();
  /// Nothing: there is a socket.
  [[nodiscard]] std::optional<Clock::time_point> dueAt() const;
  [[nodiscard]] zmq::socket_t* socket() noexcept { return m_socket ? &*m_socket : nullptr; }
  [[nodiscard]] zmq::socket_t* monitor() noexcept { return m_monitor ? &*m_monitor : nullptr; }
  [[nodiscard]] const Connection& connection() const noexcept { return m_connection; }

  struct Events {
    bool lost = false;     ///< what was sent before may not have arrived
    bool refused = false;  ///< as Connection::error tells
  };
  /// What the monitor has told since.
  Events readEvents();
  /// What a message told that came in.
  void setOtherVersion(Error error);
  void setUnderstood();

private:
  void close();
  void refuse(Error error, bool again);
  void handle(std::uint16_t event, std::uint32_t value, Events& events);
  [[nodiscard]] Error mismatch() const;

  zmq::context_t& m_context;
  Options m_options;
  Connection m_connection;
  std::optional<zmq::socket_t> m_socket;
  std::optional<zmq::socket_t> m_monitor;
  Clock::time_point m_dueAt = Clock::now();
  int m_brokenHandshakes = 0;  ///< one after the other
};

}  // namespace pinwheel::transport
