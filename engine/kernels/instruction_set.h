// Which instructions the kernels are made of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#define PINWHEEL_INLINE inline __attribute__((always_inline))

namespace pinwheel::kernels {

/// By the names of the x86-64 psABI: v4 has AVX-512, v3 AVX2 and fma, base is what every processor has.
enum class InstructionSet { base, v3, v4 };
inline constexpr InstructionSet kInstructionSets[] = {InstructionSet::base, InstructionSet::v3, InstructionSet::v4};

/// The best that this processor has, or less: see limitInstructionSet().
[[nodiscard]] InstructionSet instructionSet() noexcept;

/// No better one from now on, in the whole process; more than the processor has changes nothing. For tests, which try
/// every one. Not while a kernel runs.
void limitInstructionSet(InstructionSet best) noexcept;

/// What masks of vectors of numbers of so many bytes are made of.
template <std::size_t bytes>
using MaskOf = std::conditional_t<bytes == 4, std::int32_t, std::int64_t>;

}  // namespace pinwheel::kernels
