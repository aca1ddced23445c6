// Networks that can go on from the middle: what is asked again and again about late sheets need not show the images
// again and again to the early ones. Includes LibTorch: for the engine's .cpp files alone.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>

#include "engine/snn/network.h"

namespace pinwheel::snn {

/// A side of a Network, found by dynamic_cast; one without it is asked from the images on.
class Resumable {
public:
  virtual ~Resumable() = default;
  /// The rest of a forward pass, to the bit. `activity`: [T, B, C, H, W] of sheet `sheet` (its index) as a perturbation
  /// gets it; those of this sheet and of the later ones are applied. Of the sheets before, the result has undefined
  /// tensors. Errors of shape throw c10::Error.
  virtual Activity forwardFrom(std::size_t sheet, const at::Tensor& activity) = 0;
};

}  // namespace pinwheel::snn
