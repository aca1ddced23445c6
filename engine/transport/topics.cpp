#include "engine/transport/topics.h"

#include <cstring>

#include "engine/wire/decode.h"
#include "engine/wire/encode.h"

namespace pinwheel::transport {
namespace {

constexpr std::size_t kInstanceBytes = sizeof(std::uint64_t);
// Version, 4 bytes of nothing, dropped, sequences; little-endian as the wire (decode.cpp checks the machine).
constexpr std::size_t kBeaconBytes = 8 + 8 + 8 * kKinds;

}  // namespace

std::string frameTopic(wire::FrameKind kind) {
  return {static_cast<char>(Topic::frame), static_cast<char>('0' + static_cast<int>(kind))};
}

std::string withInstance(std::string topic, std::uint64_t instance) {
  char bytes[kInstanceBytes];
  std::memcpy(bytes, &instance, sizeof bytes);
  return topic.append(bytes, sizeof bytes);
}

std::optional<std::uint64_t> instanceOf(std::string_view topic) {
  if (topic.size() < 1 + kInstanceBytes) return std::nullopt;
  std::uint64_t instance = 0;
  std::memcpy(&instance, topic.data() + topic.size() - kInstanceBytes, kInstanceBytes);
  return instance;
}

Expected<std::string> askTopic(std::uint64_t id, const wire::AskFrames& ask) {
  const auto bytes = wire::encode(wire::Request{id, ask});
  if (!bytes) return tl::unexpected(bytes.error());
  std::string topic(1, static_cast<char>(Topic::asked));
  for (const std::byte byte : *bytes) topic += static_cast<char>(byte);
  return topic;
}

Expected<wire::AskFrames> askOf(std::string_view topic) {
  if (topic.empty() || topic.front() != static_cast<char>(Topic::asked))
    return failure("This asks for no frames", "the topic begins with another letter", "");
  auto request = wire::decodeRequest(std::as_bytes(std::span(topic).subspan(1)));
  if (!request) return tl::unexpected(std::move(request.error()));
  if (auto* ask = std::get_if<wire::AskFrames>(&request->ask)) return std::move(*ask);
  return failure("This asks for no frames", "commands are not taken at the address of frames",
                 "send it to the address of commands");
}

wire::Bytes write(const Beacon& beacon) {
  wire::Bytes bytes(kBeaconBytes);
  std::memcpy(bytes.data(), &beacon.version, sizeof beacon.version);
  std::memcpy(bytes.data() + 8, &beacon.dropped, sizeof beacon.dropped);
  std::memcpy(bytes.data() + 16, beacon.sequences.data(), sizeof beacon.sequences);
  return bytes;
}

std::optional<Beacon> readBeacon(std::span<const std::byte> bytes) {
  Beacon beacon;
  if (bytes.size() < sizeof beacon.version) return std::nullopt;
  std::memcpy(&beacon.version, bytes.data(), sizeof beacon.version);
  if (beacon.version == 0) return std::nullopt;
  if (beacon.version != wire::kVersion) return beacon;
  if (bytes.size() != kBeaconBytes) return std::nullopt;
  std::memcpy(&beacon.dropped, bytes.data() + 8, sizeof beacon.dropped);
  std::memcpy(beacon.sequences.data(), bytes.data() + 16, sizeof beacon.sequences);
  return beacon;
}

}  // namespace pinwheel::transport
