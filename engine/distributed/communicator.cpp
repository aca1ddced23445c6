#include "engine/distributed/communicator.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <torch/version.h>
#include <unistd.h>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <thread>

#include "engine/core/host_name.h"
#include "engine/distributed/heartbeat.h"
#include "engine/distributed/store_text.h"
#ifdef USE_C10D_NCCL
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>
#endif

namespace pinwheel::distributed {
namespace {

#if TORCH_VERSION_MAJOR >= 2
using Group = c10d::Backend;
#else
using Group = c10d::ProcessGroup;
#endif
using GroupPointer = c10::intrusive_ptr<Group>;
using StorePointer = c10::intrusive_ptr<c10d::Store>;

std::string ownName() {
  return hostName("an unknown host");
}

std::string firstLine(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

// The address of this machine on the way to `host`: a machine's own name often leads to its loopback, where no other
// machine finds it. Empty where it cannot be told.
std::string addressTowards(const std::string& host, std::uint16_t port) {
  addrinfo hints{}, *found = nullptr;
  hints.ai_socktype = SOCK_DGRAM;
  if (::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) return {};
  std::string address;
  for (const addrinfo* a = found; a != nullptr && address.empty(); a = a->ai_next) {
    const int socket = ::socket(a->ai_family, SOCK_DGRAM, 0);
    if (socket < 0) continue;
    sockaddr_storage own{};
    socklen_t length = sizeof own;
    char text[256] = {};
    if (::connect(socket, a->ai_addr, a->ai_addrlen) == 0 &&
        ::getsockname(socket, reinterpret_cast<sockaddr*>(&own), &length) == 0 &&
        ::getnameinfo(reinterpret_cast<sockaddr*>(&own), length, text, sizeof text, nullptr, 0, NI_NUMERICHOST) == 0)
      address = text;
    ::close(socket);
  }
  ::freeaddrinfo(found);
  return address;
}

bool isLoopback(const std::string& address) {
  return address.rfind("127.", 0) == 0 || address == "::1" || address.rfind("::ffff:127.", 0) == 0;
}

// `addresses`: of the ranks, as they are seen on the way to rank 0. Rank 0's own name may lead to its loopback, which
// serves as long as all ranks are on its machine; otherwise it takes the address towards one that came from elsewhere.
std::string ownAddress(const World& world, const std::vector<std::string>& addresses) {
  std::string own = addressTowards(world.address, world.port);
  if (!isLoopback(own)) return own;
  for (const std::string& other : addresses)
    if (!other.empty() && !isLoopback(other))
      if (const std::string towards = addressTowards(other, world.port); !towards.empty()) return towards;
  return own;
}

std::shared_ptr<::gloo::transport::Device> deviceFor(const World& world, const std::vector<std::string>& addresses) {
  if (const char* name = std::getenv("GLOO_SOCKET_IFNAME"); name != nullptr && *name != '\0')
    return c10d::ProcessGroupGloo::createDeviceForInterface(name);
  const std::string address = ownAddress(world, addresses);
  return address.empty() ? c10d::ProcessGroupGloo::createDefaultDevice()
                         : c10d::ProcessGroupGloo::createDeviceForHostname(address);
}

StorePointer openStore(const World& world, bool serves, std::chrono::milliseconds timeout) {
  c10d::TCPStoreOptions options;
  options.port = world.port;
  options.isServer = serves;
  options.waitWorkers = false;
  options.timeout = timeout;
  return c10::make_intrusive<c10d::TCPStore>(world.address, options);
}

GroupPointer openGroup(const World& world, const std::vector<std::string>& addresses, const StorePointer& store,
                       const char* name, std::chrono::milliseconds timeout) {
  auto options = c10d::ProcessGroupGloo::Options::create(timeout);
  options->devices.push_back(deviceFor(world, addresses));
  options->threads = 2;
  return c10::make_intrusive<c10d::ProcessGroupGloo>(c10::make_intrusive<c10d::PrefixStore>(name, store), world.rank,
                                                     world.size, options);
}

// A collective of Gloo, awaited beside the signs of life.
class InFlight final : public Communicator::Pending {
public:
  InFlight(c10::intrusive_ptr<c10d::Work> work, at::Tensor tensor, Heartbeat& heartbeat,
           std::chrono::milliseconds limit)
      : m_work(std::move(work)), m_tensor(std::move(tensor)), m_heartbeat(heartbeat), m_limit(limit) {
    if (!m_tensor.device().is_cpu()) return;
    m_work->getFuture()->addCallback([state = m_state](c10::ivalue::Future& future) {
      const std::lock_guard lock(state->mutex);
      state->done = true;
      if (future.hasError()) state->exception = future.exception_ptr();
      state->condition.notify_all();
    });
  }
  void wait() override {
    if (!m_tensor.device().is_cpu()) {  // the stream waits, and NCCL watches over itself
      m_work->wait();
      return;
    }
    m_heartbeat.waitFor(
        m_state->mutex, m_state->condition, [this] { return m_state->done; }, m_limit, "a collective operation");
    if (m_state->exception) std::rethrow_exception(m_state->exception);
  }

private:
  struct State {
    std::mutex mutex;
    std::condition_variable condition;
    bool done = false;
    std::exception_ptr exception;
  };
  c10::intrusive_ptr<c10d::Work> m_work;
  at::Tensor m_tensor;
  Heartbeat& m_heartbeat;
  std::chrono::milliseconds m_limit;
  std::shared_ptr<State> m_state = std::make_shared<State>();
};

}  // namespace

struct Communicator::Impl {
  World world;
  CommunicatorOptions options;
  StorePointer store;
  GroupPointer gradients, others;        ///< for tensors of the CPU
  GroupPointer gpuGradients, gpuOthers;  ///< NCCL's; null where there is none
  std::unique_ptr<Heartbeat> heartbeat;
  std::int64_t told = 0, exchanged = 0;
  bool over = false;  ///< left, or failed

