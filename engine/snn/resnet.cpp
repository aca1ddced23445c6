#include "engine/snn/resnet.h"

#include <torch/torch.h>

#include "engine/core/random.h"
#include "engine/snn/block.h"
#include "engine/snn/convolution_check.h"
#include "engine/snn/resumable.h"
#include "engine/snn/selective.h"

namespace pinwheel::snn {
namespace {

struct Module : torch::nn::Module {
  Module(const ResNetSpec& resnet, const NetworkOptions& options)
      : spec(resnet),
        activation(options.neuron),
        conv1(torch::nn::Conv2dOptions(3, resnet.stemChannels, resnet.stemKernel)
                  .stride(resnet.stemStride)
                  .padding(resnet.stemKernel / 2)
                  .bias(false)),
        bn1(resnet.stemChannels) {
    register_module("conv1", conv1);
    register_module("bn1", bn1);
    std::int64_t channels = spec.stemChannels;
    for (std::size_t s = 0; s < spec.stages.size(); ++s) {
      auto stage = torch::nn::ModuleList();
      for (const BlockSpec& block : spec.stages[s]) {
        blocks.push_back(std::make_shared<ResidualBlock>(channels, block.channels, block.stride, options.neuron));
        stage->push_back(blocks.back());
        channels = block.channels;
      }
      register_module("layer" + std::to_string(s + 1), stage);
    }
    fc = register_module("fc", torch::nn::Linear(channels, options.classes));
  }

  ResNetSpec spec;
  Activation activation;
  torch::nn::Conv2d conv1;
  torch::nn::BatchNorm2d bn1;
  std::vector<std::shared_ptr<ResidualBlock>> blocks;
  torch::nn::Linear fc{nullptr};
};

// He et al. 2015 with fan out, drawn from our own generator: the same weights with every LibTorch.
void initialise(Module& module, std::uint64_t seed) {
  torch::NoGradGuard guard;
  std::uint64_t stream = 0;
  for (auto& item : module.named_parameters()) {
    at::Tensor& value = item.value();
    ++stream;
    const bool linear = item.key().rfind("fc.", 0) == 0;
    if (value.dim() == 1 && !linear) continue;  // batch norm starts at 1 and 0
    Random random(seed, stream);
    const std::int64_t kernel = value.dim() == 4 ? value.size(2) * value.size(3) : 1;
    const double deviation = std::sqrt(2.0 / static_cast<double>(value.size(0) * kernel));
    const double bound = 1.0 / std::sqrt(static_cast<double>(module.fc->options.in_features()));
    std::vector<float> numbers(static_cast<std::size_t>(value.numel()));
    for (float& x : numbers)
      x = static_cast<float>(linear ? random.uniform(-bound, bound) : deviation * random.normal());
    value.copy_(at::from_blob(numbers.data(), value.sizes(), at::kFloat));
  }
}

// Positions along one side after a convolution or a pooling of `side` positions.
std::int64_t convolved(std::int64_t side, std::int64_t kernel, std::int64_t stride, std::int64_t padding) {
  return (side + 2 * padding - kernel) / stride + 1;
}

class ResNet final : public Network, public Resumable, public Selective {
public:
  ResNet(const ResNetSpec& spec, const NetworkOptions& options, std::uint64_t seed)
      : m_timeSteps(options.neuron.timeSteps), m_module(std::make_shared<Module>(spec, options)) {
    checkConvolutions(*m_module);
    initialise(*m_module, seed);
    layShapes(spec, options.imageSide);
  }

  Activity forward(const at::Tensor& images) override {
    Module& m = *m_module;
    const bool moving = images.dim() == 5;
    TORCH_CHECK(!moving || images.size(0) == m_timeSteps, "images of ", images.size(0), " time steps for a network of ",
                m_timeSteps);
    const std::int64_t batch = images.size(moving ? 1 : 0);
    at::Tensor x = m.conv1(moving ? images.flatten(0, 1) : images);
    // One convolution for all identical time steps.
    x = moving ? m.activation.normalised(x, m.bn1) : m.activation.repeated(x, m.bn1);
    if (m.spec.stemPool) x = at::max_pool2d(x, {3, 3}, {2, 2}, {1, 1});
    Activity activity;
    passOn(x, batch, 0, activity);
    return activity;
  }

  Activity forwardFrom(std::size_t sheet, const at::Tensor& given) override {
    const SheetShape& shape = m_sheets.at(sheet);
    const std::int64_t batch = given.dim() == 5 ? given.size(1) : -1;
    TORCH_CHECK(given.sizes() == at::IntArrayRef({m_timeSteps, batch, shape.channels, shape.height, shape.width}),
                "the activity ", given.sizes(), " is not that of ", shape.layer);
    Activity activity;
    activity.sheets.resize(sheet);
    passOn(laid(given, activity), batch, m_blockOfSheet[sheet] + 1, activity);
    return activity;
  }

