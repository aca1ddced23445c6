// Between whoever publishes frames and the thread that sends them. For the .cpp files of this room.
#pragma once

#include <array>
#include <deque>
#include <mutex>
#include <vector>

#include "engine/transport/frame_server.h"
#include "engine/transport/topics.h"

namespace pinwheel::transport {

struct WaitingFrame {
  SharedFrame frame;
  std::uint64_t sequence = 0;
};

/// Any thread.
class FrameSlots {
public:
  /// False: null, nothing was put.
  bool put(SharedFrame frame) {
    if (std::visit([](const auto& pointer) { return pointer == nullptr; }, frame)) return false;
    const std::size_t kind = frame.index();
    SharedFrame replaced;  // freed outside of the lock
    const std::lock_guard lock(m_mutex);
    ++m_published;
    const std::uint64_t sequence = ++m_sequences[kind];
    if (kind == kNoticeKind) {
      m_notices.push_back({std::move(frame), sequence});
      if (m_notices.size() <= FrameServer::kMaxNotices) return true;
      replaced = std::move(m_notices.front().frame);
      m_notices.pop_front();
      ++m_dropped;
      return true;
    }
    if (m_waiting[kind].sequence != 0) ++m_dropped;
    replaced = std::exchange(m_waiting[kind].frame, std::move(frame));
    m_waiting[kind].sequence = sequence;
    return true;
  }
  /// News::dropped of the publisher.
  void setPublisherDropped(std::uint64_t dropped) {
    const std::lock_guard lock(m_mutex);
    m_publisherDropped = dropped;
  }
  /// What waits, by kind, notices in order; `dropped` as FrameHead::dropped.
  std::vector<WaitingFrame> take(std::uint64_t& dropped) {
    std::vector<WaitingFrame> taken;
    const std::lock_guard lock(m_mutex);
    for (WaitingFrame& waiting : m_waiting)
      if (waiting.sequence != 0) taken.push_back(std::exchange(waiting, {}));
    for (WaitingFrame& waiting : m_notices) taken.push_back(std::move(waiting));
    m_notices.clear();
    dropped = m_publisherDropped + m_dropped;
    return taken;
  }
  void addTo(FrameCounts& counts) const {
    const std::lock_guard lock(m_mutex);
    counts.published = m_published;
    counts.dropped = m_dropped;
  }

private:
  mutable std::mutex m_mutex;
  std::array<WaitingFrame, kKinds - 1> m_waiting;  ///< sequence 0: none
  std::deque<WaitingFrame> m_notices;
  std::array<std::uint64_t, kKinds> m_sequences{};
  std::uint64_t m_published = 0;
  std::uint64_t m_dropped = 0;
  std::uint64_t m_publisherDropped = 0;
};

}  // namespace pinwheel::transport
