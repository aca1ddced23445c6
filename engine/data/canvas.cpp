#include "engine/data/canvas.h"

#include <algorithm>
#include <cmath>

namespace pinwheel::data {
namespace {

double distanceToSegment(Point p, Point a, Point b) {
  const double dx = b.x - a.x;
  const double dy = b.y - a.y;
  const double length = dx * dx + dy * dy;
  const double t = length > 0 ? std::clamp(((p.x - a.x) * dx + (p.y - a.y) * dy) / length, 0.0, 1.0) : 0.0;
  return std::hypot(p.x - a.x - t * dx, p.y - a.y - t * dy);
}

}  // namespace

Canvas::Canvas(int side)
    : m_side(side), m_pixels(3 * static_cast<std::size_t>(side) * static_cast<std::size_t>(side), 0.0F) {}

template <class Distance>
void Canvas::fill(Point low, Point high, const Colour& colour, Distance&& distance) {
  const double c = std::cos(m_placement.angleRad);
  const double s = std::sin(m_placement.angleRad);
  const double flip = m_placement.mirror ? -1 : 1;
  // Image box of the object box, in pixels.
  double left = 1e9, right = -1e9, top = 1e9, bottom = -1e9;
  for (const double ox : {low.x, high.x})
    for (const double oy : {low.y, high.y}) {
      const double x = m_placement.centre.x + m_placement.scale * (c * flip * ox - s * oy);
      const double y = m_placement.centre.y + m_placement.scale * (s * flip * ox + c * oy);
      left = std::min(left, x);
      right = std::max(right, x);
      top = std::min(top, y);
      bottom = std::max(bottom, y);
    }
  const double half = m_side / 2.0;
  const auto pixel = [&](double v, double extra) { return static_cast<int>(std::floor((v + 1) * half + extra)); };
  const int firstX = std::max(0, pixel(left, -1)), lastX = std::min(m_side - 1, pixel(right, 1));
  const int firstY = std::max(0, pixel(top, -1)), lastY = std::min(m_side - 1, pixel(bottom, 1));
  const double pixelsPerUnit = m_placement.scale * half;
  const std::size_t plane = static_cast<std::size_t>(m_side) * static_cast<std::size_t>(m_side);
  for (int y = firstY; y <= lastY; ++y)
    for (int x = firstX; x <= lastX; ++x) {
      const double ix = (x + 0.5) / half - 1 - m_placement.centre.x;
      const double iy = (y + 0.5) / half - 1 - m_placement.centre.y;
      const Point p{flip * (c * ix + s * iy) / m_placement.scale, (c * iy - s * ix) / m_placement.scale};
      const double cover = std::clamp(0.5 - distance(p) * pixelsPerUnit, 0.0, 1.0);
      if (cover == 0) continue;
      const std::size_t at =
          static_cast<std::size_t>(y) * static_cast<std::size_t>(m_side) + static_cast<std::size_t>(x);
      for (std::size_t k = 0; k < 3; ++k) {
        float& value = m_pixels[k * plane + at];
        value += static_cast<float>(cover) * (colour[k] - value);
      }
    }
}

void Canvas::ellipse(Point centre, double radiusX, double radiusY, const Colour& colour) {
  // Distance to first order: exact for circles, good near the edge otherwise.
  fill({centre.x - radiusX, centre.y - radiusY}, {centre.x + radiusX, centre.y + radiusY}, colour, [=](Point p) {
    const double dx = (p.x - centre.x) / radiusX;
    const double dy = (p.y - centre.y) / radiusY;
    const double r = std::hypot(dx, dy);
    const double slope = std::hypot(dx / radiusX, dy / radiusY);
    return slope > 0 ? (r - 1) * r / slope : -std::min(radiusX, radiusY);
  });
}

void Canvas::stroke(Point from, Point to, double halfWidth, const Colour& colour) {
  fill({std::min(from.x, to.x) - halfWidth, std::min(from.y, to.y) - halfWidth},
       {std::max(from.x, to.x) + halfWidth, std::max(from.y, to.y) + halfWidth}, colour,
       [=](Point p) { return distanceToSegment(p, from, to) - halfWidth; });
}

void Canvas::polyline(std::span<const Point> points, double halfWidth, const Colour& colour) {
  for (std::size_t i = 1; i < points.size(); ++i) stroke(points[i - 1], points[i], halfWidth, colour);
}

void Canvas::polygon(std::span<const Point> points, const Colour& colour) {
  Point low{1e9, 1e9};
  Point high{-1e9, -1e9};
  for (const Point& p : points) {
    low = {std::min(low.x, p.x), std::min(low.y, p.y)};
    high = {std::max(high.x, p.x), std::max(high.y, p.y)};
  }
  fill(low, high, colour, [&](Point p) {
    double nearest = 1e9;
    bool inside = false;
    for (std::size_t i = 0, j = points.size() - 1; i < points.size(); j = i++) {
      nearest = std::min(nearest, distanceToSegment(p, points[i], points[j]));
      if ((points[i].y > p.y) != (points[j].y > p.y) &&
          p.x < (points[j].x - points[i].x) * (p.y - points[i].y) / (points[j].y - points[i].y) + points[i].x)
        inside = !inside;
    }
    return inside ? -nearest : nearest;
  });
}

void Canvas::rectangle(Point topLeft, Point bottomRight, const Colour& colour) {
  const Point corners[] = {topLeft, {bottomRight.x, topLeft.y}, bottomRight, {topLeft.x, bottomRight.y}};
  polygon(corners, colour);
}

std::span<float> Canvas::channel(int c) noexcept {
  const std::size_t plane = static_cast<std::size_t>(m_side) * static_cast<std::size_t>(m_side);
  return {m_pixels.data() + static_cast<std::size_t>(c) * plane, plane};
}

std::vector<std::uint8_t> Canvas::bytes() const {
  std::vector<std::uint8_t> out(m_pixels.size());
  std::transform(m_pixels.begin(), m_pixels.end(), out.begin(),
                 [](float v) { return static_cast<std::uint8_t>(std::clamp(v * 255.0F + 0.5F, 0.0F, 255.0F)); });
  return out;
}

}  // namespace pinwheel::data
