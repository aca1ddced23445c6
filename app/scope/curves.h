// The course of a training as lines over its steps.
#pragma once

#include <string>
#include <vector>

#include "engine/session/frames.h"

namespace pinwheel::scope {

struct CurvePoint {
  double x = 0;
  double y = 0;
};
using Curve = std::vector<CurvePoint>;  ///< x rises; y is finite

struct Curves {
  Curve taskLoss, topographicLoss, accuracy, imagesPerSecond;
  std::vector<Curve> slow, fast;    ///< per layer
  std::vector<std::string> layers;  ///< names of these
  double firstStep = 0;
  double lastStep = 0;  ///< both 0 without points
};

/// Points at which a quantity is not known are left out of its curve.
[[nodiscard]] Curves curvesOf(const session::TrainingFrame& frame);

}  // namespace pinwheel::scope
