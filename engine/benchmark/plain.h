// What our kernels are compared with: the same functions composed of LibTorch's operations and differentiated by
// autograd. Includes no LibTorch, but speaks of its tensors.
#pragma once

#include "engine/snn/neuron.h"
#include "engine/topography/stc_loss.h"

namespace at {
class Tensor;
}

namespace pinwheel::benchmark {

/// snn::lif as SpikingJelly's torch back end runs a multi-step LIF node, operation for operation: `current[t]` taken
/// one step at a time, charge v + (x - v) / tau, the reset (1 - s) v + s 0 with s cut from the gradient. (snn::lifPlain
/// takes the steps apart once instead, which keeps its backward pass linear in T.)
[[nodiscard]] at::Tensor lifStepByStep(const at::Tensor& current, const snn::LifOptions& options);

/// topography::stcLoss, equations 3 to 7 cluster by cluster and lag by lag. Silent units are not treated apart: their
/// correlation is 0 as there.
[[nodiscard]] at::Tensor stcPlain(const at::Tensor& spikes, const at::Tensor& units, const at::Tensor& inverseDistance,
                                  const topography::StcOptions& options);

}  // namespace pinwheel::benchmark
