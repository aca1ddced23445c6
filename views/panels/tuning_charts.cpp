#include "views/panels/tuning_charts.h"

namespace pinwheel::views {
namespace {

void addValue(ChartSeries& series, double x, double mean, double sem) {
  series.x.push_back(x);
  series.y.push_back(mean);
  series.low.push_back(mean - sem);
  series.high.push_back(mean + sem);
}

}  // namespace

ChartSeries curveSeries(std::span<const session::CurvePoint> points, const QColor& colour) {
  ChartSeries series;
  series.colour = colour;
  series.marked = true;
  for (const session::CurvePoint& point : points) addValue(series, point.x, point.mean, point.sem);
  return series;
}

ChartSeries domainSeries(std::span<const session::DomainResponse> domains, const QColor& colour,
                         const QLocale& locale) {
  ChartSeries bars;
  bars.colour = colour;
  bars.kind = ChartSeries::Kind::bars;
  for (const session::DomainResponse& domain : domains) {
    addValue(bars, static_cast<double>(bars.x.size()), domain.mean, domain.sem);
    bars.notes << QStringLiteral("t ") + locale.toString(domain.t, 'f', 1);
  }
  return bars;
}

QStringList domainNames(std::span<const session::DomainResponse> domains) {
  QStringList names;
  for (const session::DomainResponse& domain : domains) names << QString::fromStdString(domain.domain);
  return names;
}

}  // namespace pinwheel::views
