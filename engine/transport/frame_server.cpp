#include "engine/transport/frame_server.h"

#include <atomic>
#include <random>
#include <set>
#include <thread>

#include "engine/transport/bell.h"
#include "engine/transport/frame_slots.h"
#include "engine/transport/sockets.h"
#include "engine/wire/encode.h"

namespace pinwheel::transport {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kSubscriptionsAtOnce = 256;  // before frames are looked after again

std::uint64_t newInstance() {
  std::random_device source;
  return (std::uint64_t{source()} << 32 | source()) | 1;  // 0: none
}

Expected<wire::Bytes> encodeShared(const SharedFrame& frame, const wire::FrameHead& head) {
  return std::visit([&](const auto& pointer) { return wire::encode(*pointer, head); }, frame);
}

// The newest frame of a kind, or a notice, with its bytes once somebody wanted them.
struct Kept {
  SharedFrame frame;
  wire::FrameHead head;  ///< sequence 0: none
  zmq::message_t bytes;  ///< with maps in 16 bits; empty: not encoded
};

}  // namespace

class FrameServer::Impl {
public:
  Impl(zmq::context_t& context, const Binding& binding, std::chrono::milliseconds beacon)
      : m_socket(context, ZMQ_XPUB), m_beacon(beacon), m_instance(newInstance()) {
    setCommonOptions(m_socket, kWaitingFrames, kMaxSubscriptionBytes);
    bind(m_socket, binding);
    address = boundAddress(m_socket);
    m_thread = std::thread([this] { serve(); });
  }
  ~Impl() {
    m_ending = true;
    m_bell.ring();
    m_thread.join();
  }

  void publish(SharedFrame frame) {
    if (m_slots.put(std::move(frame))) m_bell.ring();
  }
  void publish(const session::News& news) {
    m_slots.setPublisherDropped(news.dropped);
    publish(news.network);
    publish(news.maps);
    publish(news.activity);
    publish(news.tuning);
    publish(news.lesion);
    publish(news.training);
    publish(news.job);
    for (const session::Notice& notice : news.notices) publish(std::make_shared<const session::Notice>(notice));
  }
  [[nodiscard]] FrameCounts counts() const {
    FrameCounts counts;
    m_slots.addTo(counts);
    counts.sent = m_sent;
    counts.unsendable = m_unsendable;
    counts.asked = m_asked;
    counts.damaged = m_damaged;
    return counts;
  }

  std::string address;

private:
  void serve() {
    std::array<zmq::pollitem_t, 2> items{
        {{m_socket.handle(), 0, ZMQ_POLLIN, 0}, {nullptr, m_bell.descriptor(), ZMQ_POLLIN, 0}}};
    Clock::time_point nextBeacon = Clock::now();
    while (!m_ending) try {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(nextBeacon - Clock::now());
        zmq::poll(items.data(), items.size(), std::max(left, std::chrono::milliseconds(0)));
        m_bell.clear();
        // Subscriptions first: who asked before a frame came gets that frame once, as it is published.
        listen();
        sendNews();
        if (Clock::now() < nextBeacon) continue;
        sendBeacon();
        nextBeacon = Clock::now() + m_beacon;
      } catch (const zmq::error_t& error) {
        if (error.num() == ETERM) return;
      } catch (const std::bad_alloc&) {
        ++m_unsendable;  // a frame for which there is no memory now
      }
  }

  void listen() {
    for (int i = 0; i < kSubscriptionsAtOnce; ++i) {
      const auto parts = receiveParts(m_socket);
      if (parts.empty()) return;
      const std::string_view text = parts[0].to_string_view();
      const char verb = text.empty() ? '?' : text.front();
      if (parts.size() != 1 || (verb != 0 && verb != 1)) {
        ++m_damaged;
        continue;
      }
      const std::string topic(text.substr(1));
      const bool begins = verb == 1;
      if (topic.empty() || topic.front() == static_cast<char>(Topic::frame))
        begins ? static_cast<void>(m_listened.insert(topic)) : static_cast<void>(m_listened.erase(topic));
      else if (topic.front() == static_cast<char>(Topic::asked) && begins)
        answer(topic);
      else if (topic.front() != static_cast<char>(Topic::beacon) && begins)
        ++m_damaged;
    }
    m_bell.ring();  // there may be more
  }

  void answer(const std::string& topic) {
    auto ask = askOf(topic);
    if (!ask) {
      ++m_damaged;
      sendBeacon();  // of another version: that tells it which
      return;
    }
    ++m_asked;
    const auto wanted = [&](wire::FrameKind kind) {
      return ask->kinds.empty() || std::find(ask->kinds.begin(), ask->kinds.end(), kind) != ask->kinds.end();
    };
    for (std::size_t kind = 0; kind < kNoticeKind; ++kind)
      if (wanted(static_cast<wire::FrameKind>(kind))) sendAgain(m_kept[kind], topic, ask->maps);
    if (wanted(wire::FrameKind::notice)) sendNotices(m_notices.size(), topic);
    sendBeacon();
  }

