#include "app/scope/graphics.h"

#include "app/scope/shaders.h"

namespace pinwheel::scope {

Expected<std::unique_ptr<Graphics>> Graphics::make() {
  auto raster = Program::make(shaders::kRasterFrag, "rasters");
  if (!raster) return tl::unexpected(std::move(raster.error()));
  auto sheet = Program::make(shaders::kSheetFrag, "sheets");
  if (!sheet) return tl::unexpected(std::move(sheet.error()));
  return std::unique_ptr<Graphics>(new Graphics{std::move(*raster), std::move(*sheet), {}, {}});
}

}  // namespace pinwheel::scope
