// Draws of our own shaders between those of the widgets.
#pragma once

#include <imgui.h>

#include <deque>
#include <functional>

#include "app/scope/gl_program.h"

namespace pinwheel::scope {

/// What is added is drawn when the frame is, at its place among what the list draws, cut to the list's clip rectangle.
/// Must live until then.
class Canvas {
public:
  using Draw = std::function<void(const Area&, const Target&)>;

  /// Forgets the last frame.
  void begin() { m_jobs.clear(); }
  /// From `min` to `max` on the screen.
  void add(ImDrawList& list, ImVec2 min, ImVec2 max, Draw draw);

private:
  struct Job {
    ImVec2 min, max;
    Draw draw;
  };
  static void run(const ImDrawList* list, const ImDrawCmd* command);
  std::deque<Job> m_jobs;  ///< whose places stay
};

}  // namespace pinwheel::scope
