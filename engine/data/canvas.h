// A small anti-aliased painter for images made by code. Shapes are given in an object's own frame, -1..1 in both axes
// with y pointing down, and placed by one transform.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace pinwheel::data {

struct Point {
  double x = 0;
  double y = 0;
};

/// Linear RGB in 0..1 (clamped on export).
using Colour = std::array<float, 3>;

/// Object frame -> image frame (-1..1 over the image, y down): turn by `angleRad`, scale, move; `mirror` flips x first.
struct Placement2d {
  Point centre;
  double scale = 1;
  double angleRad = 0;
  bool mirror = false;
};

class Canvas {
public:
  explicit Canvas(int side);
  [[nodiscard]] int side() const noexcept { return m_side; }

  void place(const Placement2d& placement) { m_placement = placement; }

  void ellipse(Point centre, double radiusX, double radiusY, const Colour& colour);
  /// A line of round ends.
  void stroke(Point from, Point to, double halfWidth, const Colour& colour);
  void polyline(std::span<const Point> points, double halfWidth, const Colour& colour);
  /// Any simple polygon, in either direction.
  void polygon(std::span<const Point> points, const Colour& colour);
  void rectangle(Point topLeft, Point bottomRight, const Colour& colour);

  /// Colour at a pixel, c-major: value(c)[y * side + x].
  [[nodiscard]] std::span<float> channel(int c) noexcept;
  /// Planar RGB bytes.
  [[nodiscard]] std::vector<std::uint8_t> bytes() const;

private:
  /// Blends `colour` where `distance(point)` (object units, negative inside) is below half a pixel, within the shape's
  /// box.
  template <class Distance>
  void fill(Point low, Point high, const Colour& colour, Distance&& distance);

  int m_side;
  Placement2d m_placement;
  std::vector<float> m_pixels;
};

}  // namespace pinwheel::data
