// Linear predictivity: how well recordings of a brain follow from a network's responses by ridge regression.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/core/error.h"
#include "engine/core/progress.h"

namespace pinwheel::analysis {

/// Ridge regression with an intercept, fitted to the `train` stimuli: predictions [test, sites] for the `test` ones.
/// Minimises sum (y - b - x w)^2 + penalty v |w|^2, where v is the mean squared distance of a training response from
/// their mean: the same penalty then means the same whatever the number of units and their rates. Solved over stimuli
/// where there are more units than those (the dual), over units otherwise; both give the same. responses [stimuli,
/// units], recordings [stimuli, sites]. Error: sizes that do not fit, a penalty that is not above 0, LAPACK's.
Expected<std::vector<double>> ridgePredictions(std::span<const float> responses, std::span<const double> recordings,
                                               std::int64_t stimuli, std::span<const std::int64_t> train,
                                               std::span<const std::int64_t> test, double penalty);

struct PredictivityOptions {
  int folds = 5;
  std::vector<double> penalties{1e-4, 1e-3, 1e-2, 1e-1, 1, 10, 100};
  std::uint64_t seed = 0;  ///< which stimuli share a fold
};

struct Predictivity {
  /// [sites] Pearson's r of prediction and recording over a held-out fold, the mean over folds, divided by the site's
  /// reliability when that is given. 0 where the prediction is constant; NaN: the site never varies within a fold.
  std::vector<double> bySite;
  double median = 0;  ///< over the sites that are not NaN
  double sem = 0;     ///< of their mean; NaN for a single one
  std::int64_t sites = 0;
};

/// Every stimulus is predicted once, from a fit to the other folds. Each site's penalty is the one with the smallest
/// squared error in a second cross-validation within those folds, so that no held-out stimulus has a say in it.
/// `reliability` [sites], or empty: what r is divided by; the square root of a split-half reliability corrects for the
/// noise of the recording (Spearman 1904). Error: sizes that do not fit, fewer than 3 stimuli a fold, values that are
/// not finite, a reliability that is not above 0, no site that varies, "Stopped".
Expected<Predictivity> predictivity(std::span<const float> responses, std::span<const double> recordings,
                                    std::int64_t stimuli, std::span<const double> reliability,
                                    const PredictivityOptions& options, const StopFlag* stop = nullptr);
/// The same from the responses' products [stimuli, stimuli] about every unit's mean over stimuli (ProductSum,
/// Centre::units): all that the dual needs, whatever the number of units. They are taken as they are.
Expected<Predictivity> predictivityOf(std::vector<double> products, std::span<const double> recordings,
                                      std::int64_t stimuli, std::span<const double> reliability,
                                      const PredictivityOptions& options, const StopFlag* stop = nullptr);

}  // namespace pinwheel::analysis
