// Where the sheets stand in space: one behind the other, V1 first, all in the same millimetres. The sheet's x runs
// right, its y down, and the stack goes away from the one who faces it; the image stands before V1.
#pragma once

#include <optional>
#include <vector>

#include "engine/session/frames.h"
#include "views/vtk/cortex_camera.h"

namespace pinwheel::views {

struct SheetPlace {
  int sheet = -1;
  double xMm = 0;
  double yMm = 0;
};

class CortexLayout {
public:
  CortexLayout() = default;
  explicit CortexLayout(const std::vector<session::SheetPlan>& sheets);

  [[nodiscard]] int count() const { return static_cast<int>(m_sides.size()); }
  [[nodiscard]] double sideMm(int sheet) const { return m_sides[static_cast<std::size_t>(sheet)]; }
  [[nodiscard]] double zMm(int sheet) const { return m_z[static_cast<std::size_t>(sheet)]; }
  /// The image is as large as V1.
  [[nodiscard]] double imageSideMm() const { return m_sides.empty() ? 1 : m_sides.front(); }
  [[nodiscard]] double imageZMm() const { return 0.8 * imageSideMm(); }

  [[nodiscard]] Vec3 point(int sheet, double xMm, double yMm) const;
  /// `x`, `y`: 0..1 of the image, y down.
  [[nodiscard]] Vec3 imagePoint(double x, double y) const;
  /// The nearest place that a ray meets, on one sheet (`only` >= 0) or on all.
  [[nodiscard]] std::optional<SheetPlace> met(const Ray& ray, int only) const;

  /// The whole cortex seen obliquely, or one sheet (`sheet` >= 0) face to face; with the image, both obliquely.
  /// `left`: the share of the view that is left free there.
  [[nodiscard]] CortexCamera view(int sheet, bool withImage, double aspect, double left = 0) const;

private:
  void addCorners(std::vector<Vec3>& points, int sheet) const;

  std::vector<double> m_sides;
  std::vector<double> m_z;
};

}  // namespace pinwheel::views
