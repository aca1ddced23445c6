#include "engine/transport/channel.h"

#include <atomic>
#include <cstring>

#include "engine/transport/sockets.h"

namespace pinwheel::transport {
namespace {

constexpr int kReconnectMs = 100;
constexpr int kMaxReconnectMs = 1000;
// A single one may be an engine that was just ending.
constexpr int kBrokenHandshakes = 2;
constexpr int kEvents = ZMQ_EVENT_CLOSED | ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED |
                        ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
                        ZMQ_EVENT_HANDSHAKE_FAILED_AUTH;

std::string newMonitorAddress() {
  static std::atomic<std::uint64_t> count = 0;
  return "inproc://pinwheel-monitor-" + std::to_string(++count);
}

}  // namespace

std::string Connection::text() const {
  switch (state) {
    case State::connecting:
      return "Waiting for an engine at " + address;
    case State::connected:
      if (silent < kSilence) return "Connected to " + address;
      return "Connected to " + address + ", silent for " +
             std::to_string(std::chrono::duration_cast<std::chrono::seconds>(silent).count()) + " s";
    case State::refused:
      return "Refused at " + address + ": " + error.why;
    case State::otherVersion:
      return error.what + ": " + error.why + "; " + error.hint;
  }
  return {};
}

Channel::Channel(zmq::context_t& context, Options options) : m_context(context), m_options(std::move(options)) {
  m_connection.address = m_options.address;
}

Channel::~Channel() {
  close();
}

void Channel::close() {
  // First, so that the monitor's thread-to-thread socket has a reader to the end.
  if (m_socket) zmq_socket_monitor(m_socket->handle(), nullptr, 0);
  m_monitor.reset();
  m_socket.reset();
}

std::optional<Channel::Clock::time_point> Channel::dueAt() const {
  if (m_socket) return std::nullopt;
  return m_dueAt;
}

void Channel::openWhenDue() {
  if (m_socket || Clock::now() < m_dueAt) return;
  try {
    m_socket.emplace(m_context, m_options.type);
    const bool frames = m_options.type == zmq::socket_type::sub;
    setCommonOptions(*m_socket, frames ? kWaitingFrames : kWaitingCommands,
                     frames ? static_cast<std::int64_t>(wire::kMaxMessageBytes) : kMaxAnswerBytes);
    // Commands wait here, and not in a socket that would deliver them to an engine that comes much later.
    m_socket->set(zmq::sockopt::immediate, !frames);
    m_socket->set(zmq::sockopt::reconnect_ivl, kReconnectMs);
    m_socket->set(zmq::sockopt::reconnect_ivl_max, kMaxReconnectMs);
    m_socket->set(zmq::sockopt::ipv6, m_options.address.find('[') != std::string::npos);
    if (m_options.keys) {
      m_socket->set(zmq::sockopt::curve_serverkey, m_options.serverKey);
      m_socket->set(zmq::sockopt::curve_publickey, m_options.keys->publicKey);
      m_socket->set(zmq::sockopt::curve_secretkey, m_options.keys->secretKey);
    }
    if (m_options.prepare) m_options.prepare(*m_socket);
    const std::string address = newMonitorAddress();
    if (zmq_socket_monitor(m_socket->handle(), address.c_str(), kEvents) != 0) throw zmq::error_t();
    m_monitor.emplace(m_context, zmq::socket_type::pair);
    m_monitor->set(zmq::sockopt::linger, 0);
    m_monitor->connect(address);
    m_socket->connect(m_options.address);
  } catch (const zmq::error_t& error) {
    refuse({"No connection can be made to " + m_options.address, error.what(), "check the address", ""}, true);
  }
}

void Channel::refuse(Error error, bool again) {
  m_connection.state = Connection::State::refused;
  m_connection.error = std::move(error);
  if (!again) return;
  close();
  m_dueAt = Clock::now() + m_options.retry;
}

Channel::Events Channel::readEvents() {
  Events events;
  while (m_monitor) {
    const auto parts = receiveParts(*m_monitor);
    if (parts.empty()) break;
    if (parts[0].size() != sizeof(std::uint16_t) + sizeof(std::uint32_t)) continue;
    std::uint16_t event = 0;
    std::uint32_t value = 0;
    std::memcpy(&event, parts[0].data(), sizeof event);
    std::memcpy(&value, static_cast<const char*>(parts[0].data()) + sizeof event, sizeof value);
    handle(event, value, events);
  }
  return events;
}

void Channel::handle(std::uint16_t event, std::uint32_t value, Events& events) {
  using State = Connection::State;
  switch (event) {
    case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
      m_brokenHandshakes = 0;
      m_connection.state = State::connected;
      m_connection.error = {};
      break;
    case ZMQ_EVENT_CLOSED:  // nobody listens there
      m_brokenHandshakes = 0;
      m_connection.state = State::connecting;
      events.lost = true;
      break;
    case ZMQ_EVENT_DISCONNECTED:
      if (m_connection.state != State::refused) m_connection.state = State::connecting;
      events.lost = true;
      break;
    case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
      events.refused = true;
      refuse({"The engine does not let this program in", "its key may not be used here",
              "have the key authorised where the engine runs: as a watcher's, or as a controller's to command", ""},
             true);
      break;
    case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
      if (value == ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH) {
        events.refused = true;
        refuse(mismatch(), true);
      } else {
        refuse({"No engine was found", "what answers there does not speak as an engine does", "check the address", ""},
               true);
      }
      break;
    case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
      if (++m_brokenHandshakes < kBrokenHandshakes) break;
      refuse(
          {"The engine does not let this program in",
           m_options.keys ? "the connection ends while keys are exchanged: its server.pub is another engine's, or no "
                            "engine answers there"
                          : "the connection ends before it stands: the engine takes keys only, is another user's, or "
                            "no engine answers there",
           "check the address and the keys", ""},
          false);
      break;
    default:
      break;
  }
}

Error Channel::mismatch() const {
  if (m_options.keys)
    return {"The engine does not let this program in", "it is served without keys, and a key was given",
            "leave the key away, or have the engine served with keys", ""};
  return {"The engine does not let this program in", "it takes keys only, and none was given",
          "make a key with pinwheel-cli keys, and have it authorised where the engine runs", ""};
}

void Channel::setOtherVersion(Error error) {
  m_connection.state = Connection::State::otherVersion;
  m_connection.error = std::move(error);
}

void Channel::setUnderstood() {
  if (m_connection.state == Connection::State::otherVersion)
    m_connection = {Connection::State::connected, m_options.address, {}, {}};
}

}  // namespace pinwheel::transport
