// Deterministic random numbers that are the same on every platform and at every thread count. The standard library's
// distributions differ between implementations; these do not. A stream is named by (seed, stream, counter), so that the
// numbers of sample i of epoch e never depend on who drew before it: resuming and multi-threading stay bit-exact.
#pragma once

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <utility>

namespace pinwheel {

/// SplitMix64 (Steele, Lea, Flood 2014): a bijective 64-bit mix, used to derive seeds.
[[nodiscard]] constexpr std::uint64_t mix64(std::uint64_t x) noexcept {
  x += 0x9E3779B97F4A7C15ULL;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
  return x ^ (x >> 31);
}

/// xoshiro256** (Blackman, Vigna 2018), seeded by name.
class Random {
public:
  explicit constexpr Random(std::uint64_t seed, std::uint64_t stream = 0, std::uint64_t counter = 0) noexcept {
    std::uint64_t s = mix64(seed) ^ mix64(stream + 0x632BE59BD9B4E019ULL) ^ mix64(counter + 0xD1342543DE82EF95ULL) * 3;
    for (auto& word : m_state) word = s = mix64(s);
  }

  constexpr std::uint64_t next() noexcept {
    const std::uint64_t result = std::rotl(m_state[1] * 5, 7) * 9;
    const std::uint64_t t = m_state[1] << 17;
    m_state[2] ^= m_state[0];
    m_state[3] ^= m_state[1];
    m_state[1] ^= m_state[2];
    m_state[0] ^= m_state[3];
    m_state[2] ^= t;
    m_state[3] = std::rotl(m_state[3], 45);
    return result;
  }

  /// Uniform in [0, 1), 53 bits.
  constexpr double uniform() noexcept { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
  constexpr double uniform(double low, double high) noexcept { return low + (high - low) * uniform(); }

  /// Uniform integer in [0, bound); bound > 0. Rejection keeps it free of modulo bias.
  constexpr std::uint64_t below(std::uint64_t bound) noexcept {
    const std::uint64_t limit = -bound % bound;
    for (;;) {
      const std::uint64_t x = next();
      if (x >= limit) return x % bound;
    }
  }

  /// Standard normal (Box-Muller, one value a call so that the stream position is predictable).
  double normal() noexcept {
    const double u = 1.0 - uniform();
    const double v = uniform();
    return std::sqrt(-2.0 * std::log(u)) * std::cos(2.0 * std::numbers::pi * v);
  }

  /// Fisher-Yates.
  template <class Container>
  void shuffle(Container& items) noexcept {
    for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[static_cast<std::size_t>(below(i))]);
  }

private:
  std::array<std::uint64_t, 4> m_state{};
};

}  // namespace pinwheel
