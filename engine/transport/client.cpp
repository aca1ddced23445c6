#include "engine/transport/client.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <random>
#include <thread>

#include "engine/transport/bell.h"
#include "engine/transport/channel.h"
#include "engine/transport/frame_server.h"
#include "engine/transport/pending_requests.h"
#include "engine/transport/sockets.h"
#include "engine/wire/decode.h"
#include "engine/wire/encode.h"

namespace pinwheel::transport {
namespace {

using Clock = std::chrono::steady_clock;
using State = Connection::State;

constexpr int kMessagesAtOnce = 64;  // before requests are looked after again
constexpr std::size_t kMostAsks = 16;
constexpr std::chrono::milliseconds kFirstCatchUpPause{100};
constexpr std::chrono::milliseconds kLastCatchUpPause{30'000};

std::uint64_t randomNumber() {
  std::random_device source;
  return std::uint64_t{source()} << 32 | source();
}

// Notices of the time before are nobody's who comes later.
wire::AskFrames newestFrames() {
  using wire::FrameKind;
  return {{FrameKind::network, FrameKind::maps, FrameKind::activity, FrameKind::tuning, FrameKind::lesion,
           FrameKind::training, FrameKind::job},
          wire::MapPrecision::half16};
}

Channel::Options channelOptions(const ClientOptions& options, zmq::socket_type type) {
  Channel::Options made;
  made.type = type;
  made.address = type == zmq::socket_type::sub ? options.endpoint.framesAddress() : options.endpoint.commandsAddress();
  made.keys = options.keys;
  made.serverKey = options.serverKey;
  made.retry = options.retry;
  return made;
}

}  // namespace

class Client::Impl {
public:
  explicit Impl(ClientOptions options) : m_options(std::move(options)) {
    auto standing = askTopic(randomNumber(), newestFrames());
    if (standing) m_standing = std::move(*standing);
    Channel::Options frames = channelOptions(m_options, zmq::socket_type::sub);
    frames.prepare = [this](zmq::socket_t& socket) { subscribe(socket); };
    m_frames.emplace(m_context, std::move(frames));
    if (m_options.commands) m_commands.emplace(m_context, channelOptions(m_options, zmq::socket_type::dealer));
    m_shownFrames = m_frames->connection();
    m_shownCommands.address = m_options.endpoint.commandsAddress();
    m_thread = std::thread([this] { run(); });
  }
  ~Impl() {
    m_ending = true;
    m_bell.ring();
    m_thread.join();
    m_pending.failAll(
        {"The request was given up", "the connection was closed here; it may still be carried out", "", ""});
  }

  Update take() {
    Update update;
    const std::lock_guard lock(m_mutex);
    m_woken = false;
    update.news = m_inbox.take(update.restarted);
    return update;
  }

  std::future<Status> request(wire::Ask ask, std::chrono::milliseconds timeout) {
    if (auto* frames = std::get_if<wire::AskFrames>(&ask)) {
      askFrames(std::move(*frames));
      return ready({});
    }
    if (!m_options.commands)
      return ready(failure("The request was not sent", "this connection only watches", "connect to command too"));
    const std::uint64_t id = ++m_lastId;
    auto bytes = wire::encode(wire::Request{id, std::move(ask)});
    if (!bytes) return ready(tl::unexpected(std::move(bytes.error())));
    std::unique_lock lock(m_mutex);
    if (m_pending.full())
      return ready(failure("The request was not sent", "too many wait for an answer already", "try again later"));
    auto answer = m_pending.add(id, std::move(*bytes), Clock::now() + timeout);
    lock.unlock();
    m_bell.ring();
    return answer;
  }

  void askFrames(wire::AskFrames ask) {
    {
      const std::lock_guard lock(m_mutex);
      if (m_asks.size() == kMostAsks) m_asks.erase(m_asks.begin());
      m_asks.push_back(std::move(ask));
    }
    m_bell.ring();
  }

