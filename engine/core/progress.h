// How long work reports on itself and is asked to stop.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

namespace pinwheel {

/// Asked from any thread (or a signal handler), polled by the work. Lock-free.
class StopFlag {
public:
  void request() noexcept { m_requested.store(true, std::memory_order_relaxed); }
  [[nodiscard]] bool requested() const noexcept { return m_requested.load(std::memory_order_relaxed); }

private:
  std::atomic<bool> m_requested{false};
  static_assert(std::atomic<bool>::is_always_lock_free);
};

/// One report of a long job: `done` of `total` (0 when unknown), and a short text beside it.
struct Progress {
  std::string label;
  std::int64_t done = 0;
  std::int64_t total = 0;
  std::string detail{};
};
using ProgressCallback = std::function<void(const Progress&)>;

/// How far the reading or writing of a file is, in bytes, told every few megabytes; false: give it up.
using ByteProgress = std::function<bool(std::int64_t done, std::int64_t total)>;

}  // namespace pinwheel
