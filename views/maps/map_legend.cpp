#include "views/maps/map_legend.h"

#include <QCoreApplication>
#include <QLocale>
#include <QPainter>
#include <algorithm>
#include <cmath>
#include <numbers>

#include "views/maps/map_content.h"
#include "views/theme.h"

namespace pinwheel::views {
namespace {

QString tr(const char* text) {
  return QCoreApplication::translate("MapLegend", text);
}

QColor mapColour(figures::ColourMap map, double position) {
  const figures::Rgb c = figures::colourAt(map, position);
  return {c.r, c.g, c.b};
}

QPainterPath rectangle(const QRectF& rect) {
  QPainterPath path;
  path.addRect(rect);
  return path;
}

// Adds shapes and texts around a cursor and keeps the size.
class Builder {
public:
  Builder(const MapContent& content, const QFontMetricsF& metrics, const MapStyle& style)
      : m_content(content), m_metrics(metrics), m_style(style), m_em(metrics.height()) {}

  Legend wheel(bool upright, double extent) {
    const double radius = 2.4 * m_em;
    const double gap = 0.25 * m_em;
    std::vector<DrawnText> labels;
    QRectF around(-radius, -radius, 2 * radius, radius);
    for (const int degrees : {0, 45, 90, 135, 180}) {
      const double angle = degrees * std::numbers::pi / 180;
      const QString text = QString::number(degrees) + QChar(0xb0);
      const QSizeF size(m_metrics.horizontalAdvance(text), m_em);
      const double reachX = radius + gap + size.width() / 2;
      const double reachY = radius + size.height() / 2;
      QRectF box({}, size);
      box.moveCenter({reachX * std::cos(angle), -reachY * std::sin(angle)});
      labels.push_back({text, box});
      around |= box;
    }
    const QPointF centre = -around.topLeft();
    constexpr int kSteps = 90;
    for (int i = 0; i < kSteps; ++i) {
      // Every sector reaches to the end, under the next: no seams between them.
      QPainterPath sector(centre);
      const double from = 180.0 * i / kSteps;
      sector.arcTo(QRectF(centre.x() - radius, centre.y() - radius, 2 * radius, 2 * radius), from, 180 - from);
      sector.closeSubpath();
      m_legend.shapes.push_back({sector, mapColour(figures::ColourMap::orientation, (i + 0.5) / kSteps)});
    }
    for (DrawnText& label : labels) {
      label.box.translate(centre);
      m_legend.texts.push_back(label);
    }
    const QStringList heading =
        headingLines(upright ? around.width() : std::max(5 * m_em, extent - around.width() - m_em));
    double x = 0;
    double y = around.height() + gap;
    if (!upright) {
      x = around.width() + m_em;
      y = 0;
    }
    for (const QString& line : heading) y = text(line, x, y);
    if (!m_content.field.saturation.empty()) y = selectivity(x, y + gap, std::min(around.width(), 7 * m_em));
    grow({0, 0, around.width(), around.height()});
    return m_legend;
  }

  Legend swatches(const std::vector<std::pair<QString, QColor>>& entries, bool upright, double extent) {
    double y = 0;
    double x = 0;
    for (const QString& line : headingLines(upright ? 9 * m_em : extent)) y = text(line, 0, y);
    y += 0.2 * m_em;
    for (const auto& [name, colour] : entries) {
      const double width = 1.3 * m_em + m_metrics.horizontalAdvance(name);
      if (!upright && x > 0 && x + width > extent) {
        x = 0;
        y += 1.25 * m_em;
      }
      m_legend.shapes.push_back({rectangle({x, y + 0.1 * m_em, 0.8 * m_em, 0.8 * m_em}), colour, true});
      text(name, x + 1.2 * m_em, y);
      if (upright)
        y += 1.25 * m_em;
      else
        x += width + m_em;
    }
    return m_legend;
  }

