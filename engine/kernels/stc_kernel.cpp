#include "engine/kernels/stc_kernel.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "engine/kernels/instruction_set.h"

namespace pinwheel::kernels {
namespace {

// Over ordered pairs i != j of correlations r and inverse distances d.
struct PairSums {
  double r = 0;
  double rr = 0;
  double rd = 0;
};

struct DistanceSums {
  double d = 0;
  double dd = 0;
};

#define PINWHEEL_KERNEL_BODY "engine/kernels/stc_body.inc"
#include "engine/kernels/instruction_sets.h"
#define PINWHEEL_KERNEL_BODY "engine/kernels/coincidences_body.inc"
#include "engine/kernels/instruction_sets.h"

// Vectors count their own bits from Ice Lake on; the sets above go without.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
namespace counting {
#pragma GCC push_options
#pragma GCC target("arch=x86-64-v4,prefer-vector-width=512,avx512vpopcntdq")
#include "engine/kernels/coincidences_body.inc"
#pragma GCC pop_options
}  // namespace counting
auto coincidenceCounter() {
  if (instructionSet() == InstructionSet::v4 && __builtin_cpu_supports("avx512vpopcntdq") != 0)
    return counting::countCoincidences;
  return PINWHEEL_BY_INSTRUCTION_SET(countCoincidences);
}
#else
auto coincidenceCounter() {
  return base::countCoincidences;
}
#endif

using Floats = std::vector<float>;

Floats floats(std::int64_t count) {
  return Floats(static_cast<std::size_t>(count));
}

// Which units fire at every time step and image: lists [T * B].
struct Lists {
  std::vector<std::int32_t> begin;
  std::vector<std::uint16_t> unit;
};

Lists listsOf(const std::vector<std::uint64_t>& bits, const StcSize& size) {
  const std::int64_t padded = size.paddedUnits(), words = size.words();
  Lists lists;
  lists.begin.assign(static_cast<std::size_t>(size.timeSteps * size.images + 1), 0);
  const auto eachSpike = [&](auto&& visit) {
    for (std::int64_t t = 0; t < size.timeSteps; ++t)
      for (std::int64_t w = 0; w < words; ++w)
        for (std::int64_t n = 0; n < size.units; ++n)
          for (std::uint64_t left = bits[static_cast<std::size_t>((t * words + w) * padded + n)]; left != 0;
               left &= left - 1)
            visit(static_cast<std::size_t>(t * size.images + w * 64 + std::countr_zero(left)), n);
  };
  eachSpike([&](std::size_t list, std::int64_t) { ++lists.begin[list + 1]; });
  for (std::size_t i = 1; i < lists.begin.size(); ++i) lists.begin[i] += lists.begin[i - 1];
  lists.unit.resize(static_cast<std::size_t>(lists.begin.back()));
  std::vector<std::int32_t> next(lists.begin.begin(), lists.begin.end() - 1);
  eachSpike([&](std::size_t list, std::int64_t n) {
    lists.unit[static_cast<std::size_t>(next[list]++)] = static_cast<std::uint16_t>(n);
  });
  return lists;
}

// Of values whose pairs sum to `sum` and their squares to `squares`; 0 where all are alike but for rounding.
struct Centre {
  double mean = 0;
  double inverseNorm = 0;
};

Centre centreOf(double sum, double squares, double orderedPairs) {
  const double mean = sum / orderedPairs;
  const double spread = (squares - sum * mean) / 2;  // of pairs i < j
  const double floor = (mean * mean + 1e-12) * (orderedPairs / 2 * 1e-11);
  return {mean, spread > floor ? 1 / std::sqrt(spread) : 0};
}

// One term of the loss: the correlations of `c` [N][padded], which is overwritten by them, against the distances.
struct Pearson {
  double loss = 0;
  float slope = 0, along = 0, level = 0;  // the gradient of r_ij: slope r_ij + along d_ij + level
};

Pearson pearson(Floats& c, const float* d, const Centre& distance, const StcSize& size, const Floats& offset,
                const Floats& factor) {
  const auto n = static_cast<double>(size.units);
  const double orderedPairs = n * (n - 1);
  const PairSums sums =
      PINWHEEL_BY_INSTRUCTION_SET(correlate)(c.data(), d, size.units, size.paddedUnits(), offset.data(), factor.data());
  const Centre r = centreOf(sums.r, sums.rr, orderedPairs);
  const double covariance = (sums.rd - orderedPairs * r.mean * distance.mean) / 2;
  const double p = covariance * r.inverseNorm * distance.inverseNorm;
  Pearson out;
  out.loss = 0.5 * (1 - p);
  out.slope = static_cast<float>(0.5 * p * r.inverseNorm * r.inverseNorm);
  out.along = static_cast<float>(-0.5 * r.inverseNorm * distance.inverseNorm);
  out.level =
      static_cast<float>(0.5 * r.inverseNorm * (distance.mean * distance.inverseNorm - p * r.mean * r.inverseNorm));
  return out;
}

Centre centreOfDistances(const float* d, std::int64_t units) {
  const DistanceSums sums = PINWHEEL_BY_INSTRUCTION_SET(sumDistances)(d, units);
  const auto n = static_cast<double>(units);
  return centreOf(sums.d, sums.dd, n * (n - 1));
}

struct Cluster {
  const std::vector<std::uint64_t>& bits;
  const float* distances;
  StcSize size;
  StcRoom& room;
  Lists lists{};
  Centre distance{};
};

// Where (i, i) stands in a matrix in blocks of 64 columns.
std::size_t diagonal(std::size_t i, std::int64_t units) {
  return i / 64 * static_cast<std::size_t>(units) * 64 + i * 64 + i % 64;
}

// [N] or [padded], whatever reads it.
template <class Value>
Floats perUnit(const Cluster& cluster, Value&& value) {
  Floats out = floats(cluster.size.paddedUnits());
  for (std::int64_t i = 0; i < cluster.size.units; ++i)
    out[static_cast<std::size_t>(i)] = static_cast<float>(value(static_cast<std::size_t>(i)));
  return out;
}

void addRows(const Cluster& cluster, std::int64_t rows, std::int64_t lists, const Floats& constant, float* out) {
  PINWHEEL_BY_INSTRUCTION_SET(addNamedRows)
  (cluster.lists.begin.data(), cluster.lists.unit.data(), cluster.room.matrix.data(), cluster.size.units, rows, lists,
   constant.data(), out);
}

// L_L: correlations of spike counts over images.
double slowTerm(Cluster& cluster, bool gradient, double scale, float* out) {
  const StcSize& size = cluster.size;
  const auto padded = static_cast<std::size_t>(size.paddedUnits());
  const auto images = static_cast<double>(size.images), steps = static_cast<double>(size.timeSteps);
  std::vector<double> counts(padded), deviation(padded);  // of the count: sum of spikes, 1 / ||count - mean||
  for (std::int64_t t = 0; t < size.timeSteps; ++t)
    for (std::int64_t w = 0; w < size.words(); ++w)
      for (std::size_t i = 0; i < padded; ++i)
        counts[i] += std::popcount(cluster.bits[static_cast<std::size_t>(t * size.words() + w) * padded + i]);
  for (std::size_t i = 0; i < static_cast<std::size_t>(size.units); ++i) {
    // Whole numbers: exactly 0 where a unit's count is the same for every image.
    const double variance = images * cluster.room.slow[i * padded + i] - counts[i] * counts[i];
    deviation[i] = variance > 0 ? 1 / std::sqrt(variance / images) : 0;
  }
  const Floats offset = perUnit(cluster, [&](std::size_t i) { return counts[i] / std::sqrt(images); });
  const Floats factor = perUnit(cluster, [&](std::size_t i) { return deviation[i]; });
  const Pearson pair = pearson(cluster.room.slow, cluster.distances, cluster.distance, size, offset, factor);
  if (!gradient) return pair.loss;
  // Of the rate count / T: the chain rule of z = (rate - mean) / ||rate - mean||, whose own part is on the diagonal.
  const Floats left = perUnit(cluster, [&](std::size_t i) { return deviation[i] * steps * scale; });
  const Floats mean = perUnit(cluster, [&](std::size_t i) { return deviation[i] * counts[i] / images; });
  std::vector<double> own(padded), beside(padded);
  PINWHEEL_BY_INSTRUCTION_SET(gradientMatrix)
  (cluster.room.slow.data(), cluster.distances, size.units, size.paddedUnits(), pair.slope, pair.along, pair.level,
   left.data(), factor.data(), mean.data(), cluster.room.matrix.data(), own.data(), beside.data());
  for (std::size_t i = 0; i < static_cast<std::size_t>(size.units); ++i)
    cluster.room.matrix[diagonal(i, size.units)] =
        static_cast<float>(-own[i] * deviation[i] * deviation[i] * steps * scale);
  const Floats constant = perUnit(cluster, [&](std::size_t i) {
    return deviation[i] * steps * scale * (beside[i] - own[i] * deviation[i] * counts[i] / images);
  });
  addRows(cluster, size.images, size.timeSteps, constant, out);
  return pair.loss;
}

// L_S: correlograms over their own units' at lag 0 and around.
double fastTerm(Cluster& cluster, bool gradient, double scale, const Floats& kernel, float* out) {
  const StcSize& size = cluster.size;
  const auto padded = static_cast<std::size_t>(size.paddedUnits());
  const auto images = static_cast<double>(size.images);
  std::vector<double> inverseOwn(padded);
  for (std::size_t i = 0; i < static_cast<std::size_t>(size.units); ++i) {
    const double own = cluster.room.fast[i * padded + i];
    inverseOwn[i] = own > 0 ? images / own : 0;  // a silent unit correlates with none
  }
  const Floats none = floats(size.paddedUnits());
  const Floats factor = perUnit(cluster, [&](std::size_t i) { return std::sqrt(inverseOwn[i] / images); });
  const Pearson pair = pearson(cluster.room.fast, cluster.distances, cluster.distance, size, none, factor);
  if (!gradient) return pair.loss;
  const Floats root = perUnit(cluster, [&](std::size_t i) { return std::sqrt(inverseOwn[i]); });
  const Floats left = perUnit(cluster, [&](std::size_t i) { return std::sqrt(inverseOwn[i]) * scale; });
  std::vector<double> own(padded), beside(padded);
  PINWHEEL_BY_INSTRUCTION_SET(gradientMatrix)
  (cluster.room.fast.data(), cluster.distances, size.units, size.paddedUnits(), pair.slope, pair.along, pair.level,
   left.data(), root.data(), none.data(), cluster.room.matrix.data(), own.data(), beside.data());
  for (std::size_t i = 0; i < static_cast<std::size_t>(size.units); ++i)
    cluster.room.matrix[diagonal(i, size.units)] = static_cast<float>(-own[i] * inverseOwn[i] * scale);
  Floats& perStep = cluster.room.perStep;
  perStep.resize(static_cast<std::size_t>(size.timeSteps * size.images * size.paddedUnits()));
  addRows(cluster, size.timeSteps * size.images, 1, none, perStep.data());
  PINWHEEL_BY_INSTRUCTION_SET(mixSteps)
  (perStep.data(), kernel.data(), size.timeSteps, size.images * size.paddedUnits(), out);
  return pair.loss;
}

}  // namespace

bool fitsStc(const StcSize& size) {
  return size.timeSteps <= kMostStcSteps && size.units >= 2 &&
         size.units <= std::numeric_limits<std::uint16_t>::max() &&
         // Counts stay whole in floats.
         size.timeSteps * size.timeSteps * size.images < (1 << 24) &&
         size.timeSteps * size.images * size.units < std::numeric_limits<std::int32_t>::max();
}

bool packSpikes(const float* rows, std::int64_t timeSteps, std::int64_t images, std::int64_t sheetUnits,
                std::int64_t part, std::uint64_t* bits) {
  const std::int64_t words = (images + 63) / 64;
  const std::int64_t t = part / words, first = part % words * 64;
  if (t >= timeSteps) return true;
  return PINWHEEL_BY_INSTRUCTION_SET(packRows)(rows + (t * images + first) * sheetUnits,
                                               std::min<std::int64_t>(64, images - first), sheetUnits,
                                               bits + part * sheetUnits);
}

void pickUnits(const std::uint64_t* sheet, std::int64_t sheetUnits, const std::int64_t* units, const StcSize& size,
               std::vector<std::uint64_t>& bits) {
  const std::int64_t padded = size.paddedUnits(), rows = size.timeSteps * size.words();
  bits.assign(static_cast<std::size_t>(rows * padded), 0);
  for (std::int64_t r = 0; r < rows; ++r)
    for (std::int64_t n = 0; n < size.units; ++n)
      bits[static_cast<std::size_t>(r * padded + n)] = sheet[r * sheetUnits + units[n]];
}

void StcRoom::prepare(const StcSize& size) {
  const auto numbers = static_cast<std::size_t>(size.units * size.paddedUnits());
  if (matrix.size() == numbers && units == size.units) return;
  units = size.units;
  for (std::vector<float>* part : {&slow, &fast, &matrix}) part->assign(numbers, 0);
}

StcValue stcOfCluster(const std::vector<std::uint64_t>& bits, const float* inverseDistance, const StcSize& size,
                      const StcWanted& wanted, double slowFactor, double fastFactor, float* gradSlow, float* gradFast,
                      StcRoom& room) {
  Cluster cluster{bits, inverseDistance, size, room};
  if (wanted.gradient) cluster.lists = listsOf(bits, size);
  cluster.distance = centreOfDistances(inverseDistance, size.units);
  room.prepare(size);
  // K[t, s] = 1 / (T - |t - s|) within the window.
  Floats weights = floats(size.timeSteps), kernel = floats(size.timeSteps * size.timeSteps);
  for (std::int64_t d = 0; d < size.timeSteps && d <= size.window; ++d)
    weights[static_cast<std::size_t>(d)] = 1 / static_cast<float>(size.timeSteps - d);
  for (std::int64_t t = 0; t < size.timeSteps; ++t)
    for (std::int64_t s = 0; s < size.timeSteps; ++s)
      kernel[static_cast<std::size_t>(t * size.timeSteps + s)] = weights[static_cast<std::size_t>(std::abs(t - s))];
  coincidenceCounter()(bits.data(), size, weights.data(), cluster.room.slow.data(), cluster.room.fast.data());
  StcValue value;
  if (wanted.slow) value.slow = slowTerm(cluster, wanted.gradient, slowFactor, gradSlow);
  if (wanted.fast) value.fast = fastTerm(cluster, wanted.gradient, fastFactor, kernel, gradFast);
  return value;
}

}  // namespace pinwheel::kernels
