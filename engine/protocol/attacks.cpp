#include "engine/protocol/attacks.h"

#include <torch/torch.h>

#include <algorithm>
#include <array>

#include "engine/snn/selective.h"

namespace pinwheel::protocol {
namespace {

// [3, 1, 1] where the images are.
at::Tensor perChannel(const std::array<float, 3>& values, const at::Tensor& images) {
  return at::tensor(std::vector<float>(values.begin(), values.end())).view({3, 1, 1}).to(images.device());
}

// Of images that fit in memory with their graph.
at::Tensor gradientOf(snn::Network& network, const data::Normalisation& normalisation, const at::Tensor& pixels,
                      const at::Tensor& labels) {
  namespace F = torch::nn::functional;
  const at::Tensor leaf = pixels.detach().clone().requires_grad_(true);
  const snn::OnlySheets none(network, {});
  const at::Tensor logits = network.forward(normalised(leaf, normalisation)).logits;
  const at::Tensor loss = F::cross_entropy(logits, labels, F::CrossEntropyFuncOptions().reduction(torch::kSum));
  return torch::autograd::grad({loss}, {leaf})[0];
}

}  // namespace

at::Tensor normalised(const at::Tensor& pixels, const data::Normalisation& normalisation) {
  return (pixels - perChannel(normalisation.mean, pixels)) / perChannel(normalisation.deviation, pixels);
}

at::Tensor lossGradient(snn::Network& network, const data::Normalisation& normalisation, const at::Tensor& pixels,
                        const at::Tensor& labels, std::int64_t graphImages) {
  const at::AutoGradMode gradients(true);  // whoever measures has them switched off
  std::vector<at::Tensor> parts;
  for (std::int64_t first = 0; first < pixels.size(0); first += graphImages) {
    const std::int64_t count = std::min(graphImages, pixels.size(0) - first);
    parts.push_back(gradientOf(network, normalisation, pixels.narrow(0, first, count), labels.narrow(0, first, count)));
  }
  return at::cat(parts);
}

at::Tensor stepAlong(const at::Tensor& pixels, const at::Tensor& direction, double epsilon) {
  return (pixels + at::sign(direction) * epsilon).clamp(0, 1);
}

Expected<at::Tensor> projectedGradient(snn::Network& network, const data::Normalisation& normalisation,
                                       const at::Tensor& pixels, const at::Tensor& labels, const at::Tensor& start,
                                       const PgdOptions& options, const StopFlag& stop) {
  const torch::NoGradGuard guard;
  const at::Tensor lowest = (pixels - options.epsilon).clamp(0, 1);
  const at::Tensor highest = (pixels + options.epsilon).clamp(0, 1);
  const double step = options.stepFactor * options.epsilon / options.steps;
  at::Tensor moved = at::minimum(at::maximum(pixels + start * options.epsilon, lowest), highest);
  for (int i = 0; i < options.steps; ++i) {
    if (stop.requested()) return failure("Stopped");
    moved = moved + at::sign(lossGradient(network, normalisation, moved, labels, options.graphImages)) * step;
    moved = at::minimum(at::maximum(moved, lowest), highest);
  }
  return moved;
}

at::Tensor drawnPerImage(std::span<const std::int64_t> indices, const std::vector<std::int64_t>& shape,
                         std::uint64_t seed, std::uint64_t stream, const std::function<float(Random&)>& draw) {
  std::vector<std::int64_t> whole = shape;
  whole.insert(whole.begin(), static_cast<std::int64_t>(indices.size()));
  at::Tensor out = at::empty(whole, at::kFloat);
  if (indices.empty()) return out;
  auto* values = out.data_ptr<float>();
  const std::int64_t perImage = out.numel() / whole[0];
  for (const std::int64_t index : indices) {
    Random random(seed, stream, static_cast<std::uint64_t>(index));
    for (std::int64_t i = 0; i < perImage; ++i) *values++ = draw(random);
  }
  return out;
}

at::Tensor maskedOverTime(const at::Tensor& images, std::int64_t timeSteps, double share,
                          std::span<const std::int64_t> indices, std::uint64_t seed, std::uint64_t stream) {
  const at::Tensor draws =
      drawnPerImage(indices, {timeSteps, 1, images.size(2), images.size(3)}, seed, stream,
                    // 24 bits: a float that is never 1, as a rounded double may be.
                    [](Random& random) { return static_cast<float>(random.next() >> 40) * 0x1.0p-24F; });
  const at::Tensor kept = draws.transpose(0, 1).ge(share).to(images.device());  // [T, B, 1, S, S]
  return at::where(kept, images.unsqueeze(0), at::zeros({}, images.options())).contiguous();
}

}  // namespace pinwheel::protocol
