#include "engine/snn/spike_convolution.h"

#include <ATen/Parallel.h>
#include <torch/torch.h>

#include <atomic>
#include <vector>

#include "engine/kernels/spike_kernel.h"
#include "engine/snn/plain_neurons.h"

namespace pinwheel::snn {
namespace {

using kernels::ConvolutionSize;
using kernels::SpikeList;

constexpr std::int64_t kPixelGrain = 256;   // pixels below which a second thread costs more than it brings
constexpr std::int64_t kLeastChannels = 8;  // input channels that a thread takes of an output block at once

const at::MemoryFormat kChannelsLast = at::MemoryFormat::ChannelsLast;

ConvolutionSize sizeOf(at::IntArrayRef x, at::IntArrayRef weights, std::int64_t stride, std::int64_t padding) {
  return {x[0], x[1], x[2], x[3], weights[0], weights[2], stride, padding};
}

std::atomic<std::int64_t> driven = 0;

// Calls work(output block, first channel, end) for all blocks and channels, divided among the threads.
template <class T, class Work>
void eachBlock(const ConvolutionSize& size, Work&& work) {
  const std::int64_t blocks = kernels::outputBlocks<T>(size.outChannels);
  const std::int64_t wanted = (2 * at::get_num_threads() + blocks - 1) / blocks;
  const std::int64_t share = std::max(kLeastChannels, (size.channels + wanted - 1) / wanted);
  const std::int64_t shares = (size.channels + share - 1) / share;
  at::parallel_for(0, blocks * shares, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t first = i % shares * share;
      work(i / shares, first, std::min(first + share, size.channels));
    }
  });
}

// The spikes of an input, as tensors that autograd can keep.
struct Listed {
  at::Tensor begin;     // int32 [pixels + 1]
  at::Tensor position;  // int16, its bits those of uint16

  [[nodiscard]] bool there() const { return begin.defined(); }
  [[nodiscard]] SpikeList list() const {
    return {begin.data_ptr<std::int32_t>(), reinterpret_cast<const std::uint16_t*>(position.data_ptr<std::int16_t>())};
  }
};

// Nothing where the input is not of spikes, or has too many of them. x channels last.
template <class T>
Listed listed(const at::Tensor& x, const ConvolutionSize& size, double densest) {
  if (!kernels::fitsSpikeList(size) || x.numel() == 0) return {};
  const T* values = x.data_ptr<T>();
  Listed out{at::empty({size.pixels() + 1}, at::kInt), {}};
  auto* begin = out.begin.data_ptr<std::int32_t>();
  std::atomic<bool> strange = false;
  at::parallel_for(0, size.pixels(), kPixelGrain, [&](std::int64_t first, std::int64_t end) {
    if (kernels::countSpikes(values, size, first, end, begin + 1) < 0) strange = true;
  });
  if (strange) return {};
  begin[0] = 0;
  for (std::int64_t p = 0; p < size.pixels(); ++p) begin[p + 1] += begin[p];
  const std::int64_t spikes = begin[size.pixels()];
  if (static_cast<double>(spikes) > densest * static_cast<double>(x.numel())) return {};
  out.position = at::empty({spikes}, at::kShort);
  auto* position = reinterpret_cast<std::uint16_t*>(out.position.data_ptr<std::int16_t>());
  at::parallel_for(0, size.pixels(), kPixelGrain, [&](std::int64_t first, std::int64_t end) {
    kernels::listSpikes(values, size, first, end, begin, position);
  });
  return out;
}

template <class T>
at::Tensor forwardOf(const Listed& spikes, const at::Tensor& weights, const ConvolutionSize& size) {
  const at::Tensor w = weights.contiguous();
  at::Tensor y =
      at::empty({size.images, size.outChannels, size.outHeight(), size.outWidth()}, w.options(), kChannelsLast);
  at::Tensor blocked = at::empty(
      {kernels::outputBlocks<T>(size.outChannels) * size.taps() * size.channels * kernels::kLanes<T>}, w.options());
  T* blocks = blocked.data_ptr<T>();
  eachBlock<T>(size, [&](std::int64_t block, std::int64_t begin, std::int64_t end) {
    kernels::blockWeights(w.data_ptr<T>(), blocks, size, block, begin, end);
  });
  const SpikeList list = spikes.list();
  T* out = y.data_ptr<T>();
  at::parallel_for(0, size.images, 1, [&](std::int64_t begin, std::int64_t end) {
    kernels::convolveSpikes(list, blocks, out, size, begin, end);
  });
  return y;
}

template <class T>
at::Tensor weightGradientOf(const Listed& spikes, const at::Tensor& gradY, const ConvolutionSize& size) {
  at::Tensor gradient = at::empty({size.outChannels, size.channels, size.kernel, size.kernel}, gradY.options(),
                                  at::MemoryFormat::Contiguous);
  kernels::ChannelLists lists(spikes.list(), size);
  at::parallel_for(0, lists.count(), 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) lists.fill(i);
  });
  eachBlock<T>(size, [&](std::int64_t block, std::int64_t begin, std::int64_t end) {
    kernels::weightGradient(lists, gradY.data_ptr<T>(), gradient.data_ptr<T>(), size, block, begin, end);
  });
  return gradient;
}

