// Batch norm, the addition of a shortcut and the LIF neuron in one pass over memory.
//
// Everything is rows of channels, the channels next to each other: [T, rows, channels], a row being a place of an
// image.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/kernels/lif_options.h"

namespace pinwheel::kernels {

/// Rows are worked on in blocks of so many: sums over them do not depend on the number of threads.
inline constexpr std::int64_t kRowBlock = 64;

/// A batch norm as (y - mean) * scale + shift, each [channels].
template <class T>
struct Affine {
  const T* mean = nullptr;
  const T* scale = nullptr;  ///< the weight over the standard deviation
  const T* shift = nullptr;  ///< the bias
};

/// The current of the neuron: batch norm of `y`, and what a shortcut adds.
template <class T>
struct NormalisedCurrent {
  const T* y = nullptr;  ///< [T, rows, channels]; [rows, channels] where `constant`
  Affine<T> norm;
  const T* shortcut = nullptr;  ///< [T, rows, channels] or nullptr
  Affine<T> shortcutNorm{};     ///< without `mean`: added as it is
  bool constant = false;        ///< the same at every time step; no shortcut then
  std::int64_t timeSteps = 1;
  std::int64_t rows = 0;
  std::int64_t channels = 0;
};

/// spikes [T, rows, channels] of the rows [begin, end).
template <class T>
void normalisedLifForward(const NormalisedCurrent<T>& current, T* spikes, std::int64_t begin, std::int64_t end,
                          const LifOptions& options);

/// Sums of a block of rows over rows and time steps, [channels] each, of what batch norms' gradients need.
struct GradientSums {
  std::vector<double> gradient;  ///< of the current
  std::vector<double> product;   ///< of the current's gradient and y - mean
  std::vector<double> shortcut;  ///< of the current's gradient and the shortcut - its mean; empty without its norm
};

/// gradCurrent [T, rows, channels] of the rows [begin, end), at most kRowBlock; of a constant current the sum over
/// time, [rows, channels]. gradSpikes [T, rows, channels]; may not be gradCurrent.
template <class T>
GradientSums normalisedLifBackward(const NormalisedCurrent<T>& current, const T* gradSpikes, T* gradCurrent,
                                   std::int64_t begin, std::int64_t end, const LifOptions& options);

/// Means and sums of squared deviations of a block of rows [begin, end) of y [rows, channels].
struct Moments {
  std::int64_t count = 0;
  std::vector<double> mean;
  std::vector<double> squares;
  /// Chan, Golub, LeVeque 1983: of both sets of rows together.
  void add(const Moments& other);
};
template <class T>
Moments momentsOf(const T* y, std::int64_t channels, std::int64_t begin, std::int64_t end);

/// gradY = gradCurrent * scale + (y - mean) * slope + offset, rows [begin, end) of [rows, channels]; gradY may be
/// gradCurrent. What is left of a batch norm's gradient once its sums are known.
template <class T>
struct NormGradient {
  const T* scale = nullptr;
  const T* mean = nullptr;
  const T* slope = nullptr;
  const T* offset = nullptr;
};
template <class T>
void normGradient(const T* y, const T* gradCurrent, T* gradY, std::int64_t channels, std::int64_t begin,
                  std::int64_t end, const NormGradient<T>& gradient);

}  // namespace pinwheel::kernels
