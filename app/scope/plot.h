// Lines over an axis, and what the mouse does to one.
#pragma once

#include <imgui.h>

#include <limits>
#include <string>
#include <vector>

#include "app/scope/axis_view.h"
#include "app/scope/curves.h"

namespace pinwheel::scope {

struct PlotLine {
  std::string name;
  ImU32 colour = 0;
  const Curve* curve = nullptr;  ///< not null, until it is drawn
};

struct PlotOptions {
  const char* id = "";      ///< unique in the window
  const char* title = "";   ///< with its unit: "Accuracy (%)"
  const char* across = "";  ///< name of the axis; empty: neither name nor numbers below
  bool names = true;        ///< of the lines, in the corner
  bool fromZero = false;    ///< the lower end is 0
  float left = 0;           ///< px for the numbers at the left; 0: as a number needs
};

// What the lines and rasters share.
/// Takes the mouse from `min` to `max`: dragging selects, the wheel goes nearer, the right button pans, a double click
/// follows. Draws the selection. True while the pointer is there.
bool steer(AxisView& axis, const char* id, ImVec2 min, ImVec2 max);
/// Numbers and the name below an axis.
void drawAcross(const AxisView& axis, float left, float right, float top, const char* name);
[[nodiscard]] double atPixel(const AxisView& axis, float left, float right, float pixel);
/// Height that drawAcross() takes.
[[nodiscard]] float acrossHeight();

/// At the cursor, which it moves below.
void plot(AxisView& axis, const PlotOptions& options, const std::vector<PlotLine>& lines, ImVec2 size);

}  // namespace pinwheel::scope
