// The flat map of a sheet with its controls: which sheet, which quantity, what is drawn over it, tools of selection.
#pragma once

#include <QWidget>

#include "views/background.h"
#include "views/maps/map_canvas.h"

class QComboBox;
class QDoubleSpinBox;
class QLabel;
class QSlider;
class QToolButton;

namespace pinwheel::views {

/// GUI thread.
class MapView final : public QWidget {
  Q_OBJECT

public:
  using Tool = MapCanvas::Tool;
  /// Both outlive it.
  MapView(Scene& scene, Selection& selection, QWidget* parent = nullptr);

  [[nodiscard]] MapCanvas& canvas() { return *m_canvas; }

public Q_SLOTS:
  void fit();
  void zoomIn();
  void zoomOut();
  void setTool(pinwheel::views::MapCanvas::Tool tool);
  void clearSelection();
  /// Selects the connected region of smoothed t above the patches' threshold around `unit` of the sheet that is shown:
  /// of the domain that is shown, or the one that the unit prefers. It is looked for on another thread, for that takes
  /// a smoothing: the selection follows, or the readout says that there is none. Another selection, other maps or
  /// another sheet meanwhile end the search.
  void selectPatch(int unit, pinwheel::views::Selection::Mode mode = Selection::Mode::replace);
  /// Around the hovered unit, or the first selected one.
  void selectPatchHere(pinwheel::views::Selection::Mode mode = Selection::Mode::replace);
  /// Units whose value of the shown field is above `threshold`.
  void selectAbove(double threshold, pinwheel::views::Selection::Mode mode = Selection::Mode::replace);

private:
  struct Patch {
    int sheet = 0;
    std::vector<std::int32_t> units;
    Selection::Mode mode = Selection::Mode::replace;  ///< of the click that asked for it
  };
  QToolButton* addToggle(const char* name, const QString& text, const QString& tip);
  QToolButton* addAction(const char* name, const QString& text, const QString& tip);
  void buildControls();
  void updateChoices();
  void updateControls();
  void updateReadout();
  void forgetPatch();
  void takePatch(Patch patch);

  Scene& m_scene;
  Selection& m_selection;
  QWidget* m_controls;
  MapCanvas* m_canvas;
  QComboBox* m_sheet = nullptr;
  QComboBox* m_quantity = nullptr;
  QWidget* m_time = nullptr;
  QSlider* m_step = nullptr;
  QLabel* m_stepText = nullptr;
  QToolButton* m_smoothed = nullptr;
  QToolButton* m_pinwheels = nullptr;
  QToolButton* m_isoLines = nullptr;
  QToolButton* m_patches = nullptr;
  std::vector<QToolButton*> m_tools;
  QDoubleSpinBox* m_radius = nullptr;
  QDoubleSpinBox* m_threshold = nullptr;
  QLabel* m_readout = nullptr;
  QLabel* m_count = nullptr;
  std::vector<FieldChoice> m_choices;
  Background<Patch> m_search;
};

}  // namespace pinwheel::views
