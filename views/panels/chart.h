// Charts: drawn with QPainter into any rectangle of any paint device, so that the screen's and the exported figure are
// the same drawing. Sizes follow the font in pt alone.
#pragma once

#include <QColor>
#include <QFont>
#include <QLocale>
#include <QPainter>
#include <QPalette>
#include <QPolygonF>
#include <QRectF>
#include <QString>
#include <QStringList>
#include <limits>
#include <span>
#include <vector>

namespace pinwheel::views {

inline constexpr double kFit = std::numeric_limits<double>::quiet_NaN();

struct ChartSeries {
  enum class Kind { line, points, bars };
  QString name;  ///< in the legend; empty: not there
  QColor colour;
  Kind kind = Kind::line;
  std::vector<double> x;          ///< with categories: their indices
  std::vector<double> y;          ///< NaN (log axis: 0 and below too): a gap
  std::vector<double> low, high;  ///< ends of intervals; empty: none
  bool band = false;              ///< intervals as a band instead of bars
  bool dashed = false;
  bool marked = false;  ///< a line's points as dots too
  QStringList notes;    ///< written above bars; empty: none
};

struct Chart {
  QString title;
  QString xLabel, yLabel;  ///< with their units
  QString emptyNote;       ///< written where no series has a value
  std::vector<ChartSeries> series;
  QStringList categories;  ///< names of x = 0, 1, 2, ...; bars and points then stand side by side. Empty: x is a number
  bool logY = false;
  double xLow = kFit, xHigh = kFit, yLow = kFit, yHigh = kFit;  ///< ends of the axes
  double xTickStep = 0;                                         ///< 0: chosen among 1, 2, 5 x 10^n
};

struct ChartStyle {
  QFont font;
  QColor ground, ink, quiet, grid;
  QLocale locale;
  /// Colours of the palette, numbers in the user's way.
  [[nodiscard]] static ChartStyle screen(const QPalette& palette, const QFont& font);
  /// White, black ink, numbers in the C locale.
  [[nodiscard]] static ChartStyle figure(double fontPt);
};

/// Where everything of a chart is; painting, hovering and zooming ask it.
struct ChartLayout {
  struct Text {
    QRectF box;
    QString text;
    Qt::Alignment alignment = Qt::AlignCenter;
    bool upright = false;  ///< read from below
    bool bold = false;
    bool quiet = false;
    QString whole{};  ///< what it says where there is room; empty: nothing was shortened
  };
  struct Swatch {
    QRectF box;
    std::size_t series = 0;
  };
  bool usable = false;  ///< false: the rectangle is too small for a chart
  bool empty = true;    ///< no series has a value: no ticks, the chart's note
  QRectF outer;         ///< nothing is drawn outside it
  QRectF plot;
  double xLow = 0, xHigh = 1, yLow = 0, yHigh = 1;
  bool logY = false;
  std::vector<double> xTicks, yTicks;
  std::vector<Text> texts;
  std::vector<Swatch> swatches;

  [[nodiscard]] double pixelX(double x) const;
  [[nodiscard]] double pixelY(double y) const;
  [[nodiscard]] double valueX(double pixel) const;
};

/// Round numbers in [low, high]: a step of 1, 2 or 5 x 10^n, at most `most` + 1 of them.
[[nodiscard]] std::vector<double> niceTicks(double low, double high, int most);
/// Powers of ten in [low, high], with 2 and 5 times them where there are few.
[[nodiscard]] std::vector<double> logTicks(double low, double high, int most);

/// `device` gives the font's size in pixels.
[[nodiscard]] ChartLayout layOut(const Chart& chart, const ChartStyle& style, const QRectF& rect,
                                 const QPaintDevice* device);
/// Fills `rect` with the style's ground and draws.
void paintChart(QPainter& painter, const QRectF& rect, const Chart& chart, const ChartStyle& style);
void paintChart(QPainter& painter, const QRectF& rect, const Chart& chart, const ChartStyle& style,
                const ChartLayout& layout);

/// A series in pixels, cut at its gaps. Where several points fall into one column of pixels, the first, lowest, highest
/// and last of them stand for all: at most four points a column, and no peak is lost.
[[nodiscard]] std::vector<QPolygonF> decimated(const ChartLayout& layout, std::span<const double> x,
                                               std::span<const double> y);

/// Where point `index` of a series is drawn (beside its neighbours where there are categories).
[[nodiscard]] QPointF pointAt(const Chart& chart, const ChartLayout& layout, std::size_t series, std::size_t index);

}  // namespace pinwheel::views
