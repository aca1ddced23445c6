// What the commands share with the terminal: errors, signals, one line that moves.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>

#include "engine/core/error.h"
#include "engine/core/number_text.h"
#include "engine/core/progress.h"
#include "engine/core/time_left.h"

namespace pinwheel::cli {

/// Prints the error to stderr, what, why and what next on lines of their own; returns `exitCode`.
int fail(const Error& error, int exitCode);

/// Says so, when the BLAS that is loaded is the slow reference one.
void warnAboutSlowBlas();

/// The first Ctrl-C (or SIGTERM) asks for a stop, the second quits at once with code 130.
StopFlag& stopOnSignals();

/// "1:02:03", "4:05".
[[nodiscard]] std::string clockText(double seconds);

/// As a shell reads it back.
[[nodiscard]] std::string shellQuoted(const std::string& text);

/// A line that rewrites itself at most ten times a second on a terminal, cut to its width: what matters most stands
/// first. On anything else every 30 seconds a new one, whole.
class MovingLine {
public:
  /// `stream` is stdout, or stderr where stdout holds the result itself.
  explicit MovingLine(std::FILE* stream = stdout);
  /// `share` of the work in 0..1 draws a bar before the text.
  void show(double share, const std::string& text);
  /// Ends the moving line; `text`, when there is any, stays on a line of its own.
  void print(const std::string& text);

  /// A job that reports itself: its share, what it is at, and the time left.
  void show(const Progress& progress);

private:
  std::FILE* m_stream;
  bool m_terminal;
  bool m_open = false;
  std::chrono::steady_clock::time_point m_last{};
  TimeLeft m_timeLeft;
};

}  // namespace pinwheel::cli
