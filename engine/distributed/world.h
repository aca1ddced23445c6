// Which of how many processes this one is, and where they meet: told by the environment that a launcher sets.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/error.h"

namespace pinwheel::distributed {

/// One process of a training on several. A rank is one process; the first one, 0, hosts the store where they meet.
struct World {
  int rank = 0;            ///< 0 .. size - 1
  int size = 1;            ///< ranks together
  int localRank = 0;       ///< among those of this machine: which of its GPUs is this one's
  int localSize = 1;       ///< ranks on this machine, which share its processors; 1 where they are bound to their own
  std::string address{};   ///< host of rank 0
  std::uint16_t port = 0;  ///< of its store

  [[nodiscard]] bool many() const noexcept { return size > 1; }
  [[nodiscard]] bool first() const noexcept { return rank == 0; }
};

/// The value of a variable; nothing where it is not set or empty.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;
/// This process's own.
[[nodiscard]] Environment processEnvironment();

/// As torchrun tells it (RANK, WORLD_SIZE, LOCAL_RANK, MASTER_ADDR, MASTER_PORT; LOCAL_WORLD_SIZE where it is set), and
/// where WORLD_SIZE is not set as Slurm's srun does (SLURM_PROCID, SLURM_NTASKS, SLURM_LOCALID, SLURM_NODELIST; the
/// port from SLURM_JOB_ID; MASTER_ADDR and MASTER_PORT come before both). One process where neither speaks of more, and
/// in a batch script outside of srun. Errors: what is missing, no number, or contradicts another.
Expected<World> worldFrom(const Environment& environment);

/// "node[01-03,7],login" -> node01 node02 node03 node7 login. Errors: brackets that do not close or nest twice, a range
/// that runs backwards, more than 65536 hosts.
Expected<std::vector<std::string>> hostsOf(const std::string& nodeList);

}  // namespace pinwheel::distributed
