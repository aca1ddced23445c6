// What the panels share: pictures, names, numbers as text, and the frame of a panel that scrolls.
#pragma once

#include <QImage>
#include <QLabel>
#include <QPixmap>
#include <QString>
#include <QVBoxLayout>

#include "engine/session/frames.h"

class QProgressBar;

namespace pinwheel::views {

/// Null for a picture without pixels.
[[nodiscard]] QImage toImage(const formats::RgbImage& picture);
/// Enlarged pixel by pixel to `side` device-independent pixels, sharp at `ratio` device pixels each.
[[nodiscard]] QPixmap enlarged(const formats::RgbImage& picture, int side, double ratio);

/// "V1", or "IT (layer4.1)" where the layer's name is not the area's.
[[nodiscard]] QString nameOf(const topography::SheetSpec& spec);
/// "45 s", "3 min 05 s", "2 h 07 min"; empty for NaN and below 0.
[[nodiscard]] QString durationText(double seconds);
[[nodiscard]] QString memoryText(std::int64_t bytes);

/// Sets both names that every control has; returns it.
template <class W>
W* named(W* widget, const char* objectName, const QString& accessibleName) {
  widget->setObjectName(QLatin1String(objectName));
  widget->setAccessibleName(accessibleName);
  return widget;
}

/// QProgressBar::setValue paints at once, which waits for the screen wherever it is called from; here the bar is
/// painted with everything else.
void showProgress(QProgressBar* bar, int value);

/// A label that wraps and can be read with the keyboard and copied.
[[nodiscard]] QLabel* readableLabel(const char* objectName, const QString& accessibleName);
/// A wheel over a control of `panel` that has not the focus scrolls instead of changing the control: call it when all
/// controls are there.
void letWheelScroll(QWidget* panel);
/// Fills `panel` with a column that scrolls when it is higher than the panel; returns the column.
[[nodiscard]] QVBoxLayout* makeScrollingColumn(QWidget* panel, const QString& accessibleName);

}  // namespace pinwheel::views
