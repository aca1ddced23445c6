// What to train: a recipe, the data, how long, and where the run goes.
#pragma once

#include <QDialog>

#include "engine/session/commands.h"

class QComboBox;
class QDialogButtonBox;
class QLabel;
class QLineEdit;
class QSpinBox;

namespace pinwheel::views {

class TrainingDialog final : public QDialog {
  Q_OBJECT

public:
  /// `runsFolder`: where new runs are proposed.
  TrainingDialog(const QString& runsFolder, QWidget* parent);
  /// What was chosen; `resume` where the folder holds a run already and the user wants to go on with it.
  [[nodiscard]] session::StartTraining command() const;

private:
  void recipeChosen();
  void check();

  QString m_runsFolder;
  QComboBox* m_recipe;
  QLabel* m_summary;
  QComboBox* m_data;
  QSpinBox* m_epochs;
  QSpinBox* m_seed;
  QLineEdit* m_folder;
  QLabel* m_hint;
  QDialogButtonBox* m_buttons;
  bool m_resume = false;
};

}  // namespace pinwheel::views
