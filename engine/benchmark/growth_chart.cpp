#include "engine/benchmark/growth_chart.h"

#include <algorithm>
#include <cmath>

#include "engine/core/files.h"
#include "engine/figures/chart_png.h"

namespace pinwheel::benchmark {
namespace {

constexpr double kWidth = 480;  // in units of the chart: three columns of the legend
constexpr int kWidthPx = 1600;  // sharp at 800 px on fine screens too
constexpr double kBytesPerMb = 1e6;

double costOf(const Growth::Row& row, GrowthCost cost) {
  if (cost == GrowthCost::time) return row.seconds.median;
  // None at all is none that could be told from noise.
  return row.peakBytes && *row.peakBytes > 0 ? static_cast<double>(*row.peakBytes) / kBytesPerMb : std::nan("");
}

// "lif-t: time steps" of "growth.lif-t".
std::string nameOf(const CaseResult& result) {
  return result.info.name.substr(result.info.name.find('.') + 1) + ": " + result.growth->of;
}

// The part of y = c x, through the middle of the data on logarithmic axes, that lies in their range.
figures::ChartCurve linearGuide(const std::vector<figures::ChartCurve>& curves) {
  double lowX = INFINITY, highX = 0, lowY = INFINITY, highY = 0;
  for (const figures::ChartCurve& curve : curves)
    for (std::size_t i = 0; i < curve.x.size(); ++i) {
      if (!(curve.x[i] > 0) || !(curve.y[i] > 0)) continue;
      lowX = std::min(lowX, curve.x[i]);
      highX = std::max(highX, curve.x[i]);
      lowY = std::min(lowY, curve.y[i]);
      highY = std::max(highY, curve.y[i]);
    }
  figures::ChartCurve guide{"linear growth (slope 1)", {}, {}};
  guide.control = true;
  if (!(highX > lowX) || !(highY > lowY)) return guide;
  const double c = std::sqrt(lowY / lowX) * std::sqrt(highY / highX);
  for (const double x : {std::max(lowX, lowY / c), std::min(highX, highY / c)}) {
    guide.x.push_back(x);
    guide.y.push_back(c * x);
  }
  return guide;
}

bool measured(const figures::ChartPicture& chart) {
  return !chart.curves.empty();
}

std::string provenanceOf(const Report& report) {
  return "pinwheel-cli bench, " + report.created + "; " + report.processor + ", " + std::to_string(report.threads) +
         " threads; Pinwheel " + report.pinwheel + ", LibTorch " + report.torch;
}

}  // namespace

figures::ChartPicture growthChart(const std::vector<CaseResult>& results, GrowthCost cost) {
  const bool time = cost == GrowthCost::time;
  figures::ChartPicture chart;
  chart.title = time ? "How time grows" : "How memory grows";
  chart.yLabel = time ? "Time (s)" : "Memory (MB)";
  chart.xScale = figures::AxisScale::logarithmic;
  chart.yScale = figures::AxisScale::logarithmic;
  std::vector<std::string> units;
  for (const CaseResult& result : results) {
    if (!result.growth) continue;
    figures::ChartCurve curve{nameOf(result), {}, {}};
    for (const Growth::Row& row : result.growth->rows) {
      curve.x.push_back(static_cast<double>(row.n));
      curve.y.push_back(costOf(row, cost));
    }
    if (std::none_of(curve.y.begin(), curve.y.end(), [](double y) { return y > 0; })) continue;
    chart.curves.push_back(std::move(curve));
    if (std::find(units.begin(), units.end(), result.growth->of) == units.end()) units.push_back(result.growth->of);
  }
  std::string all;
  for (const std::string& unit : units) all += (all.empty() ? "" : ", ") + unit;
  chart.xLabel = "Size (" + all + ")";
  if (figures::ChartCurve guide = linearGuide(chart.curves); !guide.x.empty()) chart.curves.push_back(std::move(guide));
  return chart;
}

Expected<std::vector<std::filesystem::path>> writeGrowthCharts(const Report& report,
                                                               const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> written;
  for (const GrowthCost cost : {GrowthCost::time, GrowthCost::memory}) {
    const figures::ChartPicture chart = growthChart(report.results, cost);
    if (!measured(chart)) continue;
    const std::string name = cost == GrowthCost::time ? "growth-time" : "growth-memory";
    const std::filesystem::path png = folder / (name + ".png");
    if (const Status status = figures::writeChartPng(png, chart, kWidthPx, kWidth, provenanceOf(report)); !status)
      return tl::unexpected(status.error());
    const auto svg = figures::chartSvg(chart, kWidth);
    if (!svg) return tl::unexpected(svg.error());
    const std::filesystem::path drawing = folder / (name + ".svg");
    if (const Status status = writeFileAtomically(drawing, *svg); !status) return tl::unexpected(status.error());
    written.insert(written.end(), {png, drawing});
  }
  if (written.empty())
    return failure("There is nothing to draw", "no case of the result tells how costs grow",
                   "`pinwheel-cli bench growth --plots DIR` times those that do");
  return written;
}

}  // namespace pinwheel::benchmark
