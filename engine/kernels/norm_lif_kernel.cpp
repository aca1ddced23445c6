#include "engine/kernels/norm_lif_kernel.h"

#include <cmath>
#include <numbers>
#include <type_traits>

#include "engine/kernels/instruction_set.h"
#include "engine/kernels/vector_room.h"

namespace pinwheel::kernels {
namespace {

enum class Shortcut { none, added, normalised };

// [channels] each, added to; see GradientSums.
template <class T>
struct RowSums {
  T* gradient;
  T* product;
  T* shortcut;
};

#define PINWHEEL_KERNEL_BODY "engine/kernels/norm_lif_body.inc"
#include "engine/kernels/instruction_sets.h"

template <class T>
Shortcut kindOf(const NormalisedCurrent<T>& current) {
  if (current.shortcut == nullptr) return Shortcut::none;
  return current.shortcutNorm.mean == nullptr ? Shortcut::added : Shortcut::normalised;
}

template <Surrogate surrogate, class T>
auto backwardWith(Shortcut kind) {
  switch (kind) {
    case Shortcut::none:
      return PINWHEEL_BY_INSTRUCTION_SET(normalisedBackward<Shortcut::none, surrogate, T>);
    case Shortcut::added:
      return PINWHEEL_BY_INSTRUCTION_SET(normalisedBackward<Shortcut::added, surrogate, T>);
    case Shortcut::normalised:
      break;
  }
  return PINWHEEL_BY_INSTRUCTION_SET(normalisedBackward<Shortcut::normalised, surrogate, T>);
}

template <class T>
auto forwardWith(Shortcut kind) {
  switch (kind) {
    case Shortcut::none:
      return PINWHEEL_BY_INSTRUCTION_SET(normalisedForward<Shortcut::none, T>);
    case Shortcut::added:
      return PINWHEEL_BY_INSTRUCTION_SET(normalisedForward<Shortcut::added, T>);
    case Shortcut::normalised:
      break;
  }
  return PINWHEEL_BY_INSTRUCTION_SET(normalisedForward<Shortcut::normalised, T>);
}

template <class T>
std::vector<double> doubles(const std::vector<T>& from) {
  return {from.begin(), from.end()};
}

}  // namespace

void Moments::add(const Moments& other) {
  if (count == 0) {
    *this = other;
    return;
  }
  const auto mine = static_cast<double>(count), theirs = static_cast<double>(other.count);
  const double share = theirs / (mine + theirs);
  for (std::size_t c = 0; c < mean.size(); ++c) {
    const double apart = other.mean[c] - mean[c];
    mean[c] += apart * share;
    squares[c] += other.squares[c] + apart * apart * mine * share;
  }
  count += other.count;
}

template <class T>
Moments momentsOf(const T* y, std::int64_t channels, std::int64_t begin, std::int64_t end) {
  std::vector<T> mean(static_cast<std::size_t>(channels)), squares(mean.size());
  PINWHEEL_BY_INSTRUCTION_SET(rowMoments<T>)(y, channels, begin, end, mean.data(), squares.data());
  return {end - begin, doubles(mean), doubles(squares)};
}

template <class T>
void normalisedLifForward(const NormalisedCurrent<T>& current, T* spikes, std::int64_t begin, std::int64_t end,
                          const LifOptions& options) {
  VectorRoom room(current.timeSteps);
  forwardWith<T>(kindOf(current))(current, spikes, begin, end, static_cast<T>(1.0 / options.tau),
                                  static_cast<T>(options.threshold), room.get());
}

template <class T>
GradientSums normalisedLifBackward(const NormalisedCurrent<T>& current, const T* gradSpikes, T* gradCurrent,
                                   std::int64_t begin, std::int64_t end, const LifOptions& options) {
  VectorRoom room(2 * current.timeSteps);
  const Shortcut kind = kindOf(current);
  const auto channels = static_cast<std::size_t>(current.channels);
  std::vector<T> gradient(channels), product(channels), shortcut(kind == Shortcut::normalised ? channels : 0);
  const auto run = options.surrogate == Surrogate::sigmoid ? backwardWith<Surrogate::sigmoid, T>(kind)
                                                           : backwardWith<Surrogate::atan, T>(kind);
  run(current, gradSpikes, gradCurrent, begin, end, static_cast<T>(1.0 / options.tau),
      static_cast<T>(options.threshold), RowSums<T>{gradient.data(), product.data(), shortcut.data()}, room.get());
  return {doubles(gradient), doubles(product), doubles(shortcut)};
}

template <class T>
void normGradient(const T* y, const T* gradCurrent, T* gradY, std::int64_t channels, std::int64_t begin,
                  std::int64_t end, const NormGradient<T>& gradient) {
  PINWHEEL_BY_INSTRUCTION_SET(rowGradient<T>)(y, gradCurrent, gradY, channels, begin, end, gradient);
}

#define PINWHEEL_INSTANTIATE(T)                                                                                       \
  template Moments momentsOf(const T*, std::int64_t, std::int64_t, std::int64_t);                                     \
  template void normalisedLifForward(const NormalisedCurrent<T>&, T*, std::int64_t, std::int64_t, const LifOptions&); \
  template GradientSums normalisedLifBackward(const NormalisedCurrent<T>&, const T*, T*, std::int64_t, std::int64_t,  \
                                              const LifOptions&);                                                     \
  template void normGradient(const T*, const T*, T*, std::int64_t, std::int64_t, std::int64_t, const NormGradient<T>&);
PINWHEEL_INSTANTIATE(float)
PINWHEEL_INSTANTIATE(double)
#undef PINWHEEL_INSTANTIATE

}  // namespace pinwheel::kernels
