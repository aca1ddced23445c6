// A server, clients and plain ZeroMQ sockets of a test, with conditions that are waited for.
#pragma once

#include <chrono>
#include <future>
#include <mutex>
#include <zmq.hpp>

#include "engine/transport/client.h"
#include "engine/transport/server.h"
#include "engine/transport/topics.h"
#include "engine/wire/decode.h"
#include "engine/wire/encode.h"
#include "tests/support.h"
#include "tests/wire/same.h"
#include "tests/wire/samples.h"

namespace pinwheel::test {

using namespace std::chrono_literals;

/// Nothing here takes so long; where it does, something never comes.
inline constexpr auto kDeadline = 20s;
inline constexpr int kDeadlineMs = 20'000;

/// What the server's handler was given.
class Received {
public:
  transport::CommandHandler handler() {
    return [this](const wire::Request& request) -> Status {
      const std::lock_guard lock(m_mutex);
      m_requests.push_back(request);
      const auto* command = std::get_if<session::Command>(&request.ask);
      if (command != nullptr && std::holds_alternative<session::CloseNetwork>(*command))
        return failure("There is no network", "none is open", "open one");
      return {};
    };
  }
  [[nodiscard]] std::vector<wire::Request> requests() const {
    const std::lock_guard lock(m_mutex);
    return m_requests;
  }

private:
  mutable std::mutex m_mutex;
  std::vector<wire::Request> m_requests;
};

inline transport::Endpoint endpoint(const std::string& text) {
  return transport::parseEndpoint(text).value();
}
inline transport::Endpoint ipcIn(const QTemporaryDir& folder) {
  return endpoint("ipc://" + folder.path().toStdString() + "/live");
}
inline transport::ServerOptions serving(transport::Endpoint at, const std::filesystem::path& keys = {}) {
  return {std::move(at), false, keys, 50ms};
}
inline transport::ClientOptions connecting(transport::Endpoint at) {
  transport::ClientOptions options;
  options.endpoint = std::move(at);
  options.retry = 50ms;
  return options;
}

/// Nothing: no answer within the deadline, which no request of these tests waits for.
inline std::optional<Status> answerOf(transport::Client& client, wire::Ask ask,
                                      std::chrono::milliseconds timeout = 15s) {
  auto answer = client.request(std::move(ask), timeout);
  if (answer.wait_for(kDeadline) != std::future_status::ready) return std::nullopt;
  return answer.get();
}

template <class Frame>
std::shared_ptr<const Frame> shared(Frame frame) {
  return std::make_shared<const Frame>(std::move(frame));
}

/// Takes until every kind has come once, keeping what came last.
class Watcher {
public:
  explicit Watcher(transport::Client& client) : m_client(client) {}
  void look() {
    transport::Update update = m_client.take();
    restarted = restarted || update.restarted;
    const auto keep = [](auto& kept, auto& taken) {
      if (taken) kept = taken;
    };
    keep(news.network, update.news.network);
    keep(news.maps, update.news.maps);
    keep(news.activity, update.news.activity);
    keep(news.tuning, update.news.tuning);
    keep(news.lesion, update.news.lesion);
    keep(news.training, update.news.training);
    keep(news.job, update.news.job);
    for (auto& notice : update.news.notices) news.notices.push_back(std::move(notice));
    news.dropped = update.news.dropped;
  }
  template <class Condition>
  bool sees(Condition condition) {
    return QTest::qWaitFor(
        [&] {
          look();
          return condition(news);
        },
        kDeadlineMs);
  }
  session::News news;
  bool restarted = false;

private:
  transport::Client& m_client;
};

inline bool isConnected(const transport::Connection& connection) {
  return connection.state == transport::Connection::State::connected;
}
inline bool isRefused(const transport::Connection& connection) {
  return connection.state == transport::Connection::State::refused;
}
#define QTRY_CONNECTED(client)                                                           \
  QTRY_VERIFY_WITH_TIMEOUT(pinwheel::test::isConnected((client).frames()), kDeadlineMs); \
  QTRY_VERIFY_WITH_TIMEOUT(pinwheel::test::isConnected((client).commands()), kDeadlineMs)

/// A socket that is no client of ours.
inline zmq::socket_t rawSocket(zmq::context_t& context, zmq::socket_type type, const std::string& address) {
  zmq::socket_t socket(context, type);
  socket.set(zmq::sockopt::linger, 0);
  socket.set(zmq::sockopt::rcvtimeo, kDeadlineMs);
  socket.set(zmq::sockopt::sndtimeo, kDeadlineMs);
  if (type == zmq::socket_type::sub) socket.set(zmq::sockopt::subscribe, "");
  socket.connect(address);
  return socket;
}

}  // namespace pinwheel::test
