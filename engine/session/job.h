// One piece of long work: tells how far it is, and hears that it should stop.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "engine/core/progress.h"
#include "engine/session/command_queue.h"
#include "engine/session/mailboxes.h"

namespace pinwheel::session {

/// What every part of a session works with. `between` is called between the steps of long work, so that quick commands
/// need not wait for its end; on the engine's thread.
struct Desk {
  Mailboxes& mail;
  CommandQueue& queue;
  std::function<void()> between;
};

/// The engine's thread. While it lives its progress is published, at most ten times a second; when it goes, an empty
/// JobFrame.
class Job {
public:
  /// `total` 0: nobody knows how much there is to do.
  Job(Desk& desk, std::int64_t total, Work work = Work::measuring);
  ~Job();
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;

  [[nodiscard]] const StopFlag& stop() const noexcept { return m_stop; }
  [[nodiscard]] bool stopped() const noexcept { return m_stop.requested(); }
  /// `done` of the part at hand, behind those that are finished.
  void progress(const std::string& label, std::int64_t done);
  /// The bytes of a file as the first `count` of the total; a file of none counts as done.
  [[nodiscard]] ByteProgress bytes(std::string label, std::int64_t count);
  /// `count` of the total are done for good.
  void finishPart(std::int64_t count) { m_finished += count; }

private:
  Desk& m_desk;
  StopFlag m_stop;
  std::int64_t m_total;
  std::int64_t m_finished = 0;
  std::chrono::steady_clock::time_point m_start;
  std::chrono::steady_clock::time_point m_told;
  std::string m_label;
};

}  // namespace pinwheel::session
