// A chart on screen: the wheel zooms along x, dragging pans, a double click or 0 fits; the nearest point is read out,
// and a tool tip tells what a text says that had to be shortened.
#pragma once

#include <QWidget>

#include "views/panels/chart.h"

namespace pinwheel::views {

/// GUI thread only.
class ChartView final : public QWidget {
  Q_OBJECT

public:
  explicit ChartView(QWidget* parent = nullptr);

  /// Keeps the zoom while the chart's title and axis stay what they are.
  void setChart(Chart chart);
  [[nodiscard]] const Chart& chart() const { return m_chart; }
  /// The chart as it is shown: with the zoom.
  [[nodiscard]] ChartLayout chartLayout() const;
  /// Of the point that is pointed at; empty: none.
  [[nodiscard]] const QString& readout() const { return m_readout; }

  void fit();
  /// `factor` > 1 shows less, about `centre` (a value of x).
  void zoom(double factor, double centre);
  /// Moves by a part of what is shown.
  void pan(double part);

  [[nodiscard]] QSize sizeHint() const override;
  [[nodiscard]] QSize minimumSizeHint() const override;

protected:
  bool event(QEvent* event) override;
  void paintEvent(QPaintEvent* event) override;
  void wheelEvent(QWheelEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;
  void mouseDoubleClickEvent(QMouseEvent* event) override;
  void leaveEvent(QEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;

private:
  [[nodiscard]] ChartStyle style() const;
  [[nodiscard]] QRectF chartRect() const;
  void setRange(double low, double high);
  void point(const QPointF& at);

  Chart m_chart;
  double m_fitLow = kFit;  ///< the axis' ends without the zoom
  double m_fitHigh = kFit;
  bool m_dragging = false;
  QPointF m_dragFrom;
  bool m_pointed = false;
  QPointF m_pointer;
  QPointF m_mark;
  QString m_readout;
};

}  // namespace pinwheel::views
