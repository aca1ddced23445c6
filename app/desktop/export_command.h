// `pinwheel export`: one figure of a checkpoint, drawn without a display.
#pragma once

#include <optional>
#include <string>

namespace pinwheel::desktop {

struct ExportRequest {
  std::string checkpoint;
  std::string figure;
  std::string out;
  std::string sheet;
  std::string quantity;
  std::string units;             ///< "SHEET:N[,N...]", of the figure "tuning"; empty: those that a session chose
  std::optional<bool> smoothed;  ///< none: as the figure does by itself
  double widthMm = 180;
  int dpi = 300;
  int threads = 0;
};

/// "maps, orientation, ...", for the help.
[[nodiscard]] std::string figureList();
/// "orientation, circular-variance, ...", for the help.
[[nodiscard]] std::string quantityList();

/// Exit code: 0 done, 1 failed, 2 wrong usage; errors go to stderr.
int exportFigure(int argc, char** argv, const ExportRequest& request);

}  // namespace pinwheel::desktop
