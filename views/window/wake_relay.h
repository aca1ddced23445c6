// From engines' threads to the GUI thread.
#pragma once

#include <QMetaObject>
#include <QObject>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>

namespace pinwheel::views {

/// Has something done on `target`'s thread, on a later turn of its event loop, for as long as the relay lives. Made and
/// destroyed on that thread, before `target` is.
class WakeRelay {
public:
  WakeRelay(QObject& target, std::function<void()> done) : m_state(std::make_shared<State>()) {
    m_state->target = &target;
    m_state->done = std::move(done);
  }
  ~WakeRelay() {
    const std::lock_guard lock(m_state->mutex);
    m_state->target = nullptr;
  }
  WakeRelay(const WakeRelay&) = delete;
  WakeRelay& operator=(const WakeRelay&) = delete;

  /// May be called from any thread, as often as wanted, also when the relay is gone: then it does nothing.
  [[nodiscard]] std::function<void()> wake() const {
    return [state = m_state] {
      const std::lock_guard lock(state->mutex);
      if (state->target == nullptr) return;
      QMetaObject::invokeMethod(
          state->target,
          [state] {
            if (state->target != nullptr) state->done();  // written on this thread alone
          },
          Qt::QueuedConnection);
    };
  }

private:
  struct State {
    std::mutex mutex;  // of `target`
    QObject* target = nullptr;
    std::function<void()> done;
  };
  std::shared_ptr<State> m_state;
};

}  // namespace pinwheel::views
