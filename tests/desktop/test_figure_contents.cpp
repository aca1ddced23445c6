// What figures hold: the lesion's maps before and after, every quantity as a map, and the numbers of the charts.
#include <QApplication>
#include <QFile>
#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <tuple>

#include "tests/desktop/figure_data.h"
#include "tests/support.h"
#include "views/export/figure_file.h"

using namespace pinwheel;
using namespace pinwheel::views;
using test::blotOf;
using test::fullData;
using test::numberAt;
using test::tableOf;

class TestFigureContents : public QObject {
  Q_OBJECT

private Q_SLOTS:
  // Every unit of V1 had a circular variance of 1/8 and has one of 7/8.
  void theMapBeforeAndAfterTheLesion() {
    FigureData data = fullData();
    const auto uniform = [&data](float variance) {
      auto maps = std::make_shared<session::MapsFrame>(*data.maps);
      std::vector<float>& values = maps->sheets[0].tuning.circularVariance;
      std::fill(values.begin(), values.end(), variance);
      return maps;
    };
    auto effect = std::make_shared<session::LesionFrame>(*data.lesionEffect);
    effect->mapsBefore = uniform(0.125F);
    data.lesionEffect = effect;
    data.maps = uniform(0.875F);
    FigureSpec spec;
    spec.name = "lesion";
    spec.quantity = "circular-variance";
    const auto figure = makeFigure(spec, data);
    QVERIFY_OK(figure);
    const formats::CsvTable& table = tableOf(*figure, "maps");
    QCOMPARE(table.rows.size(), data.network->sheets[0].xMm.size());
    for (std::size_t u = 0; u < table.rows.size(); ++u) {
      QCOMPARE(numberAt(table, u, "before"), 0.125);
      QCOMPARE(numberAt(table, u, "after"), 0.875);
    }
    // Side by side beside the bars, each in its colour of the one colour bar.
    const QImage image = figureImage(*figure, 100);
    const auto colour = [](double position) {
      const figures::Rgb c = figures::colourAt(figures::ColourMap::cividis, position);
      return qRgb(c.r, c.g, c.b);
    };
    const auto [pixelsBefore, before] = blotOf(image, colour(0.125));
    const auto [pixelsAfter, after] = blotOf(image, colour(0.875));
    QVERIFY2(pixelsBefore > 10000 && pixelsAfter > 10000,
             qPrintable(QString("%1 and %2").arg(pixelsBefore).arg(pixelsAfter)));
    QVERIFY(before.x() < image.width() / 2.0 && after.x() > image.width() / 2.0);
    QVERIFY(std::abs(before.y() - after.y()) < 5);
    QCOMPARE(tableOf(*figure, "accuracy").rows.size(), std::size_t{6});
  }

  // Two ranges would make the same t look different.
  void beforeAndAfterHaveOneRange() {
    FigureData data = fullData();
    auto strong = std::make_shared<session::MapsFrame>(*data.maps);
    strong->sheets[0].domains[0].t.assign(strong->sheets[0].domains[0].t.size(), 8);
    auto weak = std::make_shared<session::MapsFrame>(*data.maps);
    weak->sheets[0].domains[0].t.assign(weak->sheets[0].domains[0].t.size(), 4);
    auto effect = std::make_shared<session::LesionFrame>(*data.lesionEffect);
    effect->mapsBefore = strong;
    data.lesionEffect = effect;
    data.maps = weak;
    FigureSpec spec;
    spec.name = "lesion";
    spec.quantity = "faces";
    spec.sheet = "V1";
    const auto figure = makeFigure(spec, data);
    QVERIFY_OK(figure);
    const QImage image = figureImage(*figure, 100);
    // 4 of -8..8 is three quarters of the way.
    const figures::Rgb c = figures::colourAt(figures::ColourMap::vik, 0.75);
    const auto [pixels, middle] = blotOf(image, qRgb(c.r, c.g, c.b));
    QVERIFY2(pixels > 10000, qPrintable(QString::number(pixels)));
    QVERIFY(middle.x() > image.width() / 2.0);
  }

  void mapsThatAreNotOfTheLesionAreLeftOut() {
    FigureData data = fullData();
    FigureSpec spec;
    spec.name = "lesion";
    // The maps of now are still those of another lesion.
    auto others = std::make_shared<session::MapsFrame>(*data.maps);
    others->stamp.lesion = 7;
    data.maps = others;
    auto figure = makeFigure(spec, data);
    QVERIFY_OK(figure);
    const float before = data.lesionEffect->mapsBefore->sheets[0].tuning.orientationDeg[3];
    QCOMPARE(numberAt(tableOf(*figure, "maps"), 3, "before"), static_cast<double>(before));
    QVERIFY(std::isnan(numberAt(tableOf(*figure, "maps"), 3, "after")));
    // Opened with its lesion: nobody measured it without.
    data = fullData();
    auto effect = std::make_shared<session::LesionFrame>(*data.lesionEffect);
    effect->mapsBefore.reset();
    data.lesionEffect = effect;
    figure = makeFigure(spec, data);
    QVERIFY_OK(figure);
    QVERIFY(std::isnan(numberAt(tableOf(*figure, "maps"), 3, "before")));
    QCOMPARE(numberAt(tableOf(*figure, "maps"), 3, "after"),
             static_cast<double>(data.maps->sheets[0].tuning.orientationDeg[3]));
    spec.quantity = "rate";
    QVERIFY_REFUSED(makeFigure(spec, data), "There is no quantity");
  }

