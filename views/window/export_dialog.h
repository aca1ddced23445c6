// Chooses a figure, its size and its file; shows it as it will be.
#pragma once

#include <QDialog>
#include <QImage>
#include <QTimer>
#include <atomic>
#include <memory>
#include <stop_token>

#include "engine/core/error.h"
#include "engine/core/time_left.h"
#include "views/background.h"
#include "views/export/figure.h"

class QComboBox;
class QDialogButtonBox;
class QFormLayout;
class QLabel;

namespace pinwheel::views {

class Scene;
class Selection;
class WorkRow;

/// GUI thread. Figures are drawn and written on threads of their own; of the previews that are asked for the newest is
/// shown. Closed while a figure is being written it goes when that is done; the destructor waits for it.
class ExportDialog final : public QDialog {
  Q_OBJECT

public:
  /// Draws what the scene holds now, coloured at first by what the selection shows where a figure can be; `folder` is
  /// where files are proposed. The loss share alone may come later: it is asked for when it is chosen.
  ExportDialog(Scene& scene, const Selection& selection, const QString& folder, QWidget* parent);
  ~ExportDialog() override;
  /// What the lists say, written to `path`; failed() or exported() tell later how it went. Does nothing while another
  /// one is being written.
  void exportTo(const QString& path);

public Q_SLOTS:
  void reject() override;

Q_SIGNALS:
  void failed(const pinwheel::Error& error);
  void exported(const QString& text);

private:
  struct Written {
    QString path;
    Status status;
    bool givenUp = false;  ///< before anything was written
  };
  /// How far a figure is, in thousandths; below 0: it is not begun. Told by the thread that makes it.
  using Share = std::shared_ptr<std::atomic<int>>;
  [[nodiscard]] FigureSpec chosen() const;
  void offerQuantities();
  void drawPreview();
  void takePreview(const Expected<QImage>& drawn);
  void takeWritten(const Written& written);
  void refresh();
  void showWork();
  void cancelWork();
  /// What is chosen cannot be drawn before the engine has measured.
  [[nodiscard]] bool waitsForLossShare() const;
  void chooseFile();
  void askForLossShare();
  void takeLossShare();

  Scene& m_scene;
  FigureData m_data;
  QString m_folder;
  QString m_wantedQuantity;  ///< its shell name; kept while a figure is chosen that cannot show it
  QComboBox* m_figure;
  QComboBox* m_sheet;
  QComboBox* m_quantity;
  QComboBox* m_smoothing;
  QComboBox* m_width;
  QComboBox* m_dpi;
  QLabel* m_preview;
  QLabel* m_problem;
  WorkRow* m_work;
  QDialogButtonBox* m_buttons;
  QFormLayout* m_form;
  QString m_told;           ///< how the newest preview or file went
  bool m_drawn = false;     ///< the newest preview could be drawn
  bool m_closing = false;   ///< as soon as the file is written
  std::stop_source m_stop;  ///< of the newest preview
  std::stop_source m_stopWriting;
  Share m_drawnShare, m_writtenShare;
  TimeLeft m_left;  ///< of the work that is shown
  QTimer m_watch;   ///< looks how far that is
  Background<Expected<QImage>> m_drawing;
  Background<Written> m_writing;
};

}  // namespace pinwheel::views
