// Colours that do not depend on data: read from the palette, so that dark and light follow the desktop.
#pragma once

#include <QColor>
#include <QFont>
#include <QPalette>

class QApplication;

namespace pinwheel::views {

/// Qt 6.4 has no colorScheme(): a palette is dark when its window is darker than its text.
[[nodiscard]] bool isDark(const QPalette& palette);
/// The ground of sheets and plots.
[[nodiscard]] QColor groundColour(const QPalette& palette);
/// Lines and text that step back: axes, grids, captions.
[[nodiscard]] QColor quietColour(const QPalette& palette);
/// Outline of selected units and of the unit under the pointer: seen on every colour map.
[[nodiscard]] QColor selectionColour();
[[nodiscard]] QColor hoverColour();
/// Okabe-Ito, eight colours apart for colour-blind eyes too (Okabe, Ito 2008); wraps.
[[nodiscard]] QColor categoricalColour(int index, const QPalette& palette);

/// The font of exported figures: the same whatever font the desktop uses.
[[nodiscard]] QFont figureFont(double pt);

/// The application's own light and dark palettes (Fusion).
[[nodiscard]] QPalette lightPalette();
[[nodiscard]] QPalette darkPalette();

}  // namespace pinwheel::views
