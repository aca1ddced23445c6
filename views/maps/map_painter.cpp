#include "views/maps/map_painter.h"

#include <QCoreApplication>
#include <QLocale>
#include <QPaintDevice>
#include <QPainter>
#include <algorithm>
#include <cmath>

#include "views/theme.h"

namespace pinwheel::views {
namespace {

QString tr(const char* text, int n = -1) {
  return QCoreApplication::translate("MapPainter", text, nullptr, n);
}

QString countText(std::int64_t count, bool paper) {
  QLocale locale = paper ? QLocale::c() : QLocale();
  locale.setNumberOptions(QLocale::DefaultNumberOptions);  // the C locale groups no digits by itself
  return locale.toString(static_cast<qlonglong>(count));
}

// Lines as boxes, one below the other; returns the end of the last.
double stack(std::vector<DrawnText>& texts, const QStringList& lines, double left, double top,
             const QFontMetricsF& metrics) {
  for (const QString& line : lines) {
    texts.push_back({line, {left, top, metrics.horizontalAdvance(line), metrics.height()}});
    top += metrics.height();
  }
  return top;
}

void drawTexts(QPainter& painter, const std::vector<DrawnText>& texts) {
  const double ascent = QFontMetricsF(painter.font(), painter.device()).ascent();
  for (const DrawnText& text : texts) painter.drawText(text.box.topLeft() + QPointF(0, ascent), text.text);
}

constexpr double kWidestBar = 0.36;  // of the map: a round number near a fifth is at most 0.32

}  // namespace

std::vector<DrawnText> MapLayout::texts() const {
  std::vector<DrawnText> all = title;
  if (legend) all.insert(all.end(), legend->texts.begin(), legend->texts.end());
  all.insert(all.end(), caption.begin(), caption.end());
  all.insert(all.end(), note.begin(), note.end());
  if (scaleText) all.push_back(*scaleText);
  return all;
}

MapPainter::MapPainter(const MapContent& content, const MapOptions& options, const MapStyle& style)
    : m_content(content), m_options(options), m_style(style) {}

QFont MapPainter::font(bool bold) const {
  QFont font = m_style.paper ? figureFont(m_options.fontPt) : QFont();
  font.setPointSizeF(m_options.fontPt);
  font.setBold(bold);
  return font;
}

QStringList MapPainter::captionParts() const {
  QStringList parts;
  if (!m_options.caption || m_content.units == 0) return parts;
  const QString side = numberText(m_content.sideMm, m_style.paper);
  parts.append(tr("%1 units on %2 %3 %2 mm").arg(countText(m_content.units, m_style.paper), side, QChar(0xd7)));
  if (m_options.pinwheels && !m_content.pinwheels.empty()) {
    const auto positive = std::count_if(m_content.pinwheels.begin(), m_content.pinwheels.end(),
                                        [](const analysis::Pinwheel& p) { return p.sign > 0; });
    const auto all = static_cast<std::ptrdiff_t>(m_content.pinwheels.size());
    parts.append(tr("pinwheels: %1 white (+1/2), %2 black (%3 1/2)")
                     .arg(countText(positive, m_style.paper), countText(all - positive, m_style.paper))
                     .arg(QChar(0x2212))
                     .replace(QStringLiteral("\u2212 1"), QStringLiteral("\u22121")));
  }
  return parts;
}

MapLayout MapPainter::layout(const QRectF& rect, QPaintDevice* device) const {
  const QFontMetricsF metrics(font(false), device);
  const QFontMetricsF bold(font(true), device);
  const double em = metrics.height();
  const double gap = 0.5 * em;
  const bool drawn = m_content.field.note.isEmpty();
  // Tried from all to nothing but the map.
  for (const int level : {0, 1, 2}) {
    MapLayout layout;
    double top = rect.top();
    if (m_options.title && level < 2 && !m_content.title.isEmpty())
      top = stack(layout.title, wrapped(m_content.title, rect.width(), bold), rect.left(), top, bold) + 0.3 * em;
    double footer = 0;
    if (level < 2) {
      layout.map = {0, 0, rect.width(), 1};  // only the footer's height is asked for
      layout.perMm = 1;
      MapLayout probe = layout;
      placeFooter(probe, rect, 0, metrics);
      for (const DrawnText& text : probe.caption) footer = std::max(footer, text.box.bottom());
      if (probe.scaleText) footer = std::max(footer, probe.scaleText->box.bottom());
    }
    const double height = rect.bottom() - top - footer;
    std::optional<Legend> beside;
    std::optional<Legend> beneath;
    if (m_options.legend && drawn && level < 1) {
      beside = makeLegend(m_content, metrics, true, height, m_style);
      beneath = makeLegend(m_content, metrics, false, rect.width(), m_style);
      // A narrow page: its parts one above the other.
      if (beneath->size.width() > rect.width()) beneath = makeLegend(m_content, metrics, true, height / 2, m_style);
    }
    QSizeF room(rect.width(), height);
    if (beside) {
      const QSizeF withBeside(rect.width() - beside->size.width() - gap, height);
      const QSizeF withBeneath(rect.width(), height - beneath->size.height() - gap);
      const auto square = [](const QSizeF& size) { return std::min(size.width(), size.height()); };
      const bool besideFits = beside->size.height() <= height;
      const bool beneathFits = beneath->size.width() <= rect.width();
      if (besideFits && (!beneathFits || square(withBeside) >= square(withBeneath))) {
        beneath.reset();
        room = withBeside;
      } else if (beneathFits) {
        beside.reset();
        room = withBeneath;
      } else {
        continue;
      }
    }
    const double side = std::min(room.width(), room.height());
    if (level < 2 && side < 4 * em) continue;
    const QSizeF size = m_options.fill ? room : QSizeF(side, side);
    layout.map = {QPointF(rect.left(), top), QSizeF(std::max(1.0, size.width()), std::max(1.0, size.height()))};
    layout.centreMm = m_options.centreMm.value_or(QPointF(m_content.sideMm / 2, m_content.sideMm / 2));
    layout.perMm = m_content.sideMm > 0
                       ? m_options.zoom * std::min(layout.map.width(), layout.map.height()) / m_content.sideMm
                       : 1;
    // A legend taller than the map pushes the footer down, which is as wide as both.
    const double footerTop = beside ? std::max(layout.map.bottom(), top + beside->size.height()) : layout.map.bottom();
    layout.legendEnd = beside ? layout.map.right() + gap + beside->size.width() : 0;
    if (level < 2) placeFooter(layout, rect, footerTop, metrics);
    if (beside) beside->moveTo({layout.map.right() + gap, top});
    if (beneath) beneath->moveTo({rect.left(), layout.map.bottom() + footer + gap});
    layout.legend = beside ? beside : beneath;
    if (!drawn) {
      const QStringList lines = wrapped(m_content.field.note, layout.map.width() - em, metrics);
      double y = layout.map.center().y() - static_cast<double>(lines.size()) * em / 2;
      for (const QString& line : lines) {
        const double wide = metrics.horizontalAdvance(line);
        layout.note.push_back({line, {layout.map.center().x() - wide / 2, y, wide, em}});
        y += em;
      }
    }
    return layout;
  }
  return {};
}

void MapPainter::placeFooter(MapLayout& layout, const QRectF& rect, double top, const QFontMetricsF& metrics) const {
  const double em = metrics.height();
  const QStringList parts = captionParts();
  double y = top + 0.3 * em;
  double right = rect.right();
  bool besideBar = false;
  if (m_options.scaleBar && m_content.sideMm > 0) {
    const double mm = roundNumber(layout.map.width() / layout.perMm / 5);
    layout.scaleBar = {layout.map.left(), y + 0.35 * em, mm * layout.perMm, 0.3 * em};
    const QString text = tr("%1 mm").arg(numberText(mm, m_style.paper));
    layout.scaleText = {text, {layout.scaleBar.right() + 0.4 * em, y, metrics.horizontalAdvance(text), em}};
    // Beside the bar when there is room for any bar; the same at every zoom, so that nothing jumps.
    const double taken = kWidestBar * rect.width() + metrics.horizontalAdvance(QStringLiteral("0.005 mm")) + em;
    besideBar = !parts.isEmpty() && taken + metrics.horizontalAdvance(parts.first()) <= rect.width();
    if (!besideBar) y += em;
  }
  for (qsizetype i = 0; i < parts.size(); ++i) {
    if (i == 0 && besideBar) {
      // At the block's end rather than at the page's, where it is nearer and there is room.
      const double wide = metrics.horizontalAdvance(parts.first());
      const double block = std::max(layout.map.right(), layout.legendEnd);
      right = std::min(right, std::max(block, layout.scaleText ? layout.scaleText->box.right() + em + wide : 0));
      layout.caption.push_back({parts.first(), {right - wide, y, wide, em}});
      y += em;
    } else {
      y = stack(layout.caption, wrapped(parts[i], rect.width(), metrics), rect.left(), y, metrics);
    }
  }
}

MapLayout MapPainter::paint(QPainter& painter, const QRectF& rect) const {
  MapLayout where = layout(rect, painter.device());
  paint(painter, where);
  return where;
}

void MapPainter::paint(QPainter& painter, const MapLayout& layout) const {
  painter.save();
  painter.setRenderHint(QPainter::Antialiasing);
  const double pt = painter.device()->logicalDpiY() / 72.0;
  paintMap(painter, layout, pt);
  if (layout.legend) layout.legend->paint(painter, m_style, 0.6 * pt);
  painter.setPen(m_style.text);
  painter.setFont(font(true));
  drawTexts(painter, layout.title);
  painter.setFont(font(false));
  if (layout.legend) drawTexts(painter, layout.legend->texts);
  drawTexts(painter, layout.note);
  if (layout.scaleText) {
    drawTexts(painter, {*layout.scaleText});
    painter.fillRect(layout.scaleBar, m_style.text);
  }
  painter.setPen(m_style.quiet);
  drawTexts(painter, layout.caption);
  painter.restore();
}

void MapPainter::paintMap(QPainter& painter, const MapLayout& layout, double pt) const {
  painter.save();
  painter.setClipRect(layout.map, Qt::IntersectClip);
  const QRectF sheet(layout.toDevice({0, 0}), layout.toDevice({m_content.sideMm, m_content.sideMm}));
  if (m_content.picture.isNull()) {
    painter.fillRect(sheet & layout.map, QColor(m_style.ground));
  } else {
    // Only what is seen: a device may scale the whole picture otherwise.
    const QRectF target = sheet & layout.map;
    const double scale = m_content.picture.width() / sheet.width();
    const QRectF source((target.topLeft() - sheet.topLeft()) * scale, target.size() * scale);
    // Shrunk or smoothed pictures are averaged; enlarged ones keep the units' edges. On a dense screen that begins
    // later.
    const bool shrunk = scale > painter.device()->devicePixelRatioF();
    painter.setRenderHint(QPainter::SmoothPixmapTransform, m_content.choice.smoothed || shrunk);
    painter.drawImage(target, m_content.picture, source);
  }
  QTransform toDevice;
  toDevice.translate(layout.map.center().x(), layout.map.center().y());
  toDevice.scale(layout.perMm, layout.perMm);
  toDevice.translate(-layout.centreMm.x(), -layout.centreMm.y());
  const auto drawLines = [&](const std::vector<QPolygonF>& lines, const QColor& colour, double widthPt) {
    painter.setPen(QPen(colour, widthPt * pt, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    // One by one: all as a single path take ten times as long to fill.
    for (const QPolygonF& line : lines) painter.drawPolyline(toDevice.map(line));
  };
  if (m_options.isoLines) drawLines(m_content.isoLines, QColor(20, 20, 20, 170), 0.5);
  if (m_options.patches) {
    drawLines(m_content.patches, Qt::white, 2.0);
    drawLines(m_content.patches, Qt::black, 1.0);
  }
  if (m_options.pinwheels && m_content.field.note.isEmpty())
    for (const analysis::Pinwheel& pinwheel : m_content.pinwheels) {
      if (pinwheel.sign == 0) continue;
      const QColor fill = pinwheel.sign > 0 ? Qt::white : Qt::black;
      painter.setPen(QPen(pinwheel.sign > 0 ? Qt::black : Qt::white, 0.7 * pt));
      painter.setBrush(fill);
      painter.drawEllipse(layout.toDevice({pinwheel.xMm, pinwheel.yMm}), 2.2 * pt, 2.2 * pt);
    }
  painter.setPen(QPen(m_style.line, 0.6 * pt));
  painter.setBrush(Qt::NoBrush);
  painter.drawRect(sheet);
  painter.restore();
}

}  // namespace pinwheel::views
