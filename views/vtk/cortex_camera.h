// Where the cortex is seen from: plain numbers, for the view, for the autosave, for tests.
#pragma once

#include <QPointF>
#include <QSizeF>
#include <QString>
#include <optional>
#include <span>

#include "views/vtk/vec3.h"

namespace pinwheel::views {

struct CortexCamera {
  Vec3 position{0, 0, 100};  ///< mm, in the space of CortexLayout
  Vec3 focalPoint{0, 0, 0};
  Vec3 viewUp{0, 1, 0};
  double viewAngleDeg = 30;  ///< vertical
  int sheet = -1;            ///< the sheet that was flown to and stands alone; -1: the whole cortex

  /// Eleven numbers, C locale, exact.
  [[nodiscard]] QString toString() const;
  /// Nothing when the text is not eleven finite numbers that make a camera (a direction, an up that is not along it,
  /// an angle between 1 and 170 degrees).
  [[nodiscard]] static std::optional<CortexCamera> fromString(const QString& text);
  friend bool operator==(const CortexCamera&, const CortexCamera&) = default;
};

struct Ray {
  Vec3 origin;
  Vec3 direction;
};

/// The ray through a place of a view of `size`, both in the same pixels, y down.
[[nodiscard]] Ray rayThrough(const CortexCamera& pose, QPointF place, QSizeF size);
/// Where a point appears; nothing behind the camera.
[[nodiscard]] std::optional<QPointF> projected(const CortexCamera& pose, const Vec3& point, QSizeF size);
/// Millimetres per pixel at the depth of a point.
[[nodiscard]] double mmPerPixel(const CortexCamera& pose, const Vec3& point, QSizeF size);

/// The nearest camera that looks along -`toCamera` and sees all `points` (one at least) centred, with `margin` left
/// free at every side and `left` more at the left: shares of the view, 0..0.4.
[[nodiscard]] CortexCamera fitted(std::span<const Vec3> points, const Vec3& toCamera, const Vec3& up, double aspect,
                                  double margin, double left = 0);
/// From `a` (0) to `b` (1).
[[nodiscard]] CortexCamera between(const CortexCamera& a, const CortexCamera& b, double share);

}  // namespace pinwheel::views
