#include "views/vtk/legend_overlay.h"

#include <QConicalGradient>
#include <QFontMetrics>
#include <QLocale>
#include <QPainter>
#include <algorithm>
#include <cmath>
#include <numbers>

#include "views/theme.h"

namespace pinwheel::views {
namespace {

constexpr int kPad = 8;
constexpr int kLineGap = 3;
constexpr double kLabelGap = 2;  // between the wheel and its labels

QString degreesText(int degrees) {
  return QString::number(degrees) + QChar(0xb0);
}

QString number(double value) {
  return QLocale().toString(value, 'g', 3);
}

}  // namespace

LegendOverlay::LegendOverlay(QWidget* parent) : QWidget(parent) {
  setObjectName(QStringLiteral("cortexLegend"));
  setAttribute(Qt::WA_TransparentForMouseEvents);
  setAttribute(Qt::WA_NoSystemBackground);
  setFocusPolicy(Qt::NoFocus);
  setAccessibleName(tr("Legend of the cortex"));
  hide();
}

void LegendOverlay::show(const Field& field, const QString& sheet, std::size_t units) {
  setVisible(!field.name.isEmpty());
  // Asked with every frame: only what changed is worth painting.
  if (field.name == m_field.name && field.unit == m_field.unit && field.map == m_field.map &&
      field.cyclic == m_field.cyclic && field.low == m_field.low && field.high == m_field.high &&
      field.note == m_field.note && sheet == m_sheet && units == m_units)
    return;
  m_field.name = field.name;
  m_field.unit = field.unit;
  m_field.map = field.map;
  m_field.cyclic = field.cyclic;
  m_field.low = field.low;
  m_field.high = field.high;
  m_field.note = field.note;
  m_sheet = sheet;
  m_units = units;
  setAccessibleDescription(
      field.note.isEmpty()
          ? tr("%1 from %2 to %3 %4").arg(field.name, number(field.low), number(field.high), field.unit)
          : field.note);
  update();
}

void LegendOverlay::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  QColor ground = groundColour(palette());
  ground.setAlpha(215);
  painter.setPen(Qt::NoPen);
  painter.setBrush(ground);
  painter.drawRoundedRect(rect(), 4, 4);

  const QFontMetrics metrics(font());
  const int line = metrics.height();
  const int width = this->width() - 2 * kPad;
  painter.setPen(palette().color(QPalette::WindowText));
  painter.drawText(QRect(kPad, kPad, width, line), Qt::AlignLeft | Qt::AlignVCenter,
                   metrics.elidedText(m_field.name, Qt::ElideRight, width));
  painter.setPen(quietColour(palette()));
  const QString count = tr("%1, %2 units").arg(m_sheet, QLocale().toString(static_cast<qulonglong>(m_units)));
  painter.drawText(QRect(kPad, height() - kPad - line, width, line), Qt::AlignLeft | Qt::AlignVCenter,
                   metrics.elidedText(count, Qt::ElideRight, width));
  if (!m_field.note.isEmpty()) {
    painter.drawText(middle(), Qt::AlignLeft | Qt::AlignVCenter | Qt::TextWordWrap, m_field.note);
    return;
  }
  if (m_field.cyclic)
    paintWheel(painter);
  else
    paintBar(painter, middle());
}

// Between the line of the name and that of the units.
QRectF LegendOverlay::middle() const {
  const double edge = kPad + QFontMetrics(font()).height() + kLineGap;
  return {kPad, edge, width() - 2.0 * kPad, height() - 2 * edge};
}

// Enough for a wheel of one and a half lines: a smaller one's labels would lie on each other.
QSize LegendOverlay::sizeHint() const {
  const QFontMetricsF metrics(font());
  const double line = metrics.height();
  const double radius = 1.5 * line + kLabelGap;
  const double wide = 2 * (radius + metrics.horizontalAdvance(degreesText(180)) + kPad);
  const double high = radius + line + 2 * (kPad + line + kLineGap);
  return {std::max(184, static_cast<int>(std::ceil(wide))), std::max(92, static_cast<int>(std::ceil(high)))};
}

void LegendOverlay::paintBar(QPainter& painter, const QRectF& place) const {
  const QFontMetrics metrics(font());
  const QRectF bar(place.left(), place.top() + 2, place.width(), place.height() - metrics.height() - 4);
  // Smoothed edges of stripes that begin between two pixels, as they do at 1.5 pixels each, would let the ground
  // through.
  painter.setRenderHint(QPainter::Antialiasing, false);
  for (int x = 0; x < static_cast<int>(bar.width()); ++x) {
    const figures::Rgb c = figures::colourAt(m_field.map, (x + 0.5) / bar.width());
    painter.fillRect(QRectF(bar.left() + x, bar.top(), 1, bar.height()), QColor(c.r, c.g, c.b));
  }
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(palette().color(QPalette::WindowText));
  const QRectF text(place.left(), bar.bottom() + 1, place.width(), metrics.height());
  painter.drawText(text, Qt::AlignLeft | Qt::AlignVCenter, number(m_field.low));
  painter.drawText(text, Qt::AlignHCenter | Qt::AlignVCenter, m_field.unit);
  painter.drawText(text, Qt::AlignRight | Qt::AlignVCenter, number(m_field.high));
}

LegendOverlay::Wheel LegendOverlay::wheel() const {
  const QFontMetricsF metrics(font());
  const double line = metrics.height();
  const QRectF place = middle();
  // Above it the label of 90, on both sides those of 0 and 180.
  const double widest = metrics.horizontalAdvance(degreesText(180));
  const double radius = std::max(1.0, std::min(place.height() - line, place.width() / 2 - widest) - kLabelGap);
  const QPointF centre(place.center().x(), place.bottom());
  Wheel wheel{{centre.x() - radius, centre.y() - radius, 2 * radius, 2 * radius}, {}};
  for (const int degrees : {0, 45, 90, 135, 180}) {
    const double angle = degrees * std::numbers::pi / 180;
    const double width = metrics.horizontalAdvance(degreesText(degrees));
    // What is nearest of a label to the middle, its lower edge or a lower corner, stands off the rim.
    const QPointF near = centre + (radius + kLabelGap) * QPointF(std::cos(angle), -std::sin(angle));
    const double left = degrees < 90 ? near.x() : degrees > 90 ? near.x() - width : near.x() - width / 2;
    wheel.labels.emplace_back(degreesText(degrees), QRectF(left, near.y() - line, width, line));
  }
  return wheel;
}

void LegendOverlay::paintWheel(QPainter& painter) const {
  const Wheel shown = wheel();
  // The half circle is the upper half of a gradient around; the lower one is not drawn.
  QConicalGradient colours(shown.circle.center(), 0);
  constexpr int kStops = 36;
  for (int i = 0; i <= kStops; ++i) {
    const figures::Rgb c = figures::colourAt(m_field.map, static_cast<double>(i) / kStops);
    colours.setColorAt(0.5 * i / kStops, QColor(c.r, c.g, c.b));
  }
  painter.setPen(Qt::NoPen);
  painter.setBrush(colours);
  painter.drawPie(shown.circle, 0, 180 * 16);
  painter.setPen(palette().color(QPalette::WindowText));
  for (const auto& [text, box] : shown.labels) painter.drawText(box, Qt::AlignCenter | Qt::TextDontClip, text);
}

}  // namespace pinwheel::views
