// The loop: takes frames as they come, draws at most as often as the screen shows, sleeps otherwise.
#pragma once

#include "app/scope/arguments.h"
#include "app/scope/benchmark.h"
#include "app/scope/graphics.h"
#include "app/scope/model.h"
#include "app/scope/panels.h"
#include "app/scope/window.h"
#include "engine/core/processor_budget.h"

namespace pinwheel::scope {

class Watch {
public:
  /// `replay` is `feed` where that is a recording, otherwise null.
  Watch(Window& window, Graphics& graphics, Feed& feed, ReplayFeed* replay, const Arguments& arguments);
  /// Until the window is closed, or what was asked for is done. Error: the picture cannot be written.
  Status run();
  [[nodiscard]] const BenchmarkResult& benchmark() const noexcept { return m_benchmark; }

private:
  [[nodiscard]] double now() const;
  void takeKeys();
  /// True when there is something to draw.
  bool look();
  void draw();
  /// Seconds until the next picture may be drawn; 0 or less: now.
  [[nodiscard]] double early() const;
  [[nodiscard]] bool isDone() const;
  void sleep();

  Window& m_window;
  Graphics& m_graphics;
  Feed& m_feed;
  ReplayFeed* m_replay;
  const Arguments& m_arguments;
  Model m_model;
  Panels m_panels;
  BenchmarkResult m_benchmark;
  double m_interval;                        ///< between two pictures, seconds
  ProcessorBudget m_budget{kWatcherShare};  ///< of pictures, beside a training
  bool m_counted;                           ///< time goes by pictures: 1/60 s each, whatever they take
  double m_begin;                           ///< on the system's clock
  double m_drawnAt = -1;                    ///< on the system's clock
  int m_frames = 0;                         ///< drawn
  int m_settling = 3;                       ///< pictures that ImGui needs until what a touch began has ended
  double m_frameMs = 0;
  std::string m_text;  ///< of the feed, as drawn
};

}  // namespace pinwheel::scope
