// Where in the image the units of a layer look, from the kernels, strides and paddings that lead to it. No LibTorch
// behind this header.
#pragma once

#include <cstdint>

namespace pinwheel::snn {

/// The theoretical receptive fields of a layer along one side of the image, in pixels; pixel p reaches from p to p + 1.
/// Unit i of a row or column sees [centrePx(i) - sidePx / 2, centrePx(i) + sidePx / 2], and nothing else can change its
/// activity. At the border a field reaches beyond the image, into the padding.
struct ReceptiveField {
  double sidePx = 0;         ///< 0: not known
  double pitchPx = 0;        ///< between the centres of neighbouring units
  double firstCentrePx = 0;  ///< of unit 0

  /// The image itself: every pixel sees itself.
  [[nodiscard]] static constexpr ReceptiveField ofPixels() noexcept { return {1, 1, 0.5}; }
  [[nodiscard]] constexpr bool isKnown() const noexcept { return sidePx > 0; }
  [[nodiscard]] constexpr double centrePx(int i) const noexcept { return firstCentrePx + i * pitchPx; }
  /// One convolution or pooling further (Araujo, Norris and Sim 2019, Computing receptive fields of convolutional
  /// neural networks).
  [[nodiscard]] constexpr ReceptiveField behind(std::int64_t kernel, std::int64_t stride,
                                                std::int64_t padding) const noexcept {
    const double reach = static_cast<double>(kernel - 1);
    return {sidePx + reach * pitchPx, pitchPx * static_cast<double>(stride),
            firstCentrePx + (reach / 2 - static_cast<double>(padding)) * pitchPx};
  }
};

}  // namespace pinwheel::snn
