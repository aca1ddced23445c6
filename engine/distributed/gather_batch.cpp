#include "engine/distributed/gather_batch.h"

#include <torch/csrc/autograd/custom_function.h>

namespace pinwheel::distributed {
namespace {

struct GatherBatch : torch::autograd::Function<GatherBatch> {
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& own,
                            Communicator* communicator) {
    context->saved_data["rank"] = static_cast<std::int64_t>(communicator->rank());
    context->saved_data["size"] = static_cast<std::int64_t>(communicator->size());
    // [size, T, B, K] -> [T, size, B, K] -> [T, size * B, K]
    return communicator->gather(own).transpose(0, 1).flatten(1, 2).contiguous();
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    const std::int64_t rank = context->saved_data["rank"].toInt(), size = context->saved_data["size"].toInt();
    const std::int64_t count = gradients[0].size(1) / size;
    return {gradients[0].narrow(1, rank * count, count) * static_cast<double>(size), at::Tensor()};
  }
};

}  // namespace

at::Tensor gatherBatch(const at::Tensor& own, Communicator& communicator) {
  TORCH_CHECK(own.dim() == 3, "gatherBatch takes [T, B, K], not ", own.sizes());
  return GatherBatch::apply(own, &communicator);
}

}  // namespace pinwheel::distributed
