// Representational similarity analysis: how far apart a population holds every two stimuli, and how alike two
// populations are in that (Kriegeskorte et al. 2008; Nili et al. 2014).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/analysis/products.h"
#include "engine/analysis/rank_correlation.h"
#include "engine/core/error.h"
#include "engine/core/progress.h"

namespace pinwheel::analysis {

/// pearson, spearman, cosine: 1 - the correlation, rank correlation or cosine of two response patterns. euclidean:
/// their distance.
enum class Distance { pearson, spearman, euclidean, cosine };

struct DissimilarityMatrix {
  std::int64_t stimuli = 0;
  std::vector<double> values;  ///< [stimuli, stimuli], symmetric, 0 on the diagonal
  /// Stimuli to which all units answer alike (cosine: not at all): a correlation with them is taken as 0, their
  /// dissimilarity as 1. Always 0 for euclidean, and in matrices that were not made from responses.
  std::int64_t constantStimuli = 0;
};

/// From responses [stimuli, units]. Error: fewer than 3 stimuli, fewer than 2 units (euclidean, cosine: 1), values that
/// are not finite.
Expected<DissimilarityMatrix> dissimilarities(std::span<const float> responses, std::int64_t stimuli,
                                              Distance distance);

/// The centring of the responses, or of their ranks (spearman), whose products make a distance.
[[nodiscard]] Centre centreOf(Distance distance);
/// Error: too few units for that distance.
Status checkUnits(std::int64_t units, Distance distance);
/// The same from products [stimuli, stimuli] of that centring (ProductSum), which become the matrix: memory does not
/// grow with the number of units. spearman: of the ranks of each stimulus's responses over units.
[[nodiscard]] DissimilarityMatrix dissimilaritiesOf(std::vector<double> products, std::int64_t stimuli,
                                                    Distance distance);

struct SimilarityOptions {
  Comparison comparison = Comparison::spearman;
  int permutations = 1000;  ///< 0: no p
  int bootstraps = 1000;    ///< 0: no interval
  std::uint64_t seed = 0;
};

struct Similarity {
  double value = 0;               ///< the mean over subjects
  std::vector<double> bySubject;  ///< [subjects]
  double low = 0;                 ///< 95 % interval by bootstrap over stimuli; NaN: none was taken
  double high = 0;
  double p = 0;  ///< of a value at least as high after the stimuli's labels are shuffled; NaN: none was taken
};

/// Correlates the upper triangle of `model` with that of every subject. The permutation test shuffles the model's
/// stimuli, p = (1 + as high) / (1 + permutations). The bootstrap draws stimuli with replacement and leaves out the
/// pairs of a stimulus with itself, whose dissimilarity is 0 by construction; it speaks of other stimuli, not of other
/// subjects. Error: matrices of different size, fewer than 3 stimuli, no subject, a matrix of one value alone,
/// "Stopped".
Expected<Similarity> similarity(const DissimilarityMatrix& model, std::span<const DissimilarityMatrix> subjects,
                                const SimilarityOptions& options, const StopFlag* stop = nullptr);

/// What the best model could reach, given how much subjects differ (Nili et al. 2014): `upper`, the mean similarity of
/// a subject to the mean of all, itself included; `lower`, to the mean of the others. Matrices are averaged after each
/// is standardised (pearson) or ranked (the others; for Kendall's tau the upper end is then an approximation).
struct NoiseCeiling {
  double lower = 0;
  double upper = 0;
};

/// Error: fewer than 2 subjects, and those of similarity().
Expected<NoiseCeiling> noiseCeiling(std::span<const DissimilarityMatrix> subjects, Comparison comparison);

}  // namespace pinwheel::analysis
