#include "engine/distributed/heartbeat.h"

#include <algorithm>
#include <atomic>

#include "engine/distributed/store_text.h"

namespace pinwheel::distributed {
namespace {

const char* const kLostKey = "lost";
const char* const kTroubleKey = "trouble";
const char* const kResume = "the last checkpoint is kept: start all ranks again with --resume";
constexpr char kBetween = '\x1f';

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

using Clock = std::chrono::steady_clock;

}  // namespace

struct Heartbeat::State {
  State(World w, c10::intrusive_ptr<c10d::Store> s, std::vector<std::string> h, CommunicatorOptions o)
      : world(std::move(w)),
        store(std::move(s)),
        hosts(std::move(h)),
        options(o),
        counters(static_cast<std::size_t>(world.size), 0),
        moved(static_cast<std::size_t>(world.size), Clock::now()) {}

  // The thread of the signs of life.
  void run();
  /// True: this rank's leaving was told.
  bool beatOnce();
  void watchCounters();
  void publish(const Error& error);
  void note(Error error);

  [[nodiscard]] std::string nameOf(int rank) const;
  [[nodiscard]] std::optional<Error> lostOne() const;
  /// The store has said nothing for as long as its rank is taken for living.
  [[nodiscard]] bool isSilent() const {
    const Clock::time_point last{Clock::duration(answered.load())};
    return Clock::now() - last >= options.silence + options.beat;
  }

  const World world;
  const c10::intrusive_ptr<c10d::Store> store;
  const std::vector<std::string> hosts;
  const CommunicatorOptions options;

