// The cortex in space: every sheet in millimetres, V1 to IT, coloured by the selection's field; turned, picked in,
// flown to. Shows the same hover and selection as the flat panels. Keys reach every unit, too: the hovered one is their
// cursor.
#pragma once

#include <QElapsedTimer>
#include <QPointer>
#include <QVariantAnimation>
#include <QWidget>
#include <memory>
#include <optional>

#include "views/scene.h"
#include "views/selection.h"
#include "views/vtk/cortex_camera.h"
#include "views/vtk/cortex_stage.h"
#include "views/vtk/sheet_pictures.h"

class QAction;
class QLabel;
class QMenu;
class QToolBar;

namespace pinwheel::views {

class LegendOverlay;
class RenderWidget;

/// GUI thread only. Call prepareGraphics() before QApplication. Under a platform without OpenGL a label stands in for
/// the picture. Draws nothing while hidden.
class CortexView final : public QWidget {
  Q_OBJECT

public:
  static constexpr int kFlightMs = 250;

  CortexView(Scene& scene, Selection& selection, QWidget* parent = nullptr);
  ~CortexView() override;

  [[nodiscard]] CortexCamera camera() const;
  void setCamera(const CortexCamera& pose);
  [[nodiscard]] bool projectionShown() const { return m_projectionShown; }

  /// Null where there is no OpenGL.
  [[nodiscard]] RenderWidget* renderWidget() const { return m_render; }
  /// Where a unit appears, in pixels of the render widget; nothing for one that is not there or behind the camera.
  [[nodiscard]] std::optional<QPointF> placeOf(int sheet, int unit) const;
  /// The camera that flyTo(sheet) ends at; -1: the whole cortex.
  [[nodiscard]] CortexCamera viewOf(int sheet) const;
  [[nodiscard]] const CortexStage& stage() const { return *m_stage; }
  [[nodiscard]] const SheetPictures& pictures() const { return m_pictures; }
  /// The sheets show all that was asked for; those of a view that is hidden wait.
  [[nodiscard]] bool isSettled() const { return m_pictures.isSettled(); }

  [[nodiscard]] QSize sizeHint() const override { return {640, 480}; }

public Q_SLOTS:
  /// Faces one sheet, which then stands alone; other numbers than a sheet's do nothing.
  void flyTo(int sheet);
  void wholeCortex();
  /// The receptive fields of the chosen units, outlined on the image before V1.
  void setProjectionShown(bool shown);

Q_SIGNALS:
  /// The user, or a flight that ended, moved the camera.
  void cameraChanged();
  void projectionShownChanged(bool shown);

protected:
  bool eventFilter(QObject* watched, QEvent* event) override;
  void changeEvent(QEvent* event) override;

private:
  void buildWidgets();
  void buildActions(QToolBar& bar);
  void connectModels();
  void onNetwork();
  void onActivity();
  void onSelection();
  void onHover();
  void onCurrentSheet();
  void applyColours();
  void bringUpToDate();
  void updateLegend();
  void updateReadout();
  void fillFlightMenu();
  void redraw();
  void fly(const CortexCamera& target);

  // cortex_view_input.cpp
  [[nodiscard]] std::optional<SheetPlace> placeAt(QPointF place) const;
  void hoverAt(QPointF place);
  void clickAt(QPointF place, Qt::KeyboardModifiers modifiers);
  void choose(int sheet, int unit, Qt::KeyboardModifiers modifiers);
  bool keyPressed(int key, Qt::KeyboardModifiers modifiers);
  bool cameraKeyPressed(int key);
  [[nodiscard]] int cursorSheet() const;
  [[nodiscard]] QPointF alongSheet(int arrow) const;
  void stepCursor(int arrow);
  void changeSheet(int by);
  void turn(double azimuthDeg, double elevationDeg);
  void userMoved();

  QPointer<Scene> m_scene;
  QPointer<Selection> m_selection;
  std::shared_ptr<const session::NetworkFrame> m_network;
  std::unique_ptr<CortexStage> m_stage;
  SheetPictures m_pictures{[this] { redraw(); }};
  RenderWidget* m_render = nullptr;
  QWidget* m_surface = nullptr;  ///< the render widget or its placeholder
  LegendOverlay* m_legend = nullptr;
  QLabel* m_readout = nullptr;
  QLabel* m_empty = nullptr;
  QMenu* m_flights = nullptr;
  QAction* m_projectionAction = nullptr;
  QVariantAnimation m_flight;
  CortexCamera m_from, m_target;
  bool m_projectionShown = false;
  bool m_fitting = true;  ///< the view follows the window's size until the user moves the camera
  QPointF m_pressed;
  bool m_dragging = false;
  bool m_buttonDown = false;
};

}  // namespace pinwheel::views
