#include "engine/figures/chart_picture.h"

#include <cairo-svg.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>

#include "engine/figures/cairo_text.h"
#include "engine/figures/xml_text.h"

namespace pinwheel::figures {
namespace {

constexpr double kTitle = 12.5, kText = 11, kTick = 10;  // sizes of fonts
constexpr double kLine = 16;
constexpr double kEdge = 6;
constexpr double kTickLength = 4;
constexpr double kSample = 24;       // of a curve in the legend
constexpr double kPlotRatio = 0.52;  // height over the chart's width
constexpr std::size_t kMostMarkers = 40;
constexpr const char* kNothing = "Nothing was measured";

// 0xrrggbb
constexpr std::uint32_t kInk = 0x1e1e1e;
constexpr std::uint32_t kGrid = 0xe2e2e2;
constexpr std::uint32_t kControl = 0x6e6e6e;
// Okabe and Ito (2008), without the yellow that is lost on white.
constexpr std::array<std::uint32_t, 7> kColours{0x0072b2, 0xd55e00, 0x009e73, 0xcc79a7, 0xe69f00, 0x56b4e9, 0x000000};
constexpr std::array<std::array<double, 2>, 3> kDashes{{{5, 3}, {1.5, 2.5}, {9, 3}}};

struct Point {
  double x, y, low, high;
};
using Run = std::vector<Point>;

// Infinities are gaps too, and so is what would overflow in a difference or has no logarithm.
bool drawable(double value, AxisScale scale) {
  return std::abs(value) < 1e200 && (scale == AxisScale::linear || value > 1e-200);
}

struct Scales {
  AxisScale x, y;
};

// The stretches of a curve without a gap; with `interval` those where it has one.
std::vector<Run> runsOf(const ChartCurve& curve, const Scales& scales, bool interval) {
  std::vector<Run> runs;
  const std::size_t ends = std::min(curve.low.size(), curve.high.size());
  bool open = false;
  for (std::size_t i = 0; i < std::min({curve.x.size(), curve.y.size(), interval ? ends : curve.y.size()}); ++i) {
    Point p{curve.x[i], curve.y[i], curve.y[i], curve.y[i]};
    if (interval) p = {curve.x[i], curve.y[i], curve.low[i], curve.high[i]};
    const bool there =
        drawable(p.x, scales.x) && drawable(p.y, scales.y) && drawable(p.low, scales.y) && drawable(p.high, scales.y);
    if (there && !open) runs.emplace_back();
    if (there) runs.back().push_back(p);
    open = there;
  }
  return runs;
}

void setColour(cairo_t* c, std::uint32_t rgb, double alpha = 1) {
  cairo_set_source_rgba(c, (rgb >> 16) / 255.0, (rgb >> 8 & 0xffU) / 255.0, (rgb & 0xffU) / 255.0, alpha);
}

// How a curve is told from the others.
struct Look {
  std::uint32_t colour;
  const double* dashes = nullptr;  // two lengths; none: a solid line
  int shape = 0;                   // of its markers
};

std::vector<Look> looksOf(const ChartPicture& chart) {
  std::vector<Look> looks;
  std::size_t curves = 0;
  std::size_t controls = 0;
  for (const ChartCurve& curve : chart.curves) {
    const std::size_t n = curve.control ? controls++ : curves++;
    looks.push_back(curve.control ? Look{kControl, kDashes[n % kDashes.size()].data()}
                                  : Look{kColours[n % kColours.size()], nullptr, static_cast<int>(n % 3)});
  }
  return looks;
}

struct LegendEntry {
  std::size_t curve;
  double x, y;  // left end, baseline of its text
  double width;
};

struct Layout {
  bool empty = true;
  ChartAxis x, y;
  [[nodiscard]] Scales scales() const { return {x.scale, y.scale}; }
  double left = 0, right = 0, top = 0, bottom = 0;  // of the plot
  double labelY = 0;                                // baseline of the x axis' label
  std::vector<LegendEntry> legend;
  double height = 0;
};

void findAxes(const ChartPicture& chart, Layout& layout) {
  layout.x.scale = chart.xScale;
  layout.y.scale = chart.yScale;
  std::vector<double> x, y;
  for (const bool interval : {false, true})
    for (const ChartCurve& curve : chart.curves)
      for (const Run& run : runsOf(curve, layout.scales(), interval))
        for (const Point& p : run) {
          x.push_back(p.x);
          for (const double value : {interval ? p.low : p.y, interval ? p.high : p.y}) y.push_back(value);
        }
  layout.empty = x.empty();
  if (layout.empty) return;
  layout.x = axisOver(x, AxisEnds::beyondData, chart.xScale);
  layout.y = axisOver(y, AxisEnds::atTicks, chart.yScale);
}

// Entries in lines below the chart; returns the height that they take.
double placeLegend(cairo_t* c, const ChartPicture& chart, double width, double top, Layout& layout) {
  setFont(c, kTick);
  double x = kEdge;
  double y = top;
  for (std::size_t i = 0; i < chart.curves.size(); ++i) {
    if (chart.curves[i].name.empty()) continue;
    const double wide = std::min(kSample + 5 + textWidth(c, chart.curves[i].name), width - 2 * kEdge);
    if (layout.legend.empty() || x + wide > width - kEdge) {
      x = kEdge;
      y += kLine;
    }
    layout.legend.push_back({i, x, y, wide});
    x += wide + 14;
  }
  return y - top;
}

Layout layoutOf(cairo_t* c, const ChartPicture& chart, double width) {
  Layout layout;
  findAxes(chart, layout);
  double widest = 0;
  setFont(c, kTick);
  if (!layout.empty)
    for (const double tick : layout.y.ticks()) widest = std::max(widest, textWidth(c, layout.y.text(tick)));
  layout.left = kEdge + (chart.yLabel.empty() ? 0 : kLine) + widest + kTickLength + 3;
  layout.right = width - 14;
  layout.top = chart.title.empty() ? 10 : 30;
  layout.bottom = layout.top + kPlotRatio * width;
  double y = layout.bottom + kTickLength + kTick + 2;
  if (!chart.xLabel.empty()) y += kLine;
  layout.labelY = y;
  y += placeLegend(c, chart, width, y + 2, layout);
  layout.height = y + kEdge + 4;
  return layout;
}

void useLine(cairo_t* c, const Look& look) {
  setColour(c, look.colour);
  cairo_set_line_width(c, look.dashes != nullptr ? 1.4 : 1.8);
  cairo_set_dash(c, look.dashes, look.dashes != nullptr ? 2 : 0, 0);
}

void drawMarker(cairo_t* c, const Look& look, double x, double y) {
  constexpr double r = 2.6;
  setColour(c, look.colour);
  cairo_new_path(c);
  if (look.shape == 0) {
    cairo_arc(c, x, y, r, 0, 2 * std::numbers::pi);
  } else if (look.shape == 1) {
    cairo_rectangle(c, x - r, y - r, 2 * r, 2 * r);
  } else {
    cairo_move_to(c, x, y - 1.3 * r);
    cairo_line_to(c, x + 1.2 * r, y + r);
    cairo_line_to(c, x - 1.2 * r, y + r);
    cairo_close_path(c);
  }
  cairo_fill(c);
}

// Draws inside the plot of one chart.
class Plot {
public:
  Plot(cairo_t* context, const Layout& layout) : m_c(context), m_layout(layout) {}

