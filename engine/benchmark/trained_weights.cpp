#include "engine/benchmark/trained_weights.h"

#include <torch/torch.h>

#include <algorithm>

#include "engine/snn/backbones.h"
#include "engine/training/checkpoint.h"
#include "engine/training/import_weights.h"
#include "engine/training/restore.h"
#include "engine/training/setup.h"

namespace pinwheel::benchmark {

bool TrainedWeights::fits(const NetworkSize& size) const {
  if (size.backbone != model.backbone) return false;
  training::ModelConfig asked = model;
  asked.stem = size.stem;
  asked.imageSide = size.side;
  asked.timeSteps = size.timeSteps;
  const auto network = snn::makeNetwork(training::networkOptions(asked, classes), 1);
  if (!network) return false;
  const training::NamedTensors tensors = training::stateDict(**network);
  return tensors.size() == state.size() && std::all_of(tensors.begin(), tensors.end(), [&](const auto& tensor) {
           const auto found = state.find(tensor.first);
           return found != state.end() && tensor.second.sizes() == at::IntArrayRef(found->second.shape);
         });
}

Expected<TrainedWeights> loadTrainedWeights(const std::filesystem::path& path) {
  auto checkpoint = training::loadCheckpoint(path);
  if (!checkpoint) return tl::unexpected(checkpoint.error());
  if (checkpoint->config.model.neuron == "relu")
    return failure("The checkpoint's network has no spikes", "it is the ReLU twin, which keeps weights of its own here",
                   "give a checkpoint of a spiking network", path.string());
  // Whether its parts belong together; the network itself is not needed.
  if (const auto restored = training::restoreNetwork(*checkpoint, at::kCPU, path); !restored)
    return tl::unexpected(restored.error());
  if (const std::string name = training::firstNotFinite(checkpoint->model); !name.empty())
    return failure("The checkpoint's weights are not finite", name + " holds NaN or Inf",
                   "give an earlier checkpoint of that training", path.string());
  TrainedWeights weights;
  weights.name = path.filename().string();
  weights.model = checkpoint->config.model;
  weights.classes = static_cast<std::int64_t>(checkpoint->provenance.classNames.size());
  weights.pixelMean = checkpoint->provenance.pixelMean;
  weights.pixelDeviation = checkpoint->provenance.pixelDeviation;
  weights.state = std::move(checkpoint->model);
  return weights;
}

}  // namespace pinwheel::benchmark
