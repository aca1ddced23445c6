// Exports a recording as pictures or as a video.
#pragma once

#include <QDialog>
#include <QTimer>
#include <atomic>
#include <filesystem>
#include <memory>
#include <stop_token>

#include "engine/core/error.h"
#include "views/background.h"
#include "views/export/film.h"

class QComboBox;
class QDoubleSpinBox;
class QLabel;
class QProgressBar;
class QPushButton;
class QSpinBox;

namespace pinwheel::views {

/// GUI thread. Reads the recording anew and draws on a thread of its own. Closed meanwhile it gives the film up, and
/// goes when the picture is done that is being drawn.
class FilmDialog final : public QDialog {
  Q_OBJECT

public:
  /// `shown` is what is shown now: it tells which quantities there are. Files are proposed beside the recording.
  FilmDialog(std::filesystem::path recording, FigureData shown, QWidget* parent);
  /// Waits for the picture that is being drawn.
  ~FilmDialog() override;

  /// What the controls say; failed() or exported() tell later how it went. Nothing while another one is under way.
  void exportPictures(const QString& folder);
  void exportVideo(const QString& file);

public Q_SLOTS:
  void reject() override;

Q_SIGNALS:
  void failed(const pinwheel::Error& error);
  void exported(const QString& text);

private:
  struct Done {
    QString where;
    Status status;
    bool givenUp = false;
  };
  void offerQuantities();
  void begin(const QString& where, bool video);
  void take(const Done& done);
  void refresh();

  std::filesystem::path m_recording;
  FigureData m_data;
  QComboBox* m_figure;
  QComboBox* m_quantity;
  QSpinBox* m_count;
  QSpinBox* m_width;
  QDoubleSpinBox* m_fps;
  QProgressBar* m_progress;
  QPushButton *m_pictures, *m_video, *m_cancel, *m_close;
  bool m_closing = false;
  std::stop_source m_stop;
  std::shared_ptr<std::atomic<int>> m_share;  ///< thousandths, told by the thread
  QTimer m_watch;
  Background<Done> m_work;
};

}  // namespace pinwheel::views
