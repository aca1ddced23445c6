#include "engine/figures/chart_png.h"

#include <cmath>

#include "engine/figures/surface_png.h"

namespace pinwheel::figures {

Status writeChartPng(const std::filesystem::path& path, const ChartPicture& chart, int widthPx, double width,
                     const std::string& provenance) {
  if (widthPx < 100 || widthPx > 8000 || !(width >= 100 && width <= 8000))
    return failure("The chart cannot be drawn", "its width is not one of 100 to 8000", "choose another width",
                   path.string());
  const double scale = widthPx / width;
  const CairoSurface surface(cairo_image_surface_create(CAIRO_FORMAT_RGB24, widthPx,
                                                        static_cast<int>(std::ceil(chartHeight(chart, width) * scale))),
                             cairo_surface_destroy);
  const CairoContext context(cairo_create(surface.get()), cairo_destroy);
  cairo_set_source_rgb(context.get(), 1, 1, 1);
  cairo_paint(context.get());
  cairo_scale(context.get(), scale, scale);
  if (const Status status = drawChart(context.get(), chart, width); !status) return status;
  cairo_surface_flush(surface.get());
  return writeSurfacePng(path, surface.get(), provenance);
}

}  // namespace pinwheel::figures
