#include "engine/figures/cairo_text.h"

#include <algorithm>

namespace pinwheel::figures {
namespace {

constexpr const char* kFont = "DejaVu Sans";
constexpr const char* kEllipsis = "\u2026";

// Bytes of the longest beginning of `word` that fits: whole UTF-8 characters, at least one.
std::size_t fitting(cairo_t* c, const std::string& word, double width) {
  std::size_t end = 0;
  for (std::size_t next = 0; next < word.size();) {
    do ++next;
    while (next < word.size() && (static_cast<unsigned char>(word[next]) & 0xC0U) == 0x80U);
    if (end > 0 && textWidth(c, word.substr(0, next)) > width) break;
    end = next;
  }
  return end;
}

void addWord(cairo_t* c, std::string word, double width, std::vector<std::string>& lines) {
  const std::string longer = lines.back().empty() ? word : lines.back() + " " + word;
  if (textWidth(c, longer) <= width) {
    lines.back() = longer;
    return;
  }
  if (!lines.back().empty()) lines.emplace_back();
  while (textWidth(c, word) > width) {
    const std::size_t end = fitting(c, word, width);
    if (end == word.size()) break;  // one character that is wider than the line
    lines.back() = word.substr(0, end);
    lines.emplace_back();
    word.erase(0, end);
  }
  lines.back() = std::move(word);
}

}  // namespace

void useLayoutFonts(cairo_t* c) {
  const std::unique_ptr<cairo_font_options_t, decltype(&cairo_font_options_destroy)> options(
      cairo_font_options_create(), cairo_font_options_destroy);
  cairo_font_options_set_hint_metrics(options.get(), CAIRO_HINT_METRICS_OFF);
  cairo_font_options_set_hint_style(options.get(), CAIRO_HINT_STYLE_NONE);
  cairo_font_options_set_antialias(options.get(), CAIRO_ANTIALIAS_GRAY);
  cairo_set_font_options(c, options.get());
}

void setFont(cairo_t* c, double size, FontStyle style) {
  cairo_select_font_face(c, kFont, style == FontStyle::italic ? CAIRO_FONT_SLANT_ITALIC : CAIRO_FONT_SLANT_NORMAL,
                         style == FontStyle::bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
  cairo_set_font_size(c, size);
}

double textWidth(cairo_t* c, const std::string& text) {
  cairo_text_extents_t extents;
  cairo_text_extents(c, text.c_str(), &extents);
  return extents.x_advance;
}

double fitFont(cairo_t* c, const std::string& text, double size, double width, FontStyle style) {
  setFont(c, size, style);
  const double wide = textWidth(c, text);
  if (wide <= width) return wide;
  setFont(c, size * width / wide, style);
  return width;
}

std::string fittedText(cairo_t* c, const std::string& text, double size, double width, FontStyle style) {
  setFont(c, size, style);
  const double wide = textWidth(c, text);
  if (wide <= width) return text;
  const double fitted = size * width / wide;
  setFont(c, std::max(fitted, kSmallestFont), style);
  if (fitted >= kSmallestFont) return text;
  std::string shown = text.substr(0, fitting(c, text, width - textWidth(c, kEllipsis)));
  while (shown.ends_with(' ')) shown.pop_back();
  return shown + kEllipsis;
}

void showText(cairo_t* c, double x, double y, const std::string& text) {
  cairo_move_to(c, x, y);
  if (cairo_surface_get_type(cairo_get_target(c)) == CAIRO_SURFACE_TYPE_SVG) {
    cairo_text_path(c, text.c_str());
    cairo_fill(c);
  } else {
    cairo_show_text(c, text.c_str());
  }
}

std::vector<std::string> wrappedText(cairo_t* c, const std::string& text, double width) {
  std::vector<std::string> lines{""};
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find_first_of(" \n", at), text.size());
    if (end > at) addWord(c, text.substr(at, end - at), width, lines);
    if (end < text.size() && text[end] == '\n') lines.emplace_back();
    at = end + 1;
  }
  return lines;
}

}  // namespace pinwheel::figures
