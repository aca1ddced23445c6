// What the sheets' colours mean: a bar with its ends and unit, or a half-circle of orientations; how many units.
#pragma once

#include <QWidget>
#include <utility>
#include <vector>

#include "views/field.h"

namespace pinwheel::views {

/// GUI thread only. Lies over a picture; the mouse does not feel it.
class LegendOverlay final : public QWidget {
  Q_OBJECT

public:
  explicit LegendOverlay(QWidget* parent);
  /// `sheet`: its name; `units`: how many it has.
  void show(const Field& field, const QString& sheet, std::size_t units);

  /// The half circle of orientations (the upper half of `circle`) and its labels: none lies on another one or on it.
  struct Wheel {
    QRectF circle;
    std::vector<std::pair<QString, QRectF>> labels;
  };
  [[nodiscard]] Wheel wheel() const;

  [[nodiscard]] QSize sizeHint() const override;

protected:
  void paintEvent(QPaintEvent* event) override;

private:
  void paintBar(QPainter& painter, const QRectF& place) const;
  void paintWheel(QPainter& painter) const;
  [[nodiscard]] QRectF middle() const;

  Field m_field;  ///< without its values
  QString m_sheet;
  std::size_t m_units = 0;
};

}  // namespace pinwheel::views
