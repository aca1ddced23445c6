// Signs of life of all ranks, through c10d's store on a thread of its own. Includes LibTorch.
#pragma once

#include <torch/csrc/distributed/c10d/Store.hpp>

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "engine/core/error.h"
#include "engine/distributed/communicator.h"

namespace pinwheel::distributed {

/// Every rank counts up in the store; rank 0 watches the counters of all, the others whether the store answers. Who was
/// lost first is written there, so that all tell the same name. The store is spoken to on a thread of its own: an
/// answer of a machine that is gone may never come, and then that thread ends with the process alone.
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
  /// This rank gives up; waits until the others have been told, or cannot be.
  void fail(const Error& error);
  /// Ends the signs of life without anybody missing them; a store that does not answer is not waited for longer than
  /// its rank is taken for living.
  void stop();

  /// What stands under the keys, in their order, once all of them stand in the store; throws RankLost as waitFor does.
  std::vector<std::string> waitForTexts(const std::vector<std::string>& keys, std::chrono::milliseconds limit,
                                        const std::string& what);
  /// Waits on `condition` until `done` (called under `mutex`) or a rank is lost; throws RankLost then, or when `limit`
  /// is over.
  void waitFor(std::mutex& mutex, std::condition_variable& condition, const std::function<bool()>& done,
               std::chrono::milliseconds limit, const std::string& what);

private:
  struct State;
  std::shared_ptr<State> m_state;  ///< the thread's too
  std::thread m_thread;
};

}  // namespace pinwheel::distributed