  // A broken connection becomes the name of the rank that broke it.
  template <class Work>
  auto named(Work&& work) -> decltype(work()) {
    try {
      return work();
    } catch (const RankLost&) {
      throw;
    } catch (const std::exception& error) {
      throw RankLost(heartbeat->whoBroke(firstLine(error.what())));
    }
  }

  Group& groupOf(const at::Tensor& tensor, bool ofGradients) {
    if (tensor.device().is_cpu()) return ofGradients ? *gradients : *others;
    const GroupPointer& group = ofGradients ? gpuGradients : gpuOthers;
    TORCH_CHECK(group, "this LibTorch has no NCCL: its GPUs cannot be used by several ranks");
    return *group;
  }

  std::unique_ptr<Pending> summed(at::Tensor values, bool ofGradients) {
    return named([&]() -> std::unique_ptr<Pending> {
      std::vector<at::Tensor> list{values};
      auto work = groupOf(values, ofGradients).allreduce(list);
      return std::make_unique<NamedPending>(
          *this, std::make_unique<InFlight>(std::move(work), std::move(values), *heartbeat, options.collective));
    });
  }

  class NamedPending final : public Pending {
  public:
    NamedPending(Impl& impl, std::unique_ptr<Pending> inner) : m_impl(impl), m_inner(std::move(inner)) {}
    void wait() override {
      m_impl.named([this] { m_inner->wait(); });
    }

  private:
    Impl& m_impl;
    std::unique_ptr<Pending> m_inner;
  };

