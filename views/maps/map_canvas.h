// The picture part of the map view: shows the chosen sheet, pans and zooms, and turns gestures into selections.
#pragma once

#include <QImage>
#include <QPolygonF>
#include <QWidget>
#include <map>
#include <memory>
#include <optional>

#include "views/background.h"
#include "views/maps/map_painter.h"
#include "views/scene.h"
#include "views/selection.h"

namespace pinwheel::views {

/// GUI thread. Computes when it is painted, and only what changed since; hidden it computes nothing. What takes a
/// smoothing is computed on a thread of its own and shown when it is ready.
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

  /// What is shown now; brought up to date first. Its lines and smoothed picture follow when they are ready: until then
  /// they are those of the frame before, or, for another sheet or choice, the picture is plain.
  [[nodiscard]] const MapContent& content() const;
  /// Nothing of `content()` is still to follow.
  [[nodiscard]] bool isSettled() const;
  /// How often the field's picture was made.
  [[nodiscard]] int picturesMade() const { return m_picturesMade; }
  [[nodiscard]] QSize sizeHint() const override { return {480, 420}; }
  [[nodiscard]] QSize minimumSizeHint() const override { return {200, 180}; }

Q_SIGNALS:
  void toolChanged();
  void contentChanged();  ///< another field is shown, or what was to follow is there

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
  /// A content that was computed on the other thread.
  struct Followed {
    PictureKind kind;
    MapContent content;
  };
  void networkChanged();
  void fieldDirty();
  void overlayDirty();
  [[nodiscard]] std::size_t sheet() const { return static_cast<std::size_t>(m_selection.sheet()); }
  [[nodiscard]] const session::SheetPlan* plan() const;
  /// Null: there is no such sheet.
  [[nodiscard]] std::shared_ptr<const SheetGrid> grid() const;
  void bringUpToDate() const;
  void takeOver(Followed followed);
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

  // Made when they are asked for.
  mutable std::map<std::size_t, std::shared_ptr<const SheetGrid>> m_grids;
  mutable std::optional<MapContent> m_content;
  mutable PictureKind m_kind;  ///< of m_content, when it is settled
  mutable bool m_stale = true;
  mutable std::optional<MapLayout> m_layout;
  mutable std::optional<QImage> m_selectionPicture;
  mutable MapStyle m_style;
  mutable int m_picturesMade = 0;
  mutable Background<Followed> m_background;
};

}  // namespace pinwheel::views
