// `pinwheel replay`: a recording as pictures or as a video, drawn without a display.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace CLI {
class App;
}

namespace pinwheel::desktop {

struct ReplayRequest {
  std::string recording;
  std::string frames;  ///< a folder; or
  std::string video;   ///< a file
  std::string figure = "cortex";
  std::string sheet;
  std::string quantity;
  std::optional<bool> smoothed;  ///< none: as the figure does by itself
  std::optional<std::int64_t> from, to;
  std::int64_t every = 0;
  int count = 0;
  double fps = 25;
  int widthPx = 1280;
};

/// `request` must outlive the parsing.
void addReplayOptions(CLI::App& command, ReplayRequest& request);

/// Exit code: 0 done, 1 failed, 2 wrong usage; errors go to stderr.
int replay(int argc, char** argv, const ReplayRequest& request);

}  // namespace pinwheel::desktop
