// Wakes a thread that waits in poll. For .cpp files.
#pragma once

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <new>

namespace pinwheel::transport {

/// ring() may be called from any thread, never waits, and rings that nobody has heard yet are one.
class Bell {
public:
  Bell() : m_descriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (m_descriptor < 0) throw std::bad_alloc();  // no descriptors are left
  }
  ~Bell() { ::close(m_descriptor); }
  Bell(const Bell&) = delete;
  Bell& operator=(const Bell&) = delete;

  void ring() const noexcept {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(m_descriptor, &one, sizeof one);  // full: it rings already
  }
  void clear() const noexcept {
    std::uint64_t rings = 0;
    [[maybe_unused]] const ssize_t got = ::read(m_descriptor, &rings, sizeof rings);  // nothing: it was not rung
  }
  [[nodiscard]] int descriptor() const noexcept { return m_descriptor; }

private:
  int m_descriptor;
};

}  // namespace pinwheel::transport
