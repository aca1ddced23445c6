// The LIF neuron's loops over raw memory.
#pragma once

#include <cstdint>

#include "engine/kernels/lif_options.h"

namespace pinwheel::kernels {

/// Elements [begin, end) of `elements`. current [T, elements], or [elements] when `currentStride` is 0; spikes
/// [T, elements].
template <class T>
void lifForward(const T* current, std::int64_t currentStride, T* spikes, std::int64_t timeSteps, std::int64_t elements,
                std::int64_t begin, std::int64_t end, const LifOptions& options);

/// gradCurrent [T, elements], or [elements] (summed over time) when `currentStride` is 0.
template <class T>
void lifBackward(const T* current, std::int64_t currentStride, const T* gradSpikes, T* gradCurrent,
                 std::int64_t timeSteps, std::int64_t elements, std::int64_t begin, std::int64_t end,
                 const LifOptions& options);

}  // namespace pinwheel::kernels
