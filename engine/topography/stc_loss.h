// The Spatio-Temporal Constraints (STC) loss of TDSNN, arXiv 2508.04270 eqs. 3-7.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace at {
class Tensor;
}

namespace pinwheel::topography {

struct StcOptions {
  bool slow = true;  ///< L_L wanted (alpha > 0); else its value and gradient are 0 and cost nothing
  bool fast = true;  ///< L_S wanted (beta > 0)
  int window = -1;   ///< W, time steps of lag on either side; -1: T/2 - 1; values >= T act as T - 1
};

/// W as used for T time steps: -1 becomes max(T/2 - 1, 0), larger than T - 1 becomes T - 1.
[[nodiscard]] int stcWindow(int window, int timeSteps) noexcept;

/// The two loss terms averaged over M clusters, differentiable with the closed-form gradient of method section 3.
/// spikes [T, B, ...] float or double, U units after flattening all but the first two axes, any device;
/// units [M, N] int64, indices into U;
/// inverseDistance [M, N, N], d_ij = 1 / (1 + distance in mm at training scale), diagonal ignored.
/// Returns a tensor [2]: mean L_L, mean L_S. Conventions: zero rate variance r = 0; a silent unit r_CCG = 0, zero
/// gradient; Pearson of a constant vector is 0 (loss 1/2, zero gradient).
[[nodiscard]] at::Tensor stcLoss(const at::Tensor& spikes, const at::Tensor& units, const at::Tensor& inverseDistance,
                                 const StcOptions& options);

/// Whose pairs the loss comes from: for unit i of a cluster of N, 1/2 (1 - N p_i), where p_i is half of the sum over j
/// of r_ij d_ij, both centred and scaled to unit norm over the cluster's pairs (eqs. 3 and 6 before the sum). The mean
/// over a cluster's units is its loss; 1/2 says no relation, and a unit may lie beyond 0 and 1. Arguments and
/// conventions of stcLoss; returns [2, M, N]: L_L, L_S (0 for a term not wanted); no gradient.
[[nodiscard]] at::Tensor stcUnitLoss(const at::Tensor& spikes, const at::Tensor& units,
                                     const at::Tensor& inverseDistance, const StcOptions& options);

}  // namespace pinwheel::topography
