#include "engine/snn/convolution_check.h"

#include <torch/torch.h>

#include <algorithm>
#include <mutex>
#include <set>
#include <vector>

#include "engine/core/number_text.h"
#include "engine/core/random.h"

namespace pinwheel::snn {
namespace {

// Rounding stays below 1e-5 at 512 channels; what is wrong is wrong by the size of the values.
constexpr double kTolerance = 1e-3;

// Two images: LibTorch leaves oneDNN alone with a single small one.
constexpr std::int64_t kImages = 2;

struct Checked {
  std::mutex mutex;
  std::set<ConvolutionShape> shapes;
  std::string fault;
};

Checked& checked() {
  static Checked state;
  return state;
}

// Not from LibTorch's generator: its state belongs to whoever seeded it.
at::Tensor randomNumbers(at::IntArrayRef shape, std::uint64_t stream) {
  Random random(1, stream);
  at::Tensor numbers = at::empty(shape, at::kDouble);
  double* values = numbers.data_ptr<double>();
  for (std::int64_t i = 0; i < numbers.numel(); ++i) values[i] = random.uniform(-1, 1);
  return numbers;
}

// The result and the gradients of its product with `cotangent`.
std::vector<at::Tensor> computed(const Convolve& convolution, const ConvolutionShape& shape, const at::Tensor& images,
                                 const at::Tensor& weights, const at::Tensor& cotangent) {
  const at::Tensor x = images.detach().clone().requires_grad_();
  const at::Tensor w = weights.detach().clone().requires_grad_();
  const at::Tensor y = convolution(x, w, shape);
  std::vector<at::Tensor> out = torch::autograd::grad({y}, {x, w}, {cotangent});
  out.push_back(y.detach());
  return out;
}

std::string described(const ConvolutionShape& shape) {
  const auto side = std::to_string(shape.kernel);
  return side + "x" + side + ", " + std::to_string(shape.in) + " to " + std::to_string(shape.out) +
         " channels, stride " + std::to_string(shape.stride);
}

}  // namespace

at::Tensor convolve(const at::Tensor& images, const at::Tensor& weights, const ConvolutionShape& shape) {
  return at::conv2d(images, weights, {}, shape.stride, shape.kernel / 2);
}

double convolutionError(const Convolve& candidate, const ConvolutionShape& shape) {
  // What is right at 8x8 costs a second at 512 channels; every width that was wrong was so at any size.
  const std::int64_t side = shape.in * shape.out > 128 * 128 ? 4 : 8;
  const at::AutoGradMode gradients(true);
  const at::Tensor images = randomNumbers({kImages, shape.in, side, side}, 1);
  const at::Tensor weights = randomNumbers({shape.out, shape.in, shape.kernel, shape.kernel}, 2);
  const std::int64_t outSide = (side + 2 * (shape.kernel / 2) - shape.kernel) / shape.stride + 1;
  const at::Tensor cotangent = randomNumbers({kImages, shape.out, outSide, outSide}, 3);
  const auto exact = computed(convolve, shape, images, weights, cotangent);
  const auto single =
      computed(candidate, shape, images.to(at::kFloat), weights.to(at::kFloat), cotangent.to(at::kFloat));
  double worst = 0;
  for (std::size_t i = 0; i < exact.size(); ++i) {
    const double error = (single[i].to(at::kDouble) - exact[i]).abs().max().item<double>();
    worst = std::max(worst, error / exact[i].abs().max().item<double>());
  }
  return worst;
}

void checkConvolutions(const torch::nn::Module& network, const Convolve& candidate) {
  Checked& state = checked();
  const std::lock_guard lock(state.mutex);
  for (const auto& module : network.modules()) {
    const auto* convolution = module->as<torch::nn::Conv2d>();
    if (convolution == nullptr) continue;
    const auto& options = convolution->options;
    const ConvolutionShape shape{options.in_channels(), options.out_channels(), (*options.kernel_size())[0],
                                 (*options.stride())[0]};
    if (!state.shapes.insert(shape).second) continue;
    const double error = convolutionError(candidate, shape);
    if (error < kTolerance) continue;
    at::globalContext().setUserEnabledMkldnn(false);
    const double without = convolutionError(candidate, shape);
    state.fault = "LibTorch computes convolutions wrongly on this processor (" + described(shape) + ": off by " +
                  percentText(error) + "); ";
    state.fault += without < kTolerance
                       ? "its oneDNN is switched off, so that results are right and convolutions slower"
                       : "switching its oneDNN off does not help: do not trust any figure, and use another LibTorch";
  }
}

std::string convolutionFault() {
  const std::lock_guard lock(checked().mutex);
  return checked().fault;
}

}  // namespace pinwheel::snn