  void sendAgain(Kept& kept, const std::string& topic, wire::MapPrecision maps) {
    if (kept.head.sequence == 0) return;
    const bool hasMaps = std::holds_alternative<std::shared_ptr<const session::MapsFrame>>(kept.frame) ||
                         std::holds_alternative<std::shared_ptr<const session::LesionFrame>>(kept.frame);
    if (maps == wire::MapPrecision::exact && hasMaps) {
      wire::FrameHead head = kept.head;
      head.maps = wire::MapPrecision::exact;
      if (auto bytes = encodeShared(kept.frame, head)) send(topic, messageOf(std::move(*bytes)));
      return;
    }
    if (encode(kept)) sendCopy(topic, kept);
  }

  void sendNews() {
    auto taken = m_slots.take(m_dropped);
    std::size_t newNotices = 0;
    for (WaitingFrame& waiting : taken) {
      const std::size_t kind = waiting.frame.index();
      Kept kept{std::move(waiting.frame), {waiting.sequence, m_dropped, wire::MapPrecision::half16}, {}};
      if (kind == kNoticeKind) {
        if (m_notices.size() == kKeptNotices) m_notices.pop_front();
        m_notices.push_back(std::move(kept));
        ++newNotices;
        continue;
      }
      m_kept[kind] = std::move(kept);
      const std::string topic = frameTopic(static_cast<wire::FrameKind>(kind));
      if (!isListened(topic) || !encode(m_kept[kind])) continue;
      sendCopy(topic, m_kept[kind]);
      ++m_sent;
    }
    const std::string topic = frameTopic(wire::FrameKind::notice);
    if (newNotices != 0 && isListened(topic)) m_sent += sendNotices(newNotices, topic);
  }

  // The last `count` as one message: many would be more than may wait for a reader, and the last ones be lost.
  std::size_t sendNotices(std::size_t count, const std::string& topic) {
    std::vector<zmq::message_t> parts;
    parts.emplace_back(withInstance(topic, m_instance));
    for (std::size_t i = m_notices.size() - count; i < m_notices.size(); ++i) {
      if (!encode(m_notices[i])) continue;
      parts.emplace_back().copy(m_notices[i].bytes);
    }
    if (parts.size() > 1) sendParts(m_socket, parts);
    return parts.size() - 1;
  }

  // Whether anybody has subscribed to a beginning of it.
  [[nodiscard]] bool isListened(const std::string& topic) const {
    return std::any_of(m_listened.begin(), m_listened.end(),
                       [&](const std::string& s) { return topic.starts_with(s); });
  }

  // False: it cannot be sent; nobody is told to ask for it.
  bool encode(Kept& kept) {
    if (kept.bytes.size() != 0) return true;
    auto bytes = encodeShared(kept.frame, kept.head);
    if (!bytes) {
      ++m_unsendable;
      kept.head.sequence = 0;
      return false;
    }
    kept.bytes = messageOf(std::move(*bytes));
    return true;
  }

  void sendCopy(const std::string& topic, Kept& kept) {
    zmq::message_t copy;
    copy.copy(kept.bytes);  // shares the bytes
    send(topic, std::move(copy));
  }

  void send(const std::string& topic, zmq::message_t body) {
    std::vector<zmq::message_t> parts;
    parts.emplace_back(withInstance(topic, m_instance));
    parts.push_back(std::move(body));
    sendParts(m_socket, parts);  // never waits: a watcher that does not read misses it
  }

  void sendBeacon() {
    Beacon beacon;
    beacon.dropped = m_dropped;
    for (std::size_t kind = 0; kind < kNoticeKind; ++kind) beacon.sequences[kind] = m_kept[kind].head.sequence;
    if (!m_notices.empty()) beacon.sequences[kNoticeKind] = m_notices.back().head.sequence;
    send(std::string(1, static_cast<char>(Topic::beacon)), messageOf(write(beacon)));
  }

  zmq::socket_t m_socket;
  FrameSlots m_slots;
  Bell m_bell;
  const std::chrono::milliseconds m_beacon;
  const std::uint64_t m_instance;
  std::atomic<bool> m_ending = false;
  std::atomic<std::uint64_t> m_sent = 0, m_unsendable = 0, m_asked = 0, m_damaged = 0;
  // Of the thread alone.
  std::array<Kept, kKinds - 1> m_kept;
  std::deque<Kept> m_notices;
  std::set<std::string> m_listened;  ///< beginnings of frames' topics
  std::uint64_t m_dropped = 0;
  std::thread m_thread;
};

FrameServer::FrameServer(std::unique_ptr<Impl> impl) : m_impl(std::move(impl)) {}
FrameServer::~FrameServer() = default;

Expected<std::unique_ptr<FrameServer>> FrameServer::open(zmq::context_t& context, const Binding& binding,
                                                         std::chrono::milliseconds beacon) {
  try {
    return std::unique_ptr<FrameServer>(new FrameServer(std::make_unique<Impl>(context, binding, beacon)));
  } catch (const zmq::error_t& error) {
    return bindFailure(binding, error);
  } catch (const std::exception& error) {
    return failure("The engine cannot be served", error.what(), "close some programs and try again");
  }
}

void FrameServer::publish(SharedFrame frame) {
  m_impl->publish(std::move(frame));
}
void FrameServer::publish(const session::News& news) {
  m_impl->publish(news);
}
FrameCounts FrameServer::counts() const {
  return m_impl->counts();
}
const std::string& FrameServer::address() const noexcept {
  return m_impl->address;
}

}  // namespace pinwheel::transport
