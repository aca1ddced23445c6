#include <QFontMetricsF>
#include <algorithm>
#include <cmath>

#include "views/panels/chart.h"

namespace pinwheel::views {
namespace {

// Turned, glyphs are not fitted to pixels: a text may be longer than it is lying. By so many gaps, at most.
constexpr double kTurned = 1;

double niceStep(double raw) {
  if (!(raw > 0)) return 1;
  const double power = std::pow(10.0, std::floor(std::log10(raw)));
  for (const double factor : {1.0, 2.0, 5.0})
    if (factor * power >= raw * (1 - 1e-9)) return factor * power;
  return 10 * power;
}

std::vector<double> ticksOfStep(double low, double high, double step) {
  std::vector<double> ticks;
  const double last = std::floor(high / step + 1e-9);
  for (double k = std::ceil(low / step - 1e-9); k <= last; ++k) ticks.push_back(k * step + 0.0);  // + 0: no "-0"
  return ticks;
}

QString tickText(double value, double step, const QLocale& locale) {
  const double size = std::max(std::abs(value), step);
  const int decimals = std::max(0, static_cast<int>(-std::floor(std::log10(step) + 1e-9)));
  if (value != 0 && (decimals > 4 || size >= 1e6)) return locale.toString(value, 'g', 3);
  return locale.toString(value, 'f', decimals);
}

struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
  void take(double v) {
    if (!std::isfinite(v)) return;
    low = std::min(low, v);
    high = std::max(high, v);
  }
  [[nodiscard]] bool empty() const { return low > high; }
};

void fitX(const Chart& chart, ChartLayout& layout) {
  if (!chart.categories.isEmpty()) {
    layout.xLow = -0.5;
    layout.xHigh = static_cast<double>(chart.categories.size()) - 0.5;
    return;
  }
  Range range;
  for (const ChartSeries& series : chart.series)
    for (std::size_t i = 0; i < std::min(series.x.size(), series.y.size()); ++i)
      if (std::isfinite(series.y[i])) range.take(series.x[i]);
  if (range.empty()) range = {0, 1};
  if (range.low == range.high) range = {range.low - 0.5, range.high + 0.5};
  layout.xLow = std::isfinite(chart.xLow) ? chart.xLow : range.low;
  layout.xHigh = std::isfinite(chart.xHigh) ? chart.xHigh : range.high;
  if (!(layout.xHigh > layout.xLow)) layout.xHigh = layout.xLow + 1;
}

void fitY(const Chart& chart, ChartLayout& layout) {
  layout.logY = chart.logY;
  Range range;
  for (const ChartSeries& series : chart.series) {
    for (std::size_t i = 0; i < std::min(series.x.size(), series.y.size()); ++i) {
      if (series.x[i] < layout.xLow || series.x[i] > layout.xHigh) continue;
      for (const auto* values : {&series.y, &series.low, &series.high})
        if (i < values->size() && !(chart.logY && (*values)[i] <= 0)) range.take((*values)[i]);
    }
    if (series.kind == ChartSeries::Kind::bars && !chart.logY) range.take(0);
  }
  if (range.empty()) range = chart.logY ? Range{0.1, 1} : Range{0, 1};
  double low = range.low;
  double high = range.high;
  if (chart.logY) {
    if (low == high) low /= 2, high *= 2;
    const double pad = std::pow(high / low, 0.05);
    low /= pad;
    high *= pad;
  } else {
    if (low == high) low -= 0.5 * std::max(std::abs(low), 1e-6), high += 0.5 * std::max(std::abs(high), 1e-6);
    const double pad = 0.06 * (high - low);
    // Rates and losses end at zero, and so does their axis.
    low = low >= 0 && low - pad < 0 ? 0 : low - pad;
    high += pad;
  }
  layout.yLow = std::isfinite(chart.yLow) ? chart.yLow : low;
  layout.yHigh = std::isfinite(chart.yHigh) ? chart.yHigh : high;
  if (!(layout.yHigh > layout.yLow)) layout.yHigh = layout.yLow + 1;
}

bool hasValues(const Chart& chart) {
  return std::any_of(chart.series.begin(), chart.series.end(), [&](const ChartSeries& series) {
    return std::any_of(series.y.begin(), series.y.end(),
                       [&](double y) { return std::isfinite(y) && !(chart.logY && y <= 0); });
  });
}

struct Metrics {
  QFontMetricsF font;
  QFontMetricsF bold;
  double line;
  double gap;  ///< a quarter of a line
};

// A text in its box, shortened where it is longer than `room`.
ChartLayout::Text fitting(const QFontMetricsF& metrics, const QRectF& box, const QString& whole, double room,
                          Qt::Alignment alignment) {
  ChartLayout::Text text{box, metrics.elidedText(whole, Qt::ElideRight, std::max(0.0, room)), alignment};
  if (text.text != whole) text.whole = whole;
  return text;
}

// Entries in rows from the left; where what follows begins.
double placeLegendAbove(const Chart& chart, const Metrics& m, const QRectF& rect, double top, ChartLayout& layout) {
  double x = rect.left();
  double y = top;
  bool any = false;
  for (std::size_t s = 0; s < chart.series.size(); ++s) {
    if (chart.series[s].name.isEmpty()) continue;
    const double swatch = 1.4 * m.line;
    const double room = rect.width() - swatch - m.gap - 1;
    const double width = swatch + m.gap + std::min(room, m.font.horizontalAdvance(chart.series[s].name)) + 1;
    if (any && x + width > rect.right()) {
      x = rect.left();
      y += m.line;
    }
    layout.swatches.push_back({{x, y, swatch, m.line}, s});
    layout.texts.push_back(fitting(m.font, {x + swatch + m.gap, y, width - swatch - m.gap, m.line},
                                   chart.series[s].name, room, Qt::AlignLeft | Qt::AlignVCenter));
    x += width + 3 * m.gap;
    any = true;
  }
  return any ? y + m.line + m.gap : top;
}

double legendWidth(const Chart& chart, const Metrics& m, double most) {
  double widest = 0;
  for (const ChartSeries& series : chart.series)
    if (!series.name.isEmpty()) widest = std::max(widest, m.font.horizontalAdvance(series.name) + 1);
  return widest > 0 ? std::min(most, widest + 1.4 * m.line + m.gap) : 0;
}

void placeLegendBeside(const Chart& chart, const Metrics& m, double left, double right, double top, double bottom,
                       ChartLayout& layout) {
  double y = top;
  for (std::size_t s = 0; s < chart.series.size() && y + m.line <= bottom; ++s) {
    if (chart.series[s].name.isEmpty()) continue;
    const double text = left + 1.4 * m.line + m.gap;
    layout.swatches.push_back({{left, y, 1.4 * m.line, m.line}, s});
    layout.texts.push_back(fitting(m.font, {text, y, right - text, m.line}, chart.series[s].name, right - text,
                                   Qt::AlignLeft | Qt::AlignVCenter));
    y += 1.15 * m.line;
  }
}

void placeYTicks(const Chart& chart, const ChartStyle& style, const Metrics& m, double height, ChartLayout& layout,
                 QStringList& labels) {
  const int most = std::clamp(static_cast<int>(height / (1.9 * m.line)), 1, 8);
  layout.yTicks = chart.logY ? logTicks(layout.yLow, layout.yHigh, most) : niceTicks(layout.yLow, layout.yHigh, most);
  labels.clear();
  const double step = layout.yTicks.size() > 1 ? layout.yTicks[1] - layout.yTicks[0] : layout.yHigh - layout.yLow;
  for (const double tick : layout.yTicks)
    labels << (chart.logY ? style.locale.toString(tick, 'g', 3) : tickText(tick, step, style.locale));
}

void placeXLabels(const Chart& chart, const ChartStyle& style, const Metrics& m, const QRectF& rect, bool upright,
                  double textHeight, ChartLayout& layout) {
  const double top = layout.plot.bottom() + 2 * m.gap;
  if (!chart.categories.isEmpty()) {
    const double slot = layout.plot.width() / static_cast<double>(chart.categories.size());
    // Upright a name takes a line: where there is less room, every second or third is named. Pointing tells the others.
    const int every = upright ? std::max(1, static_cast<int>(std::ceil(m.line / slot))) : 1;
    for (int i = 0; i < chart.categories.size(); ++i) {
      layout.xTicks.push_back(i);
      if (i % every != 0) continue;
      const double centre = layout.pixelX(i);
      const double width = upright ? m.line : slot;
      ChartLayout::Text text = fitting(m.font, {centre - width / 2, top, width, textHeight}, chart.categories[i],
                                       upright ? textHeight - kTurned * m.gap : slot,
                                       upright ? Qt::AlignRight | Qt::AlignVCenter : Qt::AlignHCenter | Qt::AlignTop);
      text.upright = upright;
      layout.texts.push_back(std::move(text));
    }
    return;
  }
  // As many as fit beside each other: fewer until none touches its neighbour.
  for (int most = 10; most >= 1; --most) {
    const double span = layout.xHigh - layout.xLow;
    double step = chart.xTickStep;
    if (step > 0)
      while (span / step > most) step *= 2;
    else
      step = niceStep(span / most);
    layout.xTicks = ticksOfStep(layout.xLow, layout.xHigh, step);
    std::vector<ChartLayout::Text> texts;
    bool fits = true;
    double end = -std::numeric_limits<double>::infinity();
    for (const double tick : layout.xTicks) {
      const QString text = tickText(tick, step, style.locale);
      const double width = m.font.horizontalAdvance(text) + 2;
      const double left =
          std::clamp(layout.pixelX(tick) - width / 2, rect.left(), std::max(rect.left(), rect.right() - width));
      fits = fits && left >= end + 2 * m.gap;
      end = left + width;
      texts.push_back({{left, top, width, textHeight}, text, Qt::AlignCenter});
    }
    if (!fits && most > 1) continue;
    if (fits) layout.texts.insert(layout.texts.end(), texts.begin(), texts.end());
    return;
  }
}

}  // namespace