  void giveSheets(std::vector<bool> given) override { m_given = std::move(given); }
  const std::vector<bool>& givenSheets() const override { return m_given; }

  const std::vector<SheetShape>& sheets() const override { return m_sheets; }
  std::vector<std::pair<std::string, at::Tensor>> parameters() const override {
    return items(m_module->named_parameters());
  }
  std::vector<std::pair<std::string, at::Tensor>> buffers() const override { return items(m_module->named_buffers()); }
  void setTraining(bool training) override { m_module->train(training); }
  void setNormalisationAveraging(bool cumulative) override {
    auto momentum = torch::nn::BatchNormOptions(1).momentum();
    if (cumulative) momentum.reset();  // LibTorch's word for a plain mean
    for (const auto& module : m_module->modules())
      if (auto* norm = module->as<torch::nn::BatchNorm2d>()) {
        if (cumulative) norm->reset_running_stats();
        norm->options.momentum(momentum);
      }
  }
  void moveTo(bool cuda) override { m_module->to(cuda ? at::kCUDA : at::kCPU); }
  void setPerturbation(Perturbation perturbation) override { m_perturbation = std::move(perturbation); }

private:
  // Lays a block's output [T, B, C, H, W] on the next sheet; returns what the next block sees.
  at::Tensor laid(at::Tensor sheet, Activity& activity) const {
    const std::size_t index = activity.sheets.size();
    if (m_perturbation) sheet = m_perturbation(index, sheet);
    const at::Tensor passedOn = sheet.flatten(0, 1);
    activity.sheets.push_back(m_given.empty() || m_given[index] ? std::move(sheet) : at::Tensor());
    return passedOn;
  }

  // x [T * B, C, H, W] through the blocks from number `first` on, and the classifier.
  void passOn(at::Tensor x, std::int64_t batch, std::size_t first, Activity& activity) {
    Module& m = *m_module;
    std::size_t index = 0;
    for (const auto& stage : m.spec.stages)
      for (const BlockSpec& block : stage) {
        if (index++ < first) continue;
        x = m.blocks[index - 1]->forward(x);
        if (!block.layer.empty()) x = laid(x.view({m_timeSteps, batch, x.size(1), x.size(2), x.size(3)}), activity);
      }
    const at::Tensor pooled = x.mean({2, 3}).view({m_timeSteps, batch, -1});
    // The classifier is linear: the mean of the logits over T is the logits of the mean.
    activity.logits = m.fc(pooled.mean(0));
  }

  // By arithmetic: a forward pass at full size would cost gigabytes with large images and many time steps.
  void layShapes(const ResNetSpec& spec, std::int64_t imageSide) {
    std::int64_t side = convolved(imageSide, spec.stemKernel, spec.stemStride, spec.stemKernel / 2);
    ReceptiveField field = ReceptiveField::ofPixels().behind(spec.stemKernel, spec.stemStride, spec.stemKernel / 2);
    if (spec.stemPool) {
      side = convolved(side, 3, 2, 1);
      field = field.behind(3, 2, 1);
    }
    std::size_t index = 0;
    for (std::size_t s = 0; s < spec.stages.size(); ++s)
      for (std::size_t b = 0; b < spec.stages[s].size(); ++b, ++index) {
        const BlockSpec& block = spec.stages[s][b];
        side = convolved(side, 3, block.stride, 1);
        // The shortcut's 1x1 convolution looks at the middle of the same field.
        field = field.behind(3, block.stride, 1).behind(3, 1, 1);
        if (block.layer.empty()) continue;
        const std::string name = "layer" + std::to_string(s + 1) + "." + std::to_string(b) + ".";
        m_blockOfSheet.push_back(index);
        m_sheets.push_back({block.layer,
                            block.area,
                            static_cast<int>(block.channels),
                            static_cast<int>(side),
                            static_cast<int>(side),
                            {name + "conv1.weight", name + "conv2.weight"},
                            field});
      }
  }

  template <class Dictionary>
  static std::vector<std::pair<std::string, at::Tensor>> items(const Dictionary& dictionary) {
    std::vector<std::pair<std::string, at::Tensor>> out;
    for (const auto& item : dictionary) out.emplace_back(item.key(), item.value());
    return out;
  }

  std::int64_t m_timeSteps;
  std::shared_ptr<Module> m_module;
  std::vector<SheetShape> m_sheets;
  std::vector<std::size_t> m_blockOfSheet;
  Perturbation m_perturbation;
  std::vector<bool> m_given;
};

}  // namespace

std::unique_ptr<Network> makeResNet(const ResNetSpec& spec, const NetworkOptions& options, std::uint64_t seed) {
  return std::make_unique<ResNet>(spec, options, seed);
}

}  // namespace pinwheel::snn
