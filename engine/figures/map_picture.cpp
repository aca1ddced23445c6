#include "engine/figures/map_picture.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>

#include "engine/figures/cairo_text.h"
#include "engine/figures/surface_png.h"

namespace pinwheel::figures {
namespace {

constexpr double kReferenceWidth = 900;  // all sizes below are in px of a picture this wide
constexpr double kMargin = 34;
constexpr double kMap = 660;
constexpr double kTop = 112;
constexpr double kText = 20;
constexpr double kSmall = 18;
constexpr double kLine = 27;
constexpr Rgb kMissing{214, 214, 214};
constexpr Rgb kPale{244, 244, 244};  // an orientation without selectivity

struct Range {
  double low;
  double high;
};

Range rangeOf(const MapPicture& picture) {
  Range range{picture.low, picture.high};
  if (range.low == range.high) {
    std::vector<float> finite;
    for (const float v : picture.values)
      if (std::isfinite(v)) finite.push_back(v);
    if (finite.empty()) finite.push_back(0);
    std::sort(finite.begin(), finite.end());
    const auto at = [&](double share) {
      return static_cast<double>(finite[static_cast<std::size_t>(share * static_cast<double>(finite.size() - 1))]);
    };
    range = {at(0.01), at(0.99)};
  }
  if (picture.kind == MapKind::diverging) {
    const double reach = std::max(std::abs(range.low), std::abs(range.high));
    range = {-reach, reach};
  }
  // A constant map still needs a bar with two ends, around a value that can be read.
  if (!(range.high > range.low)) {
    const double pad = range.low == 0 ? 1 : 0.5 * std::abs(range.low);
    range = {range.low - pad, range.high + pad};
  }
  return range;
}

Rgb mixed(Rgb from, Rgb to, double share) {
  const auto mix = [share](std::uint8_t a, std::uint8_t b) {
    return static_cast<std::uint8_t>(std::lround(a + share * (b - a)));
  };
  return {mix(from.r, to.r), mix(from.g, to.g), mix(from.b, to.b)};
}

Rgb cellColour(const MapPicture& picture, const Range& range, std::size_t cell) {
  const float value = picture.values[cell];
  if (!std::isfinite(value)) return kMissing;
  if (picture.kind == MapKind::orientation) {
    const Rgb full = colourAt(ColourMap::orientation, static_cast<double>(value) / 180);
    return picture.saturation.empty()
               ? full
               : mixed(kPale, full, std::clamp(static_cast<double>(picture.saturation[cell]), 0.0, 1.0));
  }
  const double position = (static_cast<double>(value) - range.low) / (range.high - range.low);
  return colourAt(picture.kind == MapKind::diverging ? ColourMap::vik : ColourMap::viridis, position);
}

void setColour(cairo_t* c, Rgb colour) {
  cairo_set_source_rgb(c, colour.r / 255.0, colour.g / 255.0, colour.b / 255.0);
}

// 1, 2 or 5 times a power of ten, the largest not above `value`.
double roundDown(double value) {
  const double power = std::pow(10, std::floor(std::log10(value)));
  for (const double step : {5.0, 2.0})
    if (step * power <= value * (1 + 1e-9)) return step * power;
  return power;
}

std::string shortNumber(double value, int digits = 3) {
  if (value == 0) return "0";
  char text[32];
  std::snprintf(text, sizeof text, "%.*g", digits, value);
  std::string out = text;
  if (const auto minus = out.find('-'); minus == 0) out = "\u2212" + out.substr(1);  // a true minus sign
  return out;
}

std::string grouped(std::int64_t value) {
  std::string digits = std::to_string(value);
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3)
    digits.insert(static_cast<std::size_t>(at), ",");
  return digits;
}

void drawCells(cairo_t* c, const MapPicture& picture, const Range& range) {
  const CairoSurface image(cairo_image_surface_create(CAIRO_FORMAT_RGB24, picture.gridWidth, picture.gridHeight),
                           cairo_surface_destroy);
  cairo_surface_flush(image.get());
  unsigned char* bytes = cairo_image_surface_get_data(image.get());
  const int stride = cairo_image_surface_get_stride(image.get());
  for (int row = 0; row < picture.gridHeight; ++row) {
    auto* line = reinterpret_cast<std::uint32_t*>(bytes + static_cast<std::ptrdiff_t>(row) * stride);
    for (int column = 0; column < picture.gridWidth; ++column) {
      const Rgb colour = cellColour(picture, range,
                                    static_cast<std::size_t>(row) * static_cast<std::size_t>(picture.gridWidth) +
                                        static_cast<std::size_t>(column));
      line[column] = static_cast<std::uint32_t>(colour.r) << 16 | static_cast<std::uint32_t>(colour.g) << 8 | colour.b;
    }
  }
  cairo_surface_mark_dirty(image.get());
  cairo_save(c);
  cairo_rectangle(c, kMargin, kTop, kMap, kMap);
  cairo_clip(c);
  cairo_translate(c, kMargin, kTop);
  cairo_scale(c, kMap / picture.gridWidth, kMap / picture.gridHeight);
  cairo_set_source_surface(c, image.get(), 0, 0);
  cairo_pattern_set_extend(cairo_get_source(c), CAIRO_EXTEND_PAD);
  // Every cell of a coarse grid is seen as one; a fine one is drawn smoothly.
  cairo_pattern_set_filter(cairo_get_source(c), picture.gridWidth < 64 ? CAIRO_FILTER_NEAREST : CAIRO_FILTER_BILINEAR);
  cairo_paint(c);
  cairo_restore(c);
}

void drawMarkers(cairo_t* c, const MapPicture& picture) {
  for (const MapMarker& marker : picture.markers) {
    if (marker.sign == 0) continue;
    const double shade = marker.sign > 0 ? 1 : 0;
    cairo_arc(c, kMargin + marker.xMm / picture.sideMm * kMap, kTop + marker.yMm / picture.sideMm * kMap, 5.5, 0,
              2 * std::numbers::pi);
    cairo_set_source_rgb(c, shade, shade, shade);
    cairo_fill_preserve(c);
    cairo_set_source_rgb(c, 1 - shade, 1 - shade, 1 - shade);
    cairo_set_line_width(c, 1.6);
    cairo_stroke(c);
  }
}

// White under black: seen on every colour of a map.
void drawOutlines(cairo_t* c, const MapPicture& picture) {
  if (picture.outlines.empty()) return;
  cairo_save(c);
  cairo_rectangle(c, kMargin, kTop, kMap, kMap);
  cairo_clip(c);
  for (const MapLine& outline : picture.outlines) {
    cairo_new_sub_path(c);
    for (const MapPoint& point : outline)
      cairo_line_to(c, kMargin + point.xMm / picture.sideMm * kMap, kTop + point.yMm / picture.sideMm * kMap);
    cairo_close_path(c);
  }
  cairo_set_line_join(c, CAIRO_LINE_JOIN_ROUND);
  cairo_set_source_rgb(c, 1, 1, 1);
  cairo_set_line_width(c, 6);
  cairo_stroke_preserve(c);
  cairo_set_source_rgb(c, 0, 0, 0);
  cairo_set_line_width(c, 3);
  cairo_stroke(c);
  cairo_restore(c);
}

void drawColourBar(cairo_t* c, const MapPicture& picture, const Range& range) {
  const double left = kMargin + kMap + 30;
  const double width = 28;
  const double height = kMap * 0.72;
  const ColourMap map = picture.kind == MapKind::diverging ? ColourMap::vik : ColourMap::viridis;
  constexpr int kSteps = 256;
  for (int i = 0; i < kSteps; ++i) {
    setColour(c, colourAt(map, (i + 0.5) / kSteps));
    cairo_rectangle(c, left, kTop, width, height * (1 - static_cast<double>(i) / kSteps));  // under the next: no seams
    cairo_fill(c);
  }
  cairo_set_source_rgb(c, 0.15, 0.15, 0.15);
  cairo_set_line_width(c, 1);
  cairo_rectangle(c, left, kTop, width, height);
  cairo_stroke(c);
  setFont(c, kSmall);
  double step = roundDown((range.high - range.low) / 3);
  double widest = 0;
  for (double tick = std::ceil(range.low / step - 1e-9) * step; tick <= range.high + 1e-9 * step; tick += step) {
    const double value = std::abs(tick) < 1e-9 * step ? 0 : tick;
    const double y = kTop + height * (1 - (value - range.low) / (range.high - range.low));
    cairo_move_to(c, left + width, y);
    cairo_line_to(c, left + width + 6, y);
    cairo_stroke(c);
    const std::string label = shortNumber(value);
    showText(c, left + width + 10, std::clamp(y + 6, kTop + 14, kTop + height), label);
    widest = std::max(widest, textWidth(c, label));
  }
  const std::string label = picture.quantity + (picture.unit.empty() ? "" : " (" + picture.unit + ")");
  fitFont(c, label, kSmall, height);
  cairo_save(c);
  cairo_translate(c, std::min(left + width + 10 + widest + 30, kReferenceWidth - 12),
                  kTop + height / 2 + textWidth(c, label) / 2);
  cairo_rotate(c, -std::numbers::pi / 2);
  showText(c, 0, 0, label);
  cairo_restore(c);
}

// A half circle: each hue lies at the angle of the bars that it stands for, with such a bar beside it.
void drawHalfWheel(cairo_t* c, const MapPicture& picture) {
  const double centreX = kMargin + kMap + 98;
  const double centreY = kTop + 112;
  const double radius = 56;
  constexpr int kSteps = 90;
  for (int i = 0; i < kSteps; ++i) {
    // Every sector reaches to the end, under the next: no seams between them.
    const double from = -std::numbers::pi * i / kSteps;
    const double to = -std::numbers::pi;
    setColour(c, colourAt(ColourMap::orientation, (i + 0.5) / kSteps));
    cairo_move_to(c, centreX, centreY);
    cairo_arc_negative(c, centreX, centreY, radius, from, to);
    cairo_close_path(c);
    cairo_fill(c);
  }
  setFont(c, kSmall);
  cairo_set_line_width(c, 3);
  for (const int degrees : {0, 45, 90, 135}) {
    const double angle = degrees * std::numbers::pi / 180;
    const double x = centreX + (radius + 13) * std::cos(angle);
    const double y = centreY - (radius + 13) * std::sin(angle);
    cairo_set_source_rgb(c, 0.15, 0.15, 0.15);
    cairo_move_to(c, x - 7 * std::cos(angle), y + 7 * std::sin(angle));
    cairo_line_to(c, x + 7 * std::cos(angle), y - 7 * std::sin(angle));
    cairo_stroke(c);
    const std::string label = std::to_string(degrees) + "\u00b0";
    const double wide = textWidth(c, label);
    const double labelX = centreX + (radius + 36) * std::cos(angle) - wide / 2;
    showText(c, std::min(labelX, kReferenceWidth - wide - 4),
             centreY - (radius + 32) * std::sin(angle) + (degrees == 0 ? 24 : 6), label);
  }
  double y = centreY + 58;
  for (const std::string& line : wrappedText(c, picture.quantity, 170)) {
    showText(c, centreX - textWidth(c, line) / 2, y, line);
    y += 24;
  }
  if (picture.saturation.empty()) return;
  // Selectivity: from pale to full colour.
  y += 12;
  constexpr int kShades = 48;
  for (int i = 0; i < kShades; ++i) {
    setColour(c, mixed(kPale, colourAt(ColourMap::orientation, 0), (i + 0.5) / kShades));
    cairo_rectangle(c, centreX - 60 + 120.0 * i / kShades, y, 120.0 / kShades + 0.6, 18);
    cairo_fill(c);
  }
  cairo_set_source_rgb(c, 0.15, 0.15, 0.15);
  cairo_set_line_width(c, 1);
  cairo_rectangle(c, centreX - 60, y, 120, 18);
  cairo_stroke(c);
  showText(c, centreX - textWidth(c, "Selectivity") / 2, y + 42, "Selectivity");
}

// In place of what cannot be seen.
void drawNote(cairo_t* c, const MapPicture& picture) {
  cairo_set_source_rgb(c, 0.15, 0.15, 0.15);
  fitFont(c, picture.note, 29, kMap - 2 * kMargin);
  showText(c, kMargin + (kMap - textWidth(c, picture.note)) / 2, kTop + kMap / 2, picture.note);
}

void drawScaleBar(cairo_t* c, const MapPicture& picture) {
  const double mm = roundDown(picture.sideMm / 4);
  const double length = mm / picture.sideMm * kMap;
  const double y = kTop + kMap + 22;
  cairo_set_source_rgb(c, 0, 0, 0);
  cairo_rectangle(c, kMargin, y, length, 6);
  cairo_fill(c);
  setFont(c, kText);
  showText(c, kMargin + length + 12, y + 11, shortNumber(mm) + " mm");
}

std::vector<std::string> footnoteLines(cairo_t* c, const MapPicture& picture) {
  setFont(c, kSmall);
  std::vector<std::string> lines;
  for (const std::string& note : picture.footnotes)
    for (std::string& line : wrappedText(c, note, kReferenceWidth - 2 * kMargin)) lines.push_back(std::move(line));
  return lines;
}

// Height at the reference width.
double heightOf(cairo_t* c, const MapPicture& picture) {
  return kTop + kMap + 54 + kLine * static_cast<double>(footnoteLines(c, picture).size()) + 14;
}

void drawPicture(cairo_t* c, const MapPicture& picture) {
  const Range range = rangeOf(picture);
  cairo_set_source_rgb(c, 0, 0, 0);
  fitFont(c, picture.title, 29, kReferenceWidth - 2 * kMargin, FontStyle::bold);
  showText(c, kMargin, 52, picture.title);
  setFont(c, kText);
  cairo_set_source_rgb(c, 0.3, 0.3, 0.3);
  const std::string side = shortNumber(picture.sideMm, 4) + " mm";
  showText(c, kMargin, 88, grouped(picture.units) + " units on " + side + " \u00d7 " + side);
  drawCells(c, picture, range);
  drawOutlines(c, picture);
  drawMarkers(c, picture);
  cairo_set_source_rgb(c, 0.15, 0.15, 0.15);
  cairo_set_line_width(c, 1);
  cairo_rectangle(c, kMargin, kTop, kMap, kMap);
  cairo_stroke(c);
  if (!picture.note.empty())
    drawNote(c, picture);
  else if (picture.kind == MapKind::orientation)
    drawHalfWheel(c, picture);
  else
    drawColourBar(c, picture, range);
  drawScaleBar(c, picture);
  double y = kTop + kMap + 68;
  cairo_set_source_rgb(c, 0.2, 0.2, 0.2);
  for (const std::string& line : footnoteLines(c, picture)) {
    showText(c, kMargin, y, line);
    y += kLine;
  }
}

Status check(const MapPicture& picture, const std::filesystem::path& path) {
  const std::size_t cells = static_cast<std::size_t>(std::max(0, picture.gridWidth)) *
                            static_cast<std::size_t>(std::max(0, picture.gridHeight));
  if (cells == 0 || picture.values.size() != cells ||
      (!picture.saturation.empty() && picture.saturation.size() != cells))
    return failure("The map cannot be drawn",
                   "its grid is " + std::to_string(picture.gridWidth) + " x " + std::to_string(picture.gridHeight) +
                       ", it has " + std::to_string(picture.values.size()) + " values",
                   "", path.string());
  if (!(picture.sideMm > 0)) return failure("The map cannot be drawn", "its sheet has no side", "", path.string());
  return {};
}

}  // namespace