double ChartLayout::pixelX(double x) const {
  return plot.left() + (x - xLow) / (xHigh - xLow) * plot.width();
}

double ChartLayout::pixelY(double y) const {
  const double part = logY ? std::log(y / yLow) / std::log(yHigh / yLow) : (y - yLow) / (yHigh - yLow);
  return plot.bottom() - part * plot.height();
}

double ChartLayout::valueX(double pixel) const {
  return xLow + (pixel - plot.left()) / plot.width() * (xHigh - xLow);
}

std::vector<double> niceTicks(double low, double high, int most) {
  if (!std::isfinite(low) || !std::isfinite(high) || !(high > low)) return {};
  return ticksOfStep(low, high, niceStep((high - low) / std::max(1, most)));
}

std::vector<double> logTicks(double low, double high, int most) {
  if (!(low > 0) || !(high > low) || !std::isfinite(high)) return {};
  std::vector<double> decades;
  std::vector<double> all;
  for (double exponent = std::floor(std::log10(low)); exponent <= std::ceil(std::log10(high)); ++exponent)
    for (const double factor : {1.0, 2.0, 5.0}) {
      const double tick = factor * std::pow(10.0, exponent);
      if (tick < low * (1 - 1e-9) || tick > high * (1 + 1e-9)) continue;
      if (factor == 1.0) decades.push_back(tick);
      all.push_back(tick);
    }
  if (all.size() <= static_cast<std::size_t>(std::max(2, most + 1))) return all;
  std::vector<double> thinned;
  const std::size_t stride = decades.size() / static_cast<std::size_t>(std::max(1, most)) + 1;
  for (std::size_t i = 0; i < decades.size(); i += stride) thinned.push_back(decades[i]);
  return thinned;
}

