#include "engine/training/setup.h"

#include <cblas.h>
#include <torch/torch.h>

#include <algorithm>
#include <cstring>

#include "engine/core/runtime.h"
#include "engine/snn/convolution_check.h"
#include "engine/training/import_weights.h"
#include "engine/training/trainer.h"

namespace pinwheel::training {
namespace {

formats::DType dtypeOf(at::ScalarType type) {
  switch (type) {
    case at::kDouble:
      return formats::DType::float64;
    case at::kLong:
      return formats::DType::int64;
    case at::kInt:
      return formats::DType::int32;
    case at::kBool:
      return formats::DType::boolean;
    case at::kByte:
      return formats::DType::uint8;
    default:
      return formats::DType::float32;
  }
}

}  // namespace

bool cudaAvailable() {
  return torch::cuda::is_available();
}
std::string torchVersion() {
  return std::string(TORCH_VERSION) + (snn::convolutionFault().empty() ? "" : ", convolutions not through its oneDNN");
}
std::string libraryFault() {
  return snn::convolutionFault();
}

Expected<at::Device> chooseDevice(const std::string& name) {
  if (name == "cpu") return at::Device(at::kCPU);
  if (name != "auto" && name != "cuda") return failure("Unknown device \"" + name + "\"", "", "use auto, cpu or cuda");
  if (cudaAvailable()) return at::Device(at::kCUDA, 0);
  if (name == "cuda")
    return failure("No CUDA device can be used here",
                   "LibTorch " + torchVersion() + " was built without CUDA, or finds no GPU",
                   "use --device cpu, or link a LibTorch built for CUDA through CMAKE_PREFIX_PATH");
  return at::Device(at::kCPU);
}

Status checkDevice(const std::string& name) {
  if (const auto device = chooseDevice(name); !device) return tl::unexpected(device.error());
  return {};
}

int useThreads(int threads) {
  const int wanted = threads > 0 ? threads : availableProcessors();
  at::set_num_threads(wanted);
  // Debian's OpenBLAS has threads of its own that LibTorch does not count: left alone they take every core, and the
  // bytes of a run would depend on the machine's.
  openblas_set_num_threads(wanted);
  return wanted;
}

snn::NetworkOptions networkOptions(const ModelConfig& model, std::int64_t classes) {
  snn::NetworkOptions options;
  options.backbone = model.backbone;
  options.stem = model.stem;
  options.imageSide = model.imageSide;
  options.classes = classes;
  options.neuron.kind = model.neuron == "relu" ? snn::NeuronKind::relu : snn::NeuronKind::lif;
  options.neuron.timeSteps = model.steps();
  options.neuron.lif.surrogate = model.surrogate == "atan" ? snn::Surrogate::atan : snn::Surrogate::sigmoid;
  options.neuron.lif.tau = model.tau;
  options.neuron.lif.threshold = model.threshold;
  return options;
}

data::DatasetOptions datasetOptions(const TrainConfig& config) {
  data::DatasetOptions options;
  options.coarseLabels = config.data.labels == "coarse";
  options.builtinSide = static_cast<int>(config.model.imageSide);
  options.builtinTrainCount = config.data.trainCount;
  options.builtinValidationCount = config.data.validationCount;
  options.builtinSeed = static_cast<std::uint64_t>(config.data.worldSeed);
  return options;
}

std::vector<topography::SheetSpec> sheetSpecs(const std::vector<snn::SheetShape>& shapes, const SheetConfig& config) {
  std::vector<topography::SheetSpec> specs;
  for (const snn::SheetShape& shape : shapes) {
    topography::SheetSpec spec;
    spec.layer = shape.layer;
    spec.area = shape.area;
    spec.channels = shape.channels;
    spec.height = shape.height;
    spec.width = shape.width;
    if (const AreaConfig* area = config.area(shape.area); area != nullptr) {
      spec.trainingSideMm = area->trainingMm;
      spec.displaySideMm = area->displayMm;
      // The configuration gives the neighbourhood at display scale, as TDANN's table does.
      spec.neighbourhoodMm = area->neighbourhoodMm * area->trainingMm / area->displayMm;
      // TDANN: 0.1 at 56 positions a side, growing as they get fewer, at most 1.
      spec.rfOverlap = area->rfOverlap >= 0 ? area->rfOverlap : std::min(5.6 / shape.width, 1.0);
    }
    specs.push_back(std::move(spec));
  }
  return specs;
}

formats::HostTensor toHost(const at::Tensor& tensor) {
  const at::Tensor host = tensor.detach().to(at::kCPU).contiguous();
  formats::HostTensor out;
  out.dtype = dtypeOf(host.scalar_type());
  out.shape = host.sizes().vec();
  out.bytes.resize(static_cast<std::size_t>(host.nbytes()));
  if (!out.bytes.empty()) std::memcpy(out.bytes.data(), host.data_ptr(), out.bytes.size());
  return out;
}

formats::TensorMap toHost(const NamedTensors& tensors) {
  formats::TensorMap out;
  for (const auto& [name, value] : tensors) out.emplace(name, toHost(value));
  return out;
}

Status copyInto(const NamedTensors& live, const formats::TensorMap& stored, const std::string& what) {
  const ImportReport report = compareStateDict(toHost(live), stored);
  if (!report.exact())
    return failure("This network cannot take the stored " + what, report.text(),
                   "use the configuration that the file was made with");
  torch::NoGradGuard guard;
  for (const auto& [name, value] : live) {
    const auto found = stored.find(name);
    if (found == stored.end()) continue;  // batch counters, which older files leave out
    const formats::HostTensor& source = found->second;
    at::Tensor target = value;
    if (source.dtype == dtypeOf(value.scalar_type())) {
      const at::Tensor view = at::from_blob(const_cast<std::byte*>(source.bytes.data()), value.sizes(),
                                            at::TensorOptions().dtype(value.scalar_type()));
      target.copy_(view);
    } else {
      std::vector<double> numbers = source.toDoubles();
      target.copy_(at::from_blob(numbers.data(), value.sizes(), at::kDouble));
    }
  }
  return {};
}

NamedTensors stateDict(const snn::Network& network) {
  NamedTensors out = network.parameters();
  const NamedTensors buffers = network.buffers();
  out.insert(out.end(), buffers.begin(), buffers.end());
  return out;
}

}  // namespace pinwheel::training
