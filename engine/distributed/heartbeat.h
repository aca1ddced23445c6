// Signs of life of all ranks, through c10d's store on a thread of its own. Includes LibTorch.
#pragma once

#include <torch/csrc/distributed/c10d/Store.hpp>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "engine/core/error.h"
#include "engine/distributed/communicator.h"

namespace pinwheel::distributed {

/// Every rank counts up in the store; rank 0 watches the counters of all, the others whether the store answers. Who was
/// lost first is written there, so that all tell the same name.
class Heartbeat {
public:
  /// `store`: a connection that nobody else uses. `hosts` by rank.
  Heartbeat(World world, c10::intrusive_ptr<c10d::Store> store, std::vector<std::string> hosts,
            CommunicatorOptions options);
  ~Heartbeat();  ///< stop()

  /// A rank that was lost or gave up; nothing: all live, as far as is known.
  [[nodiscard]] std::optional<Error> lost() const;
  /// A connection broke (`detail`): waits until it is known whose. Always an error; it has a name unless all go on
  /// beating.
  [[nodiscard]] Error whoBroke(const std::string& detail);
  /// This rank gives up; waits until the others have been told.
  void fail(const Error& error);
  /// Ends the signs of life without anybody missing them.
  void stop();

  /// Until all keys stand in the store; throws RankLost as waitFor does. Asked for by the thread of the signs of life,
  /// since an answer of a machine that is gone never comes.
  void waitForKeys(const std::vector<std::string>& keys, std::chrono::milliseconds limit, const std::string& what);
  /// Waits on `condition` until `done` (called under `mutex`) or a rank is lost; throws RankLost then, or when `limit`
  /// is over.
  void waitFor(std::mutex& mutex, std::condition_variable& condition, const std::function<bool()>& done,
               std::chrono::milliseconds limit, const std::string& what);

private:
  using Clock = std::chrono::steady_clock;
  void run();
  /// True: this rank's leaving was told.
  bool beatOnce();
  void watchCounters();
  [[nodiscard]] std::string nameOf(int rank) const;
  void note(Error error);
  void publish(const Error& error);

  const World m_world;
  const c10::intrusive_ptr<c10d::Store> m_store;
  const std::vector<std::string> m_hosts;
  const CommunicatorOptions m_options;

  mutable std::mutex m_mutex;
  std::condition_variable m_wake;
  bool m_left = false;
  bool m_trouble = false, m_troubleTold = false;
  std::optional<Error> m_ownFailure;
  bool m_published = false;  ///< what is lost stands in the store
  std::optional<Error> m_lost;
  std::vector<std::string> m_wanted;   ///< keys that waitForKeys waits for; empty: none, or all are there
  std::atomic<Clock::rep> m_answered;  ///< when the store did, last
  std::vector<std::int64_t> m_counters;
  std::vector<Clock::time_point> m_moved;
  std::thread m_thread;
};

}  // namespace pinwheel::distributed
