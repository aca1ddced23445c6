#include "views/vtk/cortex_camera.h"

#include <QStringList>
#include <algorithm>
#include <limits>
#include <numbers>

namespace pinwheel::views {
namespace {

struct Axes {
  Vec3 forward, right, up;
};

Axes axesOf(const CortexCamera& pose) {
  const Vec3 forward = unit(minus(pose.focalPoint, pose.position));
  const Vec3 right = unit(cross(forward, pose.viewUp));
  return {forward, right, cross(right, forward)};
}

double tangentOf(const CortexCamera& pose) {
  return std::tan(pose.viewAngleDeg * std::numbers::pi / 360);
}

double aspectOf(QSizeF size) {
  return size.width() / std::max(size.height(), 1.0);
}

/// What the points ask for along one axis of the picture: the nearest distance at which they end at the view's edges,
/// and how far the view is then shifted. `lower`, `upper`: tangents of the edges.
struct Extent {
  double lower;
  double upper;
  double low = -std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
  void add(double across, double depth) {
    high = std::max(high, across / upper + depth);
    low = std::max(low, -across / lower + depth);
  }
  [[nodiscard]] double shift() const { return (high - low) / (1 / upper + 1 / lower); }
  [[nodiscard]] double distance() const { return high - shift() / upper; }
};

}  // namespace

QString CortexCamera::toString() const {
  QStringList numbers;
  for (const Vec3& v : {position, focalPoint, viewUp})
    for (const double x : v) numbers << QString::number(x, 'g', 17);
  numbers << QString::number(viewAngleDeg, 'g', 17) << QString::number(sheet);
  return numbers.join(QLatin1Char(' '));
}

std::optional<CortexCamera> CortexCamera::fromString(const QString& text) {
  const QStringList words = text.split(QLatin1Char(' '), Qt::SkipEmptyParts);
  if (words.size() != 11) return std::nullopt;
  std::array<double, 10> numbers{};
  bool ok = false;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    numbers[i] = words[static_cast<qsizetype>(i)].toDouble(&ok);
    if (!ok || !std::isfinite(numbers[i])) return std::nullopt;
  }
  CortexCamera pose;
  pose.position = {numbers[0], numbers[1], numbers[2]};
  pose.focalPoint = {numbers[3], numbers[4], numbers[5]};
  pose.viewUp = {numbers[6], numbers[7], numbers[8]};
  pose.viewAngleDeg = numbers[9];
  pose.sheet = words[10].toInt(&ok);
  if (!ok || pose.sheet < -1) return std::nullopt;
  const Vec3 forward = unit(minus(pose.focalPoint, pose.position));
  if (length(forward) < 0.5 || length(cross(forward, unit(pose.viewUp))) < 1e-6) return std::nullopt;
  if (pose.viewAngleDeg < 1 || pose.viewAngleDeg > 170) return std::nullopt;
  return pose;
}

Ray rayThrough(const CortexCamera& pose, QPointF place, QSizeF size) {
  const Axes axes = axesOf(pose);
  const double t = tangentOf(pose);
  const double x = (2 * place.x() / std::max(size.width(), 1.0) - 1) * t * aspectOf(size);
  const double y = (1 - 2 * place.y() / std::max(size.height(), 1.0)) * t;
  return {pose.position, unit(plus(axes.forward, plus(times(axes.right, x), times(axes.up, y))))};
}

std::optional<QPointF> projected(const CortexCamera& pose, const Vec3& point, QSizeF size) {
  const Axes axes = axesOf(pose);
  const Vec3 p = minus(point, pose.position);
  const double depth = dot(p, axes.forward);
  if (depth <= 0) return std::nullopt;
  const double t = tangentOf(pose) * depth;
  const double x = dot(p, axes.right) / (t * aspectOf(size));
  const double y = dot(p, axes.up) / t;
  return QPointF((x + 1) / 2 * size.width(), (1 - y) / 2 * size.height());
}

double mmPerPixel(const CortexCamera& pose, const Vec3& point, QSizeF size) {
  const double depth = dot(minus(point, pose.position), axesOf(pose).forward);
  return 2 * std::max(depth, 0.0) * tangentOf(pose) / std::max(size.height(), 1.0);
}

CortexCamera fitted(std::span<const Vec3> points, const Vec3& toCamera, const Vec3& up, double aspect, double margin,
                    double left) {
  CortexCamera pose;
  pose.position = unit(toCamera);
  pose.focalPoint = {0, 0, 0};
  pose.viewUp = up;
  const Axes axes = axesOf(pose);
  const double tangent = tangentOf(pose);
  const double inside = tangent * (1 - 2 * margin);
  Extent across{(inside - 2 * tangent * left) * aspect, inside * aspect};
  Extent along{inside, inside};
  for (const Vec3& p : points) {
    const double depth = -dot(p, axes.forward);
    across.add(dot(p, axes.right), depth);
    along.add(dot(p, axes.up), depth);
  }
  const double distance = std::max(across.distance(), along.distance());
  const Vec3 shift = plus(times(axes.right, across.shift()), times(axes.up, along.shift()));
  // The focal point is where the camera turns about: the middle of what is seen.
  Vec3 middle{};
  for (const Vec3& p : points) middle = plus(middle, times(p, 1.0 / static_cast<double>(points.size())));
  const double depth = -dot(middle, axes.forward);
  pose.focalPoint = minus(shift, times(axes.forward, depth));
  pose.position = minus(shift, times(axes.forward, distance));
  pose.viewUp = axes.up;
  return pose;
}

CortexCamera between(const CortexCamera& a, const CortexCamera& b, double share) {
  if (share >= 1) return b;
  const auto mix = [share](const Vec3& u, const Vec3& v) { return plus(times(u, 1 - share), times(v, share)); };
  CortexCamera pose = b;
  pose.position = mix(a.position, b.position);
  pose.focalPoint = mix(a.focalPoint, b.focalPoint);
  pose.viewAngleDeg = a.viewAngleDeg + (b.viewAngleDeg - a.viewAngleDeg) * share;
  const Vec3 up = mix(a.viewUp, b.viewUp);
  // Half way between opposite directions there is none.
  if (length(cross(unit(minus(pose.focalPoint, pose.position)), unit(up))) > 1e-3) pose.viewUp = unit(up);
  return pose;
}

}  // namespace pinwheel::views
