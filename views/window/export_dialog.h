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
  /// Draws what the scene holds now, coloured at first by what the selection shows where a figure can be; `folder` is
  /// where files are proposed.
  ExportDialog(const Scene& scene, const Selection& selection, const QString& folder, QWidget* parent);
  /// What the lists say, written to `path`; failed() or exported() tell how it went.
  void exportTo(const QString& path);

Q_SIGNALS:
  void failed(const pinwheel::Error& error);
  void exported(const QString& text);

private:
  [[nodiscard]] Expected<Figure> figure() const;
  void offerQuantities();
  void showPreview();
  void chooseFile();

  FigureData m_data;
  QString m_folder;
  QString m_wantedQuantity;  ///< its shell name; kept while a figure is chosen that cannot show it
  QComboBox* m_figure;
  QComboBox* m_sheet;
  QComboBox* m_quantity;
  QComboBox* m_width;
  QComboBox* m_dpi;
  QLabel* m_preview;
  QLabel* m_problem;
  QDialogButtonBox* m_buttons;
};

}  // namespace pinwheel::views
