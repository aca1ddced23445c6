// Draws one sheet's map with its title, legend, scale bar and counts into a rectangle of any paint device: a widget, an
// image, SVG, PDF. The layout depends on the rectangle and the font alone; text is wrapped, never cut. The field's
// picture is an image, everything else is vector.
#pragma once

#include <QPointF>
#include <QRectF>
#include <optional>
#include <vector>

#include "views/maps/map_content.h"
#include "views/maps/map_legend.h"

class QPainter;
class QPaintDevice;

namespace pinwheel::views {

struct MapOptions {
  bool title = true;
  bool legend = true;
  bool scaleBar = true;
  bool caption = true;  ///< number of units, side, pinwheels
  bool pinwheels = true;
  bool isoLines = true;
  bool patches = true;
  double fontPt = 8;
  bool fill = false;                ///< the map takes all that is left; otherwise a square
  std::optional<QPointF> centreMm;  ///< what the map's middle shows; none: the sheet's centre
  double zoom = 1;                  ///< 1: the whole sheet
};

/// Where things are, in the device's units.
struct MapLayout {
  QRectF map;
  QPointF centreMm;
  double perMm = 1;  ///< device units
  std::optional<Legend> legend;
  double legendEnd = 0;          ///< right end of a legend beside the map
  std::vector<DrawnText> title;  ///< bold
  std::vector<DrawnText> caption;
  QRectF scaleBar;  ///< empty: none
  std::optional<DrawnText> scaleText;
  std::vector<DrawnText> note;  ///< across the map, where there is nothing to show

  [[nodiscard]] QPointF toDevice(const QPointF& mm) const { return map.center() + (mm - centreMm) * perMm; }
  [[nodiscard]] QPointF toMm(const QPointF& device) const { return centreMm + (device - map.center()) / perMm; }
  /// Every text that is drawn.
  [[nodiscard]] std::vector<DrawnText> texts() const;
};

/// Any thread that may use QPainter; keeps references to what it is given.
class MapPainter {
public:
  MapPainter(const MapContent& content, const MapOptions& options, const MapStyle& style);
  /// Where things go on `device`; what does not fit a small rectangle is left out: legend first, then title and
  /// caption.
  [[nodiscard]] MapLayout layout(const QRectF& rect, QPaintDevice* device) const;
  /// Paints all of it and returns where.
  MapLayout paint(QPainter& painter, const QRectF& rect) const;
  void paint(QPainter& painter, const MapLayout& layout) const;

private:
  [[nodiscard]] QFont font(bool bold) const;
  [[nodiscard]] QStringList captionParts() const;
  void placeFooter(MapLayout& layout, const QRectF& rect, double top, const QFontMetricsF& metrics) const;
  void paintMap(QPainter& painter, const MapLayout& layout, double pt) const;

  const MapContent& m_content;
  const MapOptions& m_options;
  const MapStyle& m_style;
};

}  // namespace pinwheel::views
