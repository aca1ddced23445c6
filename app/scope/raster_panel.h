// The rasters of all sheets above each other, and their rates below, over one axis.
#pragma once

#include <vector>

#include "app/scope/axis_view.h"
#include "app/scope/graphics.h"
#include "app/scope/model.h"
#include "app/scope/plot.h"
#include "app/scope/raster_texture.h"

namespace pinwheel::scope {

class RasterPanel {
public:
  static constexpr double kFollowed = 600;  ///< columns

  explicit RasterPanel(Graphics& graphics) : m_graphics(graphics) {}
  /// At the cursor.
  void draw(const Model& model, ImVec2 size);
  [[nodiscard]] AxisView& axis() noexcept { return m_axis; }

private:
  void update(const Model& model);
  void drawRaster(const Model& model, std::size_t sheet, ImVec2 at, ImVec2 size);
  void drawRates(const Model& model, ImVec2 at, ImVec2 size);
  void showCell(const Model& model, std::size_t sheet, ImVec2 min, ImVec2 max) const;

  Graphics& m_graphics;
  AxisView m_axis{kFollowed, 8};
  std::uint64_t m_version = 0;
  std::vector<RasterTexture> m_textures;
  std::vector<Curve> m_rates;
  bool m_maximum = false;
};

}  // namespace pinwheel::scope
