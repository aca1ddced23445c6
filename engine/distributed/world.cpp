#include "engine/distributed/world.h"

#include <charconv>
#include <cstdlib>

namespace pinwheel::distributed {
namespace {

constexpr std::size_t kMostHosts = 65536;
constexpr int kMostRanks = 65536;
// Above the ports of services and below those that systems hand out to clients (32768 on Linux).
constexpr std::uint64_t kSlurmFirstPort = 20000;
constexpr std::uint64_t kSlurmPorts = 10000;

const char* const kBothWays =
    "start with `pinwheel-cli launch`, torchrun or srun, which set it; or unset WORLD_SIZE to train in one process";

std::optional<std::uint64_t> numberOf(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

tl::unexpected<Error> missing(const std::string& name, const std::string& because) {
  return failure(name + " is not set", because, kBothWays);
}

// A variable that holds a whole number of 0 .. largest.
Expected<int> whole(const Environment& environment, const std::string& name, const std::string& because,
                    std::uint64_t largest) {
  const auto text = environment(name);
  if (!text) return missing(name, because);
  const auto value = numberOf(*text);
  if (!value || *value > largest)
    return failure(name + " is \"" + *text + "\"", "it must be a whole number, at most " + std::to_string(largest),
                   kBothWays);
  return static_cast<int>(*value);
}

Expected<std::uint16_t> portFrom(const Environment& environment, const std::string& because) {
  const auto port = whole(environment, "MASTER_PORT", because, 65535);
  if (!port) return tl::unexpected(port.error());
  if (*port == 0) return failure("MASTER_PORT is 0", "every rank must know the port", "choose a free one, as 29500");
  return static_cast<std::uint16_t>(*port);
}

Expected<World> checked(const World& world, const std::string& rankName, const std::string& sizeName,
                        const std::string& localName) {
  const std::string size = sizeName + " = " + std::to_string(world.size);
  if (world.rank >= world.size)
    return failure(rankName + " and " + sizeName + " contradict each other",
                   rankName + " = " + std::to_string(world.rank) + " with " + size + ": ranks are 0 to " +
                       std::to_string(world.size - 1),
                   kBothWays);
  if (world.localRank >= world.size || world.localRank > world.rank)
    return failure(localName + " and " + rankName + " contradict each other",
                   localName + " = " + std::to_string(world.localRank) + ", " + rankName + " = " +
                       std::to_string(world.rank) + ", " + size +
                       ": a machine's ranks are counted from 0 in the order of the ranks",
                   kBothWays);
  return world;
}

Expected<World> fromTorchrun(const Environment& environment, int size) {
  const std::string because = "WORLD_SIZE says that there are " + std::to_string(size) + " processes";
  World world;
  world.size = size;
  const auto rank = whole(environment, "RANK", because, kMostRanks);
  if (!rank) return tl::unexpected(rank.error());
  world.rank = *rank;
  const auto local = whole(environment, "LOCAL_RANK", because, kMostRanks);
  if (!local) return tl::unexpected(local.error());
  world.localRank = *local;
  if (environment("LOCAL_WORLD_SIZE")) {
    const auto localSize = whole(environment, "LOCAL_WORLD_SIZE", because, kMostRanks);
    if (!localSize) return tl::unexpected(localSize.error());
    if (*localSize <= world.localRank || *localSize > world.size)
      return failure("LOCAL_WORLD_SIZE contradicts the others",
                     "it is " + std::to_string(*localSize) + ", with LOCAL_RANK = " + std::to_string(world.localRank) +
                         " and WORLD_SIZE = " + std::to_string(world.size),
                     kBothWays);
    world.localSize = *localSize;
  }
  const auto address = environment("MASTER_ADDR");
  if (!address) return missing("MASTER_ADDR", because);
  world.address = *address;
  const auto port = portFrom(environment, because);
  if (!port) return tl::unexpected(port.error());
  // Torchrun's own agent may serve a store at that port for programs that share it.
  world.port = environment("TORCHELASTIC_USE_AGENT_STORE") == "True" && *port < 65535
                   ? static_cast<std::uint16_t>(*port + 1)
                   : *port;
  return checked(world, "RANK", "WORLD_SIZE", "LOCAL_RANK");
}

Expected<World> fromSlurm(const Environment& environment) {
  // Of this step: an interactive one has a single task, whatever the job was given.
  const char* const tasks = environment("SLURM_STEP_NUM_TASKS") ? "SLURM_STEP_NUM_TASKS" : "SLURM_NTASKS";
  const auto size = whole(environment, tasks, "this is a task of a Slurm step (SLURM_STEP_ID)", kMostRanks);
  if (!size) return tl::unexpected(size.error());
  if (*size <= 1) return World{};
  const std::string because = "SLURM_NTASKS says that there are " + std::to_string(*size) + " tasks";
  World world;
  world.size = *size;
  const auto rank = whole(environment, "SLURM_PROCID", because, kMostRanks);
  if (!rank) return tl::unexpected(rank.error());
  world.rank = *rank;
  const auto local = whole(environment, "SLURM_LOCALID", because, kMostRanks);
  if (!local) return tl::unexpected(local.error());
  world.localRank = *local;
  if (const auto address = environment("MASTER_ADDR")) {
    world.address = *address;
  } else {
    auto list = environment("SLURM_STEP_NODELIST");
    if (!list) list = environment("SLURM_NODELIST");
    if (!list) return missing("SLURM_NODELIST", because + ", and MASTER_ADDR is not set either");
    const auto hosts = hostsOf(*list);
    if (!hosts) return tl::unexpected(hosts.error());
    world.address = hosts->front();
  }
  if (environment("MASTER_PORT")) {
    const auto port = portFrom(environment, because);
    if (!port) return tl::unexpected(port.error());
    world.port = *port;
  } else {
    const auto job = environment("SLURM_JOB_ID");
    const auto number = job ? numberOf(*job) : std::nullopt;
    if (!number) return missing("MASTER_PORT", because + ", and SLURM_JOB_ID, from which it follows, is no number");
    world.port = static_cast<std::uint16_t>(kSlurmFirstPort + *number % kSlurmPorts);
  }
  return checked(world, "SLURM_PROCID", "SLURM_NTASKS", "SLURM_LOCALID");
}

tl::unexpected<Error> badList(const std::string& list, const std::string& why) {
  return failure("SLURM_NODELIST is \"" + list + "\"", why, "set MASTER_ADDR to the host of rank 0");
}

// "01-03,7" between `prefix` and `suffix`; the digits' width stays.
Status addRange(const std::string& list, const std::string& prefix, std::string_view range, const std::string& suffix,
                std::vector<std::string>& hosts) {
  const auto dash = range.find('-');
  const std::string_view low = range.substr(0, dash);
  const auto first = numberOf(low);
  const auto last = dash == std::string_view::npos ? first : numberOf(range.substr(dash + 1));
  if (!first || !last || *last < *first) return badList(list, "\"" + std::string(range) + "\" is no range of hosts");
  if (*last - *first >= kMostHosts || hosts.size() + (*last - *first) >= kMostHosts)
    return badList(list, "it names more than " + std::to_string(kMostHosts) + " hosts");
  for (std::uint64_t number = *first; number <= *last; ++number) {
    std::string digits = std::to_string(number);
    if (digits.size() < low.size()) digits.insert(0, low.size() - digits.size(), '0');
    hosts.push_back(prefix + digits + suffix);
  }
  return {};
}

// One entry: a name, with one pair of brackets at most.
Status addEntry(const std::string& list, const std::string& entry, std::vector<std::string>& hosts) {
  const auto open = entry.find('[');
  if (open == std::string::npos) {
    if (entry.empty()) return badList(list, "a host has no name");
    hosts.push_back(entry);
    return {};
  }
  const auto close = entry.find(']', open);
  const std::string prefix = entry.substr(0, open), suffix = entry.substr(close + 1);
  if (suffix.find('[') != std::string::npos) return badList(list, "only one pair of brackets a host is understood");
  std::string_view ranges = std::string_view(entry).substr(open + 1, close - open - 1);
  for (;;) {
    const auto comma = ranges.find(',');
    if (Status status = addRange(list, prefix, ranges.substr(0, comma), suffix, hosts); !status) return status;
    if (comma == std::string_view::npos) return {};
    ranges.remove_prefix(comma + 1);
  }
}

}  // namespace

Environment processEnvironment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr || *value == '\0') return std::nullopt;
    return value;
  };
}

