#include "app/scope/sheet_texture.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace pinwheel::scope {
namespace {

constexpr int kMaps = 4;
constexpr std::size_t kWide = 512;  ///< as the shader counts
constexpr float kNone = -2e30F;     ///< below the shader's: no value

}  // namespace

ColourTexture::ColourTexture() {
  std::vector<std::uint8_t> texels;
  for (int map = 0; map < kMaps; ++map)
    for (int i = 0; i < kSamples; ++i) {
      const auto which = static_cast<figures::ColourMap>(map);
      // The end of a cyclic map is its beginning.
      const int steps = which == figures::ColourMap::orientation ? kSamples : kSamples - 1;
      const figures::Rgb colour = figures::colourAt(which, static_cast<double>(i) / steps);
      texels.insert(texels.end(), {colour.r, colour.g, colour.b, 255});
    }
  m_texture.bind();
  glPixelStorei(GL_UNPACK_ALIGNMENT, 1);
  glTexImage2D(GL_TEXTURE_2D, 0, GL_RGBA8, kSamples, kMaps, 0, GL_RGBA, GL_UNSIGNED_BYTE, texels.data());
}

SheetTexture::SheetTexture(const SheetGrid& grid, std::size_t units) : m_side(grid.side), m_count(units) {
  m_units.bind();
  glPixelStorei(GL_UNPACK_ALIGNMENT, 4);
  glTexImage2D(GL_TEXTURE_2D, 0, GL_R32I, m_side, m_side, 0, GL_RED_INTEGER, GL_INT, grid.unit.data());
  m_height = static_cast<int>(std::max<std::size_t>(1, (units + kWide - 1) / kWide));
  const std::vector<float> none(2 * kWide * static_cast<std::size_t>(m_height), kNone);
  m_values.bind();
  glTexImage2D(GL_TEXTURE_2D, 0, GL_RG32F, static_cast<GLsizei>(kWide), m_height, 0, GL_RG, GL_FLOAT, none.data());
}

void SheetTexture::setValues(std::span<const float> values, std::span<const float> saturation) {
  std::vector<float> texels(2 * kWide * static_cast<std::size_t>(m_height), kNone);
  if (values.size() == m_count)
    for (std::size_t u = 0; u < m_count; ++u) {
      texels[2 * u] = std::isfinite(values[u]) ? values[u] : kNone;
      texels[2 * u + 1] = saturation.size() == m_count ? saturation[u] : 1.0F;
    }
  m_values.bind();
  glPixelStorei(GL_UNPACK_ALIGNMENT, 4);
  glTexSubImage2D(GL_TEXTURE_2D, 0, 0, 0, static_cast<GLsizei>(kWide), m_height, GL_RG, GL_FLOAT, texels.data());
}

void SheetTexture::draw(const Program& program, const ColourTexture& colours, const Area& area, const Target& target,
                        const SheetLook& look) const {
  program.use();
  m_units.bind(0);
  m_values.bind(1);
  colours.bind(2);
  glActiveTexture(GL_TEXTURE0);
  program.set("units", 0);
  program.set("values", 1);
  program.set("colours", 2);
  program.set("side", m_side);
  program.set("map", static_cast<int>(look.map));
  program.set("mapSamples", ColourTexture::kSamples);
  program.set("cyclic", look.map == figures::ColourMap::orientation ? 1 : 0);
  program.set("range", static_cast<float>(look.low), static_cast<float>(look.high));
  program.set("ground", look.ground);
  program.set("silent", look.silent);
  program.fill(area, target);
}

}  // namespace pinwheel::scope
