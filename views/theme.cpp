#include "views/theme.h"

#include <array>

namespace pinwheel::views {

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
  QPalette p;
  p.setColor(QPalette::Window, QColor(0xf4, 0xf5, 0xf7));
  p.setColor(QPalette::WindowText, QColor(0x1c, 0x1f, 0x23));
  p.setColor(QPalette::Base, QColor(0xff, 0xff, 0xff));
  p.setColor(QPalette::AlternateBase, QColor(0xee, 0xf0, 0xf3));
  p.setColor(QPalette::Text, QColor(0x1c, 0x1f, 0x23));
  p.setColor(QPalette::Button, QColor(0xe8, 0xea, 0xee));
  p.setColor(QPalette::ButtonText, QColor(0x1c, 0x1f, 0x23));
  p.setColor(QPalette::ToolTipBase, QColor(0xff, 0xff, 0xff));
  p.setColor(QPalette::ToolTipText, QColor(0x1c, 0x1f, 0x23));
  p.setColor(QPalette::PlaceholderText, QColor(0x6b, 0x72, 0x7a));
  p.setColor(QPalette::Highlight, QColor(0x00, 0x5f, 0xa3));
  p.setColor(QPalette::HighlightedText, QColor(0xff, 0xff, 0xff));
  p.setColor(QPalette::Link, QColor(0x00, 0x5f, 0xa3));
  for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText})
    p.setColor(QPalette::Disabled, role, QColor(0x9a, 0xa0, 0xa8));
  return p;
}

QPalette darkPalette() {
  QPalette p;
  p.setColor(QPalette::Window, QColor(0x25, 0x28, 0x2d));
  p.setColor(QPalette::WindowText, QColor(0xe6, 0xe8, 0xeb));
  p.setColor(QPalette::Base, QColor(0x1b, 0x1d, 0x21));
  p.setColor(QPalette::AlternateBase, QColor(0x2c, 0x30, 0x36));
  p.setColor(QPalette::Text, QColor(0xe6, 0xe8, 0xeb));
  p.setColor(QPalette::Button, QColor(0x33, 0x37, 0x3d));
  p.setColor(QPalette::ButtonText, QColor(0xe6, 0xe8, 0xeb));
  p.setColor(QPalette::ToolTipBase, QColor(0x33, 0x37, 0x3d));
  p.setColor(QPalette::ToolTipText, QColor(0xe6, 0xe8, 0xeb));
  p.setColor(QPalette::PlaceholderText, QColor(0x8b, 0x92, 0x9a));
  p.setColor(QPalette::Highlight, QColor(0x3d, 0x8f, 0xd1));
  p.setColor(QPalette::HighlightedText, QColor(0xff, 0xff, 0xff));
  p.setColor(QPalette::Link, QColor(0x6c, 0xb4, 0xee));
  // Fusion draws the frames of check boxes, sliders and groups with these.
  p.setColor(QPalette::Light, QColor(0x6a, 0x71, 0x7a));
  p.setColor(QPalette::Midlight, QColor(0x55, 0x5b, 0x63));
  p.setColor(QPalette::Mid, QColor(0x60, 0x67, 0x70));
  p.setColor(QPalette::Dark, QColor(0x78, 0x80, 0x8a));
  p.setColor(QPalette::Shadow, QColor(0x10, 0x11, 0x13));
  for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText})
    p.setColor(QPalette::Disabled, role, QColor(0x6b, 0x72, 0x7a));
  return p;
}

}  // namespace pinwheel::views
