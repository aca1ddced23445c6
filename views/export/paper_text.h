// Text on paper: its size in mm before there is a device, and its drawing on any.
#pragma once

#include <QFontMetricsF>
#include <QString>
#include <QStringList>
#include <QTransform>
#include <cstdint>
#include <vector>

#include "views/maps/map_content.h"
#include "views/maps/map_legend.h"

class QPainter;

namespace pinwheel::views {

/// Measures the figures' font on a fine device, with some room for coarse ones, which fit glyphs to their pixels: what
/// is laid out by it is the same in every format. Needs a QGuiApplication.
class TextRuler {
public:
  explicit TextRuler(double fontPt, bool bold = false);
  [[nodiscard]] double lineMm() const;
  [[nodiscard]] double widthMm(const QString& text) const;
  [[nodiscard]] QString elided(const QString& text, double mostMm) const;
  /// Appends the lines of a text to `texts`, none wider than `mostMm`, one below the other; returns where the next
  /// begins.
  double stack(std::vector<DrawnText>& texts, const QString& text, const QPointF& topLeftMm, double mostMm) const;
  /// Of the legend that paintLegend() draws.
  [[nodiscard]] double legendHeightMm(const MapContent& content, double widthMm) const;

private:
  QFontMetricsF m_metrics;
};

/// 2,048: the same in every language.
[[nodiscard]] QString countText(std::int64_t count);

/// In the painter's font and pen; `toDevice` is of the boxes.
void paintTexts(QPainter& painter, const std::vector<DrawnText>& texts, const QTransform& toDevice);
/// At `topLeft`, at most `width` wide where that can be; device units.
void paintLegend(QPainter& painter, const MapContent& content, const QPointF& topLeft, double width, double fontPt);

}  // namespace pinwheel::views
