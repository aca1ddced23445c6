#include "views/export/paper_text.h"

#include <QImage>
#include <QLocale>
#include <QPainter>
#include <cmath>

#include "views/theme.h"

namespace pinwheel::views {
namespace {

constexpr double kFineDpi = 1200;
constexpr double kPerMm = kFineDpi / 25.4;
// A screen's 90 dpi make lines of 7 pt up to 9 % higher than they are.
constexpr double kRoom = 1.1;

QFont paperFont(double fontPt, bool bold) {
  QFont font = figureFont(fontPt);
  font.setBold(bold);
  return font;
}

QFontMetricsF fineMetrics(double fontPt, bool bold) {
  QImage device(1, 1, QImage::Format_Grayscale8);
  device.setDotsPerMeterX(static_cast<int>(std::lround(1000 * kPerMm)));
  device.setDotsPerMeterY(device.dotsPerMeterX());
  return {paperFont(fontPt, bold), &device};
}

// Beneath what it explains; on a page too narrow for that its parts stand one above the other.
Legend legendOf(const MapContent& content, const QFontMetricsF& metrics, double width) {
  const MapStyle style = paperStyle();
  Legend legend = makeLegend(content, metrics, false, width, style);
  return legend.size.width() <= width ? legend : makeLegend(content, metrics, true, width, style);
}

}  // namespace

TextRuler::TextRuler(double fontPt, bool bold) : m_metrics(fineMetrics(fontPt, bold)) {}

double TextRuler::lineMm() const {
  return kRoom * m_metrics.height() / kPerMm;
}

double TextRuler::widthMm(const QString& text) const {
  return kRoom * m_metrics.horizontalAdvance(text) / kPerMm;
}

QString TextRuler::elided(const QString& text, double mostMm) const {
  return m_metrics.elidedText(text, Qt::ElideRight, mostMm * kPerMm / kRoom);
}

double TextRuler::stack(std::vector<DrawnText>& texts, const QString& text, const QPointF& topLeftMm,
                        double mostMm) const {
  double y = topLeftMm.y();
  for (const QString& line : wrapped(text, mostMm * kPerMm / kRoom, m_metrics)) {
    texts.push_back({line, {topLeftMm.x(), y, widthMm(line), lineMm()}});
    y += lineMm();
  }
  return y;
}

double TextRuler::legendHeightMm(const MapContent& content, double widthMm) const {
  return kRoom * legendOf(content, m_metrics, widthMm * kPerMm).size.height() / kPerMm;
}

QString countText(std::int64_t count) {
  QLocale locale = QLocale::c();
  locale.setNumberOptions(QLocale::DefaultNumberOptions);  // the C locale groups no digits by itself
  return locale.toString(static_cast<qlonglong>(count));
}

void paintTexts(QPainter& painter, const std::vector<DrawnText>& texts, const QTransform& toDevice) {
  const double ascent = QFontMetricsF(painter.font(), painter.device()).ascent();
  for (const DrawnText& text : texts)
    painter.drawText(toDevice.map(text.box.topLeft()) + QPointF(0, ascent), text.text);
}

void paintLegend(QPainter& painter, const MapContent& content, const QPointF& topLeft, double width, double fontPt) {
  painter.save();
  const MapStyle style = paperStyle();
  painter.setFont(paperFont(fontPt, false));
  Legend legend = legendOf(content, QFontMetricsF(painter.font(), painter.device()), width);
  legend.moveTo(topLeft);
  legend.paint(painter, style, 0.6 * painter.device()->logicalDpiY() / 72.0);
  painter.setPen(style.text);
  paintTexts(painter, legend.texts, {});
  painter.restore();
}

}  // namespace pinwheel::views
