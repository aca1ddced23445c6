// The spiking neuron: leaky integrate-and-fire (LIF), run over all time steps at once.
#pragma once

#include <cstdint>
#include <string>

namespace at {
class Tensor;
}

namespace pinwheel::snn {

enum class Surrogate {
  sigmoid,  ///< g'(x) = 4 s(4x) (1 - s(4x)), s the logistic function (method section 1)
  atan      ///< g'(x) = 1 / (1 + (pi x)^2), the arctangent of SpikingJelly at its default slope 2
};

/// Membrane: H[t] = V[t-1] + (X[t] - V[t-1]) / tau; a spike where H >= threshold; hard reset V = 0, else V = H. V[0] =
/// 0. The reset is left out of the gradient; the step function's derivative is the surrogate at x = H - threshold.
struct LifOptions {
  Surrogate surrogate = Surrogate::sigmoid;
  double tau = 2.0;  ///< membrane time constant, time steps, > 1 or == 1 (no memory)
  double threshold = 1.0;
};

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
