// Images made to mislead a network, and the noise that tells whether that took any skill. Strengths are in pixel units,
// [0, 1], before the normalisation; what an attack makes stays in [0, 1]. Includes LibTorch.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "engine/core/error.h"
#include "engine/core/progress.h"
#include "engine/core/random.h"
#include "engine/data/dataset.h"
#include "engine/snn/network.h"

namespace pinwheel::protocol {

/// pixels [..., 3, S, S] in [0, 1] -> what a network is given, (x - mean) / deviation.
[[nodiscard]] at::Tensor normalised(const at::Tensor& pixels, const data::Normalisation& normalisation);

/// The graph of a gradient holds every activity of every time step: so many images' at once unless fewer are asked for.
inline constexpr std::int64_t kGraphImages = 32;

/// The way of an attacker who knows the network: the gradient of the cross-entropy of the true labels with regard to
/// the pixels [B, 3, S, S], of each image by itself (summed over the batch, not averaged). A spiking network's is that
/// of its own surrogate. labels [B] int64. `graphImages` (>= 1) bounds memory and changes nothing else. The network
/// must be in evaluation mode; its parameters' gradients are not touched.
[[nodiscard]] at::Tensor lossGradient(snn::Network& network, const data::Normalisation& normalisation,
                                      const at::Tensor& pixels, const at::Tensor& labels,
                                      std::int64_t graphImages = kGraphImages);

/// One step of `epsilon` along the signs of `direction` [B, 3, S, S], clipped to [0, 1]. With the loss's gradient this
/// is the fast gradient sign method (Goodfellow et al. 2015); with random signs its control of the same size. A pixel
/// whose direction is 0 stays.
[[nodiscard]] at::Tensor stepAlong(const at::Tensor& pixels, const at::Tensor& direction, double epsilon);

struct PgdOptions {
  double epsilon = 0;     ///< the largest change of a pixel (L-infinity)
  int steps = 7;          ///< >= 1
  double stepFactor = 2;  ///< length of a step is stepFactor * epsilon / steps; from 2 on every corner can be reached
  std::int64_t graphImages = kGraphImages;  ///< see lossGradient
};

/// Projected gradient descent (Madry et al. 2018): from pixels + epsilon * start, steps along the gradient's sign, each
/// followed by the projection onto the box of +-epsilon around the pixels and onto [0, 1]. `start` [B, 3, S, S] in
/// [-1, 1]. Error: "Stopped", asked before every step.
[[nodiscard]] Expected<at::Tensor> projectedGradient(snn::Network& network, const data::Normalisation& normalisation,
                                                     const at::Tensor& pixels, const at::Tensor& labels,
                                                     const at::Tensor& start, const PgdOptions& options,
                                                     const StopFlag& stop);

/// Random numbers [images, shape...] on the CPU: those of an image are named by (seed, stream, its index), so that they
/// depend neither on the batch nor on the strength that they are then scaled to.
[[nodiscard]] at::Tensor drawnPerImage(std::span<const std::int64_t> indices, const std::vector<std::int64_t>& shape,
                                       std::uint64_t seed, std::uint64_t stream,
                                       const std::function<float(Random&)>& draw);

/// images [B, 3, S, S], normalised -> [T, B, 3, S, S]: at every time step anew, each pixel is masked with probability
/// `share`, in all channels together, to 0, which after the normalisation is the training data's mean. The draws do not
/// depend on the share: what a smaller one masks, a larger one masks too.
[[nodiscard]] at::Tensor maskedOverTime(const at::Tensor& images, std::int64_t timeSteps, double share,
                                        std::span<const std::int64_t> indices, std::uint64_t seed,
                                        std::uint64_t stream);

}  // namespace pinwheel::protocol
