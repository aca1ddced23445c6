// What the parts of the protocol are expected to cost, for the time left. Includes LibTorch.
//
// The unit is the time in which one image is shown to the network at the T that it was trained with. What a part shows
// follows from its options, the number of images that there are, and T; a gradient counts as three showings. What is
// not showing (the analyses of maps, k-means, bootstraps, regressions) is estimated in showings to the tiny network.
// Costs need stand in proportion alone: the pace is that of the parts that are done.
#pragma once

#include "engine/protocol/contrasts.h"
#include "engine/protocol/lesion_study.h"
#include "engine/protocol/robustness.h"
#include "engine/protocol/stimulation.h"
#include "engine/protocol/subject.h"
#include "engine/protocol/time_sweep.h"
#include "engine/protocol/wiring.h"
#include "engine/training/brain_likeness.h"

namespace pinwheel::protocol {

[[nodiscard]] double expectedCost(const TimeSweepOptions& options, const Subject& subject);
[[nodiscard]] double expectedCost(const RobustnessOptions& options, const Subject& subject);
[[nodiscard]] double expectedCost(const LesionStudyOptions& options, const Subject& subject);
[[nodiscard]] double expectedCost(const StimulationOptions& options, const Subject& subject);
[[nodiscard]] double expectedCost(const WiringOptions& options, const Subject& subject);
/// Looks how many images lie in the folders.
[[nodiscard]] double expectedCost(const ContrastsOptions& options, const Subject& subject);
[[nodiscard]] double expectedCost(const training::BrainLikenessOptions& options, const Subject& subject);
/// Of the maps, which have no options.
[[nodiscard]] double expectedMapsCost(const Subject& subject);

}  // namespace pinwheel::protocol
