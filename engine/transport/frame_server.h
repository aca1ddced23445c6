// Publishes frames to any number of watchers.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>

#include "engine/core/error.h"
#include "engine/transport/binding.h"
#include "engine/wire/message.h"

namespace pinwheel::transport {

/// In the order of wire::FrameKind.
using SharedFrame =
    std::variant<std::shared_ptr<const session::NetworkFrame>, std::shared_ptr<const session::MapsFrame>,
                 std::shared_ptr<const session::ActivityFrame>, std::shared_ptr<const session::TuningFrame>,
                 std::shared_ptr<const session::LesionFrame>, std::shared_ptr<const session::TrainingFrame>,
                 std::shared_ptr<const session::JobFrame>, std::shared_ptr<const session::Notice>>;

struct FrameCounts {
  std::uint64_t published = 0;
  std::uint64_t sent = 0;        ///< to whoever listened; a frame without listeners is not even encoded
  std::uint64_t dropped = 0;     ///< replaced by a newer one before they were sent, or notices that found no room
  std::uint64_t unsendable = 0;  ///< larger than the wire's limits
  std::uint64_t asked = 0;       ///< times that the newest frames were sent again
  std::uint64_t damaged = 0;     ///< subscriptions that mean nothing
};

/// Encodes and sends on a thread of its own. Of each kind the newest frame waits in one slot, notices in a queue of
/// kMaxNotices: publishing takes a lock for a few instructions, whatever watchers do.
class FrameServer {
public:
  static constexpr std::size_t kMaxNotices = 256;           ///< that wait to be sent
  static constexpr std::size_t kKeptNotices = kMaxNotices;  ///< that are sent again to whoever asks

  /// Error: the address cannot be bound. `beacon`: how often watchers are told that the engine is there.
  static Expected<std::unique_ptr<FrameServer>> open(zmq::context_t& context, const Binding& binding,
                                                     std::chrono::milliseconds beacon);
  ~FrameServer();
  FrameServer(const FrameServer&) = delete;
  FrameServer& operator=(const FrameServer&) = delete;

  // Any thread; the frames are shared and must not change. Null is left out.
  void publish(SharedFrame frame);
  void publish(const session::News& news);

  [[nodiscard]] FrameCounts counts() const;
  /// What was bound, a port that the system chose included.
  [[nodiscard]] const std::string& address() const noexcept;

private:
  class Impl;
  explicit FrameServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> m_impl;
};

}  // namespace pinwheel::transport
