// The course of a training, short enough to be sent again and again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/session/frames.h"

namespace pinwheel::session {

/// One thread at a time. Never more than `kMost` points: when they are reached, neighbours are merged and every further
/// point stands for twice as many batches.
class LearningCurve {
public:
  static constexpr std::size_t kMost = 2000;
  void add(const TrainingPoint& point);
  /// With the batches that do not yet make a point.
  [[nodiscard]] std::vector<TrainingPoint> points() const;

private:
  std::vector<TrainingPoint> m_points;
  TrainingPoint m_pending;
  std::int64_t m_gathered = 0;
  std::int64_t m_perPoint = 1;
};

}  // namespace pinwheel::session
