// A chart for people: curves with their intervals and controls over axes with round ticks, and a legend. Drawn with
// cairo; white background.
#pragma once

#include <string>
#include <vector>

#include "engine/core/error.h"
#include "engine/figures/chart_axis.h"

struct _cairo;  // cairo_t of <cairo.h>

namespace pinwheel::figures {

/// y against x, joined by straight lines in this order. NaN is a gap, and on a logarithmic axis what is not above 0.
struct ChartCurve {
  std::string name;
  std::vector<double> x, y;
  std::vector<double> low{}, high{};  ///< of an interval: as long as y, or empty
  bool control = false;               ///< drawn dashed, in grey
};

struct ChartPicture {
  std::string title;
  std::string xLabel, yLabel;  ///< with units
  std::vector<ChartCurve> curves;
  AxisScale xScale = AxisScale::linear;
  AxisScale yScale = AxisScale::linear;
};

/// In px, or whatever one unit of the drawing is. Texts are as large on every chart, so that this one can be read when
/// it is shown 320 px wide; one that is too long becomes smaller, and is cut at cairo_text.h's kSmallestFont.
inline constexpr double kChartWidth = 360;

/// What `drawChart` needs below the width: the legend takes as many lines as it has to.
[[nodiscard]] double chartHeight(const ChartPicture& chart, double width = kChartWidth);

/// Draws from (0, 0) to (width, chartHeight). A chart without a finite point says so in place of its curves. Error:
/// vectors of a curve that differ in length, a width outside 100..8000, a text that is no UTF-8.
Status drawChart(_cairo* context, const ChartPicture& chart, double width = kChartWidth);

/// The same as a file of its own. Text is drawn as outlines; title, labels and names are repeated in <title> and
/// <desc>, for search and for screen readers. Errors as drawChart.
Expected<std::string> chartSvg(const ChartPicture& chart, double widthPx = kChartWidth);

}  // namespace pinwheel::figures
