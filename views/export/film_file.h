// Where the pictures of a film go: a folder of PNG files, or a video that ffmpeg makes of them.
#pragma once

#include <QProcess>
#include <QString>
#include <memory>

#include "engine/core/error.h"
#include "engine/formats/csv.h"
#include "views/export/film.h"

namespace pinwheel::views {

/// frame-00001.png, frame-00002.png ... and steps.csv, which tells what each shows. One thread.
class FilmFolder {
public:
  /// Makes the folder where there is none. Error: it cannot be made, or holds pictures of a film already.
  static Expected<FilmFolder> create(const QString& folder);
  Status add(const QImage& picture, const FilmFrame& frame);
  Status finish();

private:
  explicit FilmFolder(QString folder);
  QString m_folder;
  formats::CsvTable m_steps;
};

/// Runs ffmpeg, which must be in PATH, and gives it the pictures as they are drawn. One thread; needs no event loop. A
/// video that is not finished leaves nothing, and what was in its place.
class FilmVideo {
public:
  /// "mp4", "mkv", "mov", "webm".
  [[nodiscard]] static QStringList suffixes();
  /// Error: another ending, no ffmpeg, a folder that is not there.
  static Expected<std::unique_ptr<FilmVideo>> create(const QString& path, double fps);
  ~FilmVideo();
  FilmVideo(const FilmVideo&) = delete;
  FilmVideo& operator=(const FilmVideo&) = delete;

  /// Error: what ffmpeg says.
  Status add(const QImage& picture);
  Status finish();

private:
  FilmVideo(QString program, QString path, double fps);
  Status begin(const QSize& size);
  [[nodiscard]] tl::unexpected<Error> failed();

  QString m_program;
  QString m_path;
  QString m_temporary;
  double m_fps;
  QProcess m_process;
};

}  // namespace pinwheel::views
