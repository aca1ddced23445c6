// Which part of an axis is shown: the newest, what was the newest when it was paused, or a range that somebody chose.
#pragma once

namespace pinwheel::scope {

enum class Mode { follow, paused, range };

/// All numbers in the axis' own unit: columns, optimiser steps. Any pan, zoom or selection leaves `follow`.
class AxisView {
public:
  /// `span` > 0 is shown while following, `least` > 0 is the narrowest range.
  explicit AxisView(double span, double least = 4) : m_span(span), m_least(least) {}

  /// What there is now. The last of it is shown while following.
  void setData(double oldest, double newest);
  /// Stays where it is while data come.
  void pause();
  void follow() noexcept { m_mode = Mode::follow; }
  /// In either order. Narrower than the least it is widened about its middle.
  void select(double from, double to);
  /// About `at`, which stays where it is; `factor` below 1 goes nearer.
  void zoom(double at, double factor);
  void pan(double by);

  [[nodiscard]] Mode mode() const noexcept { return m_mode; }
  [[nodiscard]] double begin() const noexcept;
  [[nodiscard]] double end() const noexcept;
  [[nodiscard]] double length() const noexcept { return end() - begin(); }

private:
  double m_span;
  double m_least;
  double m_oldest = 0;
  double m_newest = 0;
  double m_begin = 0;
  double m_end = 0;
  Mode m_mode = Mode::follow;
};

}  // namespace pinwheel::scope
