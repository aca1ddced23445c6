// Losses, accuracy and throughput of a training, over its steps.
#pragma once

#include "app/scope/axis_view.h"
#include "app/scope/curves.h"
#include "app/scope/model.h"
#include "app/scope/plot.h"

namespace pinwheel::scope {

class TrainingPanel {
public:
  static constexpr double kFollowed = 5000;  ///< steps

  /// At the cursor.
  void draw(const Model& model, ImVec2 size);
  [[nodiscard]] AxisView& axis() noexcept { return m_axis; }

private:
  AxisView m_axis{kFollowed, 10};
  Curves m_curves;                    ///< as they are shown
  std::uint64_t m_version = 0;        ///< of the network
  std::uint64_t m_curvesVersion = 0;  ///< of m_curves
};

}  // namespace pinwheel::scope
