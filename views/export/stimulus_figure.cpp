// A stimulus as a figure: the picture, the classes it is taken for, and the spikes of every sheet, step by step.
#include <QPainter>
#include <algorithm>
#include <cmath>
#include <numeric>

#include "views/export/figure_parts.h"
#include "views/export/paper_text.h"
#include "views/panels/chart.h"
#include "views/panels/panel_parts.h"
#include "views/theme.h"

namespace pinwheel::views {
namespace {

constexpr double kGapMm = 1.5;
constexpr double kTopMm = 38;       // of picture and chart
constexpr double kMostGrid = 0.75;  // of the width, however many time steps there are
constexpr int kGridSide = 256;      // pixels of a sheet
constexpr int kPictureSide = 320;   // pixels that the stimulus is enlarged to
constexpr std::size_t kClasses = 5;

struct Placed {
  QImage image;
  QRectF box;
};

struct Drawing {
  std::vector<Placed> pictures;  ///< all in mm
  std::vector<DrawnText> heading, texts;
  Chart classes;
  QRectF classesBox;
  MapContent legend;
  double legendTopMm = 0;
  double fontPt = 0;

  void paint(QPainter& painter, const QRectF& rect) const;
};

void Drawing::paint(QPainter& painter, const QRectF& rect) const {
  painter.save();
  painter.setRenderHints(QPainter::Antialiasing | QPainter::SmoothPixmapTransform);
  const double mm = painter.device()->logicalDpiX() / 25.4;
  const MapStyle style = paperStyle();
  const QTransform toDevice = QTransform::fromScale(mm, mm) * QTransform::fromTranslate(rect.left(), rect.top());
  paintChart(painter, toDevice.mapRect(classesBox), classes, ChartStyle::figure(fontPt));
  painter.setPen(QPen(style.line, 0.5 * mm * 25.4 / 72));
  painter.setBrush(Qt::NoBrush);
  for (const Placed& picture : pictures) {
    const QRectF box = toDevice.mapRect(picture.box);
    painter.drawImage(box, picture.image);
    painter.drawRect(box);
  }
  QFont font = figureFont(fontPt);
  painter.setFont(font);
  painter.setPen(style.text);
  paintTexts(painter, texts, toDevice);
  font.setBold(true);
  painter.setFont(font);
  paintTexts(painter, heading, toDevice);
  paintLegend(painter, legend, toDevice.map(QPointF(0, legendTopMm)), rect.width(), fontPt);
  painter.restore();
}

std::string className(const session::NetworkFrame& network, std::size_t c) {
  return c < network.classNames.size() ? network.classNames[c] : std::to_string(c);
}

Chart classChart(const session::NetworkFrame& network, const std::vector<float>& probability) {
  std::vector<std::size_t> order(probability.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return probability[a] > probability[b]; });
  order.resize(std::min(order.size(), kClasses));
  Chart chart;
  chart.title = order.size() < probability.size() ? "The five likeliest classes" : "Class probabilities";
  chart.yLabel = "softmax of the logits";
  chart.emptyNote = "No class probabilities";
  chart.yLow = 0;
  chart.yHigh = 1;
  ChartSeries bars;
  bars.kind = ChartSeries::Kind::bars;
  bars.colour = categoricalColour(0, lightPalette());
  for (const std::size_t c : order) {
    bars.x.push_back(static_cast<double>(bars.x.size()));
    bars.y.push_back(static_cast<double>(probability[c]));
    bars.notes << QString("%1 %").arg(100 * bars.y.back(), 0, 'f', 0);
    chart.categories << QString::fromStdString(className(network, c));
  }
  chart.series.push_back(std::move(bars));
  return chart;
}

formats::CsvTable probabilityTable(const session::NetworkFrame& network, const std::vector<float>& probability) {
  formats::CsvTable table{{"class", "probability"}, {}};
  for (std::size_t c = 0; c < probability.size(); ++c)
    table.rows.push_back({className(network, c), static_cast<double>(probability[c])});
  return table;
}

formats::CsvTable spikeTable(const session::NetworkFrame& network, const session::ActivityFrame& activity) {
  formats::CsvTable table{{"layer", "area", "time_step", "spikes", "units", "share"}, {}};
  for (std::size_t s = 0; s < network.sheets.size(); ++s) {
    const topography::SheetSpec& spec = network.sheets[s].spec;
    const auto units = static_cast<std::ptrdiff_t>(network.sheets[s].xMm.size());
    for (int t = 0; t < activity.timeSteps; ++t) {
      const auto first = activity.spikes[s].begin() + t * units;
      const std::int64_t fired = std::count_if(first, first + units, [](std::uint8_t spike) { return spike != 0; });
      table.rows.push_back({spec.layer, spec.area, std::int64_t{t + 1}, fired, std::int64_t{units},
                            static_cast<double>(fired) / static_cast<double>(units)});
    }
  }
  return table;
}

Status checkActivity(const session::NetworkFrame& network, const session::ActivityFrame* activity) {
  if (activity == nullptr || activity->timeSteps <= 0)
    return failure("There is no stimulus to draw", "none was shown", "show one in the Stimulus panel first");
  bool fits = !network.sheets.empty() && activity->spikes.size() == network.sheets.size();
  for (std::size_t s = 0; fits && s < network.sheets.size(); ++s)
    fits = !network.sheets[s].xMm.empty() &&
           activity->spikes[s].size() == network.sheets[s].xMm.size() * static_cast<std::size_t>(activity->timeSteps);
  if (fits) return {};
  return failure("There is no stimulus to draw", "the answer is of another network's sheets",
                 "show the stimulus again");
}

// Picture and classes side by side from `top` on; returns where they end.
double placeTop(Drawing& drawing, const session::NetworkFrame& network, const session::ActivityFrame& activity,
                double top, double widthMm) {
  QRectF picture;
  if (const QImage shown = toImage(activity.picture); !shown.isNull()) {
    const double side = widthMm >= 120 ? 34 : 26;
    const double reach = std::max(shown.width(), shown.height());
    picture = {0, top, side * shown.width() / reach, side * shown.height() / reach};
    // Whole pixels first: viewers of SVG and PDF smooth what they enlarge.
    const int times = std::max(1, kPictureSide / static_cast<int>(reach));
    drawing.pictures.push_back({shown.scaled(times * shown.size()), picture});
  }
  const double left = picture.isEmpty() ? 0 : picture.right() + 3 * kGapMm;
  drawing.classes = classChart(network, activity.probability);
  drawing.classesBox = {left, top, widthMm - left, kTopMm};
  return top + kTopMm;
}

// A column per sheet, a row per time step; returns where they end.
double placeGrid(Drawing& drawing, const FigureSpec& spec, const FigureData& data, const TextRuler& ruler, double top) {
  const double widthMm = spec.widthMm;
  const auto& sheets = data.network->sheets;
  const int steps = data.activity->timeSteps;
  const QString stepText = "step";
  const double left = std::max(ruler.widthMm(stepText), ruler.widthMm(QString::number(steps))) + kGapMm;
  const double pitch = (widthMm - left + kGapMm) / static_cast<double>(sheets.size());
  const double row = std::min(pitch, kMostGrid * widthMm / steps);
  const double side = std::min(pitch - kGapMm, 0.92 * row);
  double headEnd = top;
  for (std::size_t s = 0; s < sheets.size(); ++s) {
    const topography::SheetSpec& sheet = sheets[s].spec;
    double y = top;
    for (const QString& line : {sheetTitle(sheet), QString("%1 mm").arg(numberText(sheet.displaySideMm, true)),
                                QString("%1 units").arg(countText(sheet.unitCount()))})
      y = ruler.stack(drawing.texts, line, {left + static_cast<double>(s) * pitch, y}, pitch - kGapMm);
    headEnd = std::max(headEnd, y);
  }
  const double line = ruler.lineMm();
  drawing.texts.push_back({stepText, {0, headEnd - line, left - kGapMm, line}});
  const double gridTop = headEnd + kGapMm / 2;
  const auto rowTop = [&](int t) { return gridTop + t * row; };
  // Rows lower than a line: not every one has its number.
  for (int t = 0; t < steps; t += std::max(1, static_cast<int>(std::ceil(line / row))))
    drawing.texts.push_back({QString::number(t + 1), {0, rowTop(t) + (side - line) / 2, left - kGapMm, line}});
  const QRgb ground = paperStyle().ground;
  for (std::size_t s = 0; s < sheets.size() && !spec.stop.stop_requested(); ++s) {
    const SheetGrid grid(sheets[s], kGridSide);
    for (int t = 0; t < steps; ++t) {
      const Field field = fieldOf(sourceOf(data), s, {Quantity::spikes, 0, t});
      drawing.pictures.push_back(
          {grid.picture(field, false, ground), {left + static_cast<double>(s) * pitch, rowTop(t), side, side}});
      drawing.legend.field = field;
    }
    tellParts(spec, s + 1, sheets.size());
  }
  drawing.legend.choice.quantity = Quantity::spikes;
  return rowTop(steps);
}

}  // namespace

