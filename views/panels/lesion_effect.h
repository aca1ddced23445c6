// What the lesion does to the accuracy: overall and per category, before, after, and of a sham of the same size.
#pragma once

#include <QWidget>

#include "engine/session/frames.h"
#include "views/panels/chart.h"

class QLabel;
class QPushButton;
class QTableWidget;

namespace pinwheel::views {

class ChartView;
class Scene;

/// Accuracies with their intervals. Of many categories those that change most.
[[nodiscard]] Chart effectChart(const session::LesionFrame& effect, const QPalette& palette);
/// Tab-separated, with a heading, numbers in the C locale.
[[nodiscard]] QString effectTable(const session::LesionFrame& effect);

/// GUI thread only.
class LesionEffect final : public QWidget {
  Q_OBJECT

public:
  explicit LesionEffect(Scene& scene, QWidget* parent = nullptr);

private:
  void refresh();
  void fillTable(const session::LesionFrame& effect);
  void copy() const;

  Scene& m_scene;
  bool m_trainingUnderWay = false;  ///< when it was refreshed
  QLabel* m_summary;
  ChartView* m_chart;
  QTableWidget* m_table;
  QPushButton* m_copy;
};

}  // namespace pinwheel::views
