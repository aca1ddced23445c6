// What the colours of a map mean: a half-circle wheel for orientation, swatches for two-valued fields, a colour bar for
// the rest. Built as a list of shapes and texts, so that its size is known before it is drawn.
#pragma once

#include <QColor>
#include <QFont>
#include <QFontMetricsF>
#include <QPainterPath>
#include <QString>
#include <vector>

class QPainter;

namespace pinwheel::views {

struct MapContent;

/// A text and the box that it fills.
struct DrawnText {
  QString text;
  QRectF box;
};

struct MapStyle {
  QColor text;
  QColor quiet;
  QColor line;
  QRgb ground = 0;  ///< of units without a value
  bool paper = false;
};
/// White figures, and the screen.
[[nodiscard]] MapStyle paperStyle();
[[nodiscard]] MapStyle screenStyle(const QPalette& palette);

/// Numbers of figures are the same in every language; those on the screen follow the desktop's.
[[nodiscard]] QString numberText(double value, bool paper);
/// 1, 2 or 5 times a power of ten: the nearest to `value`, by ratio.
[[nodiscard]] double roundNumber(double value);
/// Lines no wider than `width`, broken between words; a longer word is elided.
[[nodiscard]] QStringList wrapped(const QString& text, double width, const QFontMetricsF& metrics);

struct Legend {
  struct Shape {
    QPainterPath path;
    QColor fill;  ///< invalid: outline only
    bool outlined = false;
  };
  QSizeF size;
  std::vector<Shape> shapes;
  std::vector<DrawnText> texts;
  void moveTo(const QPointF& topLeft);
  void paint(QPainter& painter, const MapStyle& style, double linePx) const;
};

/// `upright`: beside the map, at most `extent` high; otherwise beneath it, at most `extent` wide. At (0, 0).
[[nodiscard]] Legend makeLegend(const MapContent& content, const QFontMetricsF& metrics, bool upright, double extent,
                                const MapStyle& style);

}  // namespace pinwheel::views
