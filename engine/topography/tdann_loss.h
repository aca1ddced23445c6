// The relative spatial correlation loss of TDANN (Margalit et al., Neuron 2024), as its code has it.
#pragma once

namespace at {
class Tensor;
}

namespace pinwheel::topography {

/// 1/2 (1 - Pearson(r, d)) over the pairs i < j of a cluster, with r_ij the Pearson correlation of the activations over
/// the images and d_ij = 1 / (1 + distance in mm), averaged over the clusters. Of a spiking network the activation is
/// the firing rate, the mean over time steps; that is L_L of the STC, which took it from here. Arguments as of stcLoss;
/// returns a scalar, differentiable. TDANN divides by zero where a unit answers every image alike: here its r is 0, as
/// is the Pearson correlation of a constant.
[[nodiscard]] at::Tensor tdannLoss(const at::Tensor& activity, const at::Tensor& units,
                                   const at::Tensor& inverseDistance);

}  // namespace pinwheel::topography
