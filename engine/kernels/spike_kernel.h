// Convolutions driven by spikes, over raw memory.
//
// The input is 0 or 1 and mostly 0. A spike adds a row of weights to each output that it reaches, and a row of the
// output's gradient to each weight that it met: sums of as many rows as there are spikes, where a dense convolution
// multiplies with every 0. Images lie channels last, so that a row is a run of output channels.
#pragma once

#include <cstdint>
#include <vector>

namespace pinwheel::kernels {

/// Sizes of a convolution: images x channels x height x width, a square kernel, its stride and the zeros around the
/// input. No dilation, no groups, no bias.
struct ConvolutionSize {
  std::int64_t images = 0;
  std::int64_t channels = 0;
  std::int64_t height = 0;
  std::int64_t width = 0;
  std::int64_t outChannels = 0;
  std::int64_t kernel = 3;
  std::int64_t stride = 1;
  std::int64_t padding = 1;

  [[nodiscard]] std::int64_t outHeight() const { return (height + 2 * padding - kernel) / stride + 1; }
  [[nodiscard]] std::int64_t outWidth() const { return (width + 2 * padding - kernel) / stride + 1; }
  [[nodiscard]] std::int64_t pixels() const { return images * height * width; }
  [[nodiscard]] std::int64_t taps() const { return kernel * kernel; }
};

/// Where the spikes are. Below one in sixteen it is smaller than a bit for every unit.
struct SpikeList {
  const std::int32_t* begin = nullptr;      ///< [pixels + 1], the first entry of every pixel
  const std::uint16_t* position = nullptr;  ///< of every spike: column x channels + channel; pixel by pixel, rising
};

/// Whether positions in a row fit a SpikeList, and the spikes its counters.
[[nodiscard]] bool fitsSpikeList(const ConvolutionSize& size);

/// counts[p] of the pixels [beginPixel, endPixel): how many of x [pixels, channels] are not 0. Returns their sum, or -1
/// where an x is neither 0 nor 1 (or NaN).
template <class T>
std::int64_t countSpikes(const T* x, const ConvolutionSize& size, std::int64_t beginPixel, std::int64_t endPixel,
                         std::int32_t* counts);

/// Writes the positions of these pixels' spikes where `begin` has them.
template <class T>
void listSpikes(const T* x, const ConvolutionSize& size, std::int64_t beginPixel, std::int64_t endPixel,
                const std::int32_t* begin, std::uint16_t* position);

/// Output channels are worked on in blocks of so many lanes.
template <class T>
inline constexpr std::int64_t kLanes = 256 / static_cast<std::int64_t>(sizeof(T));
template <class T>
[[nodiscard]] constexpr std::int64_t outputBlocks(std::int64_t outChannels) {
  return (outChannels + kLanes<T> - 1) / kLanes<T>;
}

/// The part of weights [outChannels, channels, kernel, kernel] that belongs to output block `block` and the input
/// channels [beginChannel, endChannel), into blocked [blocks][kernel][kernel][channels][lanes]; lanes behind the last
/// output channel are 0.
template <class T>
void blockWeights(const T* weights, T* blocked, const ConvolutionSize& size, std::int64_t block,
                  std::int64_t beginChannel, std::int64_t endChannel);

/// y [images, outHeight, outWidth, outChannels] of the images [beginImage, endImage), from blockWeights().
template <class T>
void convolveSpikes(const SpikeList& spikes, const T* blocked, T* y, const ConvolutionSize& size,
                    std::int64_t beginImage, std::int64_t endImage);

/// The same spikes by input channel, one part of the images after the other: the order in which the weights' gradient
/// adds rows.
class ChannelLists {
public:
  /// Refers to the list, which has to outlive it.
  ChannelLists(const SpikeList& spikes, const ConvolutionSize& size);

  struct Part {
    std::int64_t beginImage = 0;
    std::int64_t endImage = 0;
    std::vector<std::uint32_t> begin;     ///< [channels * stride^2 + 1]
    std::vector<std::uint32_t> position;  ///< row of the framed gradient that the pixel meets, but for a tap's shift
  };
  [[nodiscard]] std::int64_t count() const { return static_cast<std::int64_t>(m_parts.size()); }
  /// Fills part `index`; several threads may fill parts.
  void fill(std::int64_t index);
  [[nodiscard]] const Part& part(std::int64_t index) const { return m_parts[static_cast<std::size_t>(index)]; }

  /// The gradient of an image with zeros around it, so that every tap of every pixel meets a row: its sides, and where
  /// the image begins.
  struct Frame {
    std::int64_t height = 0;
    std::int64_t width = 0;
    std::int64_t before = 0;
  };
  [[nodiscard]] const Frame& frame() const { return m_frame; }

private:
  SpikeList m_spikes;
  ConvolutionSize m_size;
  Frame m_frame;
  std::vector<Part> m_parts;
};

/// Writes the part of gradient [outChannels, channels, kernel, kernel] of output block `block` and input channels
/// [beginChannel, endChannel). gradY [images, outHeight, outWidth, outChannels]. The sum of a weight does not depend on
/// how channels are divided.
template <class T>
void weightGradient(const ChannelLists& spikes, const T* gradY, T* gradient, const ConvolutionSize& size,
                    std::int64_t block, std::int64_t beginChannel, std::int64_t endChannel);

}  // namespace pinwheel::kernels
