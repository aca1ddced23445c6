#include "engine/benchmark/operations_observer.h"

#include <ATen/ATen.h>
#include <ATen/record_function.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "engine/benchmark/synaptic_operations.h"

// Compiled with NDEBUG (see CMakeLists.txt): without it RecordFunction::inputs() checks a mark that a released LibTorch
// does not set.

namespace pinwheel::benchmark {
namespace {

struct Observed {
  std::vector<LayerOperations> layers;
  std::string unknown;  // the first that could not be counted
};

// Callbacks are plain functions; they run on the thread that dispatches.
thread_local Observed* observed = nullptr;

std::string sideText(const ConvolutionAxis& y, const ConvolutionAxis& x, bool kernel) {
  return kernel ? std::to_string(y.kernel) + "x" + std::to_string(x.kernel)
                : std::to_string(y.side) + " x " + std::to_string(x.side);
}

// `input` [N, C, H, W], or [N, C] of a linear layer.
void count(const at::Tensor& input, const ConvolutionGeometry& geometry, bool convolution) {
  LayerOperations layer;
  layer.convolution = convolution;
  layer.shape = (convolution ? sideText(geometry.y, geometry.x, true) + ", " : std::string("linear, ")) +
                std::to_string(geometry.inputChannels) + " to " + std::to_string(geometry.outputChannels) +
                (convolution ? " channels, " + sideText(geometry.y, geometry.x, false) : "");
  const at::Tensor values = input.contiguous();
  const std::span<const float> spikes(values.data_ptr<float>(), static_cast<std::size_t>(values.numel()));
  layer.spiking = std::all_of(spikes.begin(), spikes.end(), [](float v) { return v >= 0 && v == std::floor(v); });
  const auto zeros = std::count(spikes.begin(), spikes.end(), 0.0F);
  layer.density = spikes.empty() ? 0 : 1 - static_cast<double>(zeros) / static_cast<double>(spikes.size());
  const std::int64_t perImage = geometry.inputChannels * geometry.y.side * geometry.x.side;
  layer.dense = static_cast<double>(values.numel() / perImage) * denseOperations(geometry);
  if (layer.spiking) layer.synaptic = synapticOperations(spikes, geometry);
  observed->layers.push_back(std::move(layer));
}

bool countable(const c10::IValue& value) {
  return value.isTensor() && value.toTensor().is_cpu() && value.toTensor().scalar_type() == at::kFloat;
}

void countConvolution(c10::ArrayRef<const c10::IValue> inputs) {
  // conv2d(input, weight, bias, stride, padding, dilation, groups)
  const bool known = inputs.size() == 7 && countable(inputs[0]) && countable(inputs[1]) && inputs[3].isIntList() &&
                     inputs[4].isIntList() && inputs[5].isIntList() && inputs[6].isInt() &&
                     inputs[0].toTensor().dim() == 4;
  const auto entry = [&](std::size_t list, std::size_t axis) {
    const std::vector<std::int64_t> values = inputs[list].toIntVector();
    return values[std::min(axis, values.size() - 1)];
  };
  if (!known || entry(5, 0) != 1 || entry(5, 1) != 1) {
    observed->unknown = "a convolution that is dilated, in another type or on another device";
    return;
  }
  const at::Tensor input = inputs[0].toTensor();
  const at::Tensor weight = inputs[1].toTensor();  // [out, in / groups, kH, kW]
  ConvolutionGeometry geometry;
  geometry.groups = inputs[6].toInt();
  geometry.inputChannels = input.size(1);
  geometry.outputChannels = weight.size(0);
  geometry.y = {input.size(2), weight.size(2), entry(3, 0), entry(4, 0)};
  geometry.x = {input.size(3), weight.size(3), entry(3, 1), entry(4, 1)};
  count(input, geometry, true);
}

std::unique_ptr<at::ObserverContext> onOperation(const at::RecordFunction& function) {
  if (observed == nullptr) return nullptr;
  const char* name = function.name();
  if (std::strcmp(name, "aten::conv2d") == 0) {
    countConvolution(function.inputs());
  } else if (std::strcmp(name, "aten::linear") == 0) {
    const auto inputs = function.inputs();
    if (inputs.size() < 2 || !countable(inputs[0]) || !countable(inputs[1])) {
      observed->unknown = "a linear layer in another type or on another device";
    } else {
      ConvolutionGeometry geometry;
      geometry.inputChannels = inputs[1].toTensor().size(1);
      geometry.outputChannels = inputs[1].toTensor().size(0);
      count(inputs[0].toTensor(), geometry, false);
    }
  } else if (std::strcmp(name, "aten::conv1d") == 0 || std::strcmp(name, "aten::conv3d") == 0 ||
             std::strncmp(name, "aten::conv_transpose", 20) == 0) {
    observed->unknown = name;
  }
  return nullptr;
}

// The callback is gone however `forward` ends.
class Observation {
public:
  explicit Observation(Observed& into) {
    observed = &into;
    m_handle = at::addThreadLocalCallback(
        at::RecordFunctionCallback(onOperation).needsInputs(true).scopes({at::RecordScope::FUNCTION}));
  }
  ~Observation() {
    at::removeCallback(m_handle);
    observed = nullptr;
  }
  Observation(const Observation&) = delete;
  Observation& operator=(const Observation&) = delete;

private:
  at::CallbackHandle m_handle;
};

}  // namespace

Expected<std::vector<LayerOperations>> observeOperations(const std::function<void()>& forward) {
  Observed found;
  {
    const Observation observation(found);
    forward();
  }
  if (!found.unknown.empty())
    return failure("The operations of the network cannot be counted", "it has " + found.unknown,
                   "compare its times alone");
  return std::move(found.layers);
}

}  // namespace pinwheel::benchmark
