// What the sheets' colours mean: a bar with its ends and unit, or a half-circle of orientations; how many units.
#pragma once

#include <QWidget>

#include "views/field.h"

namespace pinwheel::views {

/// GUI thread only. Lies over a picture; the mouse does not feel it.
class LegendOverlay final : public QWidget {
  Q_OBJECT

public:
  explicit LegendOverlay(QWidget* parent);
  /// `sheet`: its name; `units`: how many it has.
  void show(const Field& field, const QString& sheet, std::size_t units);

  [[nodiscard]] QSize sizeHint() const override { return {184, 92}; }

protected:
  void paintEvent(QPaintEvent* event) override;

private:
  void paintBar(QPainter& painter, const QRectF& place) const;
  void paintWheel(QPainter& painter, const QRectF& place) const;

  Field m_field;  ///< without its values
  QString m_sheet;
  std::size_t m_units = 0;
};

}  // namespace pinwheel::views
