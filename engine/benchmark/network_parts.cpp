#include "engine/benchmark/network_parts.h"

#include <torch/torch.h>

#include <optional>

#include "engine/data/augment.h"
#include "engine/data/world.h"
#include "engine/snn/backbones.h"
#include "engine/snn/plain_neurons.h"
#include "engine/training/setup.h"

namespace pinwheel::benchmark {
namespace {

constexpr std::uint64_t kSeed = 1;
constexpr std::int64_t kClasses = 10;

}  // namespace

Expected<std::unique_ptr<snn::Network>> networkOf(const NetworkSize& size, Formulation formulation,
                                                  const TrainedWeights* weights) {
  const bool relu = formulation == Formulation::relu;
  snn::NetworkOptions options;
  if (weights != nullptr) options = training::networkOptions(weights->model, weights->classes);
  options.backbone = size.backbone;
  options.stem = size.stem;
  options.imageSide = size.side;
  options.classes = weights != nullptr ? weights->classes : kClasses;
  options.neuron.kind = relu ? snn::NeuronKind::relu : snn::NeuronKind::lif;
  options.neuron.timeSteps = relu ? 1 : size.timeSteps;
  auto network = snn::makeNetwork(options, kSeed);
  if (!network || relu || weights == nullptr) return network;
  if (const Status status = training::copyInto(training::stateDict(**network), weights->state, "weights"); !status)
    return tl::unexpected(status.error());
  return network;
}

snn::Activity forwardAs(Formulation formulation, snn::Network& network, const at::Tensor& images) {
  std::optional<snn::PlainNeurons> plain;
  if (formulation == Formulation::plain) plain.emplace();
  return network.forward(images);
}

Expected<Images> worldImages(std::int64_t count, std::int64_t side, const TrainedWeights* weights) {
  const auto world = data::makeWorld(static_cast<int>(side), count, kSeed);
  data::LoaderOptions options;
  options.side = static_cast<int>(side);
  data::Normalisation normalisation = world->normalisation();
  if (weights != nullptr) normalisation = {weights->pixelMean, weights->pixelDeviation};
  Images images{at::empty({count, 3, side, side}), at::empty({count}, at::kLong)};
  for (std::int64_t i = 0; i < count; ++i) {
    const auto image = world->image(i);
    if (!image) return tl::unexpected(image.error());
    Random random(kSeed);
    data::prepareImage(*image, options, normalisation, random, images.pixels.data_ptr<float>() + i * 3 * side * side);
    images.labels.data_ptr<std::int64_t>()[i] = world->label(i) % (weights != nullptr ? weights->classes : kClasses);
  }
  return images;
}

TrainingStep::TrainingStep(std::unique_ptr<snn::Network> network, Formulation formulation, Images images)
    : m_formulation(formulation),
      m_network(std::move(network)),
      m_images(std::move(images)),
      m_optimizer(m_network->parameters(), {}) {
  m_network->setTraining(true);
}

Expected<std::unique_ptr<TrainingStep>> TrainingStep::make(const NetworkSize& size, Formulation formulation,
                                                           const TrainedWeights* weights) {
  auto network = networkOf(size, formulation, weights);
  if (!network) return tl::unexpected(network.error());
  auto images = worldImages(size.batch, size.side, weights);
  if (!images) return tl::unexpected(images.error());
  if (formulation == Formulation::relu) {
    images->pixels = images->pixels.repeat({size.timeSteps, 1, 1, 1});
    images->labels = images->labels.repeat({size.timeSteps});
  }
  return std::unique_ptr<TrainingStep>(new TrainingStep(std::move(*network), formulation, std::move(*images)));
}

void TrainingStep::run() {
  m_optimizer.zeroGradients();
  m_activity = forwardAs(m_formulation, *m_network, m_images.pixels);
  torch::nn::functional::cross_entropy(m_activity.logits, m_images.labels).backward();
  m_optimizer.update(0, ++m_steps);
}

void calibrate(snn::Network& network, const at::Tensor& images) {
  torch::NoGradGuard guard;
  network.setTraining(true);
  network.setNormalisationAveraging(true);
  network.forward(images);
  network.setNormalisationAveraging(false);
  network.setTraining(false);
}

}  // namespace pinwheel::benchmark
