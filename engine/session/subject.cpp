#include "engine/session/subject.h"

#include <torch/torch.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "engine/data/gratings.h"
#include "engine/data/world.h"

namespace pinwheel::session {

UnderPerturbation::UnderPerturbation(Subject& subject, snn::Perturbation perturbation)
    : m_subject(subject),
      m_before(std::exchange(subject.acting, std::move(perturbation))),
      m_wasTraining(std::exchange(subject.training, false)) {
  m_subject.network->setPerturbation(m_subject.acting);
  m_subject.network->setTraining(false);
}

UnderPerturbation::~UnderPerturbation() {
  m_subject.acting = std::move(m_before);
  m_subject.training = m_wasTraining;
  m_subject.network->setPerturbation(m_subject.acting);
  m_subject.network->setTraining(m_wasTraining);
}

void takeActivity(const snn::Activity& activity, std::int64_t image, ActivityFrame& frame) {
  frame.spikes.clear();
  for (const at::Tensor& sheet : activity.sheets) {
    const at::Tensor spikes = sheet.select(1, image).gt(0).to(at::kByte).to(at::kCPU).contiguous();
    const auto* first = spikes.data_ptr<std::uint8_t>();
    frame.spikes.emplace_back(first, first + spikes.numel());
    frame.timeSteps = static_cast<int>(sheet.size(0));
  }
  const at::Tensor probability = activity.logits[image].softmax(0).to(at::kCPU, at::kFloat).contiguous();
  const float* p = probability.data_ptr<float>();
  frame.probability.assign(p, p + probability.numel());
}

ActivityFrame show(Subject& subject, const Picture& picture, const Stamp& stamp) {
  torch::NoGradGuard guard;
  at::Tensor image = at::empty({1, 3, subject.side, subject.side}, at::kFloat);
  std::memcpy(image.data_ptr<float>(), picture.pixels.data(), picture.pixels.size() * sizeof(float));
  ActivityFrame frame;
  frame.stamp = stamp;
  frame.stimulus = picture.name;
  frame.picture = picture.shown;
  takeActivity(subject.network->forward(image.to(subject.device)), 0, frame);
  return frame;
}

std::int64_t imagesAtOnce(const snn::Network& network, std::int64_t timeSteps) {
  // Two 3x3 convolutions a block: near enough for a bound.
  double operations = 0;
  for (const snn::SheetShape& shape : network.sheets())
    operations += 18.0 * shape.channels * shape.channels * shape.height * shape.width * static_cast<double>(timeSteps);
  constexpr double kAtOnce = 2.5e9;
  return std::clamp<std::int64_t>(static_cast<std::int64_t>(kAtOnce / std::max(1.0, operations)), 1, 32);
}

std::vector<std::int64_t> unitCounts(const snn::Network& network) {
  std::vector<std::int64_t> counts;
  for (const snn::SheetShape& shape : network.sheets())
    counts.push_back(static_cast<std::int64_t>(shape.channels) * shape.height * shape.width);
  return counts;
}

NetworkFrame describeNetwork(const training::Checkpoint& checkpoint, const std::vector<topography::Sheet>& sheets,
                             const snn::Network& network) {
  const training::TrainConfig& config = checkpoint.config;
  const training::Provenance& provenance = checkpoint.provenance;
  const training::TrainingState& state = checkpoint.state;
  NetworkFrame frame;
  frame.stamp.step = state.step;
  const bool spiking = config.model.neuron != "relu";
  frame.summary = config.model.backbone + (spiking ? "" : " without spikes") + ", " + provenance.dataName + ", " +
                  std::to_string(state.epoch) + " of " + std::to_string(config.training.epochs) + " epochs, seed " +
                  std::to_string(config.training.seed);
  frame.provenance = provenance.program + " " + provenance.version + ", LibTorch " + provenance.torch + ", " +
                     provenance.created + "\n" + provenance.commandLine + "\n" + "Data: " + provenance.data + " (" +
                     provenance.dataName + ")\n" + "Step " + std::to_string(state.step) + ", " +
                     std::to_string(provenance.threads) + " threads, " + provenance.device + ", " +
                     provenance.processor;
  if (!provenance.weights.empty()) frame.provenance += "\nStarted from " + provenance.weights;
  std::vector<topography::SheetSpec> specs;
  for (std::size_t i = 0; i < sheets.size(); ++i) {
    const topography::Sheet& sheet = sheets[i];
    specs.push_back(sheet.spec);
    frame.sheets.push_back({sheet.spec, sheet.displayXMm(), sheet.displayYMm(), network.sheets()[i].field});
  }
  if (checkpoint.lesion.units() > 0)
    frame.provenance += "\nTrained with a lesion held: " + perturbation::lesionText(checkpoint.lesion, specs);
  frame.classNames = provenance.classNames;
  frame.domainNames = data::domainNames();
  frame.timeSteps = static_cast<int>(config.model.steps());
  frame.imageSide = static_cast<int>(config.model.imageSide);
  const data::GratingOptions options;
  for (int o = 0; o < options.orientations; ++o) frame.angleDeg.push_back(180.0 * o / options.orientations);
  frame.frequencies = data::gratingFrequencies(frame.imageSide, options.frequencies);
  return frame;
}

}  // namespace pinwheel::session
