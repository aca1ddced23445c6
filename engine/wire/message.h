// What goes over the wire between an engine and whoever watches it from elsewhere: the frames and commands of
// engine/session with what the way needs beside them. docs/wire.md tells the format. No LibTorch, no Qt and no library
// of the engine behind this header or its room: a small program can link engine/wire alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/core/error.h"
#include "engine/session/commands.h"
#include "engine/session/frames.h"

namespace pinwheel::wire {

/// Of the schema and of what its numbers mean. Two programs understand each other when theirs are the same; any change
/// of either makes a new one.
inline constexpr std::uint32_t kVersion = 1;

// Limits that hold for senders and receivers alike.
inline constexpr std::size_t kMaxMessageBytes = std::size_t{512} << 20;
inline constexpr std::size_t kMaxTextBytes = std::size_t{1} << 20;  ///< of one text
inline constexpr std::size_t kMaxTables = 1'000'000;                ///< points, patches, lines ... of one message
inline constexpr int kMaxSteps = 1 << 16;                           ///< T
inline constexpr int kMaxSide = 1 << 20;                            ///< C, H, W of a sheet; px of a picture

using Bytes = std::vector<std::byte>;

/// `half16`: 16 bits a unit, at most (max - min) / 65534 / 2 of its map beside the value, NaN told exactly. For
/// pictures on a screen. `exact`: to the bit, for numbers that are kept.
enum class MapPrecision { half16, exact };

/// In the order of FrameVariant.
enum class FrameKind { network, maps, activity, tuning, lesion, training, job, notice };
using FrameVariant =
    std::variant<session::NetworkFrame, session::MapsFrame, session::ActivityFrame, session::TuningFrame,
                 session::LesionFrame, session::TrainingFrame, session::JobFrame, session::Notice>;
[[nodiscard]] inline FrameKind kindOf(const FrameVariant& frame) noexcept {
  return static_cast<FrameKind>(frame.index());
}
/// "network", "maps" ...
[[nodiscard]] std::string_view nameOf(FrameKind kind) noexcept;

struct FrameHead {
  std::uint64_t sequence = 0;  ///< counts the frames of this kind that were published: a gap is what was missed
  std::uint64_t dropped = 0;   ///< News::dropped of the publisher
  MapPrecision maps = MapPrecision::half16;  ///< of MapsFrame and LesionFrame::mapsBefore; half16 of other frames
};
struct Published {
  FrameHead head;
  FrameVariant frame;
};

/// Engine::cancel(): no command, since it must not wait behind any.
struct Cancel {};
/// The newest frames again, to the asker alone: PUB/SUB keeps nothing for those who come late.
struct AskFrames {
  std::vector<FrameKind> kinds;  ///< empty: all
  MapPrecision maps = MapPrecision::half16;
};
using Ask = std::variant<session::Command, Cancel, AskFrames>;
struct Request {
  std::uint64_t id = 0;  ///< given by the sender; the answer names it
  Ask ask;
};

/// To one request. Taken is not done: what comes of a command, frames tell.
struct Answer {
  std::uint64_t request = 0;
  std::optional<Error> refusal;  ///< none: it was taken
};

using Message = std::variant<Published, Request, Answer>;

}  // namespace pinwheel::wire
