// What a session publishes, into a recording (docs/recording.md).
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "engine/core/error.h"
#include "engine/recording/recording_writer.h"
#include "engine/session/frames.h"
#include "engine/transport/frame_server.h"
#include "engine/wire/message.h"

namespace pinwheel::broadcast {

struct RecordingTarget {
  std::filesystem::path path;
  std::string metadata;  ///< JSON
  /// A recording that is there is gone on with, from the step of the first network; false: it is an error.
  bool goOn = false;
  /// Of each kind of frame, uncompressed, on average: so much that a recording of a night fits on a disk. Of what comes
  /// faster the newest is recorded. 0: all that comes.
  std::uint64_t bytesPerSecond = 64U << 10U;
  std::chrono::milliseconds retry{2000};  ///< after a failure; twice as long after each further one, a minute at most
  recording::RecordingOptions chunks{};
};

/// One thread at a time; encodes, compresses and writes on it.
///
/// The recording is begun with the first NetworkFrame: a training that fails before leaves no file and takes nothing
/// back, and the step from which a resumed one goes on is known. Of each kind the newest frame waits to be recorded,
/// notices all (the last 256); nothing more waits while the disk is full, which is tried again for as long as it takes.
class Recorder {
public:
  /// `tell`: a warning when recording fails, once until it succeeds again, which is told too.
  Recorder(RecordingTarget target, std::function<void(const session::Notice&)> tell);

  void take(const session::News& news);
  /// Records what is due.
  void write();
  /// Records all that waits, due or not, and closes the recording. Nothing is recorded afterwards.
  void close();

private:
  using Clock = std::chrono::steady_clock;
  static constexpr std::size_t kNoticeKind = static_cast<std::size_t>(wire::FrameKind::notice);

  struct Waiting {
    transport::SharedFrame frame;
    wire::FrameHead head;
    std::optional<std::int64_t> step;  ///< none: that of the first network, which is to come
    std::int64_t timeUs = 0;           ///< when it was taken
  };

  void wait(transport::SharedFrame frame, std::uint64_t dropped);
  [[nodiscard]] bool isDue(const Waiting& waiting) const;
  void writeAll(bool everything);
  Status begin();
  /// Done with it: recorded, or nothing that can be.
  Status append(const Waiting& waiting);
  void noteRecorded(const Waiting& waiting, std::size_t bytes);
  void fail(const Error& error);

  RecordingTarget m_target;
  std::function<void(const session::Notice&)> m_tell;
  std::unique_ptr<recording::RecordingWriter> m_writer;
  bool m_closed = false;
  std::array<std::optional<Waiting>, kNoticeKind> m_waiting;
  std::deque<Waiting> m_notices;
  std::array<std::uint64_t, kNoticeKind + 1> m_sequences{};
  std::array<Clock::time_point, kNoticeKind> m_due{};  ///< when a kind may be recorded again
  std::optional<std::int64_t> m_step;                  ///< the newest
  std::int64_t m_firstStep = 0;                        ///< of the first network
  std::uint64_t m_network = 0;
  std::shared_ptr<const session::TrainingFrame> m_training;  ///< that was recorded last
  bool m_failing = false;
  Clock::time_point m_nextTry{};
  std::chrono::milliseconds m_pause;
};

}  // namespace pinwheel::broadcast
