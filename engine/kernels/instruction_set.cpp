#include "engine/kernels/instruction_set.h"

#include <algorithm>

namespace pinwheel::kernels {
namespace {

InstructionSet ofProcessor() noexcept {
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
  if (__builtin_cpu_supports("x86-64-v4") != 0) return InstructionSet::v4;
  if (__builtin_cpu_supports("x86-64-v3") != 0) return InstructionSet::v3;
#endif
  return InstructionSet::base;
}

InstructionSet& chosen() noexcept {
  static InstructionSet set = ofProcessor();
  return set;
}

}  // namespace

InstructionSet instructionSet() noexcept {
  return chosen();
}

void limitInstructionSet(InstructionSet best) noexcept {
  chosen() = std::min(best, ofProcessor());
}

}  // namespace pinwheel::kernels