  void everyQuantityAsAMap_data() {
    QTest::addColumn<QString>("quantity");
    const auto network = test::makeNetwork();
    for (const FieldChoice& choice : fieldChoices(*network)) {
      const QString name = quantityName(choice, *network);
      QTest::addRow("%s", qPrintable(name)) << name;
    }
  }
  void everyQuantityAsAMap() {
    QFETCH(QString, quantity);
    QVERIFY(!quantity.isEmpty());
    const FigureData data = fullData();
    const std::size_t units = data.network->sheets[0].xMm.size();
    FigureSpec spec;
    spec.name = "map";
    spec.quantity = quantity;
    spec.sheet = "V1";
    spec.widthMm = 85;
    QImage images[2];
    for (const bool smoothed : {false, true}) {
      spec.smoothed = smoothed;
      const auto figure = makeFigure(spec, data);
      QVERIFY_OK(figure);
      images[smoothed ? 1 : 0] = figureImage(*figure, 100);
      // The numbers are of single units, however it is drawn.
      const formats::CsvTable& table = tableOf(*figure, "units");
      const int steps = quantity == "spikes" ? data.activity->timeSteps : 1;
      QCOMPARE(table.rows.size(), units * static_cast<std::size_t>(steps));
      for (const FieldChoice& known : fieldChoices(*data.network)) {
        if (quantityName(known, *data.network) != quantity) continue;
        FieldChoice choice = known;
        for (choice.timeStep = 0; choice.timeStep < steps; ++choice.timeStep) {
          const Field field = fieldOf({data.network, data.maps, data.activity, &data.lesion}, 0, choice);
          for (std::size_t u = 0; u < units; ++u)
            QCOMPARE(numberAt(table, static_cast<std::size_t>(choice.timeStep) * units + u, "value"),
                     static_cast<double>(field.values.at(u)));
        }
      }
    }
    QVERIFY(images[0] != images[1]);
    // By itself: what is counted is plain.
    spec.smoothed.reset();
    const bool counted = quantity == "rate" || quantity == "spikes" || quantity == "lesion";
    const auto usual = makeFigure(spec, data);
    QVERIFY_OK(usual);
    QCOMPARE(figureImage(*usual, 100), images[counted ? 0 : 1]);
  }

  void mapsOfOneSheetByDefault() {
    FigureData data = fullData();
    FigureSpec spec;
    spec.name = "map";
    QCOMPARE(makeFigure(spec, data)->title, QString("Preferred orientation of V1"));
    spec.quantity = "faces";
    QCOMPARE(makeFigure(spec, data)->title, QString("Faces of IT"));
    spec.quantity = "rate";
    // Without maps: the activity is there.
    data.maps.reset();
    QVERIFY_OK(makeFigure(spec, data));
    data.activity.reset();
    QVERIFY_REFUSED(makeFigure(spec, data), "show a stimulus");
    spec.quantity = "frequenzy";
    QVERIFY_REFUSED(makeFigure(spec, data), "did you mean frequency?");
  }

  void unitsByName() {
    const auto network = test::makeNetwork();
    const auto first = unitsNamed("V1:7,3, 7", *network);
    QVERIFY_OK(first);
    QCOMPARE(first->sheet, std::size_t{0});
    QCOMPARE(first->units, (std::vector<std::int32_t>{3, 7}));
    const auto second = unitsNamed("it:1023", *network);
    QVERIFY_OK(second);
    QCOMPARE(second->sheet, std::size_t{1});
    QCOMPARE(second->units, std::vector<std::int32_t>{1023});
    for (const char* text : {"", "V1", ":1", "V1:", "V1:x", "V1:1,", "V1:-1"})
      QVERIFY_REFUSED(unitsNamed(text, *network), "names no units");
    QVERIFY_REFUSED(unitsNamed("V1:2048", *network), "has units 0 to 2047");
    QVERIFY_REFUSED(unitsNamed("V9:1", *network), "There is no sheet \"V9\"");
  }

