// A training that ends as a killed process does: nothing is saved on the way out.
#pragma once

#include <stdexcept>

#include "tests/training/small_run.h"

namespace pinwheel::test {

/// Killed inside the batch of step `step`: the checkpoint of the batch before is the last one, where every batch has
/// one.
class Killed final : public Recorder {
public:
  explicit Killed(std::int64_t step) : m_step(step) {}
  void onStep(const training::StepReport& step) override {
    if (placed && step.step == m_step) throw std::runtime_error("killed at step " + std::to_string(m_step));
  }

private:
  std::int64_t m_step;
};

/// Noise, whose draws depend on the step, and units that learn nothing.
inline perturbation::Lesion noisyLesion() {
  using perturbation::PerturbationKind;
  return {9, {{0, {1, 2, 30}, PerturbationKind::noise, 0.5, {}}, {3, {5}, PerturbationKind::freeze, 1, {}}}};
}

}  // namespace pinwheel::test
