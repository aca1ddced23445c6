// The way of commands from any thread to the engine's, and the way past it for those that cannot wait: what a command
// makes pointless is asked to stop when the command is posted.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>

#include "engine/core/progress.h"
#include "engine/session/commands.h"

namespace pinwheel::session {

struct Posted {
  Command command;
  std::chrono::steady_clock::time_point at;
};

/// Whether a training cannot go on with this command.
[[nodiscard]] bool endsTraining(const Command& command);
/// Whether long measuring under way is of no use behind this command.
[[nodiscard]] bool endsMeasuring(const Command& command);
/// What long work is, which says what makes it pointless.
enum class Work { measuring, opening, saving };
/// Whether long work under way is of no use behind this command: a file is saved whatever follows, and a network is
/// opened unless another one is, or none.
[[nodiscard]] bool endsWork(Work work, const Command& command);
/// Whether it is carried out between the steps of long work.
[[nodiscard]] bool isQuick(const Command& command);

/// Any thread.
class CommandQueue {
public:
  static constexpr std::size_t kCapacity = 256;

  /// False: full, or closed.
  bool post(Command command);
  /// Blocks for the next command; nothing: closed.
  std::optional<Posted> wait();
  /// The next command, if there is one and `wanted` takes it.
  std::optional<Posted> take(const std::function<bool(const Command&)>& wanted = {});
  void putBack(Posted posted);
  /// A waiting command fulfils `condition`.
  [[nodiscard]] bool holds(const std::function<bool(const Command&)>& condition) const;
  /// No more commands; everything under way is asked to stop, but what is being saved.
  void close();
  [[nodiscard]] bool closed() const;

  /// What post, cancelJob and close stop; null: nothing is under way. The flag must outlive its being set here.
  void setJob(StopFlag* job, Work work = Work::measuring);
  void setTraining(StopFlag* training);
  void cancelJob();

private:
  mutable std::mutex m_mutex;
  std::condition_variable m_arrived;
  std::deque<Posted> m_commands;
  bool m_closed = false;
  StopFlag* m_job = nullptr;
  Work m_work = Work::measuring;  ///< what m_job is
  StopFlag* m_training = nullptr;
};

}  // namespace pinwheel::session
