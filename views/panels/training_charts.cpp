#include "views/panels/training_charts.h"

#include <QCoreApplication>
#include <algorithm>
#include <functional>

#include "views/theme.h"

namespace pinwheel::views {
namespace {

QString tr(const char* text) {
  return QCoreApplication::translate("TrainingCharts", text);
}

ChartSeries overSteps(const session::TrainingFrame& training, const QString& name, const QColor& colour,
                      const std::function<double(const session::TrainingPoint&)>& value) {
  ChartSeries series;
  series.name = name;
  series.colour = colour;
  for (const session::TrainingPoint& point : training.points) {
    series.x.push_back(static_cast<double>(point.step));
    series.y.push_back(value(point));
  }
  return series;
}

double ofLayer(const std::vector<float>& values, int layer) {
  const auto at = static_cast<std::size_t>(layer);
  return at < values.size() ? static_cast<double>(values[at]) : session::kUnknown;
}

Chart emptyChart(const QString& title, const QString& yLabel, const QString& note) {
  Chart chart;
  chart.title = title;
  chart.xLabel = tr("Step");
  chart.yLabel = yLabel;
  chart.emptyNote = note;
  return chart;
}

}  // namespace

Chart taskLossChart(const session::TrainingFrame* training, bool logarithmic, const QPalette& palette) {
  Chart chart = emptyChart(tr("Task loss"), tr("Cross-entropy, nats"), tr("No batch yet"));
  chart.logY = logarithmic;
  if (training)
    chart.series = {overSteps(*training, {}, categoricalColour(0, palette), [](const auto& p) { return p.taskLoss; })};
  return chart;
}

Chart topographicLossChart(const session::TrainingFrame* training, TopographicChoice choice, bool logarithmic,
                           const QPalette& palette) {
  Chart chart =
      emptyChart(tr("Topographic loss"), choice.layer < 0 ? tr("All layers, weighted") : tr("Loss, unweighted"),
                 tr("No batch with a topographic loss yet"));
  chart.logY = logarithmic;
  if (!training) return chart;
  if (choice.layer < 0) {
    chart.series = {
        overSteps(*training, {}, categoricalColour(1, palette), [](const auto& p) { return p.topographicLoss; })};
    return chart;
  }
  chart.series = {overSteps(*training, tr("L_L, slow"), categoricalColour(1, palette),
                            [&](const auto& p) { return ofLayer(p.slow, choice.layer); }),
                  overSteps(*training, tr("L_S, fast"), categoricalColour(2, palette),
                            [&](const auto& p) { return ofLayer(p.fast, choice.layer); })};
  return chart;
}

Chart accuracyChart(const session::TrainingFrame* training, const QPalette& palette) {
  Chart chart = emptyChart(tr("Accuracy"), tr("Part of the images"), tr("No batch yet"));
  chart.yLow = 0;
  chart.yHigh = 1;
  if (!training) return chart;
  ChartSeries validation;
  validation.name = tr("validation");
  validation.colour = categoricalColour(1, palette);
  validation.marked = true;
  for (const session::EpochPoint& epoch : training->epochs) {
    validation.x.push_back(static_cast<double>(epoch.step));
    validation.y.push_back(epoch.validationAccuracy);
  }
  chart.series = {overSteps(*training, tr("training, over the epoch"), categoricalColour(0, palette),
                            [](const auto& p) { return p.accuracy; }),
                  std::move(validation)};
  return chart;
}

Chart smoothnessChart(const session::TrainingFrame* training, const QPalette& palette) {
  Chart chart = emptyChart(tr("Smoothness of orientation"), tr("Smoothness; dashed: positions shuffled"),
                           tr("Measured after some epochs"));
  if (!training) return chart;
  // The same steps as in the charts of what is measured at every batch.
  if (!training->points.empty()) {
    chart.xLow = 0;
    chart.xHigh = static_cast<double>(std::max<std::int64_t>(1, training->points.back().step));
    if (!training->epochs.empty())
      chart.xHigh = std::max(chart.xHigh, static_cast<double>(training->epochs.back().step));
  }
  QStringList layers;
  for (const session::EpochPoint& epoch : training->epochs)
    for (const training::AreaSmoothness& area : epoch.smoothness)
      if (const QString name = QString::fromStdString(area.layer); !layers.contains(name)) layers << name;
  for (int l = 0; l < layers.size(); ++l) {
    ChartSeries measured;
    measured.name = layers[l];
    measured.colour = categoricalColour(l, palette);
    measured.marked = true;
    ChartSeries shuffled;
    shuffled.colour = measured.colour;
    shuffled.dashed = true;
    for (const session::EpochPoint& epoch : training->epochs)
      for (const training::AreaSmoothness& area : epoch.smoothness) {
        if (QString::fromStdString(area.layer) != layers[l]) continue;
        measured.x.push_back(static_cast<double>(epoch.step));
        measured.y.push_back(area.orientation);
        shuffled.x.push_back(static_cast<double>(epoch.step));
        shuffled.y.push_back(area.shuffled);
      }
    chart.series.push_back(std::move(measured));
    chart.series.push_back(std::move(shuffled));
  }
  return chart;
}

}  // namespace pinwheel::views
