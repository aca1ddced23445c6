#include "engine/topography/tdann_loss.h"

#include <torch/torch.h>

#include "engine/topography/stc_loss.h"

namespace pinwheel::topography {

at::Tensor tdannLoss(const at::Tensor& activity, const at::Tensor& units, const at::Tensor& inverseDistance) {
  return stcLoss(activity, units, inverseDistance, {true, false, 0})[0];
}

}  // namespace pinwheel::topography
