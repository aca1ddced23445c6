// A sheet's units on a regular grid of pixels: which unit is nearest to each, and pictures of a field.
#pragma once

#include <QImage>
#include <cstdint>
#include <vector>

#include "engine/session/frames.h"
#include "views/field.h"

namespace pinwheel::views {

/// What a picture shows, but for the moment: one of an earlier frame or time step stands in for its follower while that
/// is computed.
struct PictureKind {
  int sheet = -1;
  FieldChoice choice;  ///< without its time step
  QRgb ground = 0;
  friend bool operator==(const PictureKind&, const PictureKind&) = default;
};
[[nodiscard]] PictureKind pictureKind(int sheet, FieldChoice choice, QRgb ground);

/// Made once per sheet and resolution; const from then on, and shared between threads.
class SheetGrid {
public:
  /// `side`: pixels.
  SheetGrid(const session::SheetPlan& plan, int side);

  /// It is that of `plan` too: the same side and positions.
  [[nodiscard]] bool fits(const session::SheetPlan& plan) const;
  [[nodiscard]] int side() const noexcept { return m_side; }
  [[nodiscard]] double sideMm() const noexcept { return m_sideMm; }
  /// The unit nearest to a place on the sheet, mm; -1 outside the sheet.
  [[nodiscard]] std::int32_t unitAt(double xMm, double yMm) const;
  /// [side, side], row 0 at y = 0 (top).
  [[nodiscard]] const std::vector<std::int32_t>& nearest() const noexcept { return m_nearest; }

  /// ARGB32 picture of a field, `side` x `side`, row 0 at y = 0. About 2 ms at 512^2 plain. Smoothed (see FieldChoice)
  /// it takes too long for the GUI thread.
  [[nodiscard]] QImage picture(const Field& field, bool smoothed, QRgb ground) const;

private:
  int m_side;
  double m_sideMm;
  std::vector<float> m_xMm, m_yMm;
  std::vector<std::int32_t> m_nearest;
};

}  // namespace pinwheel::views
