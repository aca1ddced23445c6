// A figure step by step through a recording: pictures of one size, whose colours mean the same in all of them.
#pragma once

#include <QImage>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <vector>

#include "engine/core/error.h"
#include "engine/guests/recorded_run.h"
#include "views/export/figure.h"

namespace pinwheel::views {

/// Which steps of a recording; `every` and `count` exclude each other.
struct FilmSteps {
  std::optional<std::int64_t> from{}, to{};  ///< none: the first step that has maps, the last step
  std::int64_t every = 0;                    ///< steps between pictures; 0: not so
  int count = 0;                             ///< as many, at equal distances, both ends among them; 0: not so
};

/// Rising. By itself every step that has maps. Errors: there are none, or more than 100,000.
[[nodiscard]] Expected<std::vector<std::int64_t>> chooseSteps(const guests::Timeline& line, const FilmSteps& wanted);

struct FilmSpec {
  FigureSpec figure;  ///< its width and font follow from the pictures' width
  std::vector<std::int64_t> steps;
  int widthPx = 1280;
};

/// What stands beside a picture.
struct FilmFrame {
  int number = 0;  ///< from 1
  std::int64_t step = 0;
  std::int64_t epoch = 0;   ///< from 1; 0: not known
  std::int64_t epochs = 0;  ///< of the whole training; 0: not known
  double training = 0;      ///< accuracy, running over the epoch; NaN: not known
  double validation = 0;    ///< of the last epoch that was over; NaN: not known
};

/// Takes the pictures in turn, all of one size, which is even in both directions (videos need it). An error ends it.
using FilmSink = std::function<Status(const QImage& picture, const FilmFrame& frame)>;

/// On any thread of a QGuiApplication. Reads all maps of the recording first, for the colour scales; then draws. A step
/// whose figure cannot be drawn (no unit responds yet) is a page that says why. `progress` is told what is done of what
/// there is to do. Errors: the figure can be drawn neither at the first nor at the last step; the sink's; it was given
/// up.
[[nodiscard]] Status makeFilm(guests::RecordedRun& run, const FilmSpec& spec, const FilmSink& sink,
                              const std::function<void(int done, int total)>& progress = {},
                              const std::stop_token& stop = {});

}  // namespace pinwheel::views
