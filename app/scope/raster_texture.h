// A raster on the graphics side: a copy of its ring, to which new columns alone are sent.
#pragma once

#include "app/scope/axis_view.h"
#include "app/scope/gl_program.h"
#include "app/scope/raster_ring.h"

namespace pinwheel::scope {

struct RasterLook {
  bool maximum = false;
  std::array<float, 3> ground{};
  std::array<float, 3> beyond{};
  std::array<float, 3> spike{};
};

/// Its columns stay as they were sent, whatever becomes of the ring: who stops updating it has a picture that stands.
class RasterTexture {
public:
  explicit RasterTexture(const RasterRing& ring);
  void update(const RasterRing& ring);
  /// Columns begin..end over the area's width.
  void draw(const Program& program, const Area& area, const Target& target, double begin, double end,
            const RasterLook& look) const;

private:
  Texture m_texture;
  std::size_t m_rows;
  std::size_t m_capacity;
  std::uint64_t m_sent = 0;  ///< columns of the ring that were, as written()
};

}  // namespace pinwheel::scope
