#include "app/scope/plot.h"

#include <algorithm>
#include <cmath>

#include "app/scope/number_text.h"
#include "app/scope/theme.h"

namespace pinwheel::scope {
namespace {

constexpr float kClickPx = 4;   ///< a drag is longer
constexpr float kColumnPx = 3;  ///< points of so many pixels are drawn as one

struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
  void see(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
};

// Counted, since where numbers are large the next one may be the same.
std::vector<double> ticks(double low, double high, double distance) {
  constexpr int kMost = 100;
  std::vector<double> values;
  for (int i = 0; i < kMost; ++i) {
    const double value = (std::ceil(low / distance) + i) * distance;
    if (!(value <= high)) break;
    values.push_back(value);
  }
  return values;
}

// The points within the axis, and one at each side for the lines that leave it.
std::pair<std::size_t, std::size_t> visible(const Curve& curve, const AxisView& axis) {
  const auto isBefore = [](const CurvePoint& point, double x) { return point.x < x; };
  auto first =
      static_cast<std::size_t>(std::lower_bound(curve.begin(), curve.end(), axis.begin(), isBefore) - curve.begin());
  auto last =
      static_cast<std::size_t>(std::lower_bound(curve.begin(), curve.end(), axis.end(), isBefore) - curve.begin());
  if (first > 0) --first;
  last = std::min(curve.size(), last + 1);
  return {first, last};
}

// Up and down: of many points the outliers count, of flat lines the surroundings.
Range rangeOf(const std::vector<PlotLine>& lines, const AxisView& axis, bool fromZero) {
  Range range;
  for (const PlotLine& line : lines) {
    const auto [first, last] = visible(*line.curve, axis);
    for (std::size_t i = first; i < last; ++i) range.see((*line.curve)[i].y);
  }
  if (!(range.low <= range.high)) return {0, 1};
  if (fromZero) range.low = std::min(0.0, range.low);
  const double length = range.high - range.low;
  const double room = length > 0 ? 0.06 * length : std::max(std::abs(range.high) * 0.1, 1e-3);
  range.high += room;
  if (!fromZero || range.low < 0) range.low -= room;
  return range;
}

struct Frame {
  ImVec2 min, max;
  const AxisView& axis;
  Range range;
  [[nodiscard]] float x(double value) const {
    return min.x + static_cast<float>((value - axis.begin()) / axis.length()) * (max.x - min.x);
  }
  [[nodiscard]] float y(double value) const {
    return max.y - static_cast<float>((value - range.low) / (range.high - range.low)) * (max.y - min.y);
  }
};

// Of points that share a few pixels the least and the greatest are drawn, so that no peak is lost. A width of whole
// pixels is drawn as two triangles a piece, others as six.
void drawLine(ImDrawList& list, const Frame& frame, const PlotLine& line, std::vector<ImVec2>& points) {
  points.clear();
  const auto [first, last] = visible(*line.curve, frame.axis);
  for (std::size_t i = first; i < last;) {
    const float x = frame.x((*line.curve)[i].x);
    Range column;
    const std::size_t begin = i;
    for (; i < last && frame.x((*line.curve)[i].x) < x + kColumnPx; ++i) column.see((*line.curve)[i].y);
    if (i == begin) column.see((*line.curve)[i++].y);
    if (i > begin + 1) points.push_back({x, frame.y(column.high)});
    points.push_back({x, frame.y(column.low)});
  }
  if (points.size() == 1)
    list.AddCircleFilled(points[0], 2.5F, line.colour);
  else
    list.AddPolyline(points.data(), static_cast<int>(points.size()), line.colour, ImDrawFlags_None, 2);
}

void drawUpright(ImDrawList& list, const Frame& frame) {
  const double distance = tickDistance(frame.range.high - frame.range.low, (frame.max.y - frame.min.y) / 30.0);
  const float half = ImGui::GetTextLineHeight() / 2;
  for (const double v : ticks(frame.range.low, frame.range.high, distance)) {
    const float y = std::round(frame.y(v));
    list.AddLine({frame.min.x, y}, {frame.max.x, y}, kGrid);
    const std::string text = tickText(v, distance);
    const float top = std::clamp(y - half, frame.min.y - half / 2, frame.max.y - 2 * half);
    list.AddText({frame.min.x - 6 - ImGui::CalcTextSize(text.c_str()).x, top}, kDim, text.c_str());
  }
}

// The names at the right of the title, in their colours, as many as there is room for.
void drawNames(ImDrawList& list, const std::vector<PlotLine>& lines, float left, float right, float top) {
  float x = left;
  for (const PlotLine& line : lines) {
    const float width = ImGui::CalcTextSize(line.name.c_str()).x;
    if (x + width > right) return;
    list.AddText({x, top}, line.colour, line.name.c_str());
    x += width + 10;
  }
}

void showValues(const Frame& frame, const std::vector<PlotLine>& lines, const char* across) {
  const double at = atPixel(frame.axis, frame.min.x, frame.max.x, ImGui::GetIO().MousePos.x);
  ImGui::BeginTooltip();
  ImGui::Text("%s %s", *across != 0 ? across : "at", grouped(static_cast<std::int64_t>(std::llround(at))).c_str());
  for (const PlotLine& line : lines) {
    const auto isBefore = [](const CurvePoint& point, double x) { return point.x < x; };
    auto point = std::lower_bound(line.curve->begin(), line.curve->end(), at, isBefore);
    if (point != line.curve->begin() && (point == line.curve->end() || at - (point - 1)->x < point->x - at)) --point;
    if (point == line.curve->end()) continue;
    ImGui::TextColored(ImGui::ColorConvertU32ToFloat4(line.colour), "%s  %s", line.name.c_str(),
                       brief(point->y).c_str());
  }
  ImGui::EndTooltip();
}

}  // namespace

double atPixel(const AxisView& axis, float left, float right, float pixel) {
  return axis.begin() + static_cast<double>((pixel - left) / std::max(1.0F, right - left)) * axis.length();
}

float acrossHeight() {
  return 2 * ImGui::GetTextLineHeight() + 6;
}

bool steer(AxisView& axis, const char* id, ImVec2 min, ImVec2 max) {
  const ImGuiIO& io = ImGui::GetIO();
  const ImVec2 size{std::max(1.0F, max.x - min.x), std::max(1.0F, max.y - min.y)};
  ImGui::SetCursorScreenPos(min);
  ImGui::InvisibleButton(id, size, ImGuiButtonFlags_MouseButtonLeft | ImGuiButtonFlags_MouseButtonRight);
  const bool hovered = ImGui::IsItemHovered();
  const auto at = [&](float pixel) { return atPixel(axis, min.x, max.x, std::clamp(pixel, min.x, max.x)); };
  if (hovered && ImGui::IsMouseDoubleClicked(ImGuiMouseButton_Left)) {
    axis.follow();
    return hovered;
  }
  if (hovered && io.MouseWheel != 0) axis.zoom(at(io.MousePos.x), std::pow(0.8, static_cast<double>(io.MouseWheel)));
  const float from = io.MouseClickedPos[ImGuiMouseButton_Left].x;
  const bool drags = std::abs(io.MousePos.x - from) > kClickPx;
  if (ImGui::IsItemActive() && ImGui::IsMouseDown(ImGuiMouseButton_Left) && drags) {
    // What is being selected must not run away.
    if (axis.mode() == Mode::follow) axis.pause();
    const float a = std::clamp(std::min(from, io.MousePos.x), min.x, max.x);
    const float b = std::clamp(std::max(from, io.MousePos.x), min.x, max.x);
    ImGui::GetWindowDrawList()->AddRectFilled({a, min.y}, {b, max.y}, colour(150, 190, 240, 60));
  }
  if (ImGui::IsItemDeactivated() && ImGui::IsMouseReleased(ImGuiMouseButton_Left) && drags)
    axis.select(at(from), at(io.MousePos.x));
  if (ImGui::IsItemActive() && ImGui::IsMouseDown(ImGuiMouseButton_Right) && io.MouseDelta.x != 0)
    axis.pan(-static_cast<double>(io.MouseDelta.x / size.x) * axis.length());
  return hovered;
}

void drawAcross(const AxisView& axis, float left, float right, float top, const char* name) {
  ImDrawList& list = *ImGui::GetWindowDrawList();
  const double distance = std::max(1.0, tickDistance(axis.length(), static_cast<double>(right - left) / 70));
  for (const double v : ticks(axis.begin(), axis.end(), distance)) {
    const float x = left + static_cast<float>((v - axis.begin()) / axis.length()) * (right - left);
    const std::string text = tickText(v, distance);
    const float width = ImGui::CalcTextSize(text.c_str()).x;
    list.AddLine({x, top}, {x, top + 4}, kDim);
    list.AddText({std::clamp(x - width / 2, left - width / 2, right - width), top + 4}, kDim, text.c_str());
  }
  const float width = ImGui::CalcTextSize(name).x;
  list.AddText({(left + right - width) / 2, top + 4 + ImGui::GetTextLineHeight()}, kDim, name);
}

void plot(AxisView& axis, const PlotOptions& options, const std::vector<PlotLine>& lines, ImVec2 size) {
  static std::vector<ImVec2> points;  // room that is used again
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float left = options.left > 0 ? options.left : ImGui::CalcTextSize("0.000").x + 8;
  const float title = *options.title != 0 ? ImGui::GetTextLineHeight() + 3 : 0;
  const float below = *options.across != 0 ? acrossHeight() : 2;
  const Frame frame{{at.x + left, at.y + title},
                    {at.x + size.x, std::max(at.y + title + 8, at.y + size.y - below)},
                    axis,
                    rangeOf(lines, axis, options.fromZero)};
  ImDrawList& list = *ImGui::GetWindowDrawList();
  list.AddRectFilled(frame.min, frame.max, kPlot);
  drawUpright(list, frame);
  if (title > 0) {
    list.AddText({frame.min.x, at.y}, kText, options.title);
    const float width = ImGui::CalcTextSize(options.title).x;
    if (options.names && lines.size() > 1) drawNames(list, lines, frame.min.x + width + 16, frame.max.x, at.y);
  }
  list.PushClipRect(frame.min, frame.max, true);
  bool any = false;
  for (const PlotLine& line : lines) {
    any = any || !line.curve->empty();
    drawLine(list, frame, line, points);
  }
  list.PopClipRect();
  if (!any) {
    const ImVec2 text = ImGui::CalcTextSize("no values yet");
    list.AddText({(frame.min.x + frame.max.x - text.x) / 2, (frame.min.y + frame.max.y - text.y) / 2}, kDim,
                 "no values yet");
  }
  if (*options.across != 0) drawAcross(axis, frame.min.x, frame.max.x, frame.max.y, options.across);
  if (steer(axis, options.id, frame.min, frame.max) && any) showValues(frame, lines, options.across);
  ImGui::SetCursorScreenPos({at.x, at.y + size.y});
}

}  // namespace pinwheel::scope
