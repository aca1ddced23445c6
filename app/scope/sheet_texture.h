// A sheet on the graphics side: where its units stand, sent once, and a value for each, sent with every map.
#pragma once

#include <span>

#include "app/scope/gl_program.h"
#include "app/scope/sheet_grid.h"
#include "engine/figures/colour_maps.h"

namespace pinwheel::scope {

struct SheetLook {
  figures::ColourMap map = figures::ColourMap::viridis;
  double low = 0;
  double high = 1;
  std::array<float, 3> ground{};  ///< where there is no unit
  std::array<float, 3> silent{};  ///< of a unit without a value; what saturation 0 fades to
};

/// All colour maps of engine/figures, one a row.
class ColourTexture {
public:
  static constexpr int kSamples = 256;
  ColourTexture();
  void bind(int unit) const { m_texture.bind(unit); }

private:
  Texture m_texture;
};

class SheetTexture {
public:
  /// The units of the grid are below `units`.
  SheetTexture(const SheetGrid& grid, std::size_t units);
  /// [U] each; `saturation` empty: 1. Values of another number are ignored: then there are none.
  void setValues(std::span<const float> values, std::span<const float> saturation);
  void draw(const Program& program, const ColourTexture& colours, const Area& area, const Target& target,
            const SheetLook& look) const;

private:
  Texture m_units;
  Texture m_values;
  int m_side;
  std::size_t m_count;
  int m_height = 1;
};

}  // namespace pinwheel::scope
