#include "engine/kernels/lif_kernel.h"

#include <cmath>
#include <numbers>

#include "engine/kernels/instruction_set.h"
#include "engine/kernels/vector_room.h"

namespace pinwheel::kernels {
namespace {

#define PINWHEEL_KERNEL_BODY "engine/kernels/lif_body.inc"
#include "engine/kernels/instruction_sets.h"

template <class T>
auto backwardOf(Surrogate surrogate) {
  return surrogate == Surrogate::sigmoid ? PINWHEEL_BY_INSTRUCTION_SET(backwardAll<Surrogate::sigmoid, T>)
                                         : PINWHEEL_BY_INSTRUCTION_SET(backwardAll<Surrogate::atan, T>);
}

}  // namespace

template <class T>
void lifForward(const T* current, std::int64_t currentStride, T* spikes, std::int64_t timeSteps, std::int64_t elements,
                std::int64_t begin, std::int64_t end, const LifOptions& options) {
  VectorRoom room(timeSteps);
  PINWHEEL_BY_INSTRUCTION_SET(forwardAll<T>)
  (current, currentStride, spikes, timeSteps, elements, begin, end, static_cast<T>(1.0 / options.tau),
   static_cast<T>(options.threshold), room.get());
}

template <class T>
void lifBackward(const T* current, std::int64_t currentStride, const T* gradSpikes, T* gradCurrent,
                 std::int64_t timeSteps, std::int64_t elements, std::int64_t begin, std::int64_t end,
                 const LifOptions& options) {
  VectorRoom room(2 * timeSteps);
  backwardOf<T>(options.surrogate)(current, currentStride, gradSpikes, gradCurrent, timeSteps, elements, begin, end,
                                   static_cast<T>(1.0 / options.tau), static_cast<T>(options.threshold), room.get());
}

template void lifForward(const float*, std::int64_t, float*, std::int64_t, std::int64_t, std::int64_t, std::int64_t,
                         const LifOptions&);
template void lifForward(const double*, std::int64_t, double*, std::int64_t, std::int64_t, std::int64_t, std::int64_t,
                         const LifOptions&);
template void lifBackward(const float*, std::int64_t, const float*, float*, std::int64_t, std::int64_t, std::int64_t,
                          std::int64_t, const LifOptions&);
template void lifBackward(const double*, std::int64_t, const double*, double*, std::int64_t, std::int64_t, std::int64_t,
                          std::int64_t, const LifOptions&);

}  // namespace pinwheel::kernels