ChartLayout layOut(const Chart& chart, const ChartStyle& style, const QRectF& rect, const QPaintDevice* device) {
  QFont bold = style.font;
  bold.setBold(true);
  const QFontMetricsF font(style.font, device);
  const Metrics m{font, QFontMetricsF(bold, device), font.height(), font.height() / 4};
  ChartLayout layout;
  layout.empty = !hasValues(chart);
  layout.outer = rect;
  fitX(chart, layout);
  fitY(chart, layout);
  double top = rect.top();
  if (!chart.title.isEmpty()) {
    layout.texts.push_back(fitting(m.bold, {rect.left(), top, rect.width(), m.bold.height()}, chart.title, rect.width(),
                                   Qt::AlignLeft | Qt::AlignVCenter));
    layout.texts.back().bold = true;
    top += m.bold.height() + m.gap;
  }
  const bool beside = rect.width() > 36 * m.line;
  const double legend = beside ? legendWidth(chart, m, 0.3 * rect.width()) : 0;
  if (!beside) top = placeLegendAbove(chart, m, rect, top, layout);
  if (!chart.yLabel.isEmpty()) {
    layout.texts.push_back(fitting(m.font, {rect.left(), top, rect.width(), m.line}, chart.yLabel, rect.width(),
                                   Qt::AlignLeft | Qt::AlignVCenter));
    layout.texts.back().quiet = true;
    top += m.line;
  }
  top += m.line / 2;  // half of the highest tick's label
  if (std::any_of(chart.series.begin(), chart.series.end(), [](const auto& s) { return !s.notes.isEmpty(); }))
    top += m.line;  // the highest bar's
  const double right = rect.right() - (legend > 0 ? legend + 3 * m.gap : m.line / 2);
  const double xLabel = chart.xLabel.isEmpty() ? 0 : m.line + m.gap;

  double widest = 0;
  for (const QString& name : chart.categories) widest = std::max(widest, m.font.horizontalAdvance(name) + 1);
  bool upright = false;
  double textHeight = m.line;
  QStringList yTexts;
  // The room for the labels beneath depends on the plot's width, that on the labels beside it, and those on its height.
  for (int pass = 0; pass < 2; ++pass) {
    const double bottom = rect.bottom() - xLabel - textHeight - 2 * m.gap;
    placeYTicks(chart, style, m, bottom - top, layout, yTexts);
    double labels = 0;
    for (const QString& text : yTexts) labels = std::max(labels, m.font.horizontalAdvance(text) + 1);
    const double left = rect.left() + labels + 2 * m.gap;
    layout.plot = QRectF(QPointF(left, top), QPointF(right, bottom));
    if (!chart.categories.isEmpty() && !upright &&
        widest + 2 * m.gap > layout.plot.width() / static_cast<double>(chart.categories.size())) {
      upright = true;
      textHeight = std::min(widest + kTurned * m.gap, 0.4 * rect.height());
    }
  }
  layout.usable = layout.plot.width() >= 3 * m.line && layout.plot.height() >= 2 * m.line;
  if (!layout.usable) {
    layout.texts.clear();
    layout.swatches.clear();
    return layout;
  }
  if (layout.empty) {
    layout.yTicks.clear();
    yTexts.clear();
  }
  for (int i = 0; i < yTexts.size(); ++i)
    layout.texts.push_back({{rect.left(), layout.pixelY(layout.yTicks[static_cast<std::size_t>(i)]) - m.line / 2,
                             layout.plot.left() - rect.left() - 1.5 * m.gap, m.line},
                            yTexts[i],
                            Qt::AlignRight | Qt::AlignVCenter});
  if (!layout.empty) placeXLabels(chart, style, m, rect, upright, textHeight, layout);
  if (legend > 0)
    placeLegendBeside(chart, m, right + 3 * m.gap, rect.right(), layout.plot.top(), rect.bottom(), layout);
  if (xLabel > 0) {
    layout.texts.push_back(fitting(m.font, {rect.left(), rect.bottom() - m.line, right - rect.left(), m.line},
                                   chart.xLabel, right - rect.left(), Qt::AlignHCenter | Qt::AlignVCenter));
    layout.texts.back().quiet = true;
  }
  return layout;
}

}  // namespace pinwheel::views
