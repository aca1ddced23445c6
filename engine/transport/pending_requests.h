// Requests on their way, each of which ends exactly once. For the .cpp files of this room.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <future>
#include <map>
#include <optional>

#include "engine/wire/message.h"

namespace pinwheel::transport {

/// One thread at a time.
class PendingRequests {
public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::size_t kMost = 1024;

  std::future<Status> add(std::uint64_t id, wire::Bytes bytes, Clock::time_point deadline) {
    Pending& pending = m_pending[id];
    pending.bytes = std::move(bytes);
    pending.deadline = deadline;
    return pending.promise.get_future();
  }
  [[nodiscard]] bool full() const noexcept { return m_pending.size() >= kMost; }

  [[nodiscard]] bool hasUnsent() const {
    return std::any_of(m_pending.begin(), m_pending.end(), [](const auto& entry) { return !entry.second.sent; });
  }

  /// In the order in which they were made, until `send` (bytes -> bool) says that it must wait.
  template <class Send>
  void sendUnsent(Send send) {
    for (auto& [id, pending] : m_pending) {
      if (pending.sent) continue;
      if (!send(pending.bytes)) return;
      pending.sent = true;
      pending.bytes = {};
    }
  }
  /// False: nobody waits for this answer.
  bool answer(wire::Answer answer) {
    const auto found = m_pending.find(answer.request);
    if (found == m_pending.end() || !found->second.sent) return false;
    finish(found, answer.refusal ? Status(tl::unexpected(std::move(*answer.refusal))) : Status());
    return true;
  }
  void expire(Clock::time_point now, const std::string& waitingFor) {
    for (auto next = m_pending.begin(); next != m_pending.end();) {
      const auto pending = next++;
      if (pending->second.deadline > now) continue;
      finish(pending, pending->second.sent
                          ? failure("The engine did not answer in time", "the request may still be carried out",
                                    "look at what the frames show before it is sent again")
                          : failure("The request was not sent", waitingFor, "try again once there is a connection"));
    }
  }
  void failSent(const Error& error) {
    for (auto next = m_pending.begin(); next != m_pending.end();) {
      const auto pending = next++;
      if (pending->second.sent) finish(pending, tl::unexpected(error));
    }
  }
  void failAll(const Error& error) {
    while (!m_pending.empty()) finish(m_pending.begin(), tl::unexpected(error));
  }
  /// How many ended with an error so far.
  [[nodiscard]] std::uint64_t failures() const noexcept { return m_failures; }
  [[nodiscard]] std::optional<Clock::time_point> nextDeadline() const {
    std::optional<Clock::time_point> next;
    for (const auto& [id, pending] : m_pending)
      if (!next || pending.deadline < *next) next = pending.deadline;
    return next;
  }

private:
  struct Pending {
    wire::Bytes bytes;
    Clock::time_point deadline;
    std::promise<Status> promise;
    bool sent = false;
  };
  using Place = std::map<std::uint64_t, Pending>::iterator;
  void finish(Place pending, Status status) {
    std::promise<Status> promise = std::move(pending->second.promise);
    m_pending.erase(pending);
    if (!status) ++m_failures;
    promise.set_value(std::move(status));
  }

  std::map<std::uint64_t, Pending> m_pending;
  std::uint64_t m_failures = 0;
};

}  // namespace pinwheel::transport