  Legend bar(bool upright, double extent) {
    double y = 0;
    for (const QString& line : headingLines(upright ? 9 * m_em : extent)) y = text(line, 0, y);
    y += 0.4 * m_em;
    const double thick = 0.9 * m_em;
    constexpr int kSteps = 128;
    if (upright) {
      const double length = std::clamp(extent - y - 0.5 * m_em, 4 * m_em, 12 * m_em);
      y += 0.3 * m_em;  // half of the uppermost label
      for (int i = 0; i < kSteps; ++i) {
        const double share = static_cast<double>(i) / kSteps;
        m_legend.shapes.push_back({rectangle({0, y, thick, length * (1 - share)}), colourAt((i + 0.5) / kSteps)});
      }
      outline({0, y, thick, length});
      for (const double value : ticks(length / (2 * m_em))) {
        const double at = y + length * (1 - position(value));
        m_legend.shapes.push_back({tick({thick, at}, {thick + 0.25 * m_em, at}), {}, true});
        text(numberText(value, m_style.paper), thick + 0.45 * m_em, at - m_em / 2);
      }
      return m_legend;
    }
    // The labels of both ends stand half outside the bar.
    const double edge = std::max(m_metrics.horizontalAdvance(numberText(m_content.field.low, m_style.paper)),
                                 m_metrics.horizontalAdvance(numberText(m_content.field.high, m_style.paper)));
    const double length = std::clamp(extent - edge - 1, 4 * m_em, 16 * m_em);
    const double left = edge / 2;
    for (int i = 0; i < kSteps; ++i) {
      const double share = static_cast<double>(i) / kSteps;
      m_legend.shapes.push_back(
          {rectangle({left + length * share, y, length * (1 - share), thick}), colourAt((i + 0.5) / kSteps)});
    }
    outline({left, y, length, thick});
    double last = -1e9;
    for (const double value : ticks(length / (3 * m_em))) {
      const double at = left + length * position(value);
      const QString label = numberText(value, m_style.paper);
      const double wide = m_metrics.horizontalAdvance(label);
      m_legend.shapes.push_back({tick({at, y + thick}, {at, y + thick + 0.25 * m_em}), {}, true});
      const double labelLeft = std::max(0.0, at - wide / 2);
      if (labelLeft < last + 0.3 * m_em) continue;
      text(label, labelLeft, y + thick + 0.3 * m_em);
      last = labelLeft + wide;
    }
    grow({left, y, length, thick});
    return m_legend;
  }

private:
  QStringList headingLines(double width) const {
    const Field& field = m_content.field;
    return wrapped(
        field.unit.isEmpty() || field.cyclic ? field.name : QStringLiteral("%1 (%2)").arg(field.name, field.unit),
        width, m_metrics);
  }
  QColor colourAt(double share) const { return mapColour(m_content.field.map, share); }
  double position(double value) const {
    return (value - m_content.field.low) / (m_content.field.high - m_content.field.low);
  }
  std::vector<double> ticks(double room) const {
    const Field& field = m_content.field;
    double step = roundNumber((field.high - field.low) / std::clamp(room, 2.0, 5.0));
    if ((field.high - field.low) / step < 2) step /= 2;
    std::vector<double> values;
    for (double i = std::ceil(field.low / step - 1e-9); i * step <= field.high + 1e-9 * step; ++i)
      values.push_back(i * step);
    return values;
  }
  static QPainterPath tick(const QPointF& from, const QPointF& to) {
    QPainterPath path(from);
    path.lineTo(to);
    return path;
  }
  void outline(const QRectF& rect) {
    m_legend.shapes.push_back({rectangle(rect), {}, true});
    grow(rect);
  }
  double selectivity(double x, double y, double width) {
    constexpr int kShades = 48;
    const double height = 0.7 * m_em;
    for (int i = 0; i < kShades; ++i) {
      const QColor colour(colourOf(m_content.field, 0, (static_cast<float>(i) + 0.5F) / kShades, m_style.ground));
      const double share = static_cast<double>(i) / kShades;
      m_legend.shapes.push_back({rectangle({x + width * share, y, width * (1 - share), height}), colour});
    }
    outline({x, y, width, height});
    return text(tr("Selectivity"), x, y + height + 0.1 * m_em);
  }
  // Returns where the next line begins.
  double text(const QString& string, double x, double y) {
    const QRectF box(x, y, m_metrics.horizontalAdvance(string), m_em);
    m_legend.texts.push_back({string, box});
    grow(box);
    return y + m_em;
  }
  void grow(const QRectF& box) { m_legend.size = m_legend.size.expandedTo({box.right(), box.bottom()}); }

