// ZeroMQ's sockets with the options that this room wants of them. For the .cpp files of this room.
#pragma once

#include <chrono>
#include <string>
#include <vector>
#include <zmq.hpp>

#include "engine/core/error.h"
#include "engine/transport/binding.h"
#include "engine/wire/message.h"

namespace pinwheel::transport {

/// Of one socket, in one direction. Frames are large, and a reader that keeps up has none waiting.
inline constexpr int kWaitingFrames = 8;
inline constexpr int kWaitingCommands = 64;
// Longer ones end the connection before they are read.
inline constexpr std::int64_t kMaxSubscriptionBytes = 4096;
inline constexpr std::int64_t kMaxRequestBytes = std::int64_t{64} << 20;
inline constexpr std::int64_t kMaxAnswerBytes = std::int64_t{4} << 20;

/// Nothing is sent any more once it is closed, and a peer that vanished is noticed within seconds.
void setCommonOptions(zmq::socket_t& socket, int waiting, std::int64_t maxIncomingBytes);
/// Throws zmq::error_t.
void bind(zmq::socket_t& socket, const Binding& binding);
/// What was bound, a port that the system chose included.
std::string boundAddress(const zmq::socket_t& socket);
tl::unexpected<Error> bindFailure(const Binding& binding, const zmq::error_t& error);

/// All parts of the next message, or none when none waits. More than `most` parts: the rest is read and left out.
std::vector<zmq::message_t> receiveParts(zmq::socket_t& socket, std::size_t most = 4);
/// False: it would have to wait, and was not sent.
bool sendParts(zmq::socket_t& socket, std::vector<zmq::message_t>& parts);

/// Takes over the bytes, without a copy.
zmq::message_t messageOf(wire::Bytes bytes);
inline std::span<const std::byte> bytesOf(const zmq::message_t& message) {
  return {static_cast<const std::byte*>(message.data()), message.size()};
}

}  // namespace pinwheel::transport
