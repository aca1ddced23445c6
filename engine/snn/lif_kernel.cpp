#include "engine/snn/lif_kernel.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>
#include <vector>

// Compiled with -ffp-contract=off: the membrane that backward recomputes must be the forward one to the last bit, or a
// spike on the threshold would be taken for silence.

// One source, three instruction sets, chosen by the loader.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
#define PINWHEEL_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define PINWHEEL_CLONES
#endif
#define PINWHEEL_INLINE inline __attribute__((always_inline))

namespace pinwheel::snn::kernel {
namespace {

constexpr std::int64_t kBlock = 512;  // elements whose membrane stays in the first-level cache
constexpr std::int64_t kMaximumStackSteps = 16;

// exp(x) for x <= 0, branch-free so that loops over it vectorise; relative error below 2e-7 (Cephes' expf polynomial).
PINWHEEL_INLINE float expNegative(float x) {
  x = std::max(x, -87.0F);
  const float n = std::floor(x * std::numbers::log2e_v<float> + 0.5F);
  const float r = (x - n * 0.693359375F) + n * 2.12194440e-4F;
  float p = 1.9875691500e-4F;
  p = p * r + 1.3981999507e-3F;
  p = p * r + 8.3334519073e-3F;
  p = p * r + 4.1665795894e-2F;
  p = p * r + 1.6666665459e-1F;
  p = p * r + 5.0000001201e-1F;
  p = p * r * r + r + 1.0F;
  return p * std::bit_cast<float>((static_cast<std::int32_t>(n) + 127) << 23);
}
PINWHEEL_INLINE double expNegative(double x) {
  return std::exp(x);
}

template <Surrogate kind, class T>
PINWHEEL_INLINE T surrogateDerivative(T x) {
  if constexpr (kind == Surrogate::sigmoid) {
    // s(1 - s) is even in x: with e = exp(-4|x|) it is e / (1 + e)^2, which cannot overflow.
    const T e = expNegative(T(-4) * std::abs(x));
    const T d = T(1) + e;
    // std::max(NaN, -87) is NaN only by luck of argument order: adding x - x keeps a NaN a NaN.
    return T(4) * e / (d * d) + (x - x);
  } else {
    const T y = std::numbers::pi_v<T> * x;
    return T(1) / (T(1) + y * y);
  }
}

template <class T>
PINWHEEL_INLINE T charge(T membrane, T current, T inverseTau) {
  return membrane + (current - membrane) * inverseTau;
}

template <class T>
PINWHEEL_INLINE void forwardBody(const T* current, std::int64_t currentStride, T* spikes, std::int64_t timeSteps,
                                 std::int64_t elements, std::int64_t begin, std::int64_t end, T inverseTau,
                                 T threshold) {
  T membrane[kBlock];
  for (std::int64_t start = begin; start < end; start += kBlock) {
    const std::int64_t n = std::min(kBlock, end - start);
    std::fill_n(membrane, n, T(0));
    for (std::int64_t t = 0; t < timeSteps; ++t) {
      const T* x = current + t * currentStride + start;
      T* s = spikes + t * elements + start;
      for (std::int64_t i = 0; i < n; ++i) {
        const T h = charge(membrane[i], x[i], inverseTau);
        const bool fires = h >= threshold;
        s[i] = fires ? T(1) : T(0);
        membrane[i] = fires ? T(0) : h;
      }
    }
  }
}

template <Surrogate kind, class T>
PINWHEEL_INLINE void backwardBody(const T* current, std::int64_t currentStride, const T* gradSpikes, T* gradCurrent,
                                  std::int64_t timeSteps, std::int64_t elements, std::int64_t begin, std::int64_t end,
                                  T inverseTau, T threshold, T* charged) {
  T membrane[kBlock];
  T gradMembrane[kBlock];
  T total[kBlock];
  const T keep = T(1) - inverseTau;
  for (std::int64_t start = begin; start < end; start += kBlock) {
    const std::int64_t n = std::min(kBlock, end - start);
    std::fill_n(membrane, n, T(0));
    for (std::int64_t t = 0; t < timeSteps; ++t) {
      const T* x = current + t * currentStride + start;
      T* h = charged + t * kBlock;
      for (std::int64_t i = 0; i < n; ++i) {
        h[i] = charge(membrane[i], x[i], inverseTau);
        membrane[i] = h[i] >= threshold ? T(0) : h[i];
      }
    }
    std::fill_n(gradMembrane, n, T(0));
    std::fill_n(total, n, T(0));
    for (std::int64_t t = timeSteps - 1; t >= 0; --t) {
      const T* g = gradSpikes + t * elements + start;
      const T* h = charged + t * kBlock;
      T* out = currentStride == 0 ? nullptr : gradCurrent + t * currentStride + start;
      for (std::int64_t i = 0; i < n; ++i) {
        const T throughReset = h[i] >= threshold ? T(0) : gradMembrane[i];
        const T gradCharged = g[i] * surrogateDerivative<kind>(h[i] - threshold) + throughReset;
        gradMembrane[i] = gradCharged * keep;
        membrane[i] = gradCharged * inverseTau;
      }
      if (out != nullptr) {
        std::copy_n(membrane, n, out);
      } else {
        for (std::int64_t i = 0; i < n; ++i) total[i] += membrane[i];
      }
    }
    if (currentStride == 0) std::copy_n(total, n, gradCurrent + start);
  }
}

PINWHEEL_CLONES void forwardFloat(const float* x, std::int64_t stride, float* s, std::int64_t steps,
                                  std::int64_t elements, std::int64_t begin, std::int64_t end, float inverseTau,
                                  float threshold) {
  forwardBody(x, stride, s, steps, elements, begin, end, inverseTau, threshold);
}
PINWHEEL_CLONES void backwardSigmoidFloat(const float* x, std::int64_t stride, const float* g, float* out,
                                          std::int64_t steps, std::int64_t elements, std::int64_t begin,
                                          std::int64_t end, float inverseTau, float threshold, float* charged) {
  backwardBody<Surrogate::sigmoid>(x, stride, g, out, steps, elements, begin, end, inverseTau, threshold, charged);
}
PINWHEEL_CLONES void backwardAtanFloat(const float* x, std::int64_t stride, const float* g, float* out,
                                       std::int64_t steps, std::int64_t elements, std::int64_t begin, std::int64_t end,
                                       float inverseTau, float threshold, float* charged) {
  backwardBody<Surrogate::atan>(x, stride, g, out, steps, elements, begin, end, inverseTau, threshold, charged);
}

}  // namespace

template <class T>
void lifForward(const T* current, std::int64_t currentStride, T* spikes, std::int64_t timeSteps, std::int64_t elements,
                std::int64_t begin, std::int64_t end, const LifOptions& options) {
  const T inverseTau = static_cast<T>(1.0 / options.tau);
  const T threshold = static_cast<T>(options.threshold);
  if constexpr (std::is_same_v<T, float>) {
    forwardFloat(current, currentStride, spikes, timeSteps, elements, begin, end, inverseTau, threshold);
  } else {
    forwardBody(current, currentStride, spikes, timeSteps, elements, begin, end, inverseTau, threshold);
  }
}

template <class T>
void lifBackward(const T* current, std::int64_t currentStride, const T* gradSpikes, T* gradCurrent,
                 std::int64_t timeSteps, std::int64_t elements, std::int64_t begin, std::int64_t end,
                 const LifOptions& options) {
  const T inverseTau = static_cast<T>(1.0 / options.tau);
  const T threshold = static_cast<T>(options.threshold);
  T stack[kMaximumStackSteps * kBlock];
  std::vector<T> heap;
  T* charged = stack;
  if (timeSteps > kMaximumStackSteps) {
    heap.resize(static_cast<std::size_t>(timeSteps * kBlock));
    charged = heap.data();
  }
  const bool sigmoid = options.surrogate == Surrogate::sigmoid;
  if constexpr (std::is_same_v<T, float>) {
    (sigmoid ? backwardSigmoidFloat : backwardAtanFloat)(current, currentStride, gradSpikes, gradCurrent, timeSteps,
                                                         elements, begin, end, inverseTau, threshold, charged);
  } else if (sigmoid) {
    backwardBody<Surrogate::sigmoid>(current, currentStride, gradSpikes, gradCurrent, timeSteps, elements, begin, end,
                                     inverseTau, threshold, charged);
  } else {
    backwardBody<Surrogate::atan>(current, currentStride, gradSpikes, gradCurrent, timeSteps, elements, begin, end,
                                  inverseTau, threshold, charged);
  }
}

template void lifForward(const float*, std::int64_t, float*, std::int64_t, std::int64_t, std::int64_t, std::int64_t,
                         const LifOptions&);
template void lifForward(const double*, std::int64_t, double*, std::int64_t, std::int64_t, std::int64_t, std::int64_t,
                         const LifOptions&);
template void lifBackward(const float*, std::int64_t, const float*, float*, std::int64_t, std::int64_t, std::int64_t,
                          std::int64_t, const LifOptions&);
template void lifBackward(const double*, std::int64_t, const double*, double*, std::int64_t, std::int64_t, std::int64_t,
                          std::int64_t, const LifOptions&);

}  // namespace pinwheel::snn::kernel
