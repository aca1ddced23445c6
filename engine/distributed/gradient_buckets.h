// Gradients averaged over ranks, in flat buckets that travel while backward still runs. Includes LibTorch.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/distributed/communicator.h"

namespace pinwheel::distributed {

inline constexpr std::int64_t kBucketBytes = std::int64_t{4} << 20;

/// Sums every parameter's gradient over the ranks and divides by their number. Backward reaches the last parameters
/// first: buckets are filled from the last one on, and each is sent when it and those before it are full, in the same
/// order on all ranks. Sums of equal inputs are the same to the bit, on every rank and in every run.
class GradientBuckets {
public:
  /// `parameters`: leaves that require gradients, the same on every rank; float or double. The communicator outlives
  /// this.
  GradientBuckets(const std::vector<at::Tensor>& parameters, Communicator& communicator,
                  std::int64_t bucketBytes = kBucketBytes);
  ~GradientBuckets();  ///< parameters accumulate for this rank alone again
  GradientBuckets(const GradientBuckets&) = delete;
  GradientBuckets& operator=(const GradientBuckets&) = delete;

  /// Before a backward pass whose gradients are to be averaged; without it gradients stay this rank's.
  void begin();
  /// Behind it: every gradient is the mean over ranks. A parameter that the pass did not reach counts as 0 on that
  /// rank. Throws RankLost.
  void finish();

  [[nodiscard]] std::size_t bucketCount() const noexcept;

private:
  struct State;
  std::shared_ptr<State> m_state;
};

}  // namespace pinwheel::distributed