Status writeMapPng(const std::filesystem::path& path, const MapPicture& picture, int widthPx,
                   const std::string& provenance) {
  return writeMapSheetPng(path, std::span(&picture, 1), 1, widthPx, provenance);
}

Status writeMapSheetPng(const std::filesystem::path& path, std::span<const MapPicture> pictures, int columns,
                        int mapWidthPx, const std::string& provenance) {
  if (pictures.empty() || columns < 1 || mapWidthPx < 100 || mapWidthPx > 8000)
    return failure("The page cannot be drawn", "it needs a map, a column and a width of 100 to 8000 px", "",
                   path.string());
  for (const MapPicture& picture : pictures)
    if (const Status status = check(picture, path); !status) return status;
  const double scale = mapWidthPx / kReferenceWidth;
  double height = 0;
  {
    const CairoSurface probe(cairo_image_surface_create(CAIRO_FORMAT_RGB24, 1, 1), cairo_surface_destroy);
    const CairoContext context(cairo_create(probe.get()), cairo_destroy);
    for (const MapPicture& picture : pictures) height = std::max(height, heightOf(context.get(), picture));
  }
  const int wide = std::min<int>(columns, static_cast<int>(pictures.size()));
  const int rows = (static_cast<int>(pictures.size()) + wide - 1) / wide;
  const int cellHeight = static_cast<int>(std::ceil(height * scale));
  const CairoSurface surface(cairo_image_surface_create(CAIRO_FORMAT_RGB24, wide * mapWidthPx, rows * cellHeight),
                             cairo_surface_destroy);
  const CairoContext context(cairo_create(surface.get()), cairo_destroy);
  cairo_set_source_rgb(context.get(), 1, 1, 1);
  cairo_paint(context.get());
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    cairo_save(context.get());
    cairo_translate(context.get(), static_cast<double>(static_cast<int>(i) % wide * mapWidthPx),
                    static_cast<double>(static_cast<int>(i) / wide * cellHeight));
    cairo_scale(context.get(), scale, scale);
    drawPicture(context.get(), pictures[i]);
    cairo_restore(context.get());
  }
  return writeSurfacePng(path, surface.get(), provenance);
}

}  // namespace pinwheel::figures
