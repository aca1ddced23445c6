#include "engine/snn/backbones.h"

#include <torch/torch.h>

#include "engine/core/options.h"
#include "engine/snn/resnet.h"

namespace pinwheel::snn {
namespace {

// torchvision's ResNet-18; one sheet per block, areas after TDANN's table (method section 2).
ResNetSpec resnet18(bool imagenetStem) {
  ResNetSpec spec;
  spec.stemChannels = 64;
  spec.stemKernel = imagenetStem ? 7 : 3;
  spec.stemStride = imagenetStem ? 2 : 1;
  spec.stemPool = imagenetStem;
  spec.stages = {{{64, 1, "layer1.0", "retina"}, {64, 1, "layer1.1", "retina"}},
                 {{128, 2, "layer2.0", "V1"}, {128, 1, "layer2.1", "V1"}},
                 {{256, 2, "layer3.0", "V2"}, {256, 1, "layer3.1", "V4"}},
                 {{512, 2, "layer4.0", "IT"}, {512, 1, "layer4.1", "IT"}}};
  return spec;
}

// One block per area. A 5x5/2 stem gives V1 receptive fields of 13 px in a 32 px image, enough to tell orientations
// apart, at a quarter of the cost of a full-resolution stem.
ResNetSpec tiny() {
  ResNetSpec spec;
  spec.stemChannels = 24;
  spec.stemKernel = 5;
  spec.stemStride = 2;
  spec.stemPool = false;
  spec.stages = {{{32, 1, "V1", "V1"}}, {{64, 2, "V2", "V2"}}, {{64, 1, "V4", "V4"}}, {{128, 2, "IT", "IT"}}};
  return spec;
}

Expected<ResNetSpec> specOf(const NetworkOptions& options) {
  if (options.backbone == "tiny") {
    if (options.stem != "imagenet") return tiny();
    return failure("The tiny network has one stem only", "model.stem = imagenet belongs to resnet18",
                   "use model.stem = auto");
  }
  if (options.backbone == "resnet18")
    return resnet18(options.stem == "imagenet" || (options.stem == "auto" && options.imageSide > 96));
  std::vector<std::string> names;
  for (const BackboneInfo& info : backbones()) names.push_back(info.name);
  const std::string near = nearestName(options.backbone, names);
  return failure("Unknown backbone \"" + options.backbone + "\"", near.empty() ? "" : "did you mean \"" + near + "\"?",
                 "set model.backbone to tiny or resnet18");
}

}  // namespace

const std::vector<BackboneInfo>& backbones() {
  static const std::vector<BackboneInfo> list = {
      {"tiny", "four sheets V1, V2, V4, IT, one residual block each; for two processor cores"},
      {"resnet18", "Spiking ResNet-18, eight sheets, torchvision's layout (the paper's)"},
  };
  return list;
}

Expected<std::int64_t> classifierFeatures(const NetworkOptions& options) {
  return specOf(options).map([](const ResNetSpec& spec) { return spec.stages.back().back().channels; });
}

Expected<std::unique_ptr<Network>> makeNetwork(const NetworkOptions& options, std::uint64_t seed) {
  if (options.classes < 2)
    return failure("A network needs at least two classes", "the data set has " + std::to_string(options.classes),
                   "give a data set with two or more classes");
  if (options.neuron.timeSteps < 1 || (options.neuron.kind == NeuronKind::relu && options.neuron.timeSteps != 1))
    return failure("The number of time steps does not fit the neuron",
                   "spiking networks need T >= 1, the ReLU twin has exactly one step", "set model.time_steps");
  const auto spec = specOf(options);
  if (!spec) return tl::unexpected(spec.error());
  std::int64_t reduction = spec->stemStride * (spec->stemPool ? 2 : 1);
  for (const auto& stage : spec->stages)
    for (const BlockSpec& block : stage) reduction *= block.stride;
  if (options.imageSide < reduction)
    return failure("An image side of " + std::to_string(options.imageSide) + " px is too small",
                   "this network reduces the image " + std::to_string(reduction) + "-fold",
                   "set model.image_side to at least " + std::to_string(reduction));
  try {
    return makeResNet(*spec, options, seed);
  } catch (const std::exception& error) {
    return failure("The network could not be built", error.what(), "check model.image_side and the free memory");
  }
}

}  // namespace pinwheel::snn
