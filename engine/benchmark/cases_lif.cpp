#include <torch/torch.h>

#include "engine/benchmark/case.h"
#include "engine/benchmark/plain.h"

// The multi-step LIF neuron, forward and backward: [4, 32, 64, 32, 32], and as many elements in 16 time steps.
namespace pinwheel::benchmark {
namespace {

constexpr std::int64_t kElements = 4 * 32 * 64 * 32 * 32;
constexpr double kAgreeing = 1e-4;  // of gradients, over the largest
constexpr double kOutliers = 1e-6;  // share of elements that may differ: a membrane that rounding puts on the threshold

using Neuron = at::Tensor (*)(const at::Tensor&, const snn::LifOptions&);

// Spikes, and leaves the gradient in current.grad().
at::Tensor step(Neuron neuron, const at::Tensor& current, const at::Tensor& upstream) {
  current.mutable_grad() = at::Tensor();
  at::Tensor spikes = neuron(current, {});
  spikes.backward(upstream);
  return spikes.detach();
}

Status agree(const at::Tensor& current, const at::Tensor& upstream) {
  const at::Tensor spikes = step(snn::lif, current, upstream);
  const at::Tensor gradient = current.grad();
  const double largest = gradient.abs().max().item<double>();
  for (const auto& [name, neuron] : {std::pair<const char*, Neuron>{"plain", snn::lifPlain},
                                     std::pair<const char*, Neuron>{"step by step", lifStepByStep}}) {
    const at::Tensor others = step(neuron, current, upstream);
    const double spikesApart = others.ne(spikes).to(at::kDouble).mean().item<double>();
    const double gradientsApart =
        (current.grad() - gradient).abs().gt(kAgreeing * largest).to(at::kDouble).mean().item<double>();
    if (spikesApart > kOutliers || gradientsApart > kOutliers)
      return disagreement("The fused neuron and the one of LibTorch's operations (" + std::string(name) + ")",
                          "a share of " + std::to_string(spikesApart) + " of the spikes and of " +
                              std::to_string(gradientsApart) + " of the gradients differs");
  }
  return {};
}

Expected<CaseResult> runLif(const Bench& bench, std::int64_t timeSteps) {
  const at::Tensor current =
      at::randn({timeSteps, 32, kElements / (timeSteps * 32 * 32 * 32), 32, 32}).set_requires_grad(true);
  const at::Tensor upstream = at::randn_like(current).detach();
  if (const Status status = agree(current, upstream); !status) return tl::unexpected(status.error());
  const auto contestant = [&](const char* name, const char* what, Neuron neuron) {
    return Contestant{name, what, [&current, &upstream, neuron] {
                        step(neuron, current, upstream);
                        current.mutable_grad() = at::Tensor();  // or the next one would start with its memory
                      }};
  };
  at::Tensor copied = at::empty_like(current).detach();
  const at::Tensor source = current.detach();
  Bench::Measured measured = bench.time(
      {contestant("ours", "the fused kernel", snn::lif),
       contestant("plain", "LibTorch's operations, the steps taken apart once", snn::lifPlain),
       contestant("step by step", "the same with current[t], as SpikingJelly's torch back end", lifStepByStep),
       {"copy", "one copy of the current: the least that touching every element costs", [&] { copied.copy_(source); }}},
      Bench::Memory::measured);
  CaseResult result;
  result.figures.push_back({"elements", static_cast<double>(kElements), ""});
  result.figures.push_back(
      {"elements per second", static_cast<double>(kElements) / measured.timings[0].seconds.median, "el/s"});
  result.timings = std::move(measured.timings);
  return result;
}

}  // namespace

std::vector<Case> lifCases() {
  const CaseInfo four{"lif.t4", "LIF over [4, 32, 64, 32, 32], forward and backward"};
  const CaseInfo sixteen{"lif.t16", "LIF over [16, 32, 16, 32, 32], forward and backward"};
  return {Case{four, [](const Bench& bench) { return runLif(bench, 4); }},
          Case{sixteen, [](const Bench& bench) { return runLif(bench, 16); }}};
}

}  // namespace pinwheel::benchmark
