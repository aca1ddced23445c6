// One source, three instruction sets. Before this is included, PINWHEEL_KERNEL_BODY names a file of functions; it is
// included here once for each set, in the namespaces v4 (AVX-512), v3 (AVX2 and fma) and base (the compiler's default),
// with PINWHEEL_VECTOR_BYTES as wide as its registers. That file includes no header that defines functions outside its
// namespace: the linker would keep one copy of them, of whichever set. (target_clones would spare this, but GCC takes
// vectors apart before it makes the clones.)
//
// No include guard: a source file may have several bodies. It stands inside a namespace, behind the includes, of which
// engine/kernels/instruction_set.h is one.

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
namespace v4 {
#pragma GCC push_options
#pragma GCC target("arch=x86-64-v4,prefer-vector-width=512")
#define PINWHEEL_VECTOR_BYTES 64
#include PINWHEEL_KERNEL_BODY
#undef PINWHEEL_VECTOR_BYTES
#pragma GCC pop_options
}  // namespace v4
namespace v3 {
#pragma GCC push_options
#pragma GCC target("arch=x86-64-v3")
#define PINWHEEL_VECTOR_BYTES 32
#include PINWHEEL_KERNEL_BODY
#undef PINWHEEL_VECTOR_BYTES
#pragma GCC pop_options
}  // namespace v3
#endif
namespace base {
#define PINWHEEL_VECTOR_BYTES 16
#include PINWHEEL_KERNEL_BODY
#undef PINWHEEL_VECTOR_BYTES
}  // namespace base
#undef PINWHEEL_KERNEL_BODY

#ifndef PINWHEEL_BY_INSTRUCTION_SET
// PINWHEEL_BY_INSTRUCTION_SET(f<int>)(arguments): that of the best set that this processor has.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define PINWHEEL_BY_INSTRUCTION_SET(...)                                                                \
  (::pinwheel::kernels::instructionSet() == ::pinwheel::kernels::InstructionSet::v4   ? v4::__VA_ARGS__ \
   : ::pinwheel::kernels::instructionSet() == ::pinwheel::kernels::InstructionSet::v3 ? v3::__VA_ARGS__ \
                                                                                      : base::__VA_ARGS__)
#else
#define PINWHEEL_BY_INSTRUCTION_SET(...) (base::__VA_ARGS__)
#endif
#endif
