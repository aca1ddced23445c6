// The whole window: what stands at its head, the panels, and a recording's time line.
#pragma once

#include "app/scope/feed.h"
#include "app/scope/graphics.h"
#include "app/scope/raster_panel.h"
#include "app/scope/replay_feed.h"
#include "app/scope/sheet_panel.h"
#include "app/scope/training_panel.h"

namespace pinwheel::scope {

/// What the window knows and frames do not tell.
struct WindowState {
  double now = 0;             ///< seconds, as of Model::take()
  double frameMs = 0;         ///< of the last pictures; NaN: not to be shown
  std::string feedText;       ///< Feed::text()
  bool recorded = false;      ///< what comes does not come at its own time
  std::uint64_t dropped = 0;  ///< Feed::dropped()
};

class Panels {
public:
  explicit Panels(Graphics& graphics) : m_rasters(graphics), m_sheets(graphics) {}
  /// Between NewFrame and Render. `replay`: null where it is none.
  void draw(const Model& model, const WindowState& state, ReplayFeed* replay);

  // What keys do too.
  void togglePause();
  void follow();

private:
  [[nodiscard]] Mode mode();
  void drawHeader(const Model& model, const WindowState& state);
  void drawWaiting(const WindowState& state, ImVec2 at, ImVec2 size) const;
  void drawReplay(ReplayFeed& replay) const;

  RasterPanel m_rasters;
  SheetPanel m_sheets;
  TrainingPanel m_training;
};

}  // namespace pinwheel::scope