  [[nodiscard]] Connection frames() const {
    const std::lock_guard lock(m_mutex);
    Connection shown = m_shownFrames;
    if (shown.state == State::connected)
      shown.silent = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - m_heard);
    return shown;
  }
  [[nodiscard]] Connection commands() const {
    const std::lock_guard lock(m_mutex);
    return m_shownCommands;
  }
  [[nodiscard]] ClientCounts counts() const {
    const std::lock_guard lock(m_mutex);
    return {m_inbox.gaps(), m_damaged};
  }

private:
  static std::future<Status> ready(Status status) {
    std::promise<Status> promise;
    promise.set_value(std::move(status));
    return promise.get_future();
  }

  void run() {
    while (!m_ending) try {
        m_frames->openWhenDue();
        if (m_commands) m_commands->openWhenDue();
        wait();
        m_bell.clear();
        bool news = readFrames();
        news = frameEvents() || news;
        if (m_commands) news = command() || news;
        sendAsks();
        if (news) wake();
      } catch (const zmq::error_t& error) {
        if (error.num() == ETERM) return;
      } catch (const std::bad_alloc&) {
        const std::lock_guard lock(m_mutex);
        ++m_damaged;  // there is no memory for it now
      }
  }

  void wait() {
    std::vector<zmq::pollitem_t> items{{nullptr, m_bell.descriptor(), ZMQ_POLLIN, 0}};
    std::optional<Clock::time_point> until;
    const auto sooner = [&](std::optional<Clock::time_point> time) {
      if (time && (!until || *time < *until)) until = time;
    };
    const auto add = [&](Channel& channel) {
      for (zmq::socket_t* socket : {channel.socket(), channel.monitor()})
        if (socket != nullptr) items.push_back({socket->handle(), 0, ZMQ_POLLIN, 0});
      sooner(channel.dueAt());
    };
    add(*m_frames);
    if (m_commands) add(*m_commands);
    {
      const std::lock_guard lock(m_mutex);
      sooner(m_pending.nextDeadline());
      // The connection may stand a moment before anything can be sent.
      if (m_commands && m_commands->socket() != nullptr && m_shownCommands.state == State::connected &&
          m_pending.hasUnsent())
        items.push_back({m_commands->socket()->handle(), 0, ZMQ_POLLOUT, 0});
    }
    std::chrono::milliseconds left(-1);
    if (until)
      left =
          std::max(std::chrono::ceil<std::chrono::milliseconds>(*until - Clock::now()), std::chrono::milliseconds(0));
    zmq::poll(items.data(), items.size(), left);
  }

  void wake() {
    {
      const std::lock_guard lock(m_mutex);
      if (std::exchange(m_woken, true)) return;
    }
    if (m_options.wake) m_options.wake();
  }

  // Frames.

  void subscribe(zmq::socket_t& socket) {
    socket.set(zmq::sockopt::subscribe, std::string(1, static_cast<char>(Topic::frame)));
    socket.set(zmq::sockopt::subscribe, std::string(1, static_cast<char>(Topic::beacon)));
    for (const std::string& topic : {m_standing, m_asked})
      if (!topic.empty()) socket.set(zmq::sockopt::subscribe, topic);
  }

  bool readFrames() {
    bool news = false;
    for (int i = 0; i < kMessagesAtOnce && m_frames->socket() != nullptr; ++i) {
      const auto parts = receiveParts(*m_frames->socket(), 1 + FrameServer::kKeptNotices);
      if (parts.empty()) break;
      news = readMessage(parts) || news;
    }
    return news;
  }

  // Whether there is something new for the reader.
  bool readMessage(const std::vector<zmq::message_t>& parts) {
    const std::string_view topic = parts[0].to_string_view();
    const auto instance = instanceOf(topic);
    if (parts.size() < 2 || !instance || *instance == 0) return damaged();
    if (topic.front() == static_cast<char>(Topic::beacon)) return readBeacon(*instance, bytesOf(parts[1]));
    const bool asked = topic.front() == static_cast<char>(Topic::asked);
    bool news = false;
    for (std::size_t i = 1; i < parts.size(); ++i) news = readFrame(*instance, asked, bytesOf(parts[i])) || news;
    return news;
  }

