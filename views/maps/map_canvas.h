// The picture part of the map view: shows the chosen sheet, pans and zooms, and turns gestures into selections.
#pragma once

#include <QImage>
#include <QPolygonF>
#include <QWidget>
#include <map>
#include <memory>
#include <optional>

#include "views/maps/map_painter.h"
#include "views/scene.h"
#include "views/selection.h"

namespace pinwheel::views {

/// GUI thread. Computes when it is painted, and only what changed since; hidden it computes nothing.
class MapCanvas final : public QWidget {
  Q_OBJECT

public:
  enum class Tool { pan, point, brush, lasso, disc };
  /// What is drawn over the field.
  struct Layers {
    bool pinwheels = true;
    bool isoLines = false;
    bool patches = true;
    friend bool operator==(const Layers&, const Layers&) = default;
  };

  /// Both outlive it.
  MapCanvas(Scene& scene, Selection& selection, QWidget* parent = nullptr);

  [[nodiscard]] Tool tool() const { return m_tool; }
  void setTool(Tool tool);
  [[nodiscard]] const Layers& layers() const { return m_layers; }
  void setLayers(const Layers& layers);
  [[nodiscard]] double brushRadiusMm() const { return m_brushMm; }
  void setBrushRadiusMm(double mm);

  [[nodiscard]] double zoom() const { return m_zoom; }
  void fit();
  /// Keeps the place under `about` (widget coordinates) where it is.
  void zoomBy(double factor, const QPointF& about);
  void panBy(const QPointF& pixels);
  [[nodiscard]] QPointF mapCentre() const { return mapLayout().map.center(); }

  // Millimetres on the sheet and pixels of this widget.
  [[nodiscard]] QPointF toPixel(const QPointF& mm) const { return mapLayout().toDevice(mm); }
  [[nodiscard]] QPointF toMm(const QPointF& pixel) const { return mapLayout().toMm(pixel); }
  /// -1: outside the sheet or the map.
  [[nodiscard]] std::int32_t unitAt(const QPointF& pixel) const;

  // What the gestures do.
  void selectPoint(const QPointF& mm, Selection::Mode mode);
  void selectStroke(const QPolygonF& mm, Selection::Mode mode);  ///< discs of the brush's radius along a line
  void selectLasso(const QPolygonF& mm, Selection::Mode mode);
  void selectDisc(const QPointF& centreMm, double radiusMm, Selection::Mode mode);

  /// What is shown now; brought up to date first.
  [[nodiscard]] const MapContent& content() const;
  /// How often the field's picture was made.
  [[nodiscard]] int picturesMade() const { return m_picturesMade; }
  [[nodiscard]] QSize sizeHint() const override { return {480, 420}; }
  [[nodiscard]] QSize minimumSizeHint() const override { return {200, 180}; }

Q_SIGNALS:
  void toolChanged();
  void contentChanged();  ///< another field is shown

protected:
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void changeEvent(QEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;
  void wheelEvent(QWheelEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void leaveEvent(QEvent* event) override;

private:
  struct Gesture {
    bool pan = false;
    Selection::Mode mode = Selection::Mode::replace;
    QPolygonF mm;
    QPointF lastPixel;
  };
  void networkChanged();
  void fieldDirty();
  void overlayDirty();
  [[nodiscard]] std::size_t sheet() const { return static_cast<std::size_t>(m_selection.sheet()); }
  [[nodiscard]] const session::SheetPlan* plan() const;
  [[nodiscard]] const SheetGrid* grid() const;
  [[nodiscard]] const MapLayout& mapLayout() const;
  [[nodiscard]] MapOptions options() const;
  [[nodiscard]] const QImage& selectionPicture() const;
  void choose(std::vector<std::int32_t> units, Selection::Mode mode);
  void finish(const Gesture& gesture);
  void moveHover(const QPointF& byMm);
  void selectAtHover(Selection::Mode mode);
  void keepInside();
  void paintMarks(QPainter& painter) const;
  void updateCursor();

  Scene& m_scene;
  Selection& m_selection;
  Tool m_tool = Tool::pan;
  Layers m_layers;
  double m_brushMm = 2;
  double m_zoom = 1;
  std::optional<QPointF> m_centreMm;
  std::optional<Gesture> m_gesture;
  int m_shownSheet = -1;

  // Made when they are asked for.
  mutable std::map<std::size_t, std::unique_ptr<SheetGrid>> m_grids;
  mutable std::optional<MapContent> m_content;
  mutable std::optional<MapLayout> m_layout;
  mutable std::optional<QImage> m_selectionPicture;
  mutable MapStyle m_style;
  mutable int m_picturesMade = 0;
};

}  // namespace pinwheel::views
