// What the tests of figures share: frames with something for every figure, and a way to read tables and pictures.
#pragma once

#include <QImage>
#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <utility>

#include "tests/views/fake_engine.h"
#include "views/export/figure.h"

namespace pinwheel::test {

// A picture of one colour, 32 x 32.
inline formats::RgbImage plainPicture(std::uint8_t red, std::uint8_t green, std::uint8_t blue) {
  formats::RgbImage picture{32, 32, {}};
  for (const std::uint8_t channel : {red, green, blue}) picture.pixels.insert(picture.pixels.end(), 32 * 32, channel);
  return picture;
}

inline views::FigureData fullData() {
  views::FigureData data;
  const auto network = test::makeNetwork();
  data.network = network;
  const auto maps = test::makeMaps(*network);
  data.maps = maps;
  data.activity = test::makeActivity(*network, *maps);
  auto tuning = std::make_shared<session::TuningFrame>();
  tuning->units = {7};
  for (int i = 0; i < 8; ++i) {
    tuning->orientation.push_back({22.5 * i, 0.1 + 0.02 * i, 0.01});
    tuning->frequency.push_back({2.0 * (i + 1), 0.3 - 0.03 * i, 0});
  }
  tuning->colour = {{0, 0.3, 0.01}, {1, 0.2, 0.02}};
  tuning->best = {{"face 17", 0.75, plainPicture(10, 200, 30)}, {"hand 3", 0.5, plainPicture(90, 90, 90)}};
  tuning->orientationDeg = 112.5;
  tuning->circularVariance = 0.25;
  tuning->xMm = 12.5;
  tuning->yMm = 3.5;
  tuning->domains = {{"faces", 0.4, 0.02, 5.5}, {"places", 0.1, 0.01, -2.5}};
  data.tuning = tuning;
  auto training = std::make_shared<session::TrainingFrame>();
  training->layers = {"V1", "IT"};
  for (int i = 0; i < 50; ++i)
    training->points.push_back({i, 2.3 - 0.02 * i, 0.4, {0.5F, 0.25F}, {0.75F, 1.0F}, 0.1 + 0.01 * i, 250});
  training->epochs = {{20, 0.3, {{"V1", 0.4, 0.01}, {"IT", 0.2, 0.0}}}, {40, 0.5, {}}};
  data.training = training;
  auto lesion = std::make_shared<session::LesionFrame>();
  lesion->units = 100;
  lesion->before = session::accuracyOf(50, 100);
  lesion->after = session::accuracyOf(20, 100);
  lesion->sham = session::accuracyOf(48, 100);
  lesion->categories = {{"face", session::accuracyOf(9, 10), session::accuracyOf(1, 10), session::accuracyOf(8, 10)}};
  lesion->mapsBefore = test::turned(*maps, 60);
  data.lesionEffect = lesion;
  data.lesion = {1, {{0, {2, 5, 9}, session::PerturbationKind::silence, 1, {}}}};
  return data;
}

inline const formats::CsvTable& tableOf(const views::Figure& figure, const QString& name) {
  for (const views::FigureTable& table : figure.tables)
    if (table.name == name) return table.table;
  qFatal("the figure has no table %s", qPrintable(name));
}

/// Two sheets of four units, and what fires in them in two time steps.
inline views::FigureData smallActivity() {
  views::FigureData data;
  auto network = makeNetwork();
  network->sheets = {makePlan("layer1", "V1", 1, 2, 36, 1), makePlan("layer4", "IT", 1, 2, 60, 2)};
  network->timeSteps = 2;
  data.network = network;
  auto activity = std::make_shared<session::ActivityFrame>();
  activity->stimulus = "face 17";
  activity->timeSteps = 2;
  activity->spikes = {{1, 0, 0, 0, 1, 1, 0, 1}, {0, 0, 0, 0, 1, 1, 1, 1}};
  activity->probability = {0.125F, 0.5F, 0.0625F, 0.25F, 0.0625F, 0, 0, 0};
  data.activity = activity;
  return data;
}

inline std::size_t columnOf(const formats::CsvTable& table, const std::string& name) {
  const auto found = std::find(table.columns.begin(), table.columns.end(), name);
  if (found == table.columns.end()) qFatal("the table has no column %s", name.c_str());
  return static_cast<std::size_t>(found - table.columns.begin());
}

inline double numberAt(const formats::CsvTable& table, std::size_t row, const std::string& column) {
  return std::get<double>(table.rows.at(row).at(columnOf(table, column)));
}

// How many pixels have a colour, and their middle.
inline std::pair<int, QPointF> blotOf(const QImage& image, QRgb colour) {
  int pixels = 0;
  QPointF sum;
  for (int y = 0; y < image.height(); ++y)
    for (int x = 0; x < image.width(); ++x) {
      const QRgb p = image.pixel(x, y);
      if (std::abs(qRed(p) - qRed(colour)) + std::abs(qGreen(p) - qGreen(colour)) + std::abs(qBlue(p) - qBlue(colour)) >
          9)
        continue;
      ++pixels;
      sum += QPointF(x, y);
    }
  return {pixels, pixels > 0 ? sum / pixels : sum};
}

}  // namespace pinwheel::test
