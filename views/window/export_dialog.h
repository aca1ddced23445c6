// Chooses a figure, its size and its file; shows it as it will be.
#pragma once

#include <QDialog>

#include "engine/core/error.h"
#include "views/export/figure.h"

class QComboBox;
class QDialogButtonBox;
class QLabel;

namespace pinwheel::views {

class Scene;
class Selection;

class ExportDialog final : public QDialog {
  Q_OBJECT

public:
  /// Draws what the scene holds now; `folder` is where files are proposed.
  ExportDialog(const Scene& scene, const Selection& selection, const QString& folder, QWidget* parent);
  /// What the figure list, widths and resolutions say, written to `path`; failed() or exported() tell how it went.
  void exportTo(const QString& path);

Q_SIGNALS:
  void failed(const pinwheel::Error& error);
  void exported(const QString& text);

private:
  [[nodiscard]] Expected<Figure> figure() const;
  void showPreview();
  void chooseFile();

  FigureData m_data;
  QString m_folder;
  QComboBox* m_figure;
  QComboBox* m_sheet;
  QComboBox* m_width;
  QComboBox* m_dpi;
  QLabel* m_preview;
  QLabel* m_problem;
  QDialogButtonBox* m_buttons;
};

}  // namespace pinwheel::views
