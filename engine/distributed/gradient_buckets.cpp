#include "engine/distributed/gradient_buckets.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/function_hook.h>
#include <torch/csrc/autograd/variable.h>

#include <exception>
#include <mutex>

namespace pinwheel::distributed {

struct GradientBuckets::State {
  struct Slice {
    at::Tensor parameter;
    std::size_t bucket = 0;
    std::int64_t offset = 0;  ///< in the bucket, elements
    bool full = false;
    std::shared_ptr<torch::autograd::Node> accumulator;  ///< the parameter itself holds it weakly
  };
  struct Bucket {
    at::Tensor flat;
    std::vector<std::size_t> slices;
    std::size_t missing = 0;
    std::unique_ptr<Communicator::Pending> pending;
  };

  explicit State(Communicator& all) : communicator(all) {}

  [[nodiscard]] at::Tensor viewOf(const Slice& slice) const {
    return buckets[slice.bucket].flat.narrow(0, slice.offset, slice.parameter.numel()).view(slice.parameter.sizes());
  }

  // Called by autograd once the gradient stands; on GPUs on another thread than backward's caller.
  void ready(std::size_t index) {
    const std::lock_guard lock(mutex);
    if (!active || failed) return;
    try {
      fill(index);
    } catch (...) {
      failed = std::current_exception();  // finish() tells; autograd goes on
    }
  }

  void fill(std::size_t index) {
    Slice& slice = slices[index];
    if (slice.full) return;
    const at::NoGradGuard guard;
    const at::Tensor& gradient = slice.parameter.grad();
    at::Tensor target = viewOf(slice);
    if (gradient.defined())
      target.copy_(gradient);
    else
      target.zero_();
    slice.full = true;
    Bucket& bucket = buckets[slice.bucket];
    if (--bucket.missing > 0) return;
    while (next < buckets.size() && buckets[next].missing == 0) {
      buckets[next].pending = communicator.sumGradients(buckets[next].flat);
      ++next;
    }
  }

  Communicator& communicator;
  std::mutex mutex;
  std::vector<Slice> slices;  ///< by the parameters' order
  std::vector<Bucket> buckets;
  std::size_t next = 0;  ///< the first bucket that was not sent
  bool active = false;
  std::exception_ptr failed;
};

namespace {

// Outlives the buckets where a parameter does: it holds them weakly.
template <class State>
struct ReadyHook final : torch::autograd::FunctionPostHook {
  ReadyHook(std::weak_ptr<State> buckets, std::size_t which) : state(std::move(buckets)), index(which) {}
  torch::autograd::variable_list operator()(const torch::autograd::variable_list& outputs,
                                            const torch::autograd::variable_list&) override {
    if (const auto alive = state.lock()) alive->ready(index);
    return outputs;
  }
  std::weak_ptr<State> state;
  std::size_t index;
};

}  // namespace

GradientBuckets::GradientBuckets(const std::vector<at::Tensor>& parameters, Communicator& communicator,
                                 std::int64_t bucketBytes)
    : m_state(std::make_shared<State>(communicator)) {
  State& state = *m_state;
  state.slices.resize(parameters.size());
  std::int64_t length = 0;
  const auto close = [&] {
    if (state.buckets.empty() || state.buckets.back().flat.defined()) return;
    state.buckets.back().flat =
        at::zeros({length}, state.slices[state.buckets.back().slices.front()].parameter.options().requires_grad(false));
  };
  for (std::size_t i = parameters.size(); i-- > 0;) {
    State::Slice& slice = state.slices[i];
    slice.parameter = parameters[i];
    const std::int64_t bytes = slice.parameter.numel() * slice.parameter.element_size();
    const bool fits =
        !state.buckets.empty() && length * slice.parameter.element_size() + bytes <= bucketBytes &&
        state.slices[state.buckets.back().slices.front()].parameter.options().type_equal(slice.parameter.options());
    if (!fits) {
      close();
      state.buckets.emplace_back();
      length = 0;
    }
    slice.bucket = state.buckets.size() - 1;
    slice.offset = length;
    length += slice.parameter.numel();
    state.buckets.back().slices.push_back(i);
    slice.accumulator = torch::autograd::impl::grad_accumulator(slice.parameter);
    TORCH_CHECK(slice.accumulator, "a parameter without a gradient cannot be averaged");
    slice.accumulator->add_post_hook(std::make_unique<ReadyHook<State>>(m_state, i));
  }
  close();
}

GradientBuckets::~GradientBuckets() = default;

std::size_t GradientBuckets::bucketCount() const noexcept {
  return m_state->buckets.size();
}

void GradientBuckets::begin() {
  const std::lock_guard lock(m_state->mutex);
  for (State::Slice& slice : m_state->slices) slice.full = false;
  for (State::Bucket& bucket : m_state->buckets) {
    bucket.missing = bucket.slices.size();
    bucket.pending.reset();
  }
  m_state->next = 0;
  m_state->failed = nullptr;
  m_state->active = true;
}

void GradientBuckets::finish() {
  State& state = *m_state;
  for (std::size_t i = state.slices.size(); i-- > 0;) state.ready(i);  // those that backward did not reach
  const std::lock_guard lock(state.mutex);
  state.active = false;
  if (state.failed) std::rethrow_exception(state.failed);
  const at::NoGradGuard guard;
  for (State::Bucket& bucket : state.buckets) {
    bucket.pending->wait();
    bucket.pending.reset();
    bucket.flat.div_(state.communicator.size());
    for (const std::size_t index : bucket.slices) {
      State::Slice& slice = state.slices[index];
      if (!slice.parameter.grad().defined()) slice.parameter.mutable_grad() = at::zeros_like(slice.parameter);
      slice.parameter.mutable_grad().copy_(state.viewOf(slice));
    }
  }
}

}  // namespace pinwheel::distributed
