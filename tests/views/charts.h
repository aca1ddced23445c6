// Charts to be drawn, and what they are drawn on.
#pragma once

#include <QImage>
#include <utility>

#include "views/panels/chart.h"

namespace pinwheel::test {

// Points of several groups beside each other, one name under each.
inline views::Chart grouped(int categories, int groups) {
  views::Chart chart;
  chart.title = QStringLiteral("Effect");
  chart.yLabel = QStringLiteral("Accuracy");
  chart.yLow = 0;
  chart.yHigh = 1;
  for (int c = 0; c < categories; ++c) chart.categories << QStringLiteral("category %1").arg(c);
  for (int g = 0; g < groups; ++g) {
    views::ChartSeries series;
    series.kind = views::ChartSeries::Kind::points;
    series.name = QStringLiteral("group %1").arg(g);
    series.colour = Qt::blue;
    for (int c = 0; c < categories; ++c) {
      series.x.push_back(c);
      series.y.push_back(0.5);
      series.low.push_back(0.4);
      series.high.push_back(0.6);
    }
    chart.series.push_back(std::move(series));
  }
  return chart;
}

// Of 96 dpi, in a colour that no chart has.
inline QImage canvas(int width = 400, int height = 300) {
  QImage image(width, height, QImage::Format_RGB32);
  image.setDotsPerMeterX(3780);
  image.setDotsPerMeterY(3780);
  image.fill(Qt::magenta);
  return image;
}

}  // namespace pinwheel::test
