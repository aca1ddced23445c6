// Figures that are charts, and the raster.
#include <QImage>
#include <algorithm>
#include <cmath>
#include <numeric>

#include "views/export/figure_parts.h"
#include "views/panels/training_charts.h"
#include "views/theme.h"

namespace pinwheel::views {
namespace {

constexpr double kGapMm = 3;

QPalette paper() {
  return lightPalette();
}

// L_L or L_S of every layer, not weighted.
Chart layerLossChart(const session::TrainingFrame& training, const QString& title,
                     std::vector<float> session::TrainingPoint::*loss) {
  Chart chart;
  chart.title = title;
  chart.xLabel = "Step";
  chart.yLabel = "Loss, unweighted";
  chart.emptyNote = "No batch with a topographic loss";
  for (std::size_t l = 0; l < training.layers.size(); ++l) {
    ChartSeries series = paperSeries(QString::fromStdString(training.layers[l]), static_cast<int>(l));
    for (const session::TrainingPoint& point : training.points) {
      const std::vector<float>& values = point.*loss;
      series.x.push_back(static_cast<double>(point.step));
      series.y.push_back(l < values.size() ? static_cast<double>(values[l]) : session::kUnknown);
    }
    chart.series.push_back(std::move(series));
  }
  return chart;
}

formats::CsvTable stepTable(const session::TrainingFrame& training) {
  formats::CsvTable table{{"step", "task_loss", "topographic_loss", "training_accuracy", "images_per_second"}, {}};
  for (const std::string& layer : training.layers)
    for (const char* loss : {"L_L_", "L_S_"}) table.columns.push_back(loss + layer);
  for (const session::TrainingPoint& point : training.points) {
    std::vector<formats::CsvCell> row{point.step, point.taskLoss, point.topographicLoss, point.accuracy,
                                      point.imagesPerSecond};
    for (std::size_t l = 0; l < training.layers.size(); ++l)
      for (const std::vector<float>* values : {&point.slow, &point.fast})
        row.emplace_back(l < values->size() ? static_cast<double>((*values)[l]) : session::kUnknown);
    table.rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace

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

ChartSeries paperSeries(const QString& name, int colour) {
  ChartSeries series;
  series.name = name;
  series.colour = categoricalColour(colour, paper());
  return series;
}

int chartColumns(const FigureSpec& spec) {
  return spec.widthMm >= 120 ? 2 : 1;
}

Expected<Figure> trainingFigure(const FigureSpec& spec, const FigureData& data) {
  if (!data.training || data.training->points.empty())
    return failure("There are no training curves to draw",
                   "no metrics.jsonl lies beside the checkpoint, and it was not trained here",
                   "open the checkpoint in its run's folder, or train one in this window");
  const session::TrainingFrame& training = *data.training;
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
                    layerLossChart(training, "L_L, slow", &session::TrainingPoint::slow),
                    layerLossChart(training, "L_S, fast", &session::TrainingPoint::fast),
                    accuracyChart(&training, paper()), smoothnessChart(&training, paper())},
                   chartColumns(spec), chartColumns(spec) == 1 ? 45 : 55, spec.fontPt);
  figure.tables = {{"steps", stepTable(training)}, {"epochs", std::move(epochs)}};
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
  formats::CsvTable spikes{{"sheet", "time_step", "row", "unit"}, {}};  // rows from the top, as drawn
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
    ChartSeries series = paperSeries(sheetTitle(sheets[s].spec), static_cast<int>(s));
    series.marked = true;
    for (int t = 0; t < steps; ++t) {
      std::int64_t fired = 0;
      for (std::size_t row = 0; row < units; ++row) {
        const bool spike =
            activity.spikes[s][static_cast<std::size_t>(t) * units + static_cast<std::size_t>(order[row])] != 0;
        fired += spike ? 1 : 0;
        if (spike)
          spikes.rows.push_back({sheets[s].spec.layer, std::int64_t{t + 1}, static_cast<std::int64_t>(row + 1),
                                 std::int64_t{order[row]}});
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
  figure.tables = {{"rates", std::move(table)}, {"spikes", std::move(spikes)}};
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
