#include "engine/guests/switchboard.h"

#include <utility>

namespace pinwheel::guests {

void Switchboard::connect(std::shared_ptr<session::Engine> guest) {
  {
    const std::lock_guard lock(m_mutex);
    m_guest.swap(guest);
  }
  // Here the one before dies, outside the lock: it may have threads to join.
}

std::shared_ptr<session::Engine> Switchboard::guest() const {
  const std::lock_guard lock(m_mutex);
  return m_guest;
}

bool Switchboard::post(session::Command command) {
  const auto guest = this->guest();
  return guest ? guest->post(std::move(command)) : m_own.post(std::move(command));
}

session::News Switchboard::take() {
  const auto guest = this->guest();
  return guest ? guest->take() : m_own.take();
}

void Switchboard::cancel() {
  const auto guest = this->guest();
  guest ? guest->cancel() : m_own.cancel();
}

}  // namespace pinwheel::guests
