#include "views/vtk/legend_overlay.h"

#include <QConicalGradient>
#include <QFontMetrics>
#include <QLocale>
#include <QPainter>

#include "views/theme.h"

namespace pinwheel::views {
namespace {

constexpr int kPad = 8;

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
  const QRectF middle(kPad, kPad + line + 3, width, height() - 2 * (kPad + line + 3));
  if (!m_field.note.isEmpty()) {
    painter.drawText(middle, Qt::AlignLeft | Qt::AlignVCenter | Qt::TextWordWrap, m_field.note);
    return;
  }
  if (m_field.cyclic)
    paintWheel(painter, middle);
  else
    paintBar(painter, middle);
}

void LegendOverlay::paintBar(QPainter& painter, const QRectF& place) const {
  const QFontMetrics metrics(font());
  const QRectF bar(place.left(), place.top() + 2, place.width(), place.height() - metrics.height() - 4);
  for (int x = 0; x < static_cast<int>(bar.width()); ++x) {
    const figures::Rgb c = figures::colourAt(m_field.map, (x + 0.5) / bar.width());
    painter.fillRect(QRectF(bar.left() + x, bar.top(), 1, bar.height()), QColor(c.r, c.g, c.b));
  }
  painter.setPen(palette().color(QPalette::WindowText));
  const QRectF text(place.left(), bar.bottom() + 1, place.width(), metrics.height());
  painter.drawText(text, Qt::AlignLeft | Qt::AlignVCenter, number(m_field.low));
  painter.drawText(text, Qt::AlignHCenter | Qt::AlignVCenter, m_field.unit);
  painter.drawText(text, Qt::AlignRight | Qt::AlignVCenter, number(m_field.high));
}

void LegendOverlay::paintWheel(QPainter& painter, const QRectF& place) const {
  const QFontMetrics metrics(font());
  const double radius = std::min(place.height() - 2, place.width() / 3);
  const QPointF centre(place.center().x(), place.bottom() - 1);
  const QRectF circle(centre.x() - radius, centre.y() - radius, 2 * radius, 2 * radius);
  // The half circle is the upper half of a gradient around; the lower one is not drawn.
  QConicalGradient colours(centre, 0);
  constexpr int kStops = 36;
  for (int i = 0; i <= kStops; ++i) {
    const figures::Rgb c = figures::colourAt(m_field.map, static_cast<double>(i) / kStops);
    colours.setColorAt(0.5 * i / kStops, QColor(c.r, c.g, c.b));
  }
  painter.setPen(Qt::NoPen);
  painter.setBrush(colours);
  painter.drawPie(circle, 0, 180 * 16);
  painter.setPen(palette().color(QPalette::WindowText));
  const double height = metrics.height();
  const QString degree = QStringLiteral("\u00b0");
  painter.drawText(QRectF(circle.right() + 4, centre.y() - height, 40, height), Qt::AlignLeft | Qt::AlignBottom,
                   QStringLiteral("0") + degree);
  painter.drawText(QRectF(circle.left() - 44, centre.y() - height, 40, height), Qt::AlignRight | Qt::AlignBottom,
                   QStringLiteral("180") + degree);
  painter.drawText(QRectF(circle.right() - 0.2 * radius, circle.top() - 2, 40, height), Qt::AlignLeft | Qt::AlignTop,
                   QStringLiteral("45") + degree);
}

}  // namespace pinwheel::views
