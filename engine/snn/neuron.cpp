#include "engine/snn/neuron.h"

#include <ATen/Parallel.h>
#include <torch/torch.h>

#include "engine/kernels/lif_kernel.h"
#include "engine/snn/plain_neurons.h"

namespace pinwheel::snn {
namespace {

constexpr std::int64_t kShare = 4096;  // elements; cut there alone, a unit meets the same instructions in every run
constexpr std::int64_t kGrain = 4;     // shares below which a second thread costs more than it brings

// Calls work(begin, end) for all elements, divided among the threads.
template <class Work>
void eachShare(std::int64_t elements, Work&& work) {
  at::parallel_for(0, (elements + kShare - 1) / kShare, kGrain, [&](std::int64_t begin, std::int64_t end) {
    work(begin * kShare, std::min(end * kShare, elements));
  });
}

// Fused LIF. `timeSteps` 0: the current has a time axis; else it is constant over that many steps.
struct FusedLif : torch::autograd::Function<FusedLif> {
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& input, std::int64_t timeSteps,
                            std::int64_t surrogate, double tau, double threshold) {
    const at::Tensor current = input.contiguous();
    const bool constant = timeSteps > 0;
    const std::int64_t steps = constant ? timeSteps : current.size(0);
    std::vector<std::int64_t> shape = current.sizes().vec();
    if (constant) shape.insert(shape.begin(), steps);
    at::Tensor spikes = at::empty(shape, current.options());
    const std::int64_t elements = steps == 0 ? 0 : spikes.numel() / steps;
    const std::int64_t stride = constant ? 0 : elements;
    const LifOptions options{static_cast<Surrogate>(surrogate), tau, threshold};
    AT_DISPATCH_FLOATING_TYPES(current.scalar_type(), "lif", [&] {
      const auto* x = current.data_ptr<scalar_t>();
      auto* s = spikes.data_ptr<scalar_t>();
      eachShare(elements, [&](std::int64_t begin, std::int64_t end) {
        kernels::lifForward(x, stride, s, steps, elements, begin, end, options);
      });
    });
    context->save_for_backward({current});
    context->saved_data["steps"] = steps;
    context->saved_data["constant"] = constant;
    context->saved_data["surrogate"] = surrogate;
    context->saved_data["tau"] = tau;
    context->saved_data["threshold"] = threshold;
    return spikes;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    const at::Tensor current = context->get_saved_variables()[0];
    const at::Tensor gradSpikes = gradients[0].contiguous();
    const std::int64_t steps = context->saved_data["steps"].toInt();
    const bool constant = context->saved_data["constant"].toBool();
    const LifOptions options{static_cast<Surrogate>(context->saved_data["surrogate"].toInt()),
                             context->saved_data["tau"].toDouble(), context->saved_data["threshold"].toDouble()};
    at::Tensor gradCurrent = at::empty_like(current);
    const std::int64_t elements = steps == 0 ? 0 : gradSpikes.numel() / steps;
    const std::int64_t stride = constant ? 0 : elements;
    AT_DISPATCH_FLOATING_TYPES(current.scalar_type(), "lif_backward", [&] {
      const auto* x = current.data_ptr<scalar_t>();
      const auto* g = gradSpikes.data_ptr<scalar_t>();
      auto* out = gradCurrent.data_ptr<scalar_t>();
      eachShare(elements, [&](std::int64_t begin, std::int64_t end) {
        kernels::lifBackward(x, stride, g, out, steps, elements, begin, end, options);
      });
    });
    return {gradCurrent, at::Tensor(), at::Tensor(), at::Tensor(), at::Tensor()};
  }
};

// The step function with the surrogate's derivative, for devices without a fused kernel.
struct PlainSpike : torch::autograd::Function<PlainSpike> {
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& x, std::int64_t surrogate) {
    context->save_for_backward({x});
    context->saved_data["surrogate"] = surrogate;
    return x.ge(0).to(x.scalar_type());
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    const at::Tensor x = context->get_saved_variables()[0];
    at::Tensor slope;
    if (static_cast<Surrogate>(context->saved_data["surrogate"].toInt()) == Surrogate::sigmoid) {
      const at::Tensor s = at::sigmoid(x * 4);
      slope = s * (1 - s) * 4;
    } else {
      slope = 1 / (1 + (x * M_PI).square());
    }
    return {gradients[0] * slope, at::Tensor()};
  }
};

thread_local int plainNeurons = 0;  // PlainNeurons that live on this thread

bool fused(const at::Tensor& current) {
  return plainNeurons == 0 && current.device().is_cpu() &&
         (current.scalar_type() == at::kFloat || current.scalar_type() == at::kDouble);
}

}  // namespace

PlainNeurons::PlainNeurons() noexcept {
  ++plainNeurons;
}
PlainNeurons::~PlainNeurons() {
  --plainNeurons;
}
bool PlainNeurons::any() noexcept {
  return plainNeurons > 0;
}

at::Tensor lifPlain(const at::Tensor& current, const LifOptions& options) {
  std::vector<at::Tensor> spikes;
  at::Tensor membrane = at::zeros_like(current[0]);
  // unbind once: indexing current[t] under autograd makes backward quadratic in T.
  for (const at::Tensor& x : current.unbind(0)) {
    const at::Tensor charged = membrane + (x - membrane) * (1.0 / options.tau);
    const at::Tensor spike =
        PlainSpike::apply(charged - options.threshold, static_cast<std::int64_t>(options.surrogate));
    membrane = charged * (1 - spike.detach());
    spikes.push_back(spike);
  }
  return at::stack(spikes);
}

at::Tensor lif(const at::Tensor& current, const LifOptions& options) {
  TORCH_CHECK(current.dim() >= 2 && current.size(0) >= 1, "lif: the current must be [T, B, ...] with T >= 1");
  if (!fused(current)) return lifPlain(current, options);
  return FusedLif::apply(current, std::int64_t{0}, static_cast<std::int64_t>(options.surrogate), options.tau,
                         options.threshold);
}

at::Tensor lifConstantCurrent(const at::Tensor& current, std::int64_t timeSteps, const LifOptions& options) {
  TORCH_CHECK(timeSteps >= 1, "lifConstantCurrent: T must be at least 1");
  if (!fused(current)) {
    std::vector<std::int64_t> shape = current.sizes().vec();
    shape.insert(shape.begin(), timeSteps);
    return lifPlain(current.unsqueeze(0).expand(shape), options);
  }
  return FusedLif::apply(current, timeSteps, static_cast<std::int64_t>(options.surrogate), options.tau,
                         options.threshold);
}

}  // namespace pinwheel::snn
