// What a leaky integrate-and-fire (LIF) neuron is.
#pragma once

namespace pinwheel::kernels {

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

}  // namespace pinwheel::kernels
