// One window with OpenGL 3.0 in it, Dear ImGui, and a loop that sleeps while nothing happens.
#pragma once

#include <memory>
#include <vector>

#include "engine/core/error.h"
#include "engine/formats/image_file.h"

struct GLFWwindow;

namespace pinwheel::scope {

struct WindowOptions {
  /// Pixels; of a window on the screen those of a screen of usual density, and no more than it has room for.
  int width = 1400;
  int height = 880;
  bool hidden = false;  ///< drawn into a picture of just this size, with no window on the screen
};

enum class Key { pause, follow, back, forward };

/// One at a time, of the main thread, but for wake().
class Window {
public:
  enum class Failure { noDisplay, noGraphics };
  struct OpenError {
    Failure failure = Failure::noDisplay;
    Error error;
  };
  static tl::expected<std::unique_ptr<Window>, OpenError> open(const WindowOptions& options);
  ~Window();
  Window(const Window&) = delete;
  Window& operator=(const Window&) = delete;

  /// Ends a wait; any thread. Before there is a window: nothing.
  static void wake();

  [[nodiscard]] bool isClosed() const;
  /// Of the screen, Hz.
  [[nodiscard]] double refreshRate() const;
  /// Takes what the user did; waits for it for `seconds` at most.
  void wait(double seconds);
  /// True once after the user did anything, or the window has to be drawn anew.
  bool takeTouched();
  std::vector<Key> takeKeys();

  void beginFrame();
  /// Draws what ImGui was given since, and shows it. `finish`: waits until it is drawn.
  void endFrame(bool finish);
  /// What endFrame() drew last; of hidden windows, whose pictures stay.
  [[nodiscard]] formats::RgbImage picture() const;

private:
  struct Events;
  explicit Window(const WindowOptions& options);
  Status makePicture();
  void fitScreen();

  WindowOptions m_options;
  GLFWwindow* m_window = nullptr;
  std::unique_ptr<Events> m_events;
  unsigned m_framebuffer = 0;
  unsigned m_renderbuffer = 0;
  bool m_imgui = false;
};

}  // namespace pinwheel::scope
