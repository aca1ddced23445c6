// From a training's frame to its charts. No widget.
#pragma once

#include "engine/session/frames.h"
#include "views/panels/chart.h"

namespace pinwheel::views {

/// What the chart of the topographic loss shows.
struct TopographicChoice {
  int layer = -1;  ///< -1: the weighted total of all layers; else L_L and L_S of this one
  friend bool operator==(const TopographicChoice&, const TopographicChoice&) = default;
};

[[nodiscard]] Chart taskLossChart(const session::TrainingFrame* training, bool logarithmic, const QPalette& palette);
[[nodiscard]] Chart topographicLossChart(const session::TrainingFrame* training, TopographicChoice choice,
                                         bool logarithmic, const QPalette& palette);
[[nodiscard]] Chart accuracyChart(const session::TrainingFrame* training, const QPalette& palette);
[[nodiscard]] Chart smoothnessChart(const session::TrainingFrame* training, const QPalette& palette);

}  // namespace pinwheel::views
