// The whole batch on every rank, differentiable. Includes LibTorch.
#pragma once

#include <ATen/core/Tensor.h>

#include "engine/distributed/communicator.h"

namespace pinwheel::distributed {

/// own [T, B, K] of one shape on all ranks -> [T, size * B, K], the ranks' parts in their order. Its gradient flows to
/// this rank's part alone, times `size`: a loss that every rank computes on the whole batch then counts once in the
/// mean of gradients over ranks (GradientBuckets), as if one process had computed it. The communicator outlives
/// backward.
[[nodiscard]] at::Tensor gatherBatch(const at::Tensor& own, Communicator& communicator);

}  // namespace pinwheel::distributed
