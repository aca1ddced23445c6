#include "app/scope/raster_texture.h"

#include <algorithm>
#include <cmath>

namespace pinwheel::scope {

RasterTexture::RasterTexture(const RasterRing& ring) : m_rows(ring.rows()), m_capacity(ring.capacity()) {
  m_texture.bind();
  glPixelStorei(GL_UNPACK_ALIGNMENT, 1);
  glTexImage2D(GL_TEXTURE_2D, 0, GL_R8, static_cast<GLsizei>(m_rows), static_cast<GLsizei>(m_capacity), 0, GL_RED,
               GL_UNSIGNED_BYTE, ring.data());
  m_sent = ring.written();
}

void RasterTexture::update(const RasterRing& ring) {
  if (m_sent == ring.written()) return;
  m_texture.bind();
  glPixelStorei(GL_UNPACK_ALIGNMENT, 1);
  // At most two parts: up to the ring's end, and from its beginning.
  std::uint64_t from = std::max(m_sent, ring.oldest());
  while (from < ring.written()) {
    const std::size_t slot = ring.slotOf(from);
    const auto count = std::min<std::uint64_t>(ring.written() - from, m_capacity - slot);
    glTexSubImage2D(GL_TEXTURE_2D, 0, 0, static_cast<GLint>(slot), static_cast<GLsizei>(m_rows),
                    static_cast<GLsizei>(count), GL_RED, GL_UNSIGNED_BYTE, ring.data() + slot * m_rows);
    from += count;
  }
  m_sent = ring.written();
}

void RasterTexture::draw(const Program& program, const Area& area, const Target& target, double begin, double end,
                         const RasterLook& look) const {
  // Counted from the oldest column that is there: floats of the shader do not hold columns of a long run.
  const std::uint64_t oldest = m_sent > m_capacity ? m_sent - m_capacity : 0;
  const auto first = static_cast<double>(oldest);
  program.use();
  m_texture.bind();
  program.set("cells", 0);
  program.set("size", static_cast<int>(m_rows), static_cast<int>(m_capacity));
  program.set("origin", static_cast<int>(oldest % m_capacity));
  program.set("span", static_cast<float>(begin - first), static_cast<float>(end - first));
  program.set("held", 0.0F, static_cast<float>(m_sent - oldest));
  program.set("pixels", area.width(), area.height());
  program.set("maximum", look.maximum ? 1 : 0);
  program.set("ground", look.ground);
  program.set("beyond", look.beyond);
  program.set("spikeColour", look.spike);
  program.fill(area, target);
}

}  // namespace pinwheel::scope
