#include "engine/distributed/heartbeat.h"

#include <algorithm>

namespace pinwheel::distributed {
namespace {

const char* const kLostKey = "lost";
const char* const kTroubleKey = "trouble";
const char* const kResume = "the last checkpoint is kept: start all ranks again with --resume";
constexpr char kBetween = '\x1f';

std::vector<std::uint8_t> bytesOf(const std::string& text) {
  return {text.begin(), text.end()};
}

std::string packed(const Error& error) {
  return error.what + kBetween + error.why + kBetween + error.hint + kBetween + error.path;
}

Error unpacked(const std::vector<std::uint8_t>& bytes) {
  Error error;
  std::string* const parts[] = {&error.what, &error.why, &error.hint, &error.path};
  std::size_t part = 0;
  for (const std::uint8_t byte : bytes)
    if (byte == static_cast<std::uint8_t>(kBetween))
      part = std::min<std::size_t>(part + 1, 3);
    else
      *parts[part] += static_cast<char>(byte);
  return error;
}

std::string seconds(std::chrono::milliseconds time) {
  return std::to_string((time.count() + 500) / 1000) + " s";
}

}  // namespace

Heartbeat::Heartbeat(World world, c10::intrusive_ptr<c10d::Store> store, std::vector<std::string> hosts,
                     CommunicatorOptions options)
    : m_world(std::move(world)),
      m_store(std::move(store)),
      m_hosts(std::move(hosts)),
      m_options(options),
      m_answered(Clock::now().time_since_epoch().count()),
      m_counters(static_cast<std::size_t>(m_world.size), 0),
      m_moved(static_cast<std::size_t>(m_world.size), Clock::now()),
      m_thread([this] { run(); }) {}

Heartbeat::~Heartbeat() {
  stop();
}

std::string Heartbeat::nameOf(int rank) const {
  return "rank " + std::to_string(rank) + " of " + std::to_string(m_world.size) + " on " +
         m_hosts[static_cast<std::size_t>(rank)];
}

void Heartbeat::note(Error error) {
  const std::lock_guard lock(m_mutex);
  if (!m_lost) m_lost = std::move(error);
  m_wake.notify_all();
}

// The first to say who was lost is believed.
void Heartbeat::publish(const Error& error) {
  if (m_store->add(std::string(kLostKey) + "/count", 1) == 1) m_store->set(kLostKey, bytesOf(packed(error)));
}

void Heartbeat::watchCounters() {
  bool trouble;
  {
    const std::lock_guard lock(m_mutex);
    trouble = m_trouble;
  }
  trouble = trouble || m_store->check({kTroubleKey});
  const auto limit = trouble ? std::min(m_options.silence, 4 * m_options.beat) : m_options.silence;
  for (int rank = 1; rank < m_world.size; ++rank) {
    const auto r = static_cast<std::size_t>(rank);
    const std::int64_t count = m_store->add("beat/" + std::to_string(rank), 0);
    const auto now = Clock::now();
    if (count != m_counters[r]) {
      m_counters[r] = count;
      m_moved[r] = now;
      continue;
    }
    const auto still = std::chrono::duration_cast<std::chrono::milliseconds>(now - m_moved[r]);
    if (still < limit || m_store->check({"left/" + std::to_string(rank)})) continue;
    Error error{"Training stopped: " + nameOf(rank) + " is lost",
                "it gave no sign of life for " + seconds(still) + ": its process was killed, or its machine is gone",
                kResume};
    publish(error);
    note(std::move(error));
    return;
  }
}

bool Heartbeat::beatOnce() {
  std::vector<std::string> wanted;
  bool tellTrouble = false, tellLeft = false;
  std::optional<Error> failure;
  {
    const std::lock_guard lock(m_mutex);
    tellTrouble = m_trouble && !m_troubleTold;
    tellLeft = m_left;
    if (!m_published) failure = m_ownFailure;
    wanted = m_wanted;
  }
  if (failure) publish(*failure);
  if (tellLeft) m_store->set("left/" + std::to_string(m_world.rank), bytesOf("1"));
  if (tellTrouble) m_store->set(kTroubleKey, bytesOf("1"));
  m_store->add("beat/" + std::to_string(m_world.rank), 1);
  if (m_store->check({kLostKey})) note(unpacked(m_store->get(kLostKey)));
  m_answered = Clock::now().time_since_epoch().count();
  if (m_world.first() && !lost()) watchCounters();
  const bool found = !wanted.empty() && m_store->check(wanted);
  const std::lock_guard lock(m_mutex);
  if (found && wanted == m_wanted) m_wanted.clear();
  m_troubleTold = m_troubleTold || tellTrouble;
  m_published = m_published || failure.has_value();
  m_wake.notify_all();
  return tellLeft;
}

void Heartbeat::run() {
  for (;;) {
    try {
      if (beatOnce()) return;
    } catch (const std::exception&) {
      const std::lock_guard lock(m_mutex);
      m_published = true;  // there is nobody left to tell
      if (!m_left && !m_lost)
        m_lost = Error{"Training stopped: " + nameOf(0) + " is lost",
                       "the store that it holds cannot be reached any more: its process ended, or its machine is gone",
                       kResume};
      m_wake.notify_all();
      return;
    }
    std::unique_lock lock(m_mutex);
    const std::chrono::milliseconds often(100);
    m_wake.wait_for(lock, m_wanted.empty() ? m_options.beat : std::min(often, m_options.beat), [this, &often] {
      return m_left || (m_trouble && !m_troubleTold) || (m_ownFailure && !m_published) ||
             (!m_wanted.empty() && Clock::now().time_since_epoch().count() - m_answered.load() >
                                       std::chrono::duration_cast<Clock::duration>(often).count());
    });
  }
}

std::optional<Error> Heartbeat::lost() const {
  {
    const std::lock_guard lock(m_mutex);
    if (m_lost) return m_lost;
    if (m_left) return std::nullopt;
  }
  // The thread may be waiting for an answer of a machine that is gone.
  const Clock::time_point answered{Clock::duration(m_answered.load())};
  if (m_world.first() || Clock::now() - answered < m_options.silence + m_options.beat) return std::nullopt;
  return Error{"Training stopped: " + nameOf(0) + " is lost",
               "the store that it holds did not answer for " + seconds(m_options.silence) +
                   ": its machine is gone, or cannot be reached any more",
               kResume};
}

Error Heartbeat::whoBroke(const std::string& detail) {
  std::unique_lock lock(m_mutex);
  m_trouble = true;
  m_wake.notify_all();
  const auto until = Clock::now() + m_options.silence + 3 * m_options.beat;
  while (Clock::now() < until) {
    lock.unlock();
    if (auto error = lost()) return *error;
    lock.lock();
    m_wake.wait_for(lock, std::chrono::milliseconds(200));
  }
  return {"Training stopped: the ranks lost touch with each other", detail + "; all of them give signs of life",
          "look at the network between the machines; " + std::string(kResume)};
}

void Heartbeat::fail(const Error& error) {
  {
    std::unique_lock lock(m_mutex);
    if (!m_lost && !m_ownFailure) {
      m_ownFailure = error;
      m_ownFailure->what = nameOf(m_world.rank) + " gave up: " + error.what;
    }
    m_wake.notify_all();
    m_wake.wait_for(lock, m_options.silence, [this] { return m_published || m_lost; });
    if (!m_world.first()) return;
  }
  // The store lives here: the others must have read it before it is gone, or they would take this rank for lost.
  std::this_thread::sleep_for(2 * m_options.beat);
}

void Heartbeat::stop() {
  {
    const std::lock_guard lock(m_mutex);
    m_left = true;
    m_wake.notify_all();
  }
  if (m_thread.joinable()) m_thread.join();
}

void Heartbeat::waitForKeys(const std::vector<std::string>& keys, std::chrono::milliseconds limit,
                            const std::string& what) {
  {
    const std::lock_guard lock(m_mutex);
    m_wanted = keys;
    m_wake.notify_all();
  }
  waitFor(
      m_mutex, m_wake, [this] { return m_wanted.empty(); }, limit, what);
}

void Heartbeat::waitFor(std::mutex& mutex, std::condition_variable& condition, const std::function<bool()>& done,
                        std::chrono::milliseconds limit, const std::string& what) {
  const auto until = Clock::now() + limit;
  std::unique_lock lock(mutex);
  while (!condition.wait_for(lock, std::chrono::milliseconds(500), done)) {
    lock.unlock();
    if (auto error = lost()) throw RankLost(std::move(*error));
    lock.lock();
    if (Clock::now() > until)
      throw RankLost({"Training stopped: " + what + " was not done in " + seconds(limit),
                      "all ranks give signs of life, but not all of them came: one is stuck, or they differ", kResume});
  }
}

}  // namespace pinwheel::distributed