  bool readFrame(std::uint64_t instance, bool asked, std::span<const std::byte> bytes) {
    auto published = wire::decodeFrame(bytes);  // outside of the lock: it takes long
    if (!published) {
      const auto version = wire::versionOf(bytes);
      if (version && *version != wire::kVersion) return otherVersion(*m_frames, m_shownFrames, published.error());
      return damaged();
    }
    std::unique_lock lock(m_mutex);
    hear();
    m_inbox.begin(instance);
    const auto verdict = m_inbox.put(std::move(*published), asked);
    lock.unlock();
    if (verdict == FrameInbox::Verdict::gap) catchUp({wire::FrameKind::notice});
    return verdict == FrameInbox::Verdict::taken;
  }

  bool readBeacon(std::uint64_t instance, std::span<const std::byte> bytes) {
    const auto beacon = transport::readBeacon(bytes);
    if (!beacon) return damaged();
    if (Status status = wire::compareVersions(beacon->version); !status)
      return otherVersion(*m_frames, m_shownFrames, status.error());
    std::unique_lock lock(m_mutex);
    hear();
    const bool restarted = m_inbox.begin(instance);
    auto missing = m_inbox.missing(*beacon);
    lock.unlock();
    if (missing.empty())
      m_catchUpPause = kFirstCatchUpPause;
    else
      catchUp(std::move(missing));
    return restarted;
  }

  // With the lock held.
  void hear() {
    m_heard = Clock::now();
    m_frames->setUnderstood();
    m_shownFrames = m_frames->connection();
  }

  bool damaged() {
    const std::lock_guard lock(m_mutex);
    ++m_damaged;
    return false;
  }

  bool otherVersion(Channel& channel, Connection& shown, const Error& error) {
    const std::lock_guard lock(m_mutex);
    m_heard = Clock::now();
    const bool isNew = shown.state != State::otherVersion;
    channel.setOtherVersion(error);
    shown = channel.connection();
    return isNew;
  }

  // Less and less often while nothing comes of it: beacons that were under way before the answer tell the old state,
  // and a slow line must not fill with answers. Older questions stay asked for a while, as their answers may be under
  // way.
  void catchUp(std::vector<wire::FrameKind> kinds) {
    if (Clock::now() < m_nextCatchUp) return;
    m_nextCatchUp = Clock::now() + m_catchUpPause;
    m_catchUpPause = std::min(2 * m_catchUpPause, kLastCatchUpPause);
    std::string& oldest = m_caughtUp[m_catchUps++ % m_caughtUp.size()];
    ask({std::move(kinds), wire::MapPrecision::half16}, oldest);
  }

  void sendAsks() {
    std::vector<wire::AskFrames> asks;
    {
      const std::lock_guard lock(m_mutex);
      if (m_shownFrames.state != State::connected) return;
      asks.swap(m_asks);
    }
    for (const wire::AskFrames& wanted : asks) ask(wanted, m_asked);
  }

  // A new subscription is the question; its topic's old one is given up.
  void ask(const wire::AskFrames& wanted, std::string& topic) {
    auto made = askTopic(randomNumber(), wanted);
    if (!made || m_frames->socket() == nullptr) return;
    m_frames->socket()->set(zmq::sockopt::subscribe, *made);
    if (!topic.empty())
      m_frames->socket()->set(zmq::sockopt::unsubscribe, topic);  // a new socket never had it: nothing
    topic = std::move(*made);
  }

  bool frameEvents() {
    m_frames->readEvents();
    return show(*m_frames, m_shownFrames);
  }

  // Whether it changed.
  bool show(const Channel& channel, Connection& shown) {
    const std::lock_guard lock(m_mutex);
    const bool changed = shown.state != channel.connection().state;
    if (changed && channel.connection().state == State::connected) m_heard = Clock::now();
    shown = channel.connection();
    return changed;
  }

  // Commands.

