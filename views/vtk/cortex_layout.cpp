#include "views/vtk/cortex_layout.h"

#include <algorithm>

namespace pinwheel::views {
namespace {

// As far apart as this share of their mean side, neighbours do not hide each other when seen from kOblique.
constexpr double kGap = 0.62;
// And this share of the largest side at least: room for the names of small sheets.
constexpr double kLeastGap = 0.3;
constexpr Vec3 kOblique{0.80, 0.33, 0.58};
constexpr Vec3 kUp{0, 1, 0};

}  // namespace

CortexLayout::CortexLayout(const std::vector<session::SheetPlan>& sheets) {
  double largest = 0;
  for (const session::SheetPlan& plan : sheets) largest = std::max(largest, plan.spec.displaySideMm);
  for (const session::SheetPlan& plan : sheets) {
    const double side = plan.spec.displaySideMm;
    const double gap = m_sides.empty() ? 0 : std::max(kGap * (m_sides.back() + side) / 2, kLeastGap * largest);
    m_z.push_back(m_sides.empty() ? 0 : m_z.back() - gap);
    m_sides.push_back(side);
  }
}

Vec3 CortexLayout::point(int sheet, double xMm, double yMm) const {
  const double half = sideMm(sheet) / 2;
  return {xMm - half, half - yMm, zMm(sheet)};
}

Vec3 CortexLayout::imagePoint(double x, double y) const {
  return {(x - 0.5) * imageSideMm(), (0.5 - y) * imageSideMm(), imageZMm()};
}

std::optional<SheetPlace> CortexLayout::met(const Ray& ray, int only) const {
  std::optional<SheetPlace> place;
  double nearest = 0;
  for (int i = 0; i < count(); ++i) {
    if (only >= 0 && i != only) continue;
    if (std::abs(ray.direction[2]) < 1e-9) break;
    const double distance = (zMm(i) - ray.origin[2]) / ray.direction[2];
    if (distance <= 0 || (place && distance >= nearest)) continue;
    const Vec3 p = plus(ray.origin, times(ray.direction, distance));
    const double half = sideMm(i) / 2;
    if (std::abs(p[0]) > half || std::abs(p[1]) > half) continue;
    nearest = distance;
    place = SheetPlace{i, p[0] + half, half - p[1]};
  }
  return place;
}

void CortexLayout::addCorners(std::vector<Vec3>& points, int sheet) const {
  const double side = sideMm(sheet);
  for (const double x : {0.0, side})
    // Room above for the label and below for the scale bar.
    for (const double y : {-0.08 * side, 1.1 * side}) points.push_back(point(sheet, x, y));
}

CortexCamera CortexLayout::view(int sheet, bool withImage, double aspect, double left) const {
  if (count() == 0) return {};
  std::vector<Vec3> points;
  for (int i = 0; i < count(); ++i)
    if (sheet < 0 || i == sheet) addCorners(points, i);
  if (withImage)
    for (const double x : {0.0, 1.0})
      for (const double y : {-0.08, 1.1}) points.push_back(imagePoint(x, y));
  const bool facing = sheet >= 0 && !withImage;
  CortexCamera pose = fitted(points, facing ? Vec3{0, 0, 1} : kOblique, kUp, aspect, 0.06, left);
  pose.sheet = sheet;
  return pose;
}

}  // namespace pinwheel::views
