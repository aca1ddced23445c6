#include "engine/transport/sockets.h"

#include <sys/stat.h>
#include <unistd.h>

#include <memory>

namespace pinwheel::transport {
namespace {

constexpr int kHeartbeatMs = 2000;
constexpr int kHeartbeatTimeoutMs = 8000;
constexpr int kHandshakeMs = 10'000;
constexpr std::string_view kIpc = "ipc://";

bool isIpc(const std::string& address) {
  return address.starts_with(kIpc);
}

}  // namespace

void setCommonOptions(zmq::socket_t& socket, int waiting, std::int64_t maxIncomingBytes) {
  socket.set(zmq::sockopt::linger, 0);
  socket.set(zmq::sockopt::sndhwm, waiting);
  socket.set(zmq::sockopt::rcvhwm, waiting);
  socket.set(zmq::sockopt::maxmsgsize, maxIncomingBytes);
  socket.set(zmq::sockopt::handshake_ivl, kHandshakeMs);
  socket.set(zmq::sockopt::heartbeat_ivl, kHeartbeatMs);
  socket.set(zmq::sockopt::heartbeat_timeout, kHeartbeatTimeoutMs);
}

void bind(zmq::socket_t& socket, const Binding& binding) {
  if (binding.address.find('[') != std::string::npos) socket.set(zmq::sockopt::ipv6, true);
  if (!binding.secretKey.empty()) {
    socket.set(zmq::sockopt::curve_server, true);
    socket.set(zmq::sockopt::curve_secretkey, binding.secretKey);
    socket.set(zmq::sockopt::zap_domain, binding.door);
  }
  if (isIpc(binding.address)) {
    // The kernel tells whose program connects. The file's mode says the same, but only from after it is there.
    const uid_t user = ::geteuid();
    if (zmq_setsockopt(socket.handle(), ZMQ_IPC_FILTER_UID, &user, sizeof user) != 0) throw zmq::error_t();
  }
  socket.bind(binding.address);
  if (isIpc(binding.address)) ::chmod(binding.address.c_str() + kIpc.size(), 0600);
}

std::string boundAddress(const zmq::socket_t& socket) {
  return socket.get(zmq::sockopt::last_endpoint);
}

tl::unexpected<Error> bindFailure(const Binding& binding, const zmq::error_t& error) {
  std::string hint = "choose another address";
  if (error.num() == EADDRINUSE) hint = "another program is served there: choose another port, or 0";
  if (error.num() == ENOENT) hint = "check that the socket's folder exists";
  return failure("The engine cannot be served at " + binding.address, error.what(), hint);
}

std::vector<zmq::message_t> receiveParts(zmq::socket_t& socket, std::size_t most) {
  std::vector<zmq::message_t> parts;
  zmq::message_t part;
  if (!socket.recv(part, zmq::recv_flags::dontwait)) return parts;
  bool more = part.more();
  parts.push_back(std::move(part));
  // The parts of a message arrive together.
  while (more) {
    zmq::message_t next;
    if (!socket.recv(next, zmq::recv_flags::none)) break;
    more = next.more();
    if (parts.size() < most) parts.push_back(std::move(next));
  }
  return parts;
}

bool sendParts(zmq::socket_t& socket, std::vector<zmq::message_t>& parts) {
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const bool last = i + 1 == parts.size();
    const auto flags = last ? zmq::send_flags::dontwait : zmq::send_flags::dontwait | zmq::send_flags::sndmore;
    if (!socket.send(parts[i], flags)) return false;
  }
  return true;
}

zmq::message_t messageOf(wire::Bytes bytes) {
  auto held = std::make_unique<wire::Bytes>(std::move(bytes));
  zmq::message_t message(
      held->data(), held->size(), [](void*, void* hint) { delete static_cast<wire::Bytes*>(hint); }, held.get());
  static_cast<void>(held.release());  // the message's
  return message;
}

}  // namespace pinwheel::transport
