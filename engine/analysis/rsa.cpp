#include "engine/analysis/rsa.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "engine/analysis/interval.h"
#include "engine/core/random.h"

namespace pinwheel::analysis {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr std::uint64_t kPermutationStream = 0x25A1;
constexpr std::uint64_t kBootstrapStream = 0x25A2;
constexpr double kRounding = 1e-12;  // sums in another order differ by less, and are ties
constexpr std::int64_t kFewest = 3;

std::vector<float> rowRanks(std::span<const float> responses, std::size_t stimuli) {
  const std::size_t units = responses.size() / stimuli;
  std::vector<float> out;
  out.reserve(responses.size());
  for (std::size_t s = 0; s < stimuli; ++s) {
    const auto row = responses.subspan(s * units, units);
    const std::vector<double> ranked = ranks(std::vector<double>(row.begin(), row.end()));
    for (const double rank : ranked) out.push_back(static_cast<float>(rank));
  }
  return out;
}

using Order = std::vector<std::size_t>;

Order identity(std::size_t count) {
  Order order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  return order;
}

// The upper triangle, row by row, of the stimuli in `order`. A stimulus may be drawn twice; its pair with itself, whose
// dissimilarity is 0 by construction, is left out.
std::vector<double> upperTriangle(const DissimilarityMatrix& matrix, const Order& order) {
  const auto side = static_cast<std::size_t>(matrix.stimuli);
  std::vector<double> out;
  out.reserve(order.size() * order.size() / 2);
  for (std::size_t i = 0; i < order.size(); ++i)
    for (std::size_t j = i + 1; j < order.size(); ++j)
      if (order[i] != order[j]) out.push_back(matrix.values[order[i] * side + order[j]]);
  return out;
}

// Shuffling stimuli moves ranks about and changes none: ranked once, Spearman's rho is Pearson's r.
DissimilarityMatrix ranked(const DissimilarityMatrix& matrix) {
  const auto side = static_cast<std::size_t>(matrix.stimuli);
  const std::vector<double> rank = ranks(upperTriangle(matrix, identity(side)));
  DissimilarityMatrix out = matrix;
  std::size_t at = 0;
  for (std::size_t i = 0; i < side; ++i)
    for (std::size_t j = i + 1; j < side; ++j) out.values[i * side + j] = out.values[j * side + i] = rank[at++];
  return out;
}

double mean(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

// `model`'s stimuli in `order`, each subject's triangle as it is given.
std::vector<double> likenesses(const DissimilarityMatrix& model, const Order& order,
                               const std::vector<std::vector<double>>& subjects, Comparison comparison) {
  const std::vector<double> pairs = upperTriangle(model, order);
  std::vector<double> out;
  for (const std::vector<double>& subject : subjects) out.push_back(correlate(pairs, subject, comparison));
  return out;
}

Status check(std::span<const DissimilarityMatrix> matrices) {
  for (const DissimilarityMatrix& matrix : matrices) {
    const auto side = static_cast<std::size_t>(matrix.stimuli);
    if (matrix.stimuli < kFewest || matrix.values.size() != side * side)
      return failure("A dissimilarity matrix is too small",
                     "it has " + std::to_string(matrix.stimuli) + " stimuli, at least 3 are needed");
    if (matrix.stimuli != matrices[0].stimuli)
      return failure("Dissimilarity matrices differ in size",
                     std::to_string(matrices[0].stimuli) + " and " + std::to_string(matrix.stimuli) + " stimuli");
    const std::vector<double> pairs = upperTriangle(matrix, identity(side));
    const auto [low, high] = std::minmax_element(pairs.begin(), pairs.end());
    if (!(*low < *high))
      return failure("There is nothing to compare",
                     "all dissimilarities of a matrix are " + std::to_string(*low) + ", or one is not a number",
                     "the layer may be silent or answer every stimulus alike");
  }
  return {};
}

tl::unexpected<Error> stopped() {
  return failure("Stopped");
}

Expected<double> permutationP(const DissimilarityMatrix& model, std::span<const DissimilarityMatrix> subjects,
                              const SimilarityOptions& options, const StopFlag* stop) {
  if (options.permutations < 1) return kNaN;
  const bool rankOnce = options.comparison == Comparison::spearman;
  const Comparison comparison = rankOnce ? Comparison::pearson : options.comparison;
  const DissimilarityMatrix shuffled = rankOnce ? ranked(model) : model;
  const Order unchanged = identity(static_cast<std::size_t>(model.stimuli));
  std::vector<std::vector<double>> triangles;
  for (const DissimilarityMatrix& subject : subjects)
    triangles.push_back(upperTriangle(rankOnce ? ranked(subject) : subject, unchanged));
  const double observed = mean(likenesses(shuffled, unchanged, triangles, comparison));
  int asHigh = 0;
  for (int k = 0; k < options.permutations; ++k) {
    if (stop != nullptr && stop->requested()) return stopped();
    Order order = unchanged;
    Random random(options.seed, kPermutationStream, static_cast<std::uint64_t>(k));
    random.shuffle(order);
    if (mean(likenesses(shuffled, order, triangles, comparison)) >= observed - kRounding) ++asHigh;
  }
  return (1.0 + asHigh) / (1.0 + options.permutations);
}

// Stimuli that are drawn twice make copies of pairs. Their ties say nothing of the matrices, but tau-a would count them
// against the likeness: what it is to be multiplied by so that it leaves them out.
double copiesLeftOut(const Order& order, std::size_t stimuli) {
  std::vector<double> drawn(stimuli, 0.0);
  for (const std::size_t stimulus : order) ++drawn[stimulus];
  double pairs = 0;
  double tied = 0;
  for (std::size_t i = 0; i < stimuli; ++i)
    for (std::size_t j = i + 1; j < stimuli; ++j) {
      const double copies = drawn[i] * drawn[j];
      pairs += copies;
      tied += copies * (copies - 1) / 2;
    }
  const double all = pairs * (pairs - 1) / 2;
  return all / (all - tied);
}

Expected<Interval> bootstrapInterval(const DissimilarityMatrix& model, std::span<const DissimilarityMatrix> subjects,
                                     const SimilarityOptions& options, const StopFlag* stop) {
  const auto stimuli = static_cast<std::size_t>(model.stimuli);
  std::vector<double> values;
  for (int k = 0; k < options.bootstraps; ++k) {
    if (stop != nullptr && stop->requested()) return stopped();
    Random random(options.seed, kBootstrapStream, static_cast<std::uint64_t>(k));
    Order order(stimuli);
    for (std::size_t& drawn : order) drawn = static_cast<std::size_t>(random.below(stimuli));
    std::vector<std::vector<double>> triangles;
    for (const DissimilarityMatrix& subject : subjects) triangles.push_back(upperTriangle(subject, order));
    double value = mean(likenesses(model, order, triangles, options.comparison));
    if (options.comparison == Comparison::kendallA) value *= copiesLeftOut(order, stimuli);
    // Of few stimuli a draw may hold pairs of one value alone, which correlate with nothing: NaN.
    values.push_back(value);
  }
  return interval95(std::move(values));
}

}  // namespace

Expected<DissimilarityMatrix> dissimilarities(std::span<const float> responses, std::int64_t stimuli,
                                              Distance distance) {
  if (const Status status = checkResponses(responses, stimuli, kFewest, "dissimilarities"); !status)
    return tl::unexpected(status.error());
  const auto side = static_cast<std::size_t>(stimuli);
  if (const Status status = checkUnits(static_cast<std::int64_t>(responses.size() / side), distance); !status)
    return tl::unexpected(status.error());
  const Centre centre = centreOf(distance);
  return dissimilaritiesOf(distance == Distance::spearman ? stimulusProducts(rowRanks(responses, side), stimuli, centre)
                                                          : stimulusProducts(responses, stimuli, centre),
                           stimuli, distance);
}

Centre centreOf(Distance distance) {
  return distance == Distance::pearson || distance == Distance::spearman ? Centre::stimuli : Centre::none;
}

Status checkUnits(std::int64_t units, Distance distance) {
  if (units >= 2 || centreOf(distance) == Centre::none) return {};
  return failure("Too few units for dissimilarities", "a correlation needs at least 2 units",
                 "use the Euclidean distance");
}

DissimilarityMatrix dissimilaritiesOf(std::vector<double> products, std::int64_t stimuli, Distance distance) {
  const auto side = static_cast<std::size_t>(stimuli);
  DissimilarityMatrix out{stimuli, std::move(products), 0};
  std::vector<double> squared(side);
  for (std::size_t i = 0; i < side; ++i) squared[i] = std::exchange(out.values[i * side + i], 0.0);
  if (distance != Distance::euclidean)
    for (std::size_t i = 0; i < side; ++i) out.constantStimuli += squared[i] <= 0 ? 1 : 0;
  for (std::size_t i = 0; i < side; ++i)
    for (std::size_t j = i + 1; j < side; ++j) {
      const double product = out.values[i * side + j];
      double value = 1;
      if (distance == Distance::euclidean)
        value = std::sqrt(std::max(0.0, squared[i] + squared[j] - 2 * product));
      else if (squared[i] > 0 && squared[j] > 0)
        value = 1 - std::clamp(product / (std::sqrt(squared[i]) * std::sqrt(squared[j])), -1.0, 1.0);
      out.values[i * side + j] = out.values[j * side + i] = value;
    }
  return out;
}

Expected<Similarity> similarity(const DissimilarityMatrix& model, std::span<const DissimilarityMatrix> subjects,
                                const SimilarityOptions& options, const StopFlag* stop) {
  if (subjects.empty()) return failure("There is no matrix to compare with");
  if (options.permutations < 0 || options.bootstraps < 0)
    return failure("Options of the comparison are out of range", "permutations and bootstraps are 0 or more");
  for (const auto& matrices : {std::span(&model, 1), subjects})
    if (const Status status = check(matrices); !status) return tl::unexpected(status.error());
  if (model.stimuli != subjects[0].stimuli)
    return failure("Dissimilarity matrices differ in size",
                   std::to_string(model.stimuli) + " and " + std::to_string(subjects[0].stimuli) + " stimuli");
  const Order unchanged = identity(static_cast<std::size_t>(model.stimuli));
  std::vector<std::vector<double>> triangles;
  for (const DissimilarityMatrix& subject : subjects) triangles.push_back(upperTriangle(subject, unchanged));
  Similarity out;
  out.bySubject = likenesses(model, unchanged, triangles, options.comparison);
  out.value = mean(out.bySubject);
  const auto p = permutationP(model, subjects, options, stop);
  if (!p) return tl::unexpected(p.error());
  out.p = *p;
  const auto interval = bootstrapInterval(model, subjects, options, stop);
  if (!interval) return tl::unexpected(interval.error());
  out.low = interval->low;
  out.high = interval->high;
  return out;
}

Expected<NoiseCeiling> noiseCeiling(std::span<const DissimilarityMatrix> subjects, Comparison comparison) {
  if (subjects.size() < 2) return failure("There is no noise ceiling", "it takes the matrices of at least 2 subjects");
  if (const Status status = check(subjects); !status) return tl::unexpected(status.error());
  std::vector<std::vector<double>> triangles;
  std::vector<double> total;
  for (const DissimilarityMatrix& subject : subjects) {
    std::vector<double> pairs = upperTriangle(subject, identity(static_cast<std::size_t>(subject.stimuli)));
    if (comparison != Comparison::pearson) {
      pairs = ranks(pairs);
    } else {
      const double centre = mean(pairs);
      double squares = 0;
      for (double& value : pairs) {
        value -= centre;
        squares += value * value;
      }
      for (double& value : pairs) value /= std::sqrt(squares);
    }
    total.resize(pairs.size(), 0.0);
    for (std::size_t i = 0; i < pairs.size(); ++i) total[i] += pairs[i];
    triangles.push_back(std::move(pairs));
  }
  NoiseCeiling out;
  const auto count = static_cast<double>(subjects.size());
  for (const std::vector<double>& pairs : triangles) {
    std::vector<double> others(total.size());
    for (std::size_t i = 0; i < total.size(); ++i) others[i] = total[i] - pairs[i];
    // Sums serve as well as means: no correlation sees the factor.
    out.lower += correlate(pairs, others, comparison) / count;
    out.upper += correlate(pairs, total, comparison) / count;
  }
  return out;
}

}  // namespace pinwheel::analysis