Expected<World> worldFrom(const Environment& environment) {
  if (environment("WORLD_SIZE")) {
    const auto size = whole(environment, "WORLD_SIZE", "", kMostRanks);
    if (!size) return tl::unexpected(size.error());
    if (*size == 0) return failure("WORLD_SIZE is 0", "there is one process at least: this one", kBothWays);
    return *size == 1 ? Expected<World>(World{}) : fromTorchrun(environment, *size);
  }
  // A batch script has SLURM_NTASKS too, but is one process: only srun's tasks stand in a step.
  if (environment("SLURM_STEP_ID") && environment("SLURM_NTASKS")) return fromSlurm(environment);
  return World{};
}

Expected<std::vector<std::string>> hostsOf(const std::string& nodeList) {
  std::vector<std::string> hosts;
  std::string entry;
  bool inside = false;
  for (const char c : nodeList + ",") {
    if (c == ',' && !inside) {
      if (Status status = addEntry(nodeList, entry, hosts); !status) return tl::unexpected(status.error());
      entry.clear();
      continue;
    }
    if ((c == '[' && inside) || (c == ']' && !inside)) return badList(nodeList, "its brackets do not match");
    if (c == '[' || c == ']') inside = c == '[';
    entry += c;
  }
  if (inside) return badList(nodeList, "its brackets do not match");
  return hosts;
}

}  // namespace pinwheel::distributed
