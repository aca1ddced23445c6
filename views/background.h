// Long work of a view, done off its thread, where only the newest answer counts.
#pragma once

#include <QMetaObject>
#include <QObject>
#include <QThreadPool>
#include <functional>
#include <memory>
#include <utility>

namespace pinwheel::views {

/// Owned and called by one thread with an event loop, which gets the results, in the order of their requests. One piece
/// of work runs at a time and one may wait; a newer one takes its place. The destructor waits for the one that runs,
/// and nothing is delivered any more.
template <class Result>
class Background final {
public:
  /// Owns all that it reads, for another thread calls it; throws nothing.
  using Work = std::function<Result()>;

  /// `deliver` must not destroy this object.
  explicit Background(std::function<void(Result)> deliver) : m_deliver(std::move(deliver)) {
    m_pool.setMaxThreadCount(1);
  }

  void request(Work work) {
    if (m_running)
      m_waiting = std::move(work);
    else
      start(std::move(work));
  }
  /// Nothing of what was requested so far will be delivered.
  void cancel() {
    m_waiting = nullptr;
    m_wanted = false;
  }
  /// Something will still be delivered.
  [[nodiscard]] bool busy() const { return m_wanted || m_waiting; }

private:
  void start(Work work) {
    m_running = true;
    m_wanted = true;
    m_pool.start([this, work = std::move(work)] {
      const auto result = std::make_shared<Result>(work());
      QMetaObject::invokeMethod(
          &m_receiver, [this, result] { finish(std::move(*result)); }, Qt::QueuedConnection);
    });
  }
  void finish(Result result) {
    m_running = false;
    const bool wanted = std::exchange(m_wanted, false);
    if (m_waiting) start(std::exchange(m_waiting, nullptr));
    if (wanted) m_deliver(std::move(result));
  }

  std::function<void(Result)> m_deliver;
  Work m_waiting;
  bool m_running = false;
  bool m_wanted = false;  ///< what runs was not cancelled
  QObject m_receiver;     ///< on its owner's thread; events to it die with it
  QThreadPool m_pool;     ///< goes first, which waits for what runs
};

}  // namespace pinwheel::views
