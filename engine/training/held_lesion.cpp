#include "engine/training/held_lesion.h"

#include "engine/perturbation/lesion.h"

namespace pinwheel::training {

// The counter belongs to the loop: pointed at, not owned.
HeldLesion::HeldLesion(snn::Network& network, at::Device device, const std::int64_t& steps)
    : m_network(network), m_device(device), m_steps(std::shared_ptr<void>(), &steps) {}

void HeldLesion::hold(const perturbation::Lesion& lesion) {
  m_acting = perturbation::makePerturbation(lesion, m_network.sheets(), m_device, m_steps);
  m_lesion = lesion;
  m_network.setPerturbation(m_acting);
}

std::string lesionEvent(const perturbation::Lesion& lesion, const std::vector<topography::SheetSpec>& sheets) {
  return "{\"lesion\":" + perturbation::lesionJson(lesion, sheets) + "}";
}

}  // namespace pinwheel::training
