// A chart as a PNG file.
#pragma once

#include <filesystem>
#include <string>

#include "engine/core/error.h"
#include "engine/figures/chart_picture.h"

namespace pinwheel::figures {

/// Draws the chart `width` units wide (see kChartWidth: the wider, the smaller its texts) onto `widthPx` pixels; the
/// height follows. `provenance` as in writeSurfacePng. Errors as drawChart; a width of pixels outside 100..8000; a file
/// that cannot be written.
Status writeChartPng(const std::filesystem::path& path, const ChartPicture& chart, int widthPx,
                     double width = kChartWidth, const std::string& provenance = {});

}  // namespace pinwheel::figures
