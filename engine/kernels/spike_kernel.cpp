#include "engine/kernels/spike_kernel.h"

#include <algorithm>
#include <limits>

#include "engine/kernels/instruction_set.h"

namespace pinwheel::kernels {
namespace {

#define PINWHEEL_KERNEL_BODY "engine/kernels/spike_body.inc"
#include "engine/kernels/instruction_sets.h"

// Rows of the framed gradient that a thread works on stay in its second-level cache.
constexpr std::int64_t kPartRows = 512;

constexpr std::int64_t kTileChannels = 16;

std::int64_t floorDivide(std::int64_t a, std::int64_t b) {
  return a >= 0 ? a / b : -((-a + b - 1) / b);
}

// A tap meets the input rows that are `remainder` modulo the stride, and there the output row that is `shift` behind
// the input row over the stride.
struct Tap {
  std::int64_t remainder = 0;
  std::int64_t shift = 0;
};

Tap tapOf(std::int64_t tap, const ConvolutionSize& size) {
  const std::int64_t offset = tap - size.padding;
  const std::int64_t remainder = offset - floorDivide(offset, size.stride) * size.stride;
  return {remainder, (remainder - offset) / size.stride};
}

// Weights and blocks of them are each other's transposes. Through a tile that fits the first-level cache, whose rows do
// not fall on the same few sets of it as those of the weights do: load() fills it with some channels, store() empties
// it.
template <class T, class Load, class Store>
void transpose(const ConvolutionSize& size, std::int64_t beginChannel, std::int64_t endChannel, Load&& load,
               Store&& store) {
  const std::int64_t taps = size.taps();
  const std::int64_t pitch = kTileChannels * taps + 1;
  std::vector<T> tile(static_cast<std::size_t>(kLanes<T> * pitch));
  for (std::int64_t c = beginChannel; c < endChannel; c += kTileChannels) {
    const std::int64_t channels = std::min(kTileChannels, endChannel - c);
    load(tile.data(), pitch, c, channels);
    store(tile.data(), pitch, c, channels);
  }
}

}  // namespace

bool fitsSpikeList(const ConvolutionSize& size) {
  return size.width * size.channels <= std::numeric_limits<std::uint16_t>::max() + 1 &&
         size.pixels() * size.channels <= std::numeric_limits<std::int32_t>::max();
}

template <class T>
std::int64_t countSpikes(const T* x, const ConvolutionSize& size, std::int64_t beginPixel, std::int64_t endPixel,
                         std::int32_t* counts) {
  return PINWHEEL_BY_INSTRUCTION_SET(countPixels<T>)(x, size.channels, beginPixel, endPixel, counts);
}

template <class T>
void listSpikes(const T* x, const ConvolutionSize& size, std::int64_t beginPixel, std::int64_t endPixel,
                const std::int32_t* begin, std::uint16_t* position) {
  // One more than there are channels: what is not a spike is written too, and then written over.
  std::vector<std::uint16_t> row(static_cast<std::size_t>(size.channels + 1));
  for (std::int64_t p = beginPixel; p < endPixel; ++p) {
    if (begin[p] == begin[p + 1]) continue;
    const T* values = x + p * size.channels;
    const std::int64_t first = (p % size.width) * size.channels;
    std::size_t count = 0;
    for (std::int64_t c = 0; c < size.channels; ++c) {
      row[count] = static_cast<std::uint16_t>(first + c);
      count += values[c] != T(0) ? 1 : 0;
    }
    std::copy_n(row.data(), count, position + begin[p]);
  }
}

template <class T>
void blockWeights(const T* weights, T* blocked, const ConvolutionSize& size, std::int64_t block,
                  std::int64_t beginChannel, std::int64_t endChannel) {
  const std::int64_t taps = size.taps(), firstOut = block * kLanes<T>;
  const std::int64_t lanes = std::min(kLanes<T>, size.outChannels - firstOut);
  T* out = blocked + block * taps * size.channels * kLanes<T>;
  transpose<T>(
      size, beginChannel, endChannel,
      [&](T* tile, std::int64_t pitch, std::int64_t c, std::int64_t channels) {
        for (std::int64_t o = 0; o < lanes; ++o)
          std::copy_n(weights + ((firstOut + o) * size.channels + c) * taps, channels * taps, tile + o * pitch);
      },
      [&](const T* tile, std::int64_t pitch, std::int64_t c, std::int64_t channels) {
        for (std::int64_t i = 0; i < channels; ++i)
          for (std::int64_t tap = 0; tap < taps; ++tap) {
            T* row = out + (tap * size.channels + c + i) * kLanes<T>;
            for (std::int64_t o = 0; o < kLanes<T>; ++o) row[o] = tile[o * pitch + i * taps + tap];
          }
      });
}

template <class T>
void convolveSpikes(const SpikeList& spikes, const T* blocked, T* y, const ConvolutionSize& size,
                    std::int64_t beginImage, std::int64_t endImage) {
  PINWHEEL_BY_INSTRUCTION_SET(convolveImages<T>)(spikes, blocked, y, size, beginImage, endImage);
}

ChannelLists::ChannelLists(const SpikeList& spikes, const ConvolutionSize& size) : m_spikes(spikes), m_size(size) {
  std::int64_t lowest = 0, highest = 0;
  for (std::int64_t k = 0; k < size.kernel; ++k) {
    const Tap tap = tapOf(k, size);
    lowest = std::min(lowest, tap.shift);
    highest = std::max(highest, tap.shift);
  }
  const auto extent = [&](std::int64_t side, std::int64_t out) {
    return std::max((side - 1) / size.stride + 1 + highest, out) - lowest;
  };
  m_frame = {extent(size.height, size.outHeight()), extent(size.width, size.outWidth()), -lowest};
  const std::int64_t images = std::max<std::int64_t>(1, kPartRows / (m_frame.height * m_frame.width));
  for (std::int64_t n = 0; n < size.images; n += images)
    m_parts.push_back({n, std::min(n + images, size.images), {}, {}});
}

void ChannelLists::fill(std::int64_t index) {
  Part& part = m_parts[static_cast<std::size_t>(index)];
  const std::int64_t s = m_size.stride, classes = s * s;
  part.begin.assign(static_cast<std::size_t>(m_size.channels * classes + 1), 0);
  const auto eachSpike = [&](auto&& visit) {
    for (std::int64_t n = part.beginImage; n < part.endImage; ++n)
      for (std::int64_t h = 0; h < m_size.height; ++h)
        for (std::int64_t w = 0; w < m_size.width; ++w) {
          const std::int64_t pixel = (n * m_size.height + h) * m_size.width + w;
          const std::int64_t column = w * m_size.channels;
          const std::int64_t group = (h % s) * s + w % s;
          const std::int64_t row = ((n - part.beginImage) * m_frame.height + h / s) * m_frame.width + w / s;
          for (std::int32_t i = m_spikes.begin[pixel]; i < m_spikes.begin[pixel + 1]; ++i)
            visit(static_cast<std::size_t>((m_spikes.position[i] - column) * classes + group),
                  static_cast<std::uint32_t>(row));
        }
  };
  eachSpike([&](std::size_t list, std::uint32_t) { ++part.begin[list + 1]; });
  for (std::size_t i = 1; i < part.begin.size(); ++i) part.begin[i] += part.begin[i - 1];
  part.position.resize(part.begin.back());
  std::vector<std::uint32_t> next(part.begin.begin(), part.begin.end() - 1);
  eachSpike([&](std::size_t list, std::uint32_t row) { part.position[next[list]++] = row; });
}

template <class T>
void weightGradient(const ChannelLists& spikes, const T* gradY, T* gradient, const ConvolutionSize& size,
                    std::int64_t block, std::int64_t beginChannel, std::int64_t endChannel) {
  const std::int64_t taps = size.taps(), channels = endChannel - beginChannel;
  const std::int64_t outHeight = size.outHeight(), outWidth = size.outWidth();
  const std::int64_t classes = size.stride * size.stride;
  const ChannelLists::Frame& frame = spikes.frame();
  std::vector<std::int64_t> tapClass, tapRow;
  for (std::int64_t kh = 0; kh < size.kernel; ++kh)
    for (std::int64_t kw = 0; kw < size.kernel; ++kw) {
      const Tap down = tapOf(kh, size), across = tapOf(kw, size);
      tapClass.push_back(down.remainder * size.stride + across.remainder);
      tapRow.push_back((down.shift + frame.before) * frame.width + across.shift + frame.before);
    }
  const std::int64_t firstOut = block * kLanes<T>;
  const std::int64_t lanes = std::min(kLanes<T>, size.outChannels - firstOut);
  std::vector<T> sums(static_cast<std::size_t>(taps * channels * kLanes<T>));
  std::vector<T> rows;
  for (std::int64_t index = 0; index < spikes.count(); ++index) {
    const ChannelLists::Part& part = spikes.part(index);
    // The zeros of the frame stay: every part writes the same places, and the last one is not larger.
    rows.resize(static_cast<std::size_t>((part.endImage - part.beginImage) * frame.height * frame.width * kLanes<T>));
    for (std::int64_t n = part.beginImage; n < part.endImage; ++n)
      for (std::int64_t h = 0; h < outHeight; ++h) {
        const T* from = gradY + (n * outHeight + h) * outWidth * size.outChannels + firstOut;
        T* to = rows.data() +
                (((n - part.beginImage) * frame.height + h + frame.before) * frame.width + frame.before) * kLanes<T>;
        for (std::int64_t w = 0; w < outWidth; ++w, from += size.outChannels, to += kLanes<T>)
          std::copy_n(from, lanes, to);
      }
    PINWHEEL_BY_INSTRUCTION_SET(addRows<T>)
    (part.begin.data() + beginChannel * classes, part.position.data(), rows.data(), sums.data(), classes, channels,
     tapClass.data(), tapRow.data(), taps);
  }
  transpose<T>(
      size, beginChannel, endChannel,
      [&](T* tile, std::int64_t pitch, std::int64_t c, std::int64_t count) {
        for (std::int64_t i = 0; i < count; ++i)
          for (std::int64_t tap = 0; tap < taps; ++tap) {
            const T* row = sums.data() + (tap * channels + c - beginChannel + i) * kLanes<T>;
            for (std::int64_t o = 0; o < lanes; ++o) tile[o * pitch + i * taps + tap] = row[o];
          }
      },
      [&](const T* tile, std::int64_t pitch, std::int64_t c, std::int64_t count) {
        for (std::int64_t o = 0; o < lanes; ++o)
          std::copy_n(tile + o * pitch, count * taps, gradient + ((firstOut + o) * size.channels + c) * taps);
      });
}

#define PINWHEEL_INSTANTIATE(T)                                                                                       \
  template std::int64_t countSpikes(const T*, const ConvolutionSize&, std::int64_t, std::int64_t, std::int32_t*);     \
  template void listSpikes(const T*, const ConvolutionSize&, std::int64_t, std::int64_t, const std::int32_t*,         \
                           std::uint16_t*);                                                                           \
  template void blockWeights(const T*, T*, const ConvolutionSize&, std::int64_t, std::int64_t, std::int64_t);         \
  template void convolveSpikes(const SpikeList&, const T*, T*, const ConvolutionSize&, std::int64_t, std::int64_t);   \
  template void weightGradient(const ChannelLists&, const T*, T*, const ConvolutionSize&, std::int64_t, std::int64_t, \
                               std::int64_t);
PINWHEEL_INSTANTIATE(float)
PINWHEEL_INSTANTIATE(double)
#undef PINWHEEL_INSTANTIATE

}  // namespace pinwheel::kernels
