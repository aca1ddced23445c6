// How badly every unit of a network keeps to the topographic constraint. Includes LibTorch.
#pragma once

#include <vector>

#include "engine/session/job.h"
#include "engine/session/subject.h"

namespace pinwheel::session {

/// Per sheet [U], training::TopographicLoss::unitShares over category images of every kind, under the perturbation
/// that acts now; the network is in evaluation mode and stays there. A network that was trained without the loss is
/// measured with alpha = beta = 1. Empty: stopped (the job's flag tells), or a sheet too sparse for clusters.
[[nodiscard]] std::vector<std::vector<float>> measureLossShare(Subject& subject, Job& job);

}  // namespace pinwheel::session
