// Frames as they came in, until the reader takes them: the newest of each kind, notices in order.
#pragma once

#include <array>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "engine/session/frames.h"
#include "engine/transport/topics.h"

namespace pinwheel::transport {

struct FrameGaps {
  std::uint64_t missed = 0;     ///< published, and never came
  std::uint64_t replaced = 0;   ///< came, and a newer one did before they were taken
  std::uint64_t misfits = 0;    ///< contradict the network that they name
  std::uint64_t publisher = 0;  ///< FrameHead::dropped, the last one
};

/// One thread at a time.
class FrameInbox {
public:
  enum class Verdict { taken, old, gap };  ///< gap: notices before this one are missing; ask for them

  /// Of another start of the engine nothing holds any more. True: that it is, and it was not the first.
  bool begin(std::uint64_t instance);
  /// `asked`: sent again; what is missing before it then cannot be had.
  Verdict put(wire::Published published, bool asked);
  /// The kinds of which a newer frame is there than came.
  [[nodiscard]] std::vector<wire::FrameKind> missing(const Beacon& beacon);
  /// Every frame's network was given out before it, or is with it, and it fits that one; what comes before its network
  /// waits. `restarted`: the engine was, and whatever was taken before is void.
  session::News take(bool& restarted);
  [[nodiscard]] const FrameGaps& gaps() const noexcept { return m_gaps; }

private:
  static constexpr std::size_t kMaxNotices = 256;
  template <class Frame>
  std::shared_ptr<const Frame> takeFitting(wire::FrameKind kind);
  template <class Frame>
  std::shared_ptr<const Frame> takeAny(wire::FrameKind kind);

  std::uint64_t m_instance = 0;  ///< 0: none yet
  bool m_restarted = false;
  std::array<std::optional<std::uint64_t>, kKinds> m_seen;
  std::array<std::shared_ptr<const wire::FrameVariant>, kKinds> m_waiting;
  std::array<bool, kKinds> m_exact{};
  std::deque<session::Notice> m_notices;
  std::shared_ptr<const session::NetworkFrame> m_network;
  FrameGaps m_gaps;
};

}  // namespace pinwheel::transport