  bool command() {
    bool news = readAnswers();
    // After the answers that came before a connection broke.
    const Channel::Events events = m_commands->readEvents();
    news = readAnswers() || news;
    news = show(*m_commands, m_shownCommands) || news;
    const std::lock_guard lock(m_mutex);
    if (events.refused) m_pending.failAll(m_commands->connection().error);
    if (events.lost)
      m_pending.failSent({"The connection to the engine broke", "the request may still have been carried out",
                          "look at what the frames show before it is sent again", ""});
    if (m_shownCommands.state == State::connected || m_shownCommands.state == State::otherVersion)
      m_pending.sendUnsent([&](wire::Bytes& bytes) {
        return m_commands->socket()->send(zmq::buffer(bytes), zmq::send_flags::dontwait).has_value();
      });
    m_pending.expire(Clock::now(), m_shownCommands.text());
    return std::exchange(m_failures, m_pending.failures()) != m_pending.failures() || news;
  }

  bool readAnswers() {
    bool news = false;
    for (int i = 0; i < kMessagesAtOnce && m_commands->socket() != nullptr; ++i) {
      const auto parts = receiveParts(*m_commands->socket());
      if (parts.empty()) break;
      news = readAnswer(parts) || news;
    }
    return news;
  }

  bool readAnswer(const std::vector<zmq::message_t>& parts) {
    if (parts.size() != 1) return damaged();
    auto answer = wire::decodeAnswer(bytesOf(parts[0]));
    if (!answer) {
      const auto version = wire::versionOf(bytesOf(parts[0]));
      if (!version || *version == wire::kVersion) return damaged();
      const bool isNew = otherVersion(*m_commands, m_shownCommands, answer.error());
      const std::lock_guard lock(m_mutex);
      m_pending.failSent(answer.error());
      return isNew;
    }
    const std::lock_guard lock(m_mutex);
    m_commands->setUnderstood();
    if (!m_pending.answer(std::move(*answer))) ++m_damaged;
    return false;
  }

  const ClientOptions m_options;
  zmq::context_t m_context{1};
  Bell m_bell;
  std::atomic<bool> m_ending = false;
  std::atomic<std::uint64_t> m_lastId = 0;

  // Of the thread alone.
  std::optional<Channel> m_frames;
  std::optional<Channel> m_commands;
  std::string m_standing;                 ///< asks for all that there is, at every connection
  std::array<std::string, 4> m_caughtUp;  ///< asked for what was missed
  std::string m_asked;                    ///< what askFrames() was asked for last
  std::size_t m_catchUps = 0;
  Clock::time_point m_nextCatchUp{};
  std::chrono::milliseconds m_catchUpPause = kFirstCatchUpPause;
  std::uint64_t m_failures = 0;  ///< of requests, as the reader knows

  mutable std::mutex m_mutex;  // what follows
  FrameInbox m_inbox;
  PendingRequests m_pending;
  std::vector<wire::AskFrames> m_asks;
  Connection m_shownFrames;
  Connection m_shownCommands;
  Clock::time_point m_heard = Clock::now();
  std::uint64_t m_damaged = 0;
  bool m_woken = false;

  std::thread m_thread;
};

Client::Client(std::unique_ptr<Impl> impl) : m_impl(std::move(impl)) {}
Client::~Client() = default;

Expected<std::unique_ptr<Client>> Client::open(ClientOptions options) {
  if (Status status = checkConnecting(options.endpoint, options.keys.has_value()); !status)
    return tl::unexpected(std::move(status.error()));
  if (options.keys) {
    Status status = checkCurve();
    if (status) status = checkKey(options.serverKey, "The engine's public key");
    if (status) status = checkKey(options.keys->publicKey, "The public key");
    if (status) status = checkKey(options.keys->secretKey, "The secret key");
    if (!status) return tl::unexpected(std::move(status.error()));
  }
  try {
    return std::unique_ptr<Client>(new Client(std::make_unique<Impl>(std::move(options))));
  } catch (const std::exception& error) {
    return failure("No connection can be made", error.what(), "close some programs and try again");
  }
}

Update Client::take() {
  return m_impl->take();
}
std::future<Status> Client::request(wire::Ask ask, std::chrono::milliseconds timeout) {
  return m_impl->request(std::move(ask), timeout);
}
void Client::askFrames(wire::AskFrames ask) {
  m_impl->askFrames(std::move(ask));
}
Connection Client::frames() const {
  return m_impl->frames();
}
Connection Client::commands() const {
  return m_impl->commands();
}
ClientCounts Client::counts() const {
  return m_impl->counts();
}

}  // namespace pinwheel::transport