// What oneDNN wants to know of an input whose values the asked-for gradient does not depend on: its shape.
at::Tensor shapeAlone(at::IntArrayRef shape, const at::Tensor& like) {
  return at::empty({1}, like.options()).expand(shape);
}

struct SpikeConvolution : torch::autograd::Function<SpikeConvolution> {
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& x, const at::Tensor& weights,
                            std::int64_t stride, std::int64_t padding, double densest) {
    const ConvolutionSize size = sizeOf(x.sizes(), weights.sizes(), stride, padding);
    const at::Tensor input = x.contiguous(kChannelsLast);
    Listed spikes;
    AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "list_spikes",
                               [&] { spikes = listed<scalar_t>(input, size, densest); });
    at::Tensor y;
    if (spikes.there()) {
      ++driven;
      AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "spike_convolution",
                                 [&] { y = forwardOf<scalar_t>(spikes, weights, size); });
    } else {
      y = at::conv2d(input, weights, {}, stride, padding).contiguous(kChannelsLast);
    }
    context->saved_data["stride"] = stride;
    context->saved_data["padding"] = padding;
    context->saved_data["shape"] = x.sizes().vec();
    // The input itself only where it is no list: its spikes are some thirtieth of it.
    context->save_for_backward({weights, spikes.there() ? at::Tensor() : input, spikes.begin, spikes.position});
    return y;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const at::Tensor& weights = saved[0];
    const at::Tensor& input = saved[1];
    const Listed spikes{saved[2], saved[3]};
    const std::int64_t stride = context->saved_data["stride"].toInt();
    const std::int64_t padding = context->saved_data["padding"].toInt();
    const std::vector<std::int64_t> shape = context->saved_data["shape"].toIntVector();
    const at::Tensor gradY = gradients[0].contiguous(kChannelsLast);
    const bool ofInput = context->needs_input_grad(0), ofWeights = context->needs_input_grad(1);
    const auto dense = [&](const at::Tensor& x, bool first, bool second) {
      // The weights' order in memory decides that of the gradient.
      return at::convolution_backward(gradY, x, weights.contiguous(kChannelsLast), c10::nullopt, {stride, stride},
                                      {padding, padding}, {1, 1}, false, {0, 0}, 1, {first, second, false});
    };
    at::Tensor gradX, gradWeights;
    if (!spikes.there()) {
      std::tie(gradX, gradWeights, std::ignore) = dense(input, ofInput, ofWeights);
    } else {
      if (ofInput) gradX = std::get<0>(dense(shapeAlone(shape, gradY), true, false));
      if (ofWeights)
        AT_DISPATCH_FLOATING_TYPES(gradY.scalar_type(), "spike_convolution_weights", [&] {
          gradWeights = weightGradientOf<scalar_t>(spikes, gradY, sizeOf(shape, weights.sizes(), stride, padding));
        });
    }
    return {gradX, gradWeights, at::Tensor(), at::Tensor(), at::Tensor()};
  }
};

bool drivable(const at::Tensor& x, const at::Tensor& weights) {
  return x.device().is_cpu() && (x.scalar_type() == at::kFloat || x.scalar_type() == at::kDouble) &&
         weights.scalar_type() == x.scalar_type() && weights.device().is_cpu();
}

}  // namespace

// Measured with AVX-512 at 64 channels of 16 x 16, the layer where dense is best (docs/performance.md): gradients of
// weights take as long at 0.19, forward passes at 0.30 to 0.35.
double spikeDrivenDensity() {
  return 0.2;
}

std::int64_t spikeDrivenCount() noexcept {
  return driven;
}

at::Tensor spikeConvolution(const at::Tensor& x, const at::Tensor& weights, std::int64_t stride, std::int64_t padding,
                            ConvolutionWay way) {
  TORCH_CHECK(x.dim() == 4 && weights.dim() == 4 && weights.size(2) == weights.size(3) && x.size(1) == weights.size(1),
              "a convolution of ", x.sizes(), " with weights ", weights.sizes());
  TORCH_CHECK(stride >= 1 && padding >= 0, "a convolution with stride ", stride, " and padding ", padding);
  // A 1x1 convolution is over before its spikes are listed.
  const bool dense = way == ConvolutionWay::dense || (way == ConvolutionWay::chosen && weights.size(2) == 1);
  if (dense || PlainNeurons::any() || !drivable(x, weights)) return at::conv2d(x, weights, {}, stride, padding);
  return SpikeConvolution::apply(x, weights, stride, padding,
                                 way == ConvolutionWay::spikes ? 1.0 : spikeDrivenDensity());
}

}  // namespace pinwheel::snn
