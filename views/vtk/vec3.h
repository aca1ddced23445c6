// Three doubles and what the cortex view computes with them.
#pragma once

#include <array>
#include <cmath>

namespace pinwheel::views {

using Vec3 = std::array<double, 3>;

[[nodiscard]] inline Vec3 plus(const Vec3& a, const Vec3& b) {
  return {a[0] + b[0], a[1] + b[1], a[2] + b[2]};
}
[[nodiscard]] inline Vec3 minus(const Vec3& a, const Vec3& b) {
  return {a[0] - b[0], a[1] - b[1], a[2] - b[2]};
}
[[nodiscard]] inline Vec3 times(const Vec3& a, double s) {
  return {a[0] * s, a[1] * s, a[2] * s};
}
[[nodiscard]] inline double dot(const Vec3& a, const Vec3& b) {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}
[[nodiscard]] inline Vec3 cross(const Vec3& a, const Vec3& b) {
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}
[[nodiscard]] inline double length(const Vec3& a) {
  return std::sqrt(dot(a, a));
}
/// The zero vector stays as it is.
[[nodiscard]] inline Vec3 unit(const Vec3& a) {
  const double n = length(a);
  return n > 0 ? times(a, 1 / n) : a;
}

}  // namespace pinwheel::views
