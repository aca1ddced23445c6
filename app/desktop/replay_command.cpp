#include "app/desktop/replay_command.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <QApplication>
#include <iostream>

#include "app/desktop/export_command.h"
#include "engine/guests/recorded_run.h"
#include "views/export/film.h"
#include "views/export/film_file.h"

namespace pinwheel::desktop {
namespace {

views::FilmSpec filmOf(const ReplayRequest& request, std::vector<std::int64_t> steps) {
  views::FilmSpec spec;
  spec.figure.name = QString::fromStdString(request.figure);
  spec.figure.sheet = QString::fromStdString(request.sheet);
  spec.figure.quantity = QString::fromStdString(request.quantity);
  spec.figure.smoothed = request.smoothed;
  spec.steps = std::move(steps);
  spec.widthPx = request.widthPx;
  return spec;
}

void showProgress(int done, int total) {
  if (::isatty(STDERR_FILENO) != 0) std::cerr << "\r" << 100 * done / std::max(1, total) << " % " << std::flush;
}

Status draw(const ReplayRequest& request, std::size_t& pictures) {
  auto run = guests::RecordedRun::open(request.recording);
  if (!run) return tl::unexpected(run.error());
  auto steps = views::chooseSteps(*run->timeline(), {request.from, request.to, request.every, request.count});
  if (!steps) return tl::unexpected(steps.error());
  pictures = steps->size();
  const views::FilmSpec spec = filmOf(request, std::move(*steps));
  Status status;
  if (!request.frames.empty()) {
    auto folder = views::FilmFolder::create(QString::fromStdString(request.frames));
    if (!folder) return tl::unexpected(folder.error());
    status = views::makeFilm(
        *run, spec,
        [&folder](const QImage& picture, const views::FilmFrame& frame) { return folder->add(picture, frame); },
        showProgress);
    if (status) status = folder->finish();
  } else {
    auto video = views::FilmVideo::create(QString::fromStdString(request.video), request.fps);
    if (!video) return tl::unexpected(video.error());
    status = views::makeFilm(
        *run, spec, [&video](const QImage& picture, const views::FilmFrame&) { return (*video)->add(picture); },
        showProgress);
    if (status) status = (*video)->finish();
  }
  if (::isatty(STDERR_FILENO) != 0) std::cerr << "\r      \r";
  if (run->damagedMessages() > 0)
    std::cerr << "pinwheel: " << run->damagedMessages()
              << " messages of the recording cannot be read; the frames before them stand in\n";
  return status;
}

}  // namespace

void addReplayOptions(CLI::App& command, ReplayRequest& request) {
  command.add_option("recording", request.recording, "A recording of a training (.pwrec)")->required();
  CLI::Option* frames =
      command.add_option("--frames", request.frames, "A folder for the pictures, frame-00001.png and so on");
  command.add_option("--video", request.video, "A video: FILE.mp4, .mkv, .mov or .webm; needs ffmpeg")
      ->excludes(frames);
  command.add_option("--figure", request.figure, "Which figure: " + figureList())->capture_default_str();
  command.add_option("--quantity", request.quantity,
                     "What colours show, as for export: " + quantityList() + " or a category, e.g. faces");
  command.add_option("--sheet", request.sheet, "Layer or area for figures of one sheet, e.g. V1");
  CLI::Option* smoothed = command.add_flag_callback(
      "--smoothed", [&request] { request.smoothed = true; }, "Colours averaged over neighbours on the sheet");
  command
      .add_flag_callback(
          "--plain", [&request] { request.smoothed = false; }, "Every unit in its own colour")
      ->excludes(smoothed);
  command.add_option("--from", request.from, "The first step; by itself the first one that has maps");
  command.add_option("--to", request.to, "The last step; by itself the recording's");
  CLI::Option* every = command
                           .add_option("--every", request.every,
                                       "A picture every so many steps; by itself one for every step that has maps")
                           ->check(CLI::PositiveNumber);
  command.add_option("--count", request.count, "So many pictures, at equal distances")
      ->check(CLI::Range(1, 100'000))
      ->excludes(every);
  command.add_option("--fps", request.fps, "Pictures a second of the video")
      ->check(CLI::Range(0.1, 240.0))
      ->capture_default_str();
  command.add_option("--width", request.widthPx, "Width of the pictures in pixels; the height follows")
      ->check(CLI::Range(320, 7680))
      ->capture_default_str();
}

int replay(int argc, char** argv, const ReplayRequest& request) {
  if (request.frames.empty() && request.video.empty()) {
    std::cerr << "pinwheel: say where the pictures go: --frames FOLDER or --video FILE.mp4 (to look at the recording: "
                 "pinwheel FILE.pwrec)\n";
    return 2;
  }
  if (!views::figureNames().contains(QString::fromStdString(request.figure))) {
    std::cerr << "pinwheel: there is no figure \"" << request.figure << "\"; there are " << figureList() << '\n';
    return 2;
  }
  // Figures are drawn by QPainter alone: no display, whatever the environment says of one.
  qputenv("QT_QPA_PLATFORM", "offscreen");
  QApplication application(argc, argv);
  std::size_t pictures = 0;
  if (const Status status = draw(request, pictures); !status) {
    std::cerr << "pinwheel: " << status.error().text() << '\n';
    return 1;
  }
  std::cout << "Written: " << (request.frames.empty() ? request.video : request.frames) << ", " << pictures
            << " pictures\n";
  return 0;
}

}  // namespace pinwheel::desktop