  void allOfTheTuning() {
    FigureSpec spec;
    spec.name = "tuning";
    const auto figure = makeFigure(spec, fullData());
    QVERIFY_OK(figure);
    const formats::CsvTable& colour = tableOf(*figure, "colour");
    QCOMPARE(colour.rows.size(), std::size_t{2});
    QCOMPARE(numberAt(colour, 0, "mean_spikes_per_step"), 0.3);
    QCOMPARE(numberAt(colour, 1, "mean_spikes_per_step"), 0.2);
    const formats::CsvTable& preferences = tableOf(*figure, "preferences");
    QCOMPARE(preferences.rows.size(), std::size_t{1});
    QCOMPARE(numberAt(preferences, 0, "circular_variance"), 0.25);
    QCOMPARE(numberAt(preferences, 0, "orientation_deg"), 112.5);
    QCOMPARE(numberAt(preferences, 0, "x_mm"), 12.5);
    QCOMPARE(numberAt(preferences, 0, "y_mm"), 3.5);
    QCOMPARE(std::get<std::int64_t>(tableOf(*figure, "units").rows.at(0).at(0)), std::int64_t{7});
    const formats::CsvTable& best = tableOf(*figure, "best");
    QCOMPARE(std::get<std::string>(best.rows.at(0).at(1)), std::string("face 17"));
    QCOMPARE(numberAt(best, 0, "spikes_per_step"), 0.75);
    const QByteArray svg = svgOf(*figure);
    for (const char* text : {"Colour", "achromatic", "circular variance 0.25", "At 12.5, 3.5 mm", "face 17", "0.75"})
      QVERIFY2(svg.contains(text), text);
    // The best stimulus itself, beneath all charts.
    const QImage image = figureImage(*figure, 100);
    const auto [pixels, middle] = blotOf(image, qRgb(10, 200, 30));
    QVERIFY2(pixels > 2000, qPrintable(QString::number(pixels)));
    QVERIFY(middle.y() > 0.75 * image.height());
  }

  void bothTermsOfTheTopographicLoss() {
    FigureSpec spec;
    spec.name = "training";
    FigureData data = fullData();
    const auto figure = makeFigure(spec, data);
    QVERIFY_OK(figure);
    const formats::CsvTable& steps = tableOf(*figure, "steps");
    QCOMPARE(steps.rows.size(), std::size_t{50});
    QCOMPARE(numberAt(steps, 10, "L_L_V1"), 0.5);
    QCOMPARE(numberAt(steps, 10, "L_L_IT"), 0.25);
    QCOMPARE(numberAt(steps, 10, "L_S_V1"), 0.75);
    QCOMPARE(numberAt(steps, 10, "L_S_IT"), 1.0);
    const QByteArray svg = svgOf(*figure);
    QVERIFY(svg.contains("L_L, slow") && svg.contains("L_S, fast"));
    QVERIFY(!svg.contains("No batch with a topographic loss"));
    // A step without them leaves its cells empty.
    auto training = std::make_shared<session::TrainingFrame>(*data.training);
    training->points[3].slow.clear();
    training->points[3].fast.clear();
    data.training = training;
    const auto gap = makeFigure(spec, data);
    QVERIFY_OK(gap);
    QVERIFY(std::isnan(numberAt(tableOf(*gap, "steps"), 3, "L_L_V1")));
    QCOMPARE(tableOf(*gap, "steps").rows[3].size(), tableOf(*gap, "steps").columns.size());
  }

  // Two sheets of four units, two time steps: every spike is a row, and no other.
  void everySpikeOfTheRaster() {
    const FigureData data = test::smallActivity();
    FigureSpec spec;
    spec.name = "raster";
    const auto figure = makeFigure(spec, data);
    QVERIFY_OK(figure);
    using Spike = std::tuple<std::string, std::int64_t, std::int64_t>;
    std::set<Spike> got;
    std::array<std::array<float, 4>, 2> xOfRow{};  // of the last time step, where all units of IT fire
    for (const auto& row : tableOf(*figure, "spikes").rows) {
      const auto& sheet = std::get<std::string>(row.at(0));
      const auto unit = std::get<std::int64_t>(row.at(3));
      const auto place = std::get<std::int64_t>(row.at(2));
      QVERIFY(place >= 1 && place <= 4);
      const std::size_t s = sheet == "layer1" ? 0 : 1;
      xOfRow[s][static_cast<std::size_t>(place - 1)] = data.network->sheets[s].xMm[static_cast<std::size_t>(unit)];
      got.insert({sheet, std::get<std::int64_t>(row.at(1)), unit});
    }
    QCOMPARE(got, (std::set<Spike>{{"layer1", 1, 0},
                                   {"layer1", 2, 0},
                                   {"layer1", 2, 1},
                                   {"layer1", 2, 3},
                                   {"layer4", 2, 0},
                                   {"layer4", 2, 1},
                                   {"layer4", 2, 2},
                                   {"layer4", 2, 3}}));
    QCOMPARE(tableOf(*figure, "spikes").rows.size(), got.size());
    // Rows are from left to right of the sheet.
    QVERIFY(std::is_sorted(xOfRow[1].begin(), xOfRow[1].end()));
  }

private:
  static QByteArray svgOf(const Figure& figure) {
    const QTemporaryDir folder;
    const QString path = folder.filePath("figure.svg");
    if (!saveFigure(figure, path, 300)) return {};
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
  }
};

int main(int argc, char** argv) {
  qputenv("QT_QPA_PLATFORM", "offscreen");
  QApplication application(argc, argv);
  TestFigureContents test;
  return QTest::qExec(&test, argc, argv);
}
#include "test_figure_contents.moc"
