// A training: where it stands, how its losses fall, what can be changed while it runs.
#pragma once

#include <QWidget>

class QCheckBox;
class QComboBox;
class QDoubleSpinBox;
class QLabel;
class QProgressBar;
class QPushButton;
class QSpinBox;
class QVBoxLayout;

namespace pinwheel::views {

class ChartView;
class Scene;

/// GUI thread only. Hidden, it draws nothing anew.
class TrainingPanel final : public QWidget {
  Q_OBJECT

public:
  explicit TrainingPanel(Scene& scene, QWidget* parent = nullptr);

Q_SIGNALS:
  /// The user wants to begin a training: the window asks what.
  void startRequested();

protected:
  void showEvent(QShowEvent* event) override;

private:
  void buildControls(QVBoxLayout* column);
  void buildSettings(QVBoxLayout* column);
  void buildCharts(QVBoxLayout* column);
  void refresh();
  void refreshState();
  void refreshSettings();
  void refreshCharts();
  void apply();
  void enableApply();

  Scene& m_scene;
  QLabel* m_state;
  QProgressBar* m_progress;
  QPushButton* m_start;
  QPushButton* m_pause;
  QPushButton* m_resume;
  QPushButton* m_step;
  QSpinBox* m_steps;
  QPushButton* m_stop;
  QWidget* m_settings;
  // What the user has changed and not applied stays; the rest follows the values in force.
  QDoubleSpinBox* m_alpha;
  QDoubleSpinBox* m_beta;
  QSpinBox* m_window;
  QDoubleSpinBox* m_rate;
  bool m_alphaEdited = false;
  bool m_betaEdited = false;
  bool m_windowEdited = false;
  bool m_rateEdited = false;
  QPushButton* m_apply;
  QPushButton* m_revert;
  QComboBox* m_topographic;
  QCheckBox* m_logarithmic;
  ChartView* m_task;
  ChartView* m_loss;
  ChartView* m_accuracy;
  ChartView* m_smoothness;
};

}  // namespace pinwheel::views
