#include "engine/broadcast/broadcast.h"

#include <poll.h>

#include <atomic>
#include <exception>
#include <thread>

#include "engine/core/low_priority.h"
#include "engine/transport/bell.h"

namespace pinwheel::broadcast {
namespace {

using session::News;
using session::Notice;

constexpr int kRecordingPauseMs = 250;  // for what is due later, what is old, and a disk that was full

bool isEmpty(const News& news) {
  return !news.network && !news.maps && !news.activity && !news.tuning && !news.lesion && !news.training && !news.job &&
         news.notices.empty();
}

}  // namespace

class Broadcast::Impl {
public:
  explicit Impl(BroadcastOptions options) : m_options(std::move(options)) {
    if (m_options.recording)
      m_recorder.emplace(std::move(*m_options.recording), [this](const Notice& notice) { tell(notice); });
    m_thread = std::thread([this] { run(); });
  }
  ~Impl() { finish(); }

  void wake() noexcept { m_bell.ring(); }

  void finish() {
    if (!m_thread.joinable()) return;
    m_ending = true;
    m_bell.ring();
    m_thread.join();
  }

private:
  void run() {
    lowerPriority();
    pollfd waited{m_bell.descriptor(), POLLIN, 0};
    while (!m_ending) {
      static_cast<void>(::poll(&waited, 1, m_recorder ? kRecordingPauseMs : -1));
      m_bell.clear();
      turn();
    }
    turn();
    if (m_recorder) m_recorder->close();
  }

  // Out of memory costs the news at hand: the next one is there soon.
  void turn() try {
    const News news = m_options.source();
    if (!isEmpty(news)) {
      if (m_options.frames != nullptr) m_options.frames->publish(news);
      if (m_recorder) m_recorder->take(news);
      if (m_options.seen) m_options.seen(news);
    }
    if (m_recorder) m_recorder->write();
  } catch (const std::exception&) {
  }

  void tell(const Notice& notice) {
    if (m_options.frames != nullptr) m_options.frames->publish(std::make_shared<const Notice>(notice));
    if (m_options.told) m_options.told(notice);
  }

  BroadcastOptions m_options;
  transport::Bell m_bell;
  std::atomic<bool> m_ending = false;
  std::optional<Recorder> m_recorder;  ///< of the thread alone
  std::thread m_thread;
};

Broadcast::Broadcast(BroadcastOptions options) : m_impl(std::make_unique<Impl>(std::move(options))) {}
Broadcast::~Broadcast() = default;

void Broadcast::wake() noexcept {
  m_impl->wake();
}
void Broadcast::finish() {
  m_impl->finish();
}

}  // namespace pinwheel::broadcast