  void axes(bool grid) const;
  void interval(const ChartCurve& curve, const Look& look) const;
  void curve(const ChartCurve& curve, const Look& look) const;

private:
  [[nodiscard]] double atX(double x) const {
    return m_layout.left + m_layout.x.share(x) * (m_layout.right - m_layout.left);
  }
  [[nodiscard]] double atY(double y) const {
    return m_layout.bottom - m_layout.y.share(y) * (m_layout.bottom - m_layout.top);
  }
  void line(double x1, double y1, double x2, double y2) const {
    cairo_move_to(m_c, x1, y1);
    cairo_line_to(m_c, x2, y2);
    cairo_stroke(m_c);
  }

  cairo_t* m_c;
  const Layout& m_layout;
};

void Plot::axes(bool grid) const {
  cairo_set_line_width(m_c, 1);
  setFont(m_c, kTick);
  if (grid) {
    for (const double tick : m_layout.y.ticks()) {
      setColour(m_c, kGrid);
      line(m_layout.left, atY(tick), m_layout.right, atY(tick));
      setColour(m_c, kInk);
      line(m_layout.left - kTickLength, atY(tick), m_layout.left, atY(tick));
      const std::string text = m_layout.y.text(tick);
      showText(m_c, m_layout.left - kTickLength - 3 - textWidth(m_c, text), atY(tick) + 0.36 * kTick, text);
    }
    for (const double tick : m_layout.x.ticks()) {
      setColour(m_c, kInk);
      line(atX(tick), m_layout.bottom, atX(tick), m_layout.bottom + kTickLength);
      const std::string text = m_layout.x.text(tick);
      showText(m_c, atX(tick) - textWidth(m_c, text) / 2, m_layout.bottom + kTickLength + kTick + 1, text);
    }
  }
  setColour(m_c, kInk);
  line(m_layout.left, m_layout.top, m_layout.left, m_layout.bottom);
  line(m_layout.left, m_layout.bottom, m_layout.right, m_layout.bottom);
}

void Plot::interval(const ChartCurve& curve, const Look& look) const {
  for (const Run& run : runsOf(curve, m_layout.scales(), true)) {
    if (run.size() == 1) {  // a band has a width, a point has an error bar
      const double x = atX(run[0].x);
      setColour(m_c, look.colour);
      cairo_set_line_width(m_c, 1);
      line(x, atY(run[0].low), x, atY(run[0].high));
      for (const double end : {run[0].low, run[0].high}) line(x - 3, atY(end), x + 3, atY(end));
      continue;
    }
    setColour(m_c, look.colour, 0.2);
    for (const Point& p : run) cairo_line_to(m_c, atX(p.x), atY(p.low));
    for (auto p = run.rbegin(); p != run.rend(); ++p) cairo_line_to(m_c, atX(p->x), atY(p->high));
    cairo_close_path(m_c);
    cairo_fill(m_c);
  }
}

void Plot::curve(const ChartCurve& curve, const Look& look) const {
  for (const Run& run : runsOf(curve, m_layout.scales(), false)) {
    useLine(m_c, look);
    for (const Point& p : run) cairo_line_to(m_c, atX(p.x), atY(p.y));
    cairo_stroke(m_c);
    cairo_set_dash(m_c, nullptr, 0, 0);
    // A point between two gaps has no line that shows it.
    if (run.size() == 1 || (!curve.control && curve.y.size() <= kMostMarkers))
      for (const Point& p : run) drawMarker(m_c, look, atX(p.x), atY(p.y));
  }
}

void drawLegend(cairo_t* c, const ChartPicture& chart, const Layout& layout, const std::vector<Look>& looks) {
  for (const LegendEntry& entry : layout.legend) {
    const ChartCurve& curve = chart.curves[entry.curve];
    const double middle = entry.y - 0.36 * kTick;
    useLine(c, looks[entry.curve]);
    cairo_move_to(c, entry.x, middle);
    cairo_line_to(c, entry.x + kSample, middle);
    cairo_stroke(c);
    cairo_set_dash(c, nullptr, 0, 0);
    if (!curve.control) drawMarker(c, looks[entry.curve], entry.x + kSample / 2, middle);
    setColour(c, kInk);
    const std::string name = fittedText(c, curve.name, kTick, entry.width - kSample - 5);
    showText(c, entry.x + kSample + 5, entry.y, name);
  }
}

void drawTexts(cairo_t* c, const ChartPicture& chart, const Layout& layout, double width) {
  setColour(c, kInk);
  const std::string title = fittedText(c, chart.title, kTitle, width - 2 * kEdge, FontStyle::bold);
  showText(c, kEdge, 18, title);
  const auto centred = [&](const std::string& text, double y) {
    const std::string shown = fittedText(c, text, kText, layout.right - layout.left);
    showText(c, (layout.left + layout.right - textWidth(c, shown)) / 2, y, shown);
  };
  centred(chart.xLabel, layout.labelY);
  if (layout.empty) centred(kNothing, (layout.top + layout.bottom) / 2);
  const std::string yLabel = fittedText(c, chart.yLabel, kText, layout.bottom - layout.top);
  cairo_save(c);
  cairo_translate(c, kEdge + kText - 1, (layout.top + layout.bottom + textWidth(c, yLabel)) / 2);
  cairo_rotate(c, -std::numbers::pi / 2);
  showText(c, 0, 0, yLabel);
  cairo_restore(c);
}

void draw(cairo_t* c, const ChartPicture& chart, double width) {
  useLayoutFonts(c);
  const Layout layout = layoutOf(c, chart, width);
  const std::vector<Look> looks = looksOf(chart);
  cairo_set_source_rgb(c, 1, 1, 1);
  cairo_rectangle(c, 0, 0, width, layout.height);
  cairo_fill(c);
  const Plot plot(c, layout);
  plot.axes(!layout.empty);
  cairo_set_line_join(c, CAIRO_LINE_JOIN_ROUND);
  for (std::size_t i = 0; i < looks.size(); ++i) plot.interval(chart.curves[i], looks[i]);
  // What was measured lies above its controls.
  for (const bool control : {true, false})
    for (std::size_t i = 0; i < looks.size(); ++i)
      if (chart.curves[i].control == control) plot.curve(chart.curves[i], looks[i]);
  drawTexts(c, chart, layout, width);
  drawLegend(c, chart, layout, looks);
}

Status check(const ChartPicture& chart, double width) {
  if (!(width >= 100 && width <= 8000))
    return failure("The chart cannot be drawn", "its width is not one of 100 to 8000", "choose another width");
  for (const ChartCurve& curve : chart.curves) {
    const std::size_t n = curve.y.size();
    const bool alone = curve.low.empty() && curve.high.empty();
    if (curve.x.size() != n || (!alone && (curve.low.size() != n || curve.high.size() != n)))
      return failure("The chart \"" + chart.title + "\" cannot be drawn",
                     "places, values and interval of the curve \"" + curve.name + "\" differ in number",
                     "measure it again: the stored results are damaged");
  }
  return {};
}

Status drawn(cairo_status_t code, const ChartPicture& chart) {
  if (code == CAIRO_STATUS_SUCCESS) return {};
  return failure("The chart \"" + chart.title + "\" cannot be drawn", cairo_status_to_string(code),
                 "check that its texts are UTF-8");
}

// What the picture shows, in words.
std::string described(const ChartPicture& chart) {
  std::string names;
  bool empty = true;
  for (const ChartCurve& curve : chart.curves) {
    names += (names.empty() ? "" : ", ") + curve.name;
    empty = empty && runsOf(curve, {chart.xScale, chart.yScale}, false).empty();
  }
  return "<title>" + xmlText(chart.title) + "</title>\n<desc>" +
         xmlText(chart.yLabel + " against " + chart.xLabel + ": " + (empty ? std::string(kNothing) : names)) +
         "</desc>\n";
}

}  // namespace

double chartHeight(const ChartPicture& chart, double width) {
  const CairoSurface probe(cairo_image_surface_create(CAIRO_FORMAT_RGB24, 1, 1), cairo_surface_destroy);
  const CairoContext context(cairo_create(probe.get()), cairo_destroy);
  useLayoutFonts(context.get());
  return layoutOf(context.get(), chart, width).height;
}

Status drawChart(_cairo* context, const ChartPicture& chart, double width) {
  if (Status status = check(chart, width); !status) return status;
  cairo_save(context);
  cairo_new_path(context);
  draw(context, chart, width);
  cairo_restore(context);
  return drawn(cairo_status(context), chart);
}

Expected<std::string> chartSvg(const ChartPicture& chart, double widthPx) {
  if (const Status status = check(chart, widthPx); !status) return tl::unexpected(status.error());
  std::string svg;
  const auto append = [](void* to, const unsigned char* bytes, unsigned count) {
    static_cast<std::string*>(to)->append(reinterpret_cast<const char*>(bytes), count);
    return CAIRO_STATUS_SUCCESS;
  };
  const CairoSurface surface(cairo_svg_surface_create_for_stream(append, &svg, widthPx, chartHeight(chart, widthPx)),
                             cairo_surface_destroy);
  cairo_svg_surface_set_document_unit(surface.get(), CAIRO_SVG_UNIT_PX);
  {
    const CairoContext context(cairo_create(surface.get()), cairo_destroy);
    if (const Status status = drawChart(context.get(), chart, widthPx); !status) return tl::unexpected(status.error());
  }
  cairo_surface_finish(surface.get());
  if (const Status status = drawn(cairo_surface_status(surface.get()), chart); !status)
    return tl::unexpected(status.error());
  const std::size_t root = svg.find('>', svg.find("<svg"));
  if (root == std::string::npos)
    return failure("The chart \"" + chart.title + "\" cannot be drawn", "cairo wrote no SVG", "reinstall cairo");
  svg.insert(root + 1, "\n" + described(chart));
  return svg;
}

}  // namespace pinwheel::figures
