// Ways to select units that no pointer draws: a disc of a given radius, a category's patch, all units above a t.
#pragma once

#include <QWidget>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "views/background.h"
#include "views/selection.h"

class QComboBox;
class QDoubleSpinBox;
class QLabel;
class QPushButton;

namespace pinwheel::views {

class Scene;

/// GUI thread only. Shift with a button adds to the selection, Alt takes away from it. A patch is looked for on a
/// thread of its own, for that takes a smoothing of the sheet; it is chosen when it is found, unless another selection,
/// other maps or another sheet came first.
class SelectionTools final : public QWidget {
  Q_OBJECT

public:
  SelectionTools(Scene& scene, Selection& selection, QWidget* parent = nullptr);

  // What its buttons do, for commands; nothing where they cannot.
  [[nodiscard]] bool canSelectDisc() const { return place().has_value(); }
  [[nodiscard]] bool canSelectPatch() const { return canSelectAbove() && place().has_value(); }
  [[nodiscard]] bool canSelectAbove() const;
  void selectDisc(Selection::Mode mode);
  void selectPatch(Selection::Mode mode);
  void selectAbove(Selection::Mode mode);
  /// Asks above which t; what was answered stays in the panel.
  void askAbove();

Q_SIGNALS:
  /// What can be selected may be another.
  void changed();

private:
  struct Place {
    int sheet = 0;
    double xMm = 0;
    double yMm = 0;
  };
  /// The unit under the pointer, else the selection's centre, else the unit that was pointed at last.
  [[nodiscard]] std::optional<Place> place() const;
  struct Patch {
    int sheet = 0;
    std::vector<std::int32_t> units;
    Selection::Mode mode = Selection::Mode::replace;
  };
  void choose(int sheet, std::vector<std::int32_t> units, Selection::Mode mode, const QString& none);
  void forgetPatch();
  void networkChanged();
  void refresh();

  Scene& m_scene;
  Selection& m_selection;
  std::pair<int, int> m_lastHover{-1, -1};
  QLabel* m_count;
  QDoubleSpinBox* m_radius;
  QPushButton* m_disc;
  QComboBox* m_domain;
  QDoubleSpinBox* m_threshold;
  QPushButton* m_patch;
  QPushButton* m_above;
  QPushButton* m_clear;
  Background<Patch> m_patches;
};

}  // namespace pinwheel::views
