// A recording as an engine: frames come out as they did then, commands are refused.
#pragma once

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

#include "engine/core/error.h"
#include "engine/guests/recorded_run.h"
#include "engine/guests/replay.h"
#include "engine/session.h"

namespace pinwheel::guests {

/// Any thread. Reads and decodes on a thread of its own, one step after the other, where the newest request wins: what
/// is asked for faster than it can be read is passed over, and what was begun is always finished, so that frames come
/// while somebody scrubs.
class ReplayEngine final : public session::Engine, public Replay {
public:
  /// Reads the recording's headers on the calling thread. `wake`: as a Session's, on this engine's thread (of a command
  /// that is refused on the one that posted it). Every `poll` it looks whether the recording has grown. Nothing is
  /// shown before the first seek(). Errors: as for RecordedRun.
  static Expected<std::shared_ptr<ReplayEngine>> open(const std::filesystem::path& path, std::function<void()> wake,
                                                      std::chrono::milliseconds poll = std::chrono::seconds(1));
  /// Waits for the step that is being read.
  ~ReplayEngine() override;
  ReplayEngine(const ReplayEngine&) = delete;
  ReplayEngine& operator=(const ReplayEngine&) = delete;

  /// Refuses by a notice, and tells so but once of what panels ask by themselves. Never false, which would mean busy.
  bool post(session::Command command) override;
  /// What changed since the last step that was shown. Where a kind of frame is not there yet the network comes anew,
  /// which clears all others; a training that has not begun comes as an empty frame.
  session::News take() override;
  void cancel() override {}

  [[nodiscard]] std::shared_ptr<const Timeline> timeline() const override;
  void seek(std::int64_t step) override;
  [[nodiscard]] std::int64_t shownStep() const override;
  /// Looks at once whether the recording has grown.
  void refresh();
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return m_path; }

private:
  ReplayEngine(RecordedRun run, std::function<void()> wake, std::chrono::milliseconds poll);
  void work();
  // On the thread.
  [[nodiscard]] bool readMore();
  void show(std::int64_t step);
  [[nodiscard]] session::News changes(const RecordedState& state);
  void tellDamage(session::News& news);
  void publish(session::News news, std::optional<std::int64_t> step);
  void tell(session::Notice::Kind kind, Error error);

  const std::filesystem::path m_path;
  const std::function<void()> m_wake;
  const std::chrono::milliseconds m_poll;

  // The thread's.
  RecordedRun m_run;
  RecordedState m_told;
  bool m_first = true;
  bool m_toldDamage = false;
  bool m_shortened = false;  ///< the file; it is not looked at again

  mutable std::mutex m_mutex;  ///< of what follows
  std::condition_variable m_bell;
  bool m_stop = false;
  bool m_look = false;
  std::optional<std::int64_t> m_wanted;
  std::int64_t m_shown = std::numeric_limits<std::int64_t>::min();
  std::shared_ptr<const Timeline> m_timeline;
  session::News m_news;
  bool m_empty = true;
  std::set<std::size_t> m_refused;  ///< kinds of commands

  std::thread m_thread;
};

}  // namespace pinwheel::guests
