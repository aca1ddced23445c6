// The tuning of units as a figure: who they are, their curves, and what drives them most.
#include <algorithm>
#include <cmath>

#include "views/export/figure_parts.h"
#include "views/export/paper_text.h"
#include "views/panels/panel_parts.h"
#include "views/panels/tuning_charts.h"
#include "views/theme.h"

namespace pinwheel::views {
namespace {

constexpr double kGapMm = 2;
constexpr double kChartMm = 50;
constexpr double kMostThumbMm = 20;
constexpr int kThumbs = 6;       // in one row
constexpr int kThumbSide = 192;  // pixels that a stimulus is enlarged to
constexpr const char* kRate = "spikes per time step";

Chart curveChart(const QString& title, const QString& xLabel, const std::vector<session::CurvePoint>& points) {
  Chart chart;
  chart.title = title;
  chart.xLabel = xLabel;
  chart.yLabel = kRate;
  chart.emptyNote = "No gratings were shown";
  chart.series = {curveSeries(points, categoricalColour(0, lightPalette()))};
  chart.yLow = 0;
  return chart;
}

Chart colourChart(const std::vector<session::CurvePoint>& points) {
  Chart chart = curveChart("Colour", {}, points);
  chart.categories = {"achromatic", "chromatic"};
  chart.series[0].kind = ChartSeries::Kind::bars;
  chart.series[0].marked = false;
  return chart;
}

Chart domainChart(const std::vector<session::DomainResponse>& domains) {
  Chart chart;
  chart.title = "Domains";
  chart.yLabel = kRate;
  chart.emptyNote = "No category images were shown";
  chart.categories = domainNames(domains);
  chart.series = {domainSeries(domains, categoricalColour(0, lightPalette()), QLocale::c())};
  chart.yLow = 0;
  return chart;
}

formats::CsvTable curveTable(const char* x, const std::vector<session::CurvePoint>& points) {
  formats::CsvTable table{{x, "mean_spikes_per_step", "sem"}, {}};
  for (const session::CurvePoint& point : points) table.rows.push_back({point.x, point.mean, point.sem});
  return table;
}

std::vector<FigureTable> tablesOf(const session::TuningFrame& tuning, const topography::SheetSpec& sheet) {
  formats::CsvTable domains{{"domain", "mean_spikes_per_step", "sem", "t"}, {}};
  for (const session::DomainResponse& domain : tuning.domains)
    domains.rows.push_back({domain.domain, domain.mean, domain.sem, domain.t});
  formats::CsvTable preferences{{"layer", "area", "units", "x_mm", "y_mm", "orientation_deg", "circular_variance"}, {}};
  preferences.rows.push_back({sheet.layer, sheet.area, static_cast<std::int64_t>(tuning.units.size()), tuning.xMm,
                              tuning.yMm, tuning.orientationDeg, tuning.circularVariance});
  formats::CsvTable units{{"unit"}, {}};
  for (const std::int32_t unit : tuning.units) units.rows.push_back({std::int64_t{unit}});
  formats::CsvTable best{{"rank", "stimulus", "spikes_per_step"}, {}};
  for (const session::BestStimulus& stimulus : tuning.best)
    best.rows.push_back({static_cast<std::int64_t>(best.rows.size() + 1), stimulus.name, stimulus.rate});
  return {{"orientation", curveTable("orientation_deg", tuning.orientation)},
          {"frequency", curveTable("cycles_per_image", tuning.frequency)},
          {"colour", curveTable("chromatic", tuning.colour)},
          {"domains", std::move(domains)},
          {"preferences", std::move(preferences)},
          {"units", std::move(units)},
          {"best", std::move(best)}};
}

QString whoOf(const session::TuningFrame& tuning) {
  return tuning.units.size() == 1 ? QString("unit %1").arg(tuning.units.front())
                                  : QString("%1 units").arg(tuning.units.size());
}

QStringList captionOf(const session::TuningFrame& tuning) {
  QString preference = std::isfinite(tuning.orientationDeg)
                           ? QString("Preferred orientation %1 deg").arg(tuning.orientationDeg, 0, 'f', 1)
                           : QString("No preferred orientation");
  if (std::isfinite(tuning.circularVariance))
    preference += QString(", circular variance %1").arg(tuning.circularVariance, 0, 'f', 2);
  QStringList lines{preference};
  if (std::isfinite(tuning.xMm) && std::isfinite(tuning.yMm))
    lines << QString(tuning.units.size() == 1 ? "At %1, %2 mm of the sheet" : "Centre at %1, %2 mm of the sheet")
                 .arg(tuning.xMm, 0, 'f', 1)
                 .arg(tuning.yMm, 0, 'f', 1);
  return lines;
}

struct Thumb {
  QImage image;
  QRectF box;
};

struct Drawing {
  std::vector<DrawnText> heading, texts;  ///< all in mm
  std::vector<Thumb> thumbs;
  Figure charts;
  double chartsTopMm = 0;
  double fontPt = 0;

