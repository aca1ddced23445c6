#include "engine/session/learning_curve.h"

#include <cmath>

namespace pinwheel::session {
namespace {

double blended(double a, double b, double weightOfB) {
  if (std::isnan(a)) return b;
  if (std::isnan(b)) return a;
  return a + (b - a) * weightOfB;
}

void blend(std::vector<float>& a, const std::vector<float>& b, double weightOfB) {
  if (a.size() != b.size()) {  // a topographic loss came or went
    a = b;
    return;
  }
  for (std::size_t i = 0; i < a.size(); ++i)
    a[i] = static_cast<float>(blended(static_cast<double>(a[i]), static_cast<double>(b[i]), weightOfB));
}

// `a` becomes the weighted mean of both, at the later one's step and accuracy.
void merge(TrainingPoint& a, const TrainingPoint& b, double weightOfB) {
  a.step = b.step;
  a.taskLoss = blended(a.taskLoss, b.taskLoss, weightOfB);
  a.topographicLoss = blended(a.topographicLoss, b.topographicLoss, weightOfB);
  blend(a.slow, b.slow, weightOfB);
  blend(a.fast, b.fast, weightOfB);
  a.accuracy = b.accuracy;
  a.imagesPerSecond = b.imagesPerSecond;
}

}  // namespace

void LearningCurve::add(const TrainingPoint& point) {
  if (m_gathered == 0)
    m_pending = point;
  else
    merge(m_pending, point, 1.0 / static_cast<double>(m_gathered + 1));
  if (++m_gathered < m_perPoint) return;
  m_points.push_back(m_pending);
  m_gathered = 0;
  if (m_points.size() < kMost) return;
  for (std::size_t i = 0; i + 1 < m_points.size(); i += 2) {
    merge(m_points[i], m_points[i + 1], 0.5);
    if (i > 0) m_points[i / 2] = std::move(m_points[i]);
  }
  m_points.resize(m_points.size() / 2);
  m_perPoint *= 2;
}

std::vector<TrainingPoint> LearningCurve::points() const {
  std::vector<TrainingPoint> points = m_points;
  if (m_gathered > 0) points.push_back(m_pending);
  return points;
}

}  // namespace pinwheel::session
