// Ways to select units that no pointer draws: a disc of a given radius, a category's patch, all units above a t.
#pragma once

#include <QWidget>
#include <optional>
#include <utility>

class QComboBox;
class QDoubleSpinBox;
class QLabel;
class QPushButton;

namespace pinwheel::views {

class Scene;
class Selection;

/// GUI thread only. Shift with a button adds to the selection, Alt takes away from it.
class SelectionTools final : public QWidget {
  Q_OBJECT

public:
  SelectionTools(Scene& scene, Selection& selection, QWidget* parent = nullptr);

private:
  struct Place {
    int sheet = 0;
    double xMm = 0;
    double yMm = 0;
  };
  /// The unit under the pointer, else the selection's centre, else the unit that was pointed at last.
  [[nodiscard]] std::optional<Place> place() const;
  void choose(int sheet, std::vector<std::int32_t> units, const QString& none);
  void selectDisc();
  void selectPatch();
  void selectAbove();
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
};

}  // namespace pinwheel::views
