// A training in another program as the window's engine: frames and commands over the wire. No LibTorch, no Qt.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "engine/session.h"
#include "engine/transport/client.h"

namespace pinwheel::guests {

struct RemoteOptions {
  transport::Endpoint endpoint;
  std::optional<transport::KeyPair> keys{};  ///< its own
  std::string serverKey{};                   ///< the engine's public key; goes with `keys`
  bool watchOnly = false;                    ///< no commands: a watcher's key is enough
  /// Called when there is something to take, on whatever thread; must not wait. A call may come for nothing.
  std::function<void()> wake{};
  std::chrono::milliseconds answerWithin{10'000};  ///< of a command, from post() on
  std::chrono::milliseconds retry{1000};           ///< after a refusal
};

/// How it stands with the ways to the engine.
struct RemoteStatus {
  transport::Connection frames;
  std::optional<transport::Connection> commands;  ///< none: it only watches

  [[nodiscard]] bool isConnected() const noexcept;  ///< on all ways
  /// One line for people: what is waited for.
  [[nodiscard]] std::string text() const;
  /// Of a way on which the engine does not let this program in, or does not understand it.
  [[nodiscard]] std::optional<Error> problem() const;
};

/// Connects again by itself, also to an engine that was started again. Any thread, as for every engine; destroying it
/// waits for its own thread, never for the network.
class RemoteEngine final : public session::Engine {
public:
  /// An engine need not be there yet. Error: the address is beyond this machine and there are no keys, or these are
  /// damaged.
  static Expected<std::unique_ptr<RemoteEngine>> open(RemoteOptions options);
  ~RemoteEngine() override;

  /// Always true. What the engine refuses, and what gets no answer, comes as a notice of a later take(). Of
  /// what panels ask by themselves (AskTuning, MeasureLossShare) the same is told once, until another is told.
  bool post(session::Command command) override;
  /// News of an engine that was started again come with a notice that says so.
  session::News take() override;
  void cancel() override;

  [[nodiscard]] RemoteStatus status() const;
  [[nodiscard]] const transport::Endpoint& endpoint() const noexcept { return m_options.endpoint; }
  [[nodiscard]] bool watchOnly() const noexcept { return m_options.watchOnly; }
  /// Whether the paths in its frames name files of this machine.
  [[nodiscard]] bool sharesFiles() const noexcept { return transport::isBeside(m_options.endpoint); }
  /// The versions of lesions that were refused, or whose answer did not come; once each. What acts the frames tell.
  std::vector<std::uint64_t> takeDoubtedLesions();
  /// The newest maps again, to the bit, for numbers that are kept: the usual ones are rounded to 16 bits.
  void askExactMaps();

private:
  struct Asked {
    std::future<Status> answer;
    bool unasked = false;                 ///< no user waits for it
    std::optional<std::uint64_t> lesion;  ///< the version that it sets
  };

  RemoteEngine(RemoteOptions options, std::unique_ptr<transport::Client> client);
  void ask(wire::Ask ask, bool unasked);
  void refuse(const Error& error, bool unasked, std::optional<std::uint64_t> lesion = {});
  // Both with the lock held.
  void readAnswers();
  bool tell(const Error& error, bool unasked, std::optional<std::uint64_t> lesion);

  const RemoteOptions m_options;
  std::unique_ptr<transport::Client> m_client;
  std::mutex m_mutex;  // what follows
  std::deque<Asked> m_asked;
  std::vector<session::Notice> m_notices;
  std::string m_told;  ///< what the last notice said
  std::vector<std::uint64_t> m_doubtedLesions;
};

}  // namespace pinwheel::guests
