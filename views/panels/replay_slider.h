// A slider over the steps of a recording, with a tick for every map and a longer one for every epoch.
#pragma once

#include <QSlider>
#include <memory>

#include "engine/guests/replay.h"

namespace pinwheel::views {

/// GUI thread only. Steps may be more than an int holds: the slider has positions of its own.
class ReplaySlider final : public QSlider {
  Q_OBJECT

public:
  static constexpr int kPositions = 1'000'000;

  explicit ReplaySlider(QWidget* parent = nullptr);
  void setLine(std::shared_ptr<const guests::Timeline> line);
  /// Without a signal.
  void setStep(std::int64_t step);

  [[nodiscard]] QSize sizeHint() const override;

Q_SIGNALS:
  /// Where the mouse dragged or clicked to.
  void scrubbed(qint64 step);

protected:
  void paintEvent(QPaintEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;

private:
  void scrubTo(double x);
  [[nodiscard]] double xOf(std::int64_t step) const;
  [[nodiscard]] std::pair<double, double> groove() const;

  std::shared_ptr<const guests::Timeline> m_line;
};

}  // namespace pinwheel::views
