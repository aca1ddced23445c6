// A sheet's units on a regular grid of pixels: which unit is nearest to each, and pictures of a field.
#pragma once

#include <QImage>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/session/frames.h"
#include "views/field.h"

namespace pinwheel::views {

/// Made once per sheet and resolution; const and shareable from then on.
class SheetGrid {
public:
  /// `side`: pixels. Costs about side^2 / 10 ns.
  SheetGrid(const session::SheetPlan& plan, int side);

  [[nodiscard]] int side() const noexcept { return m_side; }
  [[nodiscard]] double sideMm() const noexcept { return m_sideMm; }
  /// The unit nearest to a place on the sheet, mm; -1 outside the sheet.
  [[nodiscard]] std::int32_t unitAt(double xMm, double yMm) const;
  /// [side, side], row 0 at y = 0 (top).
  [[nodiscard]] const std::vector<std::int32_t>& nearest() const noexcept { return m_nearest; }

  /// ARGB32 picture of a field, `side` x `side`, row 0 at y = 0. Smoothed: see FieldChoice. About 2 ms at 512^2 plain.
  [[nodiscard]] QImage picture(const Field& field, bool smoothed, QRgb ground) const;

  // Units by place, ascending.
  [[nodiscard]] std::vector<std::int32_t> unitsInDisc(double xMm, double yMm, double radiusMm) const;
  /// `x`, `y`: corners of a closed polygon, mm.
  [[nodiscard]] std::vector<std::int32_t> unitsInPolygon(std::span<const double> x, std::span<const double> y) const;

private:
  int m_side;
  double m_sideMm;
  std::vector<float> m_xMm, m_yMm;
  std::vector<std::int32_t> m_nearest;
};

}  // namespace pinwheel::views