  double placeBest(const session::TuningFrame& tuning, const TextRuler& ruler, double top, double widthMm);
  void paint(QPainter& painter, const QRectF& rect) const;
};

// A row of pictures with their names and rates; returns where it ends.
double Drawing::placeBest(const session::TuningFrame& tuning, const TextRuler& ruler, double top, double widthMm) {
  if (tuning.best.empty()) return top;
  double y = ruler.stack(texts, QString("Best stimuli, %1").arg(kRate), {0, top}, widthMm);
  const double pitch = std::min(kMostThumbMm + kGapMm, (widthMm + kGapMm) / kThumbs);
  const double side = pitch - kGapMm;
  for (std::size_t i = 0; i < std::min<std::size_t>(kThumbs, tuning.best.size()); ++i) {
    const session::BestStimulus& best = tuning.best[i];
    const double left = static_cast<double>(i) * pitch;
    // Whole pixels first: viewers of SVG and PDF smooth what they enlarge.
    if (const QImage shown = toImage(best.picture); !shown.isNull())
      thumbs.push_back({shown.scaled(std::max(1, kThumbSide / shown.width()) * shown.size()), {left, y, side, side}});
    const double line = ruler.lineMm();
    texts.push_back({ruler.elided(QString::fromStdString(best.name), side), {left, y + side + kGapMm / 4, side, line}});
    texts.push_back({QString::number(best.rate, 'f', 2), {left, y + side + kGapMm / 4 + line, side, line}});
  }
  return y + side + kGapMm / 4 + 2 * ruler.lineMm();
}

void Drawing::paint(QPainter& painter, const QRectF& rect) const {
  painter.save();
  painter.setRenderHints(QPainter::Antialiasing | QPainter::SmoothPixmapTransform);
  const double mm = devicePerMm(painter);
  const QTransform toDevice = QTransform::fromScale(mm, mm) * QTransform::fromTranslate(rect.left(), rect.top());
  charts.paint(painter, QRectF(rect.left(), rect.top() + chartsTopMm * mm, rect.width(), charts.heightMm * mm));
  for (const Thumb& thumb : thumbs) painter.drawImage(toDevice.mapRect(thumb.box), thumb.image);
  QFont font = figureFont(fontPt);
  painter.setFont(font);
  painter.setPen(paperStyle().text);
  paintTexts(painter, texts, toDevice);
  font.setBold(true);
  painter.setFont(font);
  paintTexts(painter, heading, toDevice);
  painter.restore();
}

}  // namespace

Expected<Figure> tuningFigure(const FigureSpec& spec, const FigureData& data) {
  if (!data.tuning)
    return failure("There is no tuning to draw", "no unit is selected", "select units in the map or the cortex first");
  const session::TuningFrame& tuning = *data.tuning;
  const topography::SheetSpec& sheet = data.network->sheets.at(tuning.sheet).spec;
  Figure figure;
  figure.title = QString("Tuning of %1, %2").arg(sheetTitle(sheet), whoOf(tuning));
  figure.tables = tablesOf(tuning, sheet);
  Drawing drawing;
  drawing.fontPt = spec.fontPt;
  drawing.charts = chartsFigure(figure.title,
                                {curveChart("Orientation", "orientation (deg)", tuning.orientation),
                                 curveChart("Spatial frequency", "spatial frequency (cycles/image)", tuning.frequency),
                                 colourChart(tuning.colour), domainChart(tuning.domains)},
                                chartColumns(spec), kChartMm, spec.fontPt);
  const TextRuler ruler(spec.fontPt);
  double y = TextRuler(spec.fontPt, true).stack(drawing.heading, figure.title, {0, 0}, spec.widthMm);
  for (const QString& line : captionOf(tuning)) y = ruler.stack(drawing.texts, line, {0, y}, spec.widthMm);
  drawing.chartsTopMm = y + kGapMm;
  figure.heightMm =
      drawing.placeBest(tuning, ruler, drawing.chartsTopMm + drawing.charts.heightMm + kGapMm, spec.widthMm);
  figure.paint = [drawing = std::move(drawing)](QPainter& painter, const QRectF& rect) {
    drawing.paint(painter, rect);
  };
  return figure;
}

}  // namespace pinwheel::views
