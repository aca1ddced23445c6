// Uninitialised room for vectors of a kernel, on the stack where it is small.
#pragma once

#include <cstdint>
#include <vector>

namespace pinwheel::kernels {

class VectorRoom {
public:
  /// So many of 64 bytes, the widest that there are.
  explicit VectorRoom(std::int64_t vectors) {
    if (vectors > kStackVectors) m_heap.resize(static_cast<std::size_t>(vectors * kBytes));
  }
  VectorRoom(const VectorRoom&) = delete;
  VectorRoom& operator=(const VectorRoom&) = delete;
  [[nodiscard]] void* get() noexcept { return m_heap.empty() ? m_stack : m_heap.data(); }

private:
  static constexpr std::int64_t kBytes = 64;
  static constexpr std::int64_t kStackVectors = 64;

  alignas(64) unsigned char m_stack[kStackVectors * kBytes];
  std::vector<unsigned char> m_heap;
};

}  // namespace pinwheel::kernels
