#include "views/panels/replay_slider.h"

#include <QMouseEvent>
#include <QPainter>
#include <QSignalBlocker>
#include <QStyleOptionSlider>
#include <algorithm>
#include <cmath>

#include "views/theme.h"

namespace pinwheel::views {
namespace {

constexpr int kTickPx = 4;
constexpr int kEpochPx = 8;
// Closer together they are a bar that says nothing.
constexpr double kLeastPx = 3;

}  // namespace

ReplaySlider::ReplaySlider(QWidget* parent) : QSlider(Qt::Horizontal, parent) {
  setRange(0, kPositions);
  setFocusPolicy(Qt::StrongFocus);
}

void ReplaySlider::setLine(std::shared_ptr<const guests::Timeline> line) {
  m_line = std::move(line);
  update();
}

void ReplaySlider::setStep(std::int64_t step) {
  const QSignalBlocker quiet(this);
  const double span = m_line ? static_cast<double>(m_line->lastStep - m_line->firstStep) : 0;
  setValue(span > 0 ? static_cast<int>(std::lround(kPositions * static_cast<double>(step - m_line->firstStep) / span))
                    : 0);
}

QSize ReplaySlider::sizeHint() const {
  const QSize plain = QSlider::sizeHint();
  return {240, plain.height() + kEpochPx + 2};
}

std::pair<double, double> ReplaySlider::groove() const {
  const double half = style()->pixelMetric(QStyle::PM_SliderLength, nullptr, this) / 2.0;
  return {half, std::max(half + 1, width() - half)};
}

double ReplaySlider::xOf(std::int64_t step) const {
  const auto [left, right] = groove();
  const double span = static_cast<double>(m_line->lastStep - m_line->firstStep);
  return span > 0 ? left + (right - left) * static_cast<double>(step - m_line->firstStep) / span : left;
}

void ReplaySlider::paintEvent(QPaintEvent* event) {
  QSlider::paintEvent(event);
  if (!m_line) return;
  QPainter painter(this);
  const auto ticks = [&](const std::vector<std::int64_t>& steps, int length, const QColor& colour) {
    painter.setPen(colour);
    double last = -kLeastPx;
    for (const std::int64_t step : steps) {
      const double x = xOf(step);
      if (x - last < kLeastPx) continue;
      last = x;
      painter.drawLine(QPointF(x, height() - 1), QPointF(x, height() - 1 - length));
    }
  };
  ticks(m_line->maps, kTickPx, quietColour(palette()));
  ticks(m_line->epochs, kEpochPx, palette().color(QPalette::WindowText));
}

void ReplaySlider::scrubTo(double x) {
  if (!m_line) return;
  const auto [left, right] = groove();
  const double share = std::clamp((x - left) / (right - left), 0.0, 1.0);
  const double span = static_cast<double>(m_line->lastStep - m_line->firstStep);
  Q_EMIT scrubbed(m_line->firstStep + std::llround(share * span));
}

void ReplaySlider::mousePressEvent(QMouseEvent* event) {
  if (event->button() != Qt::LeftButton) return event->ignore();
  setSliderDown(true);
  scrubTo(event->position().x());
}

void ReplaySlider::mouseMoveEvent(QMouseEvent* event) {
  if (event->buttons() & Qt::LeftButton) scrubTo(event->position().x());
}

void ReplaySlider::mouseReleaseEvent(QMouseEvent* event) {
  if (event->button() == Qt::LeftButton) setSliderDown(false);
}

// Its keys are those of the bar, which count in steps.
void ReplaySlider::keyPressEvent(QKeyEvent* event) {
  event->ignore();
}

}  // namespace pinwheel::views
