// Brings what a session publishes to watchers and into a recording.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "engine/broadcast/recorder.h"
#include "engine/session/frames.h"
#include "engine/transport/frame_server.h"

namespace pinwheel::broadcast {

struct BroadcastOptions {
  /// What is new: Engine::take(). Called on the broadcast's thread alone.
  std::function<session::News()> source;
  transport::FrameServer* frames = nullptr;  ///< outlives the broadcast; null: nobody watches from elsewhere
  std::optional<RecordingTarget> recording{};
  // Both on the broadcast's thread; they must not wait long.
  std::function<void(const session::News&)> seen{};    ///< what was handed on
  std::function<void(const session::Notice&)> told{};  ///< how it goes with the recording; watchers are told as well
};

/// A thread of its own, of low priority: taking, encoding, compressing and the disk cost the engine's thread nothing
/// but what is asked of the processors. What fails with the recording is told, and nothing else stops for it.
///
/// A mailbox keeps the newest frame of a kind until it is taken. That is so for recordings, too: they hold what a
/// watcher could have seen, which is what somebody looks at later, and not every batch (metrics.jsonl has every epoch;
/// the training's curve has every batch, thinned).
class Broadcast {
public:
  explicit Broadcast(BroadcastOptions options);
  /// finish()
  ~Broadcast();
  Broadcast(const Broadcast&) = delete;
  Broadcast& operator=(const Broadcast&) = delete;

  /// There is news: for the source's `wake`. Any thread, also the engine's: it takes no lock and never waits.
  void wake() noexcept;
  /// Takes what is there still, hands it on, closes the recording, ends the thread. Again: nothing. Not to be called on
  /// the broadcast's thread. The frames are with the FrameServer then, which sends them on its own thread.
  void finish();

private:
  class Impl;
  std::unique_ptr<Impl> m_impl;
};

}  // namespace pinwheel::broadcast
