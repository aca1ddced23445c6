// Figures that are charts, and the raster.
#include <QImage>
#include <algorithm>
#include <cmath>
#include <numeric>

#include "views/export/figure_parts.h"
#include "views/panels/chart.h"
#include "views/panels/lesion_effect.h"
#include "views/panels/training_charts.h"
#include "views/theme.h"

namespace pinwheel::views {
namespace {

constexpr double kGapMm = 3;

QPalette paper() {
  return lightPalette();
}

double devicePerMm(const QPainter& painter) {
  return painter.device()->logicalDpiX() / 25.4;
}

Figure chartsFigure(const QString& title, std::vector<Chart> charts, int columns, double heightMm, double fontPt) {
  Figure figure;
  figure.title = title;
  const int rows = (static_cast<int>(charts.size()) + columns - 1) / columns;
  figure.heightMm = heightMm * rows + kGapMm * (rows - 1);
  figure.paint = [charts = std::move(charts), columns, fontPt](QPainter& painter, const QRectF& rect) {
    const auto places = cells(rect, static_cast<int>(charts.size()), columns, kGapMm * devicePerMm(painter));
    const ChartStyle style = ChartStyle::figure(fontPt);
    for (std::size_t i = 0; i < charts.size(); ++i) paintChart(painter, places[i], charts[i], style);
  };
  return figure;
}

ChartSeries line(const QString& name, int colour) {
  ChartSeries series;
  series.name = name;
  series.colour = categoricalColour(colour, paper());
  return series;
}

int columnsFor(const FigureSpec& spec) {
  return spec.widthMm >= 120 ? 2 : 1;
}

Chart curveChart(const QString& title, const QString& xLabel, const std::vector<session::CurvePoint>& points) {
  Chart chart;
  chart.title = title;
  chart.xLabel = xLabel;
  chart.yLabel = "spikes per time step";
  ChartSeries series = line({}, 0);
  series.marked = true;
  for (const session::CurvePoint& point : points) {
    series.x.push_back(point.x);
    series.y.push_back(point.mean);
    series.low.push_back(point.mean - point.sem);
    series.high.push_back(point.mean + point.sem);
  }
  chart.series.push_back(std::move(series));
  chart.yLow = 0;
  return chart;
}

formats::CsvTable curveTable(const char* x, const std::vector<session::CurvePoint>& points) {
  formats::CsvTable table{{x, "mean_spikes_per_step", "sem"}, {}};
  for (const session::CurvePoint& point : points) table.rows.push_back({point.x, point.mean, point.sem});
  return table;
}

}  // namespace

Expected<Figure> tuningFigure(const FigureSpec& spec, const FigureData& data) {
  if (!data.tuning)
    return failure("There is no tuning to draw", "no unit is selected", "select units in the map or the cortex first");
  const session::TuningFrame& tuning = *data.tuning;
  Chart domains;
  domains.title = "Domains";
  domains.yLabel = "spikes per time step";
  ChartSeries bars = line({}, 0);
  bars.kind = ChartSeries::Kind::bars;
  formats::CsvTable domainTable{{"domain", "mean_spikes_per_step", "sem", "t"}, {}};
  for (const session::DomainResponse& domain : tuning.domains) {
    bars.x.push_back(static_cast<double>(bars.x.size()));
    bars.y.push_back(domain.mean);
    bars.low.push_back(domain.mean - domain.sem);
    bars.high.push_back(domain.mean + domain.sem);
    bars.notes << QString("t %1").arg(domain.t, 0, 'f', 1);
    domains.categories << QString::fromStdString(domain.domain);
    domainTable.rows.push_back({domain.domain, domain.mean, domain.sem, domain.t});
  }
  domains.series.push_back(std::move(bars));
  domains.yLow = 0;
  const QString sheet = sheetTitle(data.network->sheets.at(tuning.sheet).spec);
  const QString who = tuning.units.size() == 1 ? QString("unit %1").arg(tuning.units.front())
                                               : QString("%1 units").arg(tuning.units.size());
  Figure figure = chartsFigure(
      QString("Tuning of %1, %2").arg(sheet, who),
      {curveChart("Orientation", "orientation (deg)", tuning.orientation),
       curveChart("Spatial frequency", "spatial frequency (cycles/image)", tuning.frequency), std::move(domains)},
      columnsFor(spec), 50, spec.fontPt);
  figure.tables = {{"orientation", curveTable("orientation_deg", tuning.orientation)},
                   {"frequency", curveTable("cycles_per_image", tuning.frequency)},
                   {"domains", std::move(domainTable)}};
  return figure;
}

Expected<Figure> trainingFigure(const FigureSpec& spec, const FigureData& data) {
  if (!data.training || data.training->points.empty())
    return failure("There are no training curves to draw", "no metrics.jsonl lies beside the checkpoint, and it was not trained here",
                   "open the checkpoint in its run's folder, or train one in this window");
  const session::TrainingFrame& training = *data.training;
  formats::CsvTable steps{{"step", "task_loss", "topographic_loss", "training_accuracy", "images_per_second"}, {}};
  for (const session::TrainingPoint& point : training.points)
    steps.rows.push_back({point.step, point.taskLoss, point.topographicLoss, point.accuracy, point.imagesPerSecond});
  formats::CsvTable epochs{{"step", "validation_accuracy"}, {}};
  for (const session::EpochPoint& epoch : training.epochs) {
    std::vector<formats::CsvCell> row{epoch.step, epoch.validationAccuracy};
    for (const training::AreaSmoothness& area : epoch.smoothness) {
      const std::string column = "smoothness_" + area.layer;
      const auto found = std::find(epochs.columns.begin(), epochs.columns.end(), column);
      const auto at = static_cast<std::size_t>(found - epochs.columns.begin());
      if (found == epochs.columns.end()) epochs.columns.push_back(column);
      if (row.size() <= at) row.resize(at + 1, std::nan(""));
      row[at] = area.orientation;
    }
    epochs.rows.push_back(std::move(row));
  }
  // An epoch without a measure leaves its cells empty.
  for (auto& row : epochs.rows) row.resize(epochs.columns.size(), std::nan(""));
  Figure figure =
      chartsFigure("Training",
                   {taskLossChart(&training, false, paper()), topographicLossChart(&training, {}, false, paper()),
                    accuracyChart(&training, paper()), smoothnessChart(&training, paper())},
                   columnsFor(spec), 55, spec.fontPt);
  figure.tables = {{"steps", std::move(steps)}, {"epochs", std::move(epochs)}};
  return figure;
}

Expected<Figure> lesionFigure(const FigureSpec& spec, const FigureData& data) {
  if (!data.lesionEffect)
    return failure("There is no lesion to draw", "none was measured",
                   "make a lesion in the window (or give a saved session that holds one)");
  const session::LesionFrame& effect = *data.lesionEffect;
  Chart chart = effectChart(effect, paper());
  chart.title += QString(", %1 units perturbed").arg(effect.units);
  formats::CsvTable table{{"category", "condition", "correct", "images", "accuracy", "low", "high"}, {}};
  std::vector<session::CategoryEffect> rows{{"all", effect.before, effect.after, effect.sham}};
  rows.insert(rows.end(), effect.categories.begin(), effect.categories.end());
  for (const session::CategoryEffect& row : rows)
    for (const auto& [condition, a] :
         {std::pair{"before", row.before}, std::pair{"lesion", row.after}, std::pair{"sham", row.sham}})
      table.rows.push_back({row.category, std::string(condition), a.correct, a.images, a.value(), a.low, a.high});
  Figure figure = chartsFigure("Lesion effect", {std::move(chart)}, 1, 75, spec.fontPt);
  figure.tables = {{"accuracy", std::move(table)}};
  return figure;
}

Expected<Figure> rasterFigure(const FigureSpec& spec, const FigureData& data) {
  if (!data.activity)
    return failure("There are no spikes to draw", "no stimulus was shown", "show one in the Stimulus panel first");
  const session::ActivityFrame& activity = *data.activity;
  const auto& sheets = data.network->sheets;
  const int steps = activity.timeSteps;
  struct Layer {
    QString name;
    QImage spikes;  // a column per time step, a row per unit, by place from left to right and top to bottom
  };
  std::vector<Layer> layers;
  Chart rates;
  rates.title = "Population rate";
  rates.xLabel = "time step";
  rates.yLabel = "spikes per unit";
  formats::CsvTable table{{"sheet", "time_step", "spikes_per_unit", "units"}, {}};
  for (std::size_t s = 0; s < sheets.size() && s < activity.spikes.size(); ++s) {
    const auto units = static_cast<std::size_t>(sheets[s].spec.unitCount());
    std::vector<std::int32_t> order(units);
    std::iota(order.begin(), order.end(), 0);
    std::sort(order.begin(), order.end(), [&](std::int32_t a, std::int32_t b) {
      const auto& plan = sheets[s];
      const auto i = static_cast<std::size_t>(a);
      const auto j = static_cast<std::size_t>(b);
      return std::pair(plan.xMm[i], plan.yMm[i]) < std::pair(plan.xMm[j], plan.yMm[j]);
    });
    QImage image(steps, static_cast<int>(units), QImage::Format_Grayscale8);
    ChartSeries series = line(sheetTitle(sheets[s].spec), static_cast<int>(s));
    series.marked = true;
    for (int t = 0; t < steps; ++t) {
      std::int64_t fired = 0;
      for (std::size_t row = 0; row < units; ++row) {
        const bool spike =
            activity.spikes[s][static_cast<std::size_t>(t) * units + static_cast<std::size_t>(order[row])] != 0;
        fired += spike ? 1 : 0;
        image.scanLine(static_cast<int>(row))[t] = spike ? 0 : 255;
      }
      const double rate = static_cast<double>(fired) / static_cast<double>(units);
      series.x.push_back(t + 1);
      series.y.push_back(rate);
      table.rows.push_back({sheets[s].spec.layer, std::int64_t{t + 1}, rate, sheets[s].spec.unitCount()});
    }
    rates.series.push_back(std::move(series));
    layers.push_back({sheetTitle(sheets[s].spec) + QString(", %1 units").arg(units), std::move(image)});
  }
  rates.xTickStep = 1;
  rates.yLow = 0;

  Figure figure;
  figure.title = QString("Spikes, %1").arg(QString::fromStdString(activity.stimulus));
  figure.heightMm = 110;
  figure.tables = {{"rates", std::move(table)}};
  figure.paint = [layers = std::move(layers), rates = std::move(rates), fontPt = spec.fontPt, steps,
                  stimulus = QString::fromStdString(activity.stimulus)](QPainter& painter, const QRectF& rect) {
    const ChartStyle style = ChartStyle::figure(fontPt);
    const double mm = devicePerMm(painter);
    painter.save();
    painter.setFont(style.font);
    painter.setPen(style.ink);
    const double lineHeight = QFontMetricsF(style.font, painter.device()).height();
    const QRectF top(rect.left(), rect.top(), rect.width(), rect.height() * 0.62);
    painter.drawText(QRectF(top.left(), top.top(), top.width(), lineHeight), Qt::AlignLeft | Qt::AlignVCenter,
                     QString("Stimulus: %1").arg(stimulus));
    const QRectF plots = top.adjusted(0, 1.5 * lineHeight, 0, -2.5 * lineHeight);
    const auto places = cells(plots, static_cast<int>(layers.size()), static_cast<int>(layers.size()), kGapMm * mm);
    for (std::size_t i = 0; i < layers.size(); ++i) {
      const QRectF& place = places[i];
      painter.drawText(
          QRectF(place.left(), place.top(), place.width(), lineHeight), Qt::AlignCenter,
          QFontMetricsF(style.font, painter.device()).elidedText(layers[i].name, Qt::ElideRight, place.width()));
      const QRectF plot = place.adjusted(0, lineHeight, 0, 0);
      // Rows are many and thin: averaged to what the paper can hold, so that grey is the share of units that fire.
      const QImage image = layers[i].spikes.scaled(steps, std::min(layers[i].spikes.height(), 400),
                                                   Qt::IgnoreAspectRatio, Qt::SmoothTransformation);
      painter.drawImage(plot, image.scaled(steps * 40, image.height(), Qt::IgnoreAspectRatio, Qt::FastTransformation));
      painter.setPen(QPen(style.ink, 0.2 * mm));
      painter.drawRect(plot);
      for (int t = 0; t < steps; ++t)
        painter.drawText(
            QRectF(plot.left() + plot.width() * t / steps, plot.bottom(), plot.width() / steps, lineHeight),
            Qt::AlignCenter, QString::number(t + 1));
    }
    painter.drawText(QRectF(plots.left(), plots.bottom() + lineHeight, plots.width(), lineHeight), Qt::AlignCenter,
                     "time step; units from left to right of the sheet, grey: share that fires");
    painter.restore();
    paintChart(painter, rect.adjusted(0, rect.height() * 0.64, 0, 0), rates, style);
  };
  return figure;
}

}  // namespace pinwheel::views
