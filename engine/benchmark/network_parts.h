// Networks and images for the cases. Includes LibTorch.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>

#include "engine/benchmark/network_size.h"
#include "engine/benchmark/trained_weights.h"
#include "engine/core/error.h"
#include "engine/snn/network.h"
#include "engine/training/optimizer.h"

namespace pinwheel::benchmark {

/// Which neurons a network is made of.
enum class Formulation {
  ours,   ///< the fused kernel
  plain,  ///< snn::lifPlain in its place, all else alike
  relu    ///< the twin without spikes, one time step: what a dense network costs
};

/// The same weights for every formulation, drawn at random; or with `weights`, which must fit the size, theirs for all
/// but the ReLU twin, and their neuron and number of classes. Error: it cannot be made, or the weights do not fit.
Expected<std::unique_ptr<snn::Network>> networkOf(const NetworkSize& size, Formulation formulation,
                                                  const TrainedWeights* weights = nullptr);

/// The network's answer, its neurons as the formulation has them.
snn::Activity forwardAs(Formulation formulation, snn::Network& network, const at::Tensor& images);

/// Images of the built-in world, normalised as those that the weights were trained on where there are any, and their
/// classes, which stay below the weights' number of them: [count, 3, side, side], [count].
struct Images {
  at::Tensor pixels;
  at::Tensor labels;
};
Expected<Images> worldImages(std::int64_t count, std::int64_t side, const TrainedWeights* weights = nullptr);

/// A training step as the trainer runs it without a topographic loss: forward, cross-entropy, backward, AdamW. The
/// learning rate is 0, so that every step has the same weights and nearly the same spikes.
class TrainingStep {
public:
  /// A ReLU network is shown its images `timeSteps` times over: as many convolutions as the spiking one has. Error: the
  /// network cannot be made.
  static Expected<std::unique_ptr<TrainingStep>> make(const NetworkSize& size, Formulation formulation,
                                                      const TrainedWeights* weights = nullptr);
  void run();
  /// Of the last step.
  [[nodiscard]] const snn::Activity& activity() const noexcept { return m_activity; }
  [[nodiscard]] const snn::Network& network() const noexcept { return *m_network; }
  [[nodiscard]] double gradientNorm() const { return m_optimizer.gradientNorm(); }
  /// Lets go of the activity, which holds memory.
  void forget() { m_activity = {}; }

private:
  TrainingStep(std::unique_ptr<snn::Network> network, Formulation formulation, Images images);

  Formulation m_formulation;
  std::unique_ptr<snn::Network> m_network;
  Images m_images;
  training::Optimizer m_optimizer;
  snn::Activity m_activity;
  std::int64_t m_steps = 0;
};

/// Puts a network into evaluation mode with the batch statistics of some images, without which untrained networks fall
/// silent or fire without end.
void calibrate(snn::Network& network, const at::Tensor& images);

}  // namespace pinwheel::benchmark
