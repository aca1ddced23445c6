// What stands around the frames of the socket of frames: every message is a topic and a body, or, of notices, more.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/wire/message.h"

namespace pinwheel::transport {

inline constexpr std::size_t kKinds = 8;  ///< of wire::FrameKind
inline constexpr std::size_t kNoticeKind = static_cast<std::size_t>(wire::FrameKind::notice);

/// The first letter of a topic; subscribing to it alone means all of them.
enum class Topic : char {
  frame = 'F',   ///< as it is published; the second letter is the kind, '0' to '7'
  asked = 'A',   ///< sent again to one asker; its AskFrames as a wire::Request stands between this letter and the end
  beacon = 'S',  ///< once a second: how far the frames are
};

// A topic as it is sent ends with 8 bytes that tell one start of the engine from another.
[[nodiscard]] std::string frameTopic(wire::FrameKind kind);
[[nodiscard]] std::string withInstance(std::string topic, std::uint64_t instance);
/// Nothing: too short.
[[nodiscard]] std::optional<std::uint64_t> instanceOf(std::string_view topic);

/// The subscription that asks for the newest frames again. Error: as wire::encode().
Expected<std::string> askTopic(std::uint64_t id, const wire::AskFrames& ask);
/// Of a subscription; its first letter is looked at too. Error: as wire::decode(), or another request.
Expected<wire::AskFrames> askOf(std::string_view topic);

/// So that a reader that missed the last frame of a kind finds out, and that an engine with nothing to tell is not
/// taken for a dead one.
struct Beacon {
  std::uint32_t version = wire::kVersion;         ///< of the wire
  std::uint64_t dropped = 0;                      ///< as FrameHead::dropped
  std::array<std::uint64_t, kKinds> sequences{};  ///< newest frame that was sent or can be asked for; 0: none
};
[[nodiscard]] wire::Bytes write(const Beacon& beacon);
/// Nothing: damaged. Of another version only that is read.
[[nodiscard]] std::optional<Beacon> readBeacon(std::span<const std::byte> bytes);

}  // namespace pinwheel::transport
