#include "views/theme.h"

#include <array>

namespace pinwheel::views {
namespace {

struct RoleColours {
  QPalette::ColorRole role;
  QRgb light;
  QRgb dark;
};
/// In place of a colour: the style's own.
constexpr QRgb kOfStyle = 0;
constexpr std::array<RoleColours, 18> kRoles{{
    {QPalette::Window, 0xfff4f5f7, 0xff25282d},
    {QPalette::WindowText, 0xff1c1f23, 0xffe6e8eb},
    {QPalette::Base, 0xffffffff, 0xff1b1d21},
    {QPalette::AlternateBase, 0xffeef0f3, 0xff2c3036},
    {QPalette::Text, 0xff1c1f23, 0xffe6e8eb},
    {QPalette::Button, 0xffe8eaee, 0xff33373d},
    {QPalette::ButtonText, 0xff1c1f23, 0xffe6e8eb},
    {QPalette::ToolTipBase, 0xffffffff, 0xff33373d},
    {QPalette::ToolTipText, 0xff1c1f23, 0xffe6e8eb},
    {QPalette::PlaceholderText, 0xff6b727a, 0xff8b929a},
    {QPalette::Highlight, 0xff005fa3, 0xff3d8fd1},
    {QPalette::HighlightedText, 0xffffffff, 0xffffffff},
    {QPalette::Link, 0xff005fa3, 0xff6cb4ee},
    // Fusion draws the frames of check boxes, sliders and groups with these; its own suit a light ground.
    {QPalette::Light, kOfStyle, 0xff6a717a},
    {QPalette::Midlight, kOfStyle, 0xff555b63},
    {QPalette::Mid, kOfStyle, 0xff606770},
    {QPalette::Dark, kOfStyle, 0xff78808a},
    {QPalette::Shadow, kOfStyle, 0xff101113},
}};
constexpr std::array<QRgb, 2> kDisabledText{0xff9aa0a8, 0xff6b727a};

QPalette paletteOf(bool dark) {
  QPalette p;
  const auto chosen = [dark](const RoleColours& of) { return dark ? of.dark : of.light; };
  for (const RoleColours& of : kRoles)
    if (chosen(of) != kOfStyle) p.setColor(of.role, QColor(chosen(of)));
  for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText})
    p.setColor(QPalette::Disabled, role, QColor(kDisabledText[dark ? 1 : 0]));
  return p;
}

}  // namespace

bool isDark(const QPalette& palette) {
  return palette.color(QPalette::Window).lightness() < palette.color(QPalette::WindowText).lightness();
}

QColor groundColour(const QPalette& palette) {
  return isDark(palette) ? QColor(0x1b, 0x1d, 0x21) : QColor(0xff, 0xff, 0xff);
}

QColor quietColour(const QPalette& palette) {
  return isDark(palette) ? QColor(0x9a, 0xa0, 0xa8) : QColor(0x5f, 0x66, 0x6e);
}

QColor selectionColour() {
  return {0xff, 0x2d, 0x95};
}

QColor hoverColour() {
  return {0x00, 0x00, 0x00};
}

QColor categoricalColour(int index, const QPalette& palette) {
  static constexpr std::array<QRgb, 7> kColours{0xff0072b2, 0xffd55e00, 0xff009e73, 0xffcc79a7,
                                                0xffe69f00, 0xff56b4e9, 0xfff0e442};
  // The eighth is black, or white where black cannot be seen.
  const int i = index % 8;
  if (i == 7) return isDark(palette) ? QColor(Qt::white) : QColor(Qt::black);
  return QColor(kColours[static_cast<std::size_t>(i)]);
}

QFont figureFont(double pt) {
  QFont font("DejaVu Sans");
  font.setPointSizeF(pt);
  return font;
}

QPalette lightPalette() {
  return paletteOf(false);
}

QPalette darkPalette() {
  return paletteOf(true);
}

}  // namespace pinwheel::views
