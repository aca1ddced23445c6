// The spiking neuron: leaky integrate-and-fire (LIF), run over all time steps at once.
#pragma once

#include <cstdint>
#include <string>

#include "engine/kernels/lif_options.h"

namespace at {
class Tensor;
}

namespace pinwheel::snn {

using kernels::LifOptions;
using kernels::Surrogate;

/// Spikes in {0,1} of the current's type and shape. current [T, B, ...], float or double, any device; differentiable.
/// On CPUs one fused pass forward and one backward (the membrane is recomputed, only the current is kept); elsewhere
/// composed of LibTorch operations.
[[nodiscard]] at::Tensor lif(const at::Tensor& current, const LifOptions& options);

/// The same for a current that is constant in time: current [B, ...] -> spikes [T, B, ...]. A still image makes every
/// time step of the stem identical; its convolution and this current are then computed once.
[[nodiscard]] at::Tensor lifConstantCurrent(const at::Tensor& current, std::int64_t timeSteps,
                                            const LifOptions& options);

/// The plain formulation, op for op, differentiated by autograd: the reference for tests and benchmarks.
[[nodiscard]] at::Tensor lifPlain(const at::Tensor& current, const LifOptions& options);

}  // namespace pinwheel::snn
