// The lesion that a training holds on its network. Includes LibTorch.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/perturbation/lesion_record.h"
#include "engine/snn/network.h"
#include "engine/topography/sheet.h"

namespace pinwheel::training {

/// It acts on every forward pass, those of the evaluations too. The noise of a pass is named by the optimiser's steps
/// so far: a run that is resumed draws what it would have drawn.
class HeldLesion {
public:
  /// `network`, and `steps` (the optimiser's), outlive the network's last forward pass.
  HeldLesion(snn::Network& network, at::Device device, const std::int64_t& steps);

  /// From the next forward pass on; an empty one: none. `lesion` has passed perturbation::checkLesion.
  void hold(const perturbation::Lesion& lesion);
  [[nodiscard]] const perturbation::Lesion& lesion() const noexcept { return m_lesion; }
  /// What stands on the network: whoever looks under another perturbation puts this one back.
  [[nodiscard]] const snn::Perturbation& acting() const noexcept { return m_acting; }

private:
  snn::Network& m_network;
  at::Device m_device;
  std::shared_ptr<const std::int64_t> m_steps;
  perturbation::Lesion m_lesion;
  snn::Perturbation m_acting;
};

/// The line in events.jsonl: {"lesion": [...]}, an empty list where none is held from then on.
[[nodiscard]] std::string lesionEvent(const perturbation::Lesion& lesion,
                                      const std::vector<topography::SheetSpec>& sheets);

}  // namespace pinwheel::training
