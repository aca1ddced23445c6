// What is measured of a network's answers to the five domains. Includes LibTorch.
#pragma once

#include "engine/core/error.h"
#include "engine/core/progress.h"
#include "engine/training/measures.h"

namespace pinwheel::training {

/// Fills the sheets' domains, overlaps and selective shares, those of the untrained network beside them: one pass over
/// `inputs.categories` each. A domain of fewer than two images has no map. Error: an image that cannot be read,
/// "Stopped".
Status measureCategories(const MeasureInputs& inputs, NetworkMeasures& out, const StopFlag& stop);

}  // namespace pinwheel::training
