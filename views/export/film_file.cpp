#include "views/export/film_file.h"

#include <QBuffer>
#include <QCoreApplication>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QImageWriter>
#include <QStandardPaths>
#include <filesystem>
#include <system_error>

#include "engine/core/files.h"

namespace pinwheel::views {
namespace {

constexpr int kStartMs = 30'000;
constexpr int kNever = -1;

}  // namespace

FilmFolder::FilmFolder(QString folder)
    : m_folder(std::move(folder)),
      m_steps{{"picture", "step", "epoch", "training_accuracy", "validation_accuracy"}, {}} {}

Expected<FilmFolder> FilmFolder::create(const QString& folder) {
  const QDir dir(folder);
  if (!dir.mkpath("."))
    return failure("The pictures were not written", "the folder cannot be made", "choose another one",
                   folder.toStdString());
  if (!dir.entryList({"frame-*.png"}, QDir::Files).isEmpty())
    return failure("The pictures were not written", "the folder holds those of another film, which would mix with them",
                   "choose another one, or take them away", folder.toStdString());
  return FilmFolder(folder);
}

Status FilmFolder::add(const QImage& picture, const FilmFrame& frame) {
  const QString name = QString("frame-%1.png").arg(frame.number, 5, 10, QLatin1Char('0'));
  QBuffer buffer;
  buffer.open(QIODevice::WriteOnly);
  QImageWriter writer(&buffer, "png");
  writer.setText("Software", "Pinwheel");
  writer.setText("Description", QString("step %1").arg(frame.step));
  writer.write(picture);
  const QByteArray& bytes = buffer.data();
  m_steps.rows.push_back({name.toStdString(), frame.step, frame.epoch, frame.training, frame.validation});
  return writeFileAtomically(QDir(m_folder).filePath(name).toStdString(),
                             std::string_view(bytes.constData(), static_cast<std::size_t>(bytes.size())));
}

Status FilmFolder::finish() {
  return formats::saveCsv(QDir(m_folder).filePath("steps.csv").toStdString(), m_steps);
}

QStringList FilmVideo::suffixes() {
  return {"mp4", "mkv", "mov", "webm"};
}

Expected<std::unique_ptr<FilmVideo>> FilmVideo::create(const QString& path, double fps) {
  const QFileInfo info(path);
  if (!suffixes().contains(info.suffix().toLower()))
    return failure("The video was not made", "its name ends in none of .mp4, .mkv, .mov and .webm",
                   "give the file one of these endings", path.toStdString());
  if (!info.dir().exists())
    return failure("The video was not made", "its folder is not there", "make the folder, or choose another one",
                   path.toStdString());
  const QString program = QStandardPaths::findExecutable("ffmpeg");
  if (program.isEmpty())
    return failure("The video was not made", "the program ffmpeg, which makes it, is not installed",
                   "install it (Debian, Ubuntu: apt install ffmpeg), or write pictures with --frames FOLDER");
  return std::unique_ptr<FilmVideo>(new FilmVideo(program, path, fps));
}

FilmVideo::FilmVideo(QString program, QString path, double fps)
    : m_program(std::move(program)), m_path(std::move(path)), m_fps(fps) {
  // The ending tells ffmpeg what to make.
  const QFileInfo info(m_path);
  m_temporary = info.dir().filePath(
      QString(".%1-%2.%3").arg(info.completeBaseName()).arg(QCoreApplication::applicationPid()).arg(info.suffix()));
}

FilmVideo::~FilmVideo() {
  if (m_process.state() != QProcess::NotRunning) {
    m_process.kill();
    m_process.waitForFinished(kNever);
  }
  QFile::remove(m_temporary);  // not there any more where it was finished
}

Status FilmVideo::begin(const QSize& size) {
  QStringList arguments{"-hide_banner",
                        "-loglevel",
                        "error",
                        "-nostdin",
                        "-y",
                        "-f",
                        "rawvideo",
                        "-pixel_format",
                        "bgra",
                        "-video_size",
                        QString("%1x%2").arg(size.width()).arg(size.height()),
                        "-framerate",
                        QString::number(m_fps, 'g', 10),
                        "-i",
                        "pipe:0",
                        "-an"};
  const QString suffix = QFileInfo(m_path).suffix().toLower();
  if (suffix == "webm")
    arguments << "-c:v"
              << "libvpx-vp9"
              << "-crf"
              << "24"
              << "-b:v"
              << "0";
  else
    arguments << "-c:v"
              << "libx264"
              << "-crf"
              << "16";
  if (suffix == "mp4" || suffix == "mov")
    arguments << "-movflags"
              << "+faststart";
  // What every player shows.
  arguments << "-pix_fmt"
            << "yuv420p" << QDir::toNativeSeparators(QFileInfo(m_temporary).absoluteFilePath());
  m_process.setProcessChannelMode(QProcess::SeparateChannels);
  m_process.setStandardOutputFile(QProcess::nullDevice());
  m_process.start(m_program, arguments);
  return m_process.waitForStarted(kStartMs) ? Status() : failed();
}

tl::unexpected<Error> FilmVideo::failed() {
  if (m_process.state() != QProcess::NotRunning) {
    m_process.closeWriteChannel();
    m_process.waitForFinished(kStartMs);
  }
  QString said = QString::fromLocal8Bit(m_process.readAllStandardError()).trimmed().right(500);
  if (said.isEmpty()) said = m_process.errorString();
  return failure("The video was not made", "ffmpeg failed: " + said.toStdString(),
                 "write pictures with --frames FOLDER, and make the video of them yourself", m_path.toStdString());
}

Status FilmVideo::add(const QImage& picture) {
  if (m_process.state() == QProcess::NotRunning) {
    if (!m_process.program().isEmpty()) return failed();  // it ended too early
    if (const Status status = begin(picture.size()); !status) return status;
  }
  const QImage rows = picture.convertToFormat(QImage::Format_RGB32);
  const qsizetype line = qsizetype{4} * rows.width();
  for (int y = 0; y < rows.height(); ++y)
    if (m_process.write(reinterpret_cast<const char*>(rows.constScanLine(y)), line) != line) return failed();
  // It takes as long as it takes; what waits is one picture at most.
  while (m_process.bytesToWrite() > 0)
    if (!m_process.waitForBytesWritten(kNever)) return failed();
  return {};
}

Status FilmVideo::finish() {
  m_process.closeWriteChannel();
  if (m_process.state() != QProcess::NotRunning) m_process.waitForFinished(kNever);
  if (m_process.exitStatus() != QProcess::NormalExit || m_process.exitCode() != 0) return failed();
  std::error_code error;
  std::filesystem::rename(m_temporary.toStdString(), m_path.toStdString(), error);
  if (error)
    return failure("The video was not put in its place", error.message(), "choose another file", m_path.toStdString());
  return {};
}

}  // namespace pinwheel::views