  const MapContent& m_content;
  const QFontMetricsF& m_metrics;
  const MapStyle& m_style;
  double m_em;
  Legend m_legend;
};

}  // namespace

MapStyle paperStyle() {
  return {QColor(0x1a, 0x1a, 0x1a), QColor(0x4d, 0x4d, 0x4d), QColor(0x26, 0x26, 0x26), qRgb(0xd6, 0xd6, 0xd6), true};
}

MapStyle screenStyle(const QPalette& palette) {
  return {palette.color(QPalette::WindowText), quietColour(palette), quietColour(palette), groundColour(palette).rgb(),
          false};
}

QString numberText(double value, bool paper) {
  const QLocale locale = paper ? QLocale::c() : QLocale();
  // Ticks are multiples of a step: what floating point leaves of zero is zero.
  return locale.toString(std::abs(value) < 1e-12 ? 0.0 : value, 'g', 4);
}

double roundNumber(double value) {
  const double power = std::pow(10, std::floor(std::log10(value)));
  double best = power;
  for (const double step : {2.0, 5.0, 10.0})
    if (std::abs(std::log(step * power / value)) < std::abs(std::log(best / value))) best = step * power;
  return best;
}

QStringList wrapped(const QString& text, double width, const QFontMetricsF& metrics) {
  QStringList lines;
  for (const QString& word : text.split(QLatin1Char(' '), Qt::SkipEmptyParts)) {
    const QString longer = lines.isEmpty() ? word : lines.last() + QLatin1Char(' ') + word;
    if (!lines.isEmpty() && metrics.horizontalAdvance(longer) <= width)
      lines.last() = longer;
    else
      lines.append(metrics.horizontalAdvance(word) <= width ? word : metrics.elidedText(word, Qt::ElideRight, width));
  }
  return lines;
}

void Legend::moveTo(const QPointF& topLeft) {
  for (Shape& shape : shapes) shape.path.translate(topLeft);
  for (DrawnText& text : texts) text.box.translate(topLeft);
}

void Legend::paint(QPainter& painter, const MapStyle& style, double linePx) const {
  for (const Shape& shape : shapes) {
    painter.setPen(shape.outlined ? QPen(style.line, linePx) : QPen(Qt::NoPen));
    painter.setBrush(shape.fill.isValid() ? QBrush(shape.fill) : QBrush(Qt::NoBrush));
    painter.drawPath(shape.path);
  }
}

Legend makeLegend(const MapContent& content, const QFontMetricsF& metrics, bool upright, double extent,
                  const MapStyle& style) {
  Builder builder(content, metrics, style);
  if (content.field.cyclic) return builder.wheel(upright, extent);
  const Quantity quantity = content.choice.quantity;
  if (quantity == Quantity::spikes || quantity == Quantity::lesion) {
    const auto colour = [&](double share) { return mapColour(content.field.map, share); };
    const bool spikes = quantity == Quantity::spikes;
    return builder.swatches(
        {{spikes ? tr("Silent") : tr("Untouched"), colour(0)}, {spikes ? tr("Spike") : tr("Perturbed"), colour(1)}},
        upright, extent);
  }
  return builder.bar(upright, extent);
}

}  // namespace pinwheel::views