  // The threads of a group wait for ranks that are gone, and its destructor for them: they end with the process.
  void abandon() {
    for (GroupPointer* group : {&gradients, &others, &gpuGradients, &gpuOthers})
      if (*group) (void)group->release();
    (void)store.release();
  }
};

Communicator::Communicator(std::unique_ptr<Impl> impl) : m_impl(std::move(impl)) {}

Communicator::~Communicator() {
  if (!m_impl->over) fail({"Training stopped", "the rank left without saying why", ""});
}

const World& Communicator::world() const noexcept {
  return m_impl->world;
}

Expected<std::unique_ptr<Communicator>> Communicator::join(const World& world, const CommunicatorOptions& options) {
  const std::string meeting = world.address + ":" + std::to_string(world.port);
  auto impl = std::make_unique<Impl>();
  impl->world = world;
  impl->options = options;
  try {
    impl->store = openStore(world, world.first(), options.join);
  } catch (const std::exception& error) {
    if (world.first())
      return failure("Rank 0 cannot open the ranks' meeting point at " + meeting, firstLine(error.what()),
                     "the port may be taken, or MASTER_ADDR another machine's: choose another MASTER_PORT, and start "
                     "rank 0 on MASTER_ADDR");
    return failure("Rank " + std::to_string(world.rank) + " on " + ownName() + " cannot reach rank 0 at " + meeting,
                   firstLine(error.what()), "start rank 0 on that machine, and let the port through its firewall");
  }
  try {
    c10d::Store& store = *impl->store;
    if (store.add("host/count/" + std::to_string(world.rank), 1) != 1)
      return failure("Two processes say that they are rank " + std::to_string(world.rank),
                     "they meet at " + meeting + ", each rank once",
                     "give every process its own RANK, and every training its own MASTER_PORT");
    // First the address: who finds the host finds both.
    store.set("address/" + std::to_string(world.rank), bytesOf("=" + addressTowards(world.address, world.port)));
    store.set("host/" + std::to_string(world.rank), bytesOf(ownName()));
    const auto until = std::chrono::steady_clock::now() + options.join;
    std::vector<std::string> hosts, addresses;
    for (int rank = 0; rank < world.size; ++rank) {
      const std::string key = "host/" + std::to_string(rank);
      while (!store.check({key})) {
        if (std::chrono::steady_clock::now() > until) {
          std::string names;
          for (int r = 0; r < world.size; ++r)
            if (!store.check({"host/" + std::to_string(r)})) names += (names.empty() ? "" : ", ") + std::to_string(r);
          return failure("Not all ranks came: of " + std::to_string(world.size) + " there is no rank " + names,
                         "the others waited for them at " + meeting,
                         "start all of them, with the same MASTER_ADDR, MASTER_PORT and WORLD_SIZE");
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
      }
      hosts.push_back(textOf(store.get(key)));
      addresses.push_back(textOf(store.get("address/" + std::to_string(rank))).substr(1));
    }
    impl->heartbeat =
        std::make_unique<Heartbeat>(world, openStore(world, false, options.join), std::move(hosts), options);
    impl->gradients = openGroup(world, addresses, impl->store, "gradients", options.collective);
    impl->others = openGroup(world, addresses, impl->store, "others", options.collective);
#ifdef USE_C10D_NCCL
    auto nccl = c10d::ProcessGroupNCCL::Options::create();
    nccl->timeout = options.collective;
    impl->gpuGradients = c10::make_intrusive<c10d::ProcessGroupNCCL>(
        c10::make_intrusive<c10d::PrefixStore>("gpu gradients", impl->store), world.rank, world.size, nccl);
    impl->gpuOthers = c10::make_intrusive<c10d::ProcessGroupNCCL>(
        c10::make_intrusive<c10d::PrefixStore>("gpu others", impl->store), world.rank, world.size, nccl);
#endif
  } catch (const std::exception& error) {
    std::optional<Error> lost = impl->heartbeat ? impl->heartbeat->lost() : std::nullopt;
    impl->abandon();
    if (lost) return tl::unexpected(std::move(*lost));
    return failure("The ranks could not be connected with each other", firstLine(error.what()),
                   "they meet at " + meeting + "; name the network to use with GLOO_SOCKET_IFNAME");
  }
  return std::unique_ptr<Communicator>(new Communicator(std::move(impl)));
}

std::unique_ptr<Communicator::Pending> Communicator::sumGradients(at::Tensor values) {
  return m_impl->summed(std::move(values), true);
}

void Communicator::sum(at::Tensor& values) {
  // A copy: where a rank is lost Gloo's threads may still write when the caller's memory is gone.
  const at::Tensor own = values.clone();
  m_impl->summed(own, false)->wait();
  values.copy_(own);
}

void Communicator::broadcast(at::Tensor& values) {
  m_impl->named([&] {
    std::vector<at::Tensor> list{values};
    InFlight(m_impl->groupOf(values, false).broadcast(list), values, *m_impl->heartbeat, m_impl->options.collective)
        .wait();
  });
}

at::Tensor Communicator::gather(const at::Tensor& values) {
  std::vector<std::int64_t> shape = values.sizes().vec();
  shape.insert(shape.begin(), size());
  const at::Tensor all = at::empty(shape, values.options());
  m_impl->named([&] {
    std::vector<std::vector<at::Tensor>> outputs(1);
    for (int rank = 0; rank < size(); ++rank) outputs[0].push_back(all[rank]);
    std::vector<at::Tensor> inputs{values.contiguous()};
    InFlight(m_impl->groupOf(values, false).allgather(outputs, inputs), all, *m_impl->heartbeat,
             m_impl->options.collective)
        .wait();
  });
  return all;
}

void Communicator::barrier() {
  at::Tensor one = at::ones({1}, at::kDouble);
  sum(one);
}

std::string Communicator::tellAll(const std::string& text) {
  const std::string key = "told/" + std::to_string(m_impl->told++);
  return m_impl->named([&]() -> std::string {
    if (world().first()) {
      m_impl->store->set(key, bytesOf("=" + text));
      return text;
    }
    return m_impl->heartbeat->waitForTexts({key}, std::chrono::hours(24 * 365), "what rank 0 does alone")
        .at(0)
        .substr(1);
  });
}

std::vector<std::string> Communicator::texts(const std::string& mine) {
  const std::string prefix = "text/" + std::to_string(m_impl->exchanged++) + "/";
  return m_impl->named([&] {
    m_impl->store->set(prefix + std::to_string(rank()), bytesOf("=" + mine));
    std::vector<std::string> keys;
    for (int r = 0; r < size(); ++r) keys.push_back(prefix + std::to_string(r));
    std::vector<std::string> all =
        m_impl->heartbeat->waitForTexts(keys, m_impl->options.collective, "an exchange of texts");
    for (std::string& text : all) text.erase(0, 1);  // the store waits for an empty text for ever
    return all;
  });
}

void Communicator::leave() {
  if (m_impl->over) return;
  m_impl->over = true;
  try {
    std::vector<std::string> keys;
    for (int r = 1; r < size(); ++r) keys.push_back("left/" + std::to_string(r));
    if (world().first()) (void)m_impl->heartbeat->waitForTexts(keys, std::chrono::seconds(30), "leaving");
  } catch (const RankLost&) {
    // Whoever did not leave in order was lost behind the last batch: nothing of the training is.
    m_impl->heartbeat->stop();
    m_impl->abandon();
    return;
  }
  m_impl->heartbeat->stop();
}

void Communicator::fail(const Error& error) {
  if (m_impl->over) return;
  m_impl->over = true;
  m_impl->heartbeat->fail(error);
  m_impl->heartbeat->stop();
  m_impl->abandon();
}

}  // namespace pinwheel::distributed
