// How badly every unit of a network keeps to the topographic constraint. Includes LibTorch.
#pragma once

#include <memory>

#include "engine/session/job.h"
#include "engine/session/subject.h"

namespace pinwheel::session {

/// Fills in the maps' loss share: training::TopographicLoss::unitShares over category images of every kind, under the
/// perturbation that acts now; the network is in evaluation mode and stays there. A network that was trained without
/// STC is measured with alpha = beta = 1. Where there can be none (a sheet too sparse for clusters) the maps say why.
/// Error: stopped; the maps are as they were.
Status addLossShare(Subject& subject, MapsFrame& maps, Job& job);

/// The same for maps that were published, which are published again as MeasureLossShare says, whatever ends it. Error:
/// stopped.
Expected<std::shared_ptr<const MapsFrame>> publishLossShare(Subject& subject, const MapsFrame& maps, Job& job,
                                                            Mailboxes& mail);

/// The answer to MeasureLossShare where there are no maps that the share could be added to.
[[nodiscard]] Error noMapsForLossShare();

}  // namespace pinwheel::session