Expected<Figure> stimulusFigure(const FigureSpec& spec, const FigureData& data) {
  if (const Status status = checkActivity(*data.network, data.activity.get()); !status)
    return tl::unexpected(status.error());
  const session::ActivityFrame& activity = *data.activity;
  Figure figure;
  figure.title = QString("Stimulus: %1").arg(QString::fromStdString(activity.stimulus));
  figure.tables = {{"spikes", spikeTable(*data.network, activity)},
                   {"probabilities", probabilityTable(*data.network, activity.probability)}};
  Drawing drawing;
  drawing.fontPt = spec.fontPt;
  const TextRuler ruler(spec.fontPt);
  const TextRuler bold(spec.fontPt, true);
  double y = bold.stack(drawing.heading, figure.title, {0, 0}, spec.widthMm) + kGapMm;
  y = placeTop(drawing, *data.network, activity, y, spec.widthMm) + 2 * kGapMm;
  drawing.legendTopMm = placeGrid(drawing, spec, data, ruler, y) + kGapMm;
  figure.heightMm = drawing.legendTopMm + ruler.legendHeightMm(drawing.legend, spec.widthMm);
  figure.paint = [drawing = std::move(drawing)](QPainter& painter, const QRectF& rect) {
    drawing.paint(painter, rect);
  };
  return figure;
}

}  // namespace pinwheel::views
