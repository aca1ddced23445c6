// Texts and ownership for what is drawn with cairo. Includes <cairo.h>.
#pragma once

#include <cairo.h>

#include <memory>
#include <string>
#include <vector>

namespace pinwheel::figures {

using CairoSurface = std::unique_ptr<cairo_surface_t, decltype(&cairo_surface_destroy)>;
using CairoContext = std::unique_ptr<cairo_t, decltype(&cairo_destroy)>;

enum class FontStyle { plain, bold, italic };

/// Texts become as wide on every surface, so that a layout depends on none, and have no coloured edges.
void useLayoutFonts(cairo_t* c);
void setFont(cairo_t* c, double size, FontStyle style = FontStyle::plain);
/// In the font that is set.
[[nodiscard]] double textWidth(cairo_t* c, const std::string& text);
/// Sets the largest font up to `size` in which the text fits `width`; returns the text's width in it.
double fitFont(cairo_t* c, const std::string& text, double size, double width, FontStyle style = FontStyle::plain);
/// Below this a text on paper or at a chart's own width cannot be read.
inline constexpr double kSmallestFont = 7;
/// fitFont, but no smaller than kSmallestFont; returns what to show: the text, or as much of it as then fits, with an
/// ellipsis.
[[nodiscard]] std::string fittedText(cairo_t* c, const std::string& text, double size, double width,
                                     FontStyle style = FontStyle::plain);
/// From x on the baseline y. On an SVG as outlines: cairo makes <symbol>s of glyphs, which Qt's SVG module does not
/// draw.
void showText(cairo_t* c, double x, double y, const std::string& text);
/// The text in lines no wider than `width` in the font that is set, at least one; '\n' ends a line, and a word that is
/// too long for one is broken.
[[nodiscard]] std::vector<std::string> wrappedText(cairo_t* c, const std::string& text, double width);

}  // namespace pinwheel::figures
