// An engine elsewhere: its frames as Session gives them, and commands with answers.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <optional>

#include "engine/session/frames.h"
#include "engine/transport/connection.h"
#include "engine/transport/endpoint.h"
#include "engine/transport/frame_inbox.h"
#include "engine/transport/keys.h"
#include "engine/wire/message.h"

namespace pinwheel::transport {

struct ClientOptions {
  Endpoint endpoint;
  std::optional<KeyPair> keys{};          ///< its own
  std::string serverKey{};                ///< the engine's public key; goes with `keys`
  bool commands = true;                   ///< false: it only watches, and a watcher's key is enough
  std::chrono::milliseconds retry{1000};  ///< after a refusal
  /// Called on the client's thread when there is something to take, a connection changed or a request failed, and it
  /// was not called since the last take(). Must not wait.
  std::function<void()> wake{};
};

struct Update {
  session::News news;      ///< News::dropped: frames that this reader did not see
  bool restarted = false;  ///< the engine was: what was taken before is void
};

struct ClientCounts {
  FrameGaps frames;
  std::uint64_t damaged = 0;  ///< messages that could not be read
};

/// Reads, decodes and verifies on a thread of its own, so that a slow reader costs the engine nothing and finds the
/// newest frames. Connects again by itself, also to an engine that was restarted. Any thread may call it.
class Client {
public:
  /// Error: the endpoint is beyond this machine and there are no keys, or these are damaged. An engine need not be
  /// there yet.
  static Expected<std::unique_ptr<Client>> open(ClientOptions options);
  /// Requests without an answer get an error.
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  Update take();
  /// Sent once at most, as soon as there is a connection. Error: refused, by the engine or at its door; no answer
  /// within `timeout`: then it tells whether the request may still have been carried out.
  std::future<Status> request(wire::Ask ask, std::chrono::milliseconds timeout);
  /// Has the newest frames sent again, of these kinds and with exact maps where asked. Watchers may.
  void askFrames(wire::AskFrames ask);

  [[nodiscard]] Connection frames() const;
  [[nodiscard]] Connection commands() const;
  [[nodiscard]] ClientCounts counts() const;

private:
  class Impl;
  explicit Client(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> m_impl;
};

}  // namespace pinwheel::transport
