// What a lesion does to the spikes of a sheet and to the gradients that pass them. Includes LibTorch.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/core/error.h"
#include "engine/perturbation/lesion_record.h"
#include "engine/snn/network.h"

namespace pinwheel::perturbation {

/// checkLesion (lesion_record.h) for the sheets of a network.
Status checkLesion(const Lesion& lesion, const std::vector<snn::SheetShape>& sheets, std::int64_t timeSteps);

/// For Network::setPerturbation; empty for a lesion without units. `lesion` has passed checkLesion.
/// Gradients: none passes where a unit is silenced, made to fire or frozen; a damped unit's is multiplied by the
/// strength; past an added spike it is that of the unit's own output.
/// The noise of a forward pass is named by `*tick`, so that training does not depend on who else looked at the network;
/// without a tick by the number of passes that this object has seen.
[[nodiscard]] snn::Perturbation makePerturbation(const Lesion& lesion, const std::vector<snn::SheetShape>& sheets,
                                                 at::Device device, std::shared_ptr<const std::int64_t> tick = nullptr);

}  // namespace pinwheel::perturbation
