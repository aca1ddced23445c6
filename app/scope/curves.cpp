#include "app/scope/curves.h"

#include <cmath>

namespace pinwheel::scope {
namespace {

void add(Curve& curve, double x, double y) {
  // A frame from elsewhere may hold steps in any order; a curve goes to the right.
  if (std::isfinite(y) && (curve.empty() || x > curve.back().x)) curve.push_back({x, y});
}

}  // namespace

Curves curvesOf(const session::TrainingFrame& frame) {
  Curves curves;
  curves.layers = frame.layers;
  curves.slow.resize(frame.layers.size());
  curves.fast.resize(frame.layers.size());
  for (const session::TrainingPoint& point : frame.points) {
    const auto x = static_cast<double>(point.step);
    add(curves.taskLoss, x, point.taskLoss);
    add(curves.topographicLoss, x, point.topographicLoss);
    add(curves.accuracy, x, 100 * point.accuracy);
    add(curves.imagesPerSecond, x, point.imagesPerSecond);
    for (std::size_t layer = 0; layer < frame.layers.size(); ++layer) {
      if (layer < point.slow.size()) add(curves.slow[layer], x, static_cast<double>(point.slow[layer]));
      if (layer < point.fast.size()) add(curves.fast[layer], x, static_cast<double>(point.fast[layer]));
    }
  }
  if (frame.points.empty()) return curves;
  curves.firstStep = static_cast<double>(frame.points.front().step);
  curves.lastStep = static_cast<double>(frame.points.back().step);
  return curves;
}

}  // namespace pinwheel::scope