  mutable std::mutex mutex;
  std::condition_variable wake;
  bool left = false;
  bool ended = false;  ///< the thread
  bool trouble = false, troubleTold = false;
  std::optional<Error> ownFailure;
  bool published = false;  ///< what is lost stands in the store
  std::optional<Error> lost;
  std::vector<std::string> wanted;  ///< keys that waitForTexts waits for; empty: none, or all are there
  std::vector<std::string> found;   ///< what stood under them
  std::atomic<Clock::rep> answered{Clock::now().time_since_epoch().count()};  ///< when the store did, last
  // The thread's alone.
  std::vector<std::int64_t> counters;
  std::vector<Clock::time_point> moved;
};

std::string Heartbeat::State::nameOf(int rank) const {
  return "rank " + std::to_string(rank) + " of " + std::to_string(world.size) + " on " +
         hosts[static_cast<std::size_t>(rank)];
}

void Heartbeat::State::note(Error error) {
  const std::lock_guard lock(mutex);
  if (!lost) lost = std::move(error);
  wake.notify_all();
}

// The first to say who was lost is believed.
void Heartbeat::State::publish(const Error& error) {
  if (store->add(std::string(kLostKey) + "/count", 1) == 1) store->set(kLostKey, bytesOf(packed(error)));
}

void Heartbeat::State::watchCounters() {
  bool suspicious;
  {
    const std::lock_guard lock(mutex);
    suspicious = trouble;
  }
  suspicious = suspicious || store->check({kTroubleKey});
  const auto limit = suspicious ? std::min(options.silence, 4 * options.beat) : options.silence;
  for (int rank = 1; rank < world.size; ++rank) {
    const auto r = static_cast<std::size_t>(rank);
    const std::int64_t count = store->add("beat/" + std::to_string(rank), 0);
    const auto now = Clock::now();
    if (count != counters[r]) {
      counters[r] = count;
      moved[r] = now;
      continue;
    }
    const auto still = std::chrono::duration_cast<std::chrono::milliseconds>(now - moved[r]);
    if (still < limit || store->check({"left/" + std::to_string(rank)})) continue;
    Error error{"Training stopped: " + nameOf(rank) + " is lost",
                "it gave no sign of life for " + seconds(still) + ": its process was killed, or its machine is gone",
                kResume};
    publish(error);
    note(std::move(error));
    return;
  }
}

bool Heartbeat::State::beatOnce() {
  std::vector<std::string> keys;
  bool tellTrouble = false, tellLeft = false;
  std::optional<Error> failure;
  {
    const std::lock_guard lock(mutex);
    tellTrouble = trouble && !troubleTold;
    tellLeft = left;
    if (!published) failure = ownFailure;
    keys = wanted;
  }
  if (failure) publish(*failure);
  if (tellLeft) store->set("left/" + std::to_string(world.rank), bytesOf("1"));
  if (tellTrouble) store->set(kTroubleKey, bytesOf("1"));
  store->add("beat/" + std::to_string(world.rank), 1);
  if (store->check({kLostKey})) note(unpacked(store->get(kLostKey)));
  answered = Clock::now().time_since_epoch().count();
  if (world.first() && !lostOne()) watchCounters();
  std::vector<std::string> texts;
  if (!keys.empty() && store->check(keys))
    for (const std::string& key : keys) texts.push_back(textOf(store->get(key)));
  const std::lock_guard lock(mutex);
  if (!texts.empty() && keys == wanted) {
    wanted.clear();
    found = std::move(texts);
  }
  troubleTold = troubleTold || tellTrouble;
  published = published || failure.has_value();
  wake.notify_all();
  return tellLeft;
}

void Heartbeat::State::run() {
  for (;;) {
    try {
      if (beatOnce()) break;
    } catch (const std::exception&) {
      const std::lock_guard lock(mutex);
      published = true;  // there is nobody left to tell
      if (!left && !lost)
        lost = Error{"Training stopped: " + nameOf(0) + " is lost",
                     "the store that it holds cannot be reached any more: its process ended, or its machine is gone",
                     kResume};
      break;
    }
    std::unique_lock lock(mutex);
    const std::chrono::milliseconds often(100);
    wake.wait_for(lock, wanted.empty() ? options.beat : std::min(often, options.beat), [this, &often] {
      return left || (trouble && !troubleTold) || (ownFailure && !published) ||
             (!wanted.empty() && Clock::now().time_since_epoch().count() - answered.load() >
                                     std::chrono::duration_cast<Clock::duration>(often).count());
    });
  }
  const std::lock_guard lock(mutex);
  ended = true;
  wake.notify_all();
}

std::optional<Error> Heartbeat::State::lostOne() const {
  {
    const std::lock_guard lock(mutex);
    if (lost) return lost;
    if (left) return std::nullopt;
  }
  // The thread may be waiting for an answer of a machine that is gone.
  if (world.first() || !isSilent()) return std::nullopt;
  return Error{"Training stopped: " + nameOf(0) + " is lost",
               "the store that it holds did not answer for " + seconds(options.silence) +
                   ": its machine is gone, or cannot be reached any more",
               kResume};
}

Heartbeat::Heartbeat(World world, c10::intrusive_ptr<c10d::Store> store, std::vector<std::string> hosts,
                     CommunicatorOptions options)
    : m_state(std::make_shared<State>(std::move(world), std::move(store), std::move(hosts), options)),
      m_thread([state = m_state] { state->run(); }) {}

Heartbeat::~Heartbeat() {
  stop();
}

std::optional<Error> Heartbeat::lost() const {
  return m_state->lostOne();
}

Error Heartbeat::whoBroke(const std::string& detail) {
  State& s = *m_state;
  std::unique_lock lock(s.mutex);
  s.trouble = true;
  s.wake.notify_all();
  const auto until = Clock::now() + s.options.silence + 3 * s.options.beat;
  while (Clock::now() < until) {
    lock.unlock();
    if (auto error = lost()) return *error;
    lock.lock();
    s.wake.wait_for(lock, std::chrono::milliseconds(200));
  }
  return {"Training stopped: the ranks lost touch with each other", detail + "; all of them give signs of life",
          "look at the network between the machines; " + std::string(kResume)};
}

void Heartbeat::fail(const Error& error) {
  State& s = *m_state;
  {
    std::unique_lock lock(s.mutex);
    if (!s.lost && !s.ownFailure) {
      s.ownFailure = error;
      s.ownFailure->what = s.nameOf(s.world.rank) + " gave up: " + error.what;
    }
    s.wake.notify_all();
    const auto until = Clock::now() + s.options.silence;
    while (!s.published && !s.lost && !s.isSilent() && Clock::now() < until)
      s.wake.wait_for(lock, std::chrono::milliseconds(200));
    if (!s.world.first()) return;
  }
  // The store lives here: the others must have read it before it is gone, or they would take this rank for lost.
  std::this_thread::sleep_for(2 * s.options.beat);
}

void Heartbeat::stop() {
  if (!m_thread.joinable()) return;
  State& s = *m_state;
  std::unique_lock lock(s.mutex);
  s.left = true;
  s.wake.notify_all();
  while (!s.ended && !s.isSilent()) s.wake.wait_for(lock, std::chrono::milliseconds(200));
  const bool ended = s.ended;
  lock.unlock();
  if (ended)
    m_thread.join();
  else
    m_thread.detach();
}

std::vector<std::string> Heartbeat::waitForTexts(const std::vector<std::string>& keys, std::chrono::milliseconds limit,
                                                 const std::string& what) {
  State& s = *m_state;
  if (keys.empty()) return {};
  {
    const std::lock_guard lock(s.mutex);
    s.wanted = keys;
    s.wake.notify_all();
  }
  waitFor(
      s.mutex, s.wake, [&s] { return s.wanted.empty(); }, limit, what);
  const std::lock_guard lock(s.mutex);
  return std::move(s.found);
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
