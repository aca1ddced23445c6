// The cortex as a figure: one scale, nothing hidden, the right way up; and what figures can be told to show.
#include <QApplication>
#include <algorithm>
#include <array>
#include <cmath>
#include <functional>

#include "tests/support.h"
#include "tests/views/fake_engine.h"
#include "views/export/cortex_page.h"
#include "views/export/figure_file.h"
#include "views/export/figure_parts.h"

using namespace pinwheel;
using namespace pinwheel::views;

namespace {

constexpr int kDpi = 300;
constexpr double kPxPerMm = kDpi / 25.4;

// Sheets of these sides with 64 x 64 units each; a value for a place (shares of the side, y down) of a sheet.
FigureData sheetsOf(const std::vector<double>& sidesMm,
                    const std::function<double(std::size_t sheet, double x, double y)>& value) {
  auto network = test::makeNetwork();
  network->sheets.clear();
  auto maps = std::make_shared<session::MapsFrame>();
  maps->stamp = network->stamp;
  for (std::size_t s = 0; s < sidesMm.size(); ++s) {
    const std::string name = "area" + std::to_string(s);
    network->sheets.push_back(test::makePlan(name, name, 1, 64, sidesMm[s], s + 1));
    const session::SheetPlan& plan = network->sheets.back();
    session::SheetMaps sheet;
    for (std::size_t u = 0; u < plan.xMm.size(); ++u) {
      const auto v = static_cast<float>(
          value(s, static_cast<double>(plan.xMm[u]) / sidesMm[s], static_cast<double>(plan.yMm[u]) / sidesMm[s]));
      sheet.tuning.circularVariance.push_back(v);
      sheet.tuning.colourPreference.push_back(v);
    }
    maps->sheets.push_back(std::move(sheet));
  }
  FigureData data;
  data.network = network;
  data.maps = maps;
  return data;
}

FigureData fullData() {
  FigureData data;
  const auto network = test::makeNetwork();
  data.network = network;
  const auto maps = test::makeMaps(*network);
  data.maps = maps;
  data.activity = test::makeActivity(*network, *maps);
  data.lesion = {1, {{0, {2, 5, 9}, session::PerturbationKind::silence, 1, {}}}};
  return data;
}

FigureSpec specOf(const QString& name, const QString& quantity) {
  FigureSpec spec;
  spec.name = name;
  spec.quantity = quantity;
  spec.widthMm = 100;
  return spec;
}

// The sheets alone: what lies above the legend, whose bar has the same colours.
QImage sheetsIn(const Figure& figure, double pageHeightMm) {
  const QImage image = figureImage(figure, kDpi);
  return image.copy(0, 0, image.width(), static_cast<int>((pageHeightMm + 6) * kPxPerMm));
}

CortexPage pageOf(const FigureData& data, const FigureSpec& spec) {
  std::vector<double> sides;
  QStringList labels;
  for (const session::SheetPlan& plan : data.network->sheets) {
    sides.push_back(plan.spec.displaySideMm);
    labels << QString("%1: %2 mm").arg(sheetTitle(plan.spec), numberText(plan.spec.displaySideMm, true));
  }
  return layOutCortex(sides, labels, TextRuler(spec.fontPt), spec.widthMm, spec.azimuthDeg, spec.elevationDeg);
}

struct Blot {
  double pixels = 0;
  QPointF centre;
  int tallest = 0;  ///< longest run down a column
};

Blot blotOf(const QImage& image, QRgb colour) {
  Blot blot;
  for (int x = 0; x < image.width(); ++x) {
    int run = 0;
    for (int y = 0; y < image.height(); ++y) {
      const QRgb p = image.pixel(x, y);
      const bool same =
          std::abs(qRed(p) - qRed(colour)) + std::abs(qGreen(p) - qGreen(colour)) + std::abs(qBlue(p) - qBlue(colour)) <
          10;
      run = same ? run + 1 : 0;
      blot.tallest = std::max(blot.tallest, run);
      if (!same) continue;
      ++blot.pixels;
      blot.centre += QPointF(x, y);
    }
  }
  if (blot.pixels > 0) blot.centre /= blot.pixels;
  return blot;
}

QRgb colourOn(figures::ColourMap map, double position) {
  const figures::Rgb c = figures::colourAt(map, position);
  return qRgb(c.r, c.g, c.b);
}

// Without makeFigure(), which adds a margin and the width.
Figure drawn(const Expected<Figure>& figure, const FigureSpec& spec) {
  Figure copy = *figure;
  copy.widthMm = spec.widthMm;
  return copy;
}

}  // namespace

class TestCortexFigure : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void oneScaleForAllSheets() {
    const TextRuler ruler(7);
    const CortexPage page = layOutCortex({10, 5}, {"V1", "IT"}, ruler, 180, 54, 18);
    const QRectF large = page.sheets[0].outline().boundingRect();
    const QRectF small = page.sheets[1].outline().boundingRect();
    QVERIFY(large.width() > 20);
    QVERIFY(std::abs(large.width() / small.width() - 2) < 1e-9);
    QVERIFY(std::abs(large.height() / small.height() - 2) < 1e-9);
    // The bar is along the sheets' x: as long as its millimetres on any of them.
    QCOMPARE(page.scaleText.text, QString("2 mm"));
    for (const CortexPageSheet& sheet : page.sheets) {
      const double along = QLineF(sheet.toPage.map(QPointF(0, 0)), sheet.toPage.map(QPointF(2, 0))).length();
      QVERIFY(std::abs(page.scaleBar.length() - along) < 1e-9);
    }
  }

  void nothingIsHidden_data() {
    QTest::addColumn<std::vector<double>>("sides");
    const std::vector<std::pair<const char*, std::vector<double>>> rows{
        {"one", {42}},
        {"two", {36, 60}},
        {"small behind large", {60, 3}},
        {"large behind small", {3, 60}},
        {"small between", {60, 4, 4, 60}},
        {"eight", {36.75, 36.75, 35.75, 35.75, 22.4, 22.4, 70, 70}}};
    for (const auto& [name, sides] : rows) QTest::newRow(name) << sides;
  }
  void nothingIsHidden() {
    QFETCH(std::vector<double>, sides);
    QStringList labels;
    for (const double side : sides) labels << QString("V1 (layer2.0.conv): %1 mm").arg(side);
    for (const double width : {85.0, 180.0}) {
      const CortexPage page = layOutCortex(sides, labels, TextRuler(7), width, 54, 18);
      const QRectF paper(QPointF(-1e-6, -1e-6), page.sizeMm + QSizeF(2e-6, 2e-6));
      QVERIFY(page.sizeMm.height() < width);
      QVERIFY(paper.contains(page.scaleText.box));
      for (std::size_t i = 0; i < sides.size(); ++i) {
        const CortexPageSheet& sheet = page.sheets[i];
        const QRectF box = sheet.outline().boundingRect();
        QVERIFY(paper.contains(box) && paper.contains(sheet.label.box));
        QVERIFY(!sheet.outline().intersects(QPolygonF(page.scaleText.box)));
        for (std::size_t j = 0; j < sides.size(); ++j) {
          const CortexPageSheet& other = page.sheets[j];
          QVERIFY2(!other.outline().intersects(QPolygonF(sheet.label.box)), "a label lies on a sheet");
          if (i == j) continue;
          const QRectF beside = other.outline().boundingRect();
          const double both = std::min(box.right(), beside.right()) - std::max(box.left(), beside.left());
          QVERIFY2(both < 0.15 * std::min(box.width(), beside.width()), "a sheet hides another");
          QVERIFY2(!sheet.label.box.intersects(other.label.box), "a label lies on a label");
          QVERIFY2(!other.outline().containsPoint(sheet.leader.p1(), Qt::OddEvenFill), "a leader begins elsewhere");
          const double x = sheet.leader.x1();
          QVERIFY2(x <= other.label.box.left() || x >= other.label.box.right() ||
                       other.label.box.bottom() < sheet.leader.y2() || other.label.box.top() > sheet.leader.y1(),
                   "a leader crosses a label");
        }
      }
    }
  }

  // Four quarters of four values: each where it is on the sheet.
  void rightWayUp() {
    const auto quarter = [](double x, double y) { return (x < 0.5 ? 0 : 1) + (y < 0.5 ? 0 : 2); };
    const FigureData data = sheetsOf({20}, [&](std::size_t, double x, double y) { return quarter(x, y) / 3.0; });
    const FigureSpec spec = specOf("cortex", "circular-variance");
    const auto figure = cortexFigure(spec, data);
    QVERIFY_OK(figure);
    const CortexPage page = pageOf(data, spec);
    const QImage image = sheetsIn(drawn(figure, spec), page.sizeMm.height());
    std::array<Blot, 4> blots;
    for (int q = 0; q < 4; ++q) {
      blots[static_cast<std::size_t>(q)] = blotOf(image, colourOn(figures::ColourMap::cividis, q / 3.0));
      QVERIFY2(blots[static_cast<std::size_t>(q)].pixels > 5000, qPrintable(QString::number(q)));
    }
    const QTransform& toPage = page.sheets[0].toPage;
    const QPointF right = (toPage.map(QPointF(10, 0)) - toPage.map(QPointF(0, 0))) * kPxPerMm;
    const QPointF down = (toPage.map(QPointF(0, 10)) - toPage.map(QPointF(0, 0))) * kPxPerMm;
    // Where a smoothed step is passed, it has the colours between: some hairs of them lie in other quarters.
    const double tolerance = 0.15 * down.y();
    const auto near = [&](const QPointF& got, const QPointF& want) {
      return std::abs(got.x() - want.x()) < tolerance && std::abs(got.y() - want.y()) < tolerance;
    };
    QVERIFY(near(blots[1].centre - blots[0].centre, right));
    QVERIFY(near(blots[2].centre - blots[0].centre, down));
    QVERIFY(near(blots[3].centre - blots[0].centre, right + down));
  }

  void drawnToOneScale() {
    const FigureData data = sheetsOf({10, 5}, [](std::size_t sheet, double, double) { return sheet == 0 ? 0.0 : 1.0; });
    const FigureSpec spec = specOf("cortex", "circular-variance");
    const auto figure = cortexFigure(spec, data);
    QVERIFY_OK(figure);
    const QImage image = sheetsIn(drawn(figure, spec), pageOf(data, spec).sizeMm.height());
    const Blot large = blotOf(image, colourOn(figures::ColourMap::cividis, 0));
    const Blot small = blotOf(image, colourOn(figures::ColourMap::cividis, 1));
    QVERIFY(small.tallest > 100);
    QVERIFY2(std::abs(large.tallest - 2 * small.tallest) <= 6,
             qPrintable(QString("%1 and %2").arg(large.tallest).arg(small.tallest)));
    QVERIFY(small.centre.x() > large.centre.x());  // the first stands at the left
  }

  // Preferences of 1 and 0.5: one legend, so the weaker sheet is paler.
  void oneLegendForAllSheets() {
    const FigureData data =
        sheetsOf({10, 10}, [](std::size_t sheet, double, double) { return sheet == 0 ? 1.0 : 0.5; });
    const FigureSpec spec = specOf("cortex", "colour");
    const auto figure = cortexFigure(spec, data);
    QVERIFY_OK(figure);
    const QImage image = sheetsIn(drawn(figure, spec), pageOf(data, spec).sizeMm.height());
    const double strong = blotOf(image, colourOn(figures::ColourMap::vik, 1)).pixels;
    const double weak = blotOf(image, colourOn(figures::ColourMap::vik, 0.75)).pixels;
    QVERIFY(strong > 5000 && weak > 5000);
    QVERIFY(std::abs(weak / strong - 1) < 0.2);  // a seventh of the second is hidden
  }

  void everyQuantity_data() {
    QTest::addColumn<QString>("quantity");
    QTest::addColumn<QString>("title");
    QTest::newRow("none named") << QString() << "Cortex: preferred orientation";
    QTest::newRow("orientation") << "orientation"
                                 << "Cortex: preferred orientation";
    QTest::newRow("case aside") << "Circular-Variance"
                                << "Cortex: circular variance";
    QTest::newRow("frequency") << "frequency"
                               << "Cortex: preferred spatial frequency";
    QTest::newRow("colour") << "colour"
                            << "Cortex: colour preference";
    QTest::newRow("rate") << "rate"
                          << "Cortex: firing rate";
    QTest::newRow("loss share") << "loss-share"
                                << "Cortex: topographic loss share";
    QTest::newRow("lesion") << "lesion"
                            << "Cortex: lesion";
    QTest::newRow("a category") << "PLACES"
                                << "Cortex: places";
  }
  void everyQuantity() {
    QFETCH(QString, quantity);
    QFETCH(QString, title);
    const FigureData data = fullData();
    const auto figure = makeFigure(specOf("cortex", quantity), data);
    QVERIFY_OK(figure);
    QCOMPARE(figure->title, title);
    QCOMPARE(showsLossShare(specOf("cortex", quantity), data), quantity == "loss-share");
    QVERIFY(!figureImage(*figure, 96).isNull());
    // A row for every unit of the sheets that have values: only V1 is lesioned.
    const std::size_t units =
        data.network->sheets[0].xMm.size() + (quantity == "lesion" ? 0 : data.network->sheets[1].xMm.size());
    QCOMPARE(figure->tables.at(0).table.rows.size(), units);
  }

  void everyNameIsOffered() {
    const FigureData data = fullData();
    QStringList names;
    for (const FieldChoice& choice : figureQuantities("cortex", data)) names << quantityName(choice, *data.network);
    for (const QString& name : quantityNames()) QVERIFY2(names.contains(name), qPrintable(name));
    QCOMPARE(names.size(), quantityNames().size() + 5);
    QVERIFY(!names.contains(QString()));
    QVERIFY(figureQuantities("raster", data).empty());
    QCOMPARE(figureQuantities("maps", data).size(), std::size_t{5});
  }

  void unknownQuantities() {
    const FigureData data = fullData();
    QVERIFY_REFUSED(makeFigure(specOf("cortex", "Frequenzy"), data), "did you mean frequency?");
    QVERIFY_REFUSED(makeFigure(specOf("cortex", "facs"), data), "did you mean faces?");
    QVERIFY_REFUSED(makeFigure(specOf("maps", "facs"), data), "did you mean faces?");
    QVERIFY_REFUSED(makeFigure(specOf("maps", "rate"), data), "it shows one of faces, bodies");
  }

  void whatIsNotThereIsTold() {
    FigureData data = fullData();
    data.activity.reset();
    data.lesion = {};
    QVERIFY_REFUSED(makeFigure(specOf("cortex", "rate"), data), "show a stimulus");
    QVERIFY_REFUSED(makeFigure(specOf("cortex", "lesion"), data), "make a lesion");
    QVERIFY(!showsLossShare(specOf("maps", "loss-share"), data));
    const auto unasked = test::withoutLossShare(*data.maps);
    data.maps = unasked;
    QVERIFY(showsLossShare(specOf("cortex", "Loss-Share"), data));
    QVERIFY_REFUSED(makeFigure(specOf("cortex", "loss-share"), data), "is not measured yet");
    data.maps = test::withoutLossShare(*unasked, session::LossShareState::underWay);
    QVERIFY_REFUSED(makeFigure(specOf("cortex", "loss-share"), data), "wait until it is measured");
    const auto sparse = test::withoutLossShare(*unasked, session::LossShareState::impossible);
    sparse->lossShareNote = "The sheet of V1 is too sparse";
    data.maps = sparse;
    QVERIFY_REFUSED(makeFigure(specOf("cortex", "loss-share"), data), "The sheet of V1 is too sparse");
    data.maps.reset();
    QVERIFY_REFUSED(makeFigure(specOf("cortex", "faces"), data), "There is nothing to colour the cortex by");
    auto bare = test::makeNetwork();
    bare->sheets.clear();
    data.network = bare;
    QVERIFY_REFUSED(makeFigure(specOf("cortex", {}), data), "no sheets");
  }

  void mapsShowTheCategoryAskedFor() {
    FigureData data = fullData();
    const auto titleOf = [&data](const QString& quantity) {
      const auto figure = makeFigure(specOf("maps", quantity), data);
      return figure ? figure->title : QString::fromStdString(figure.error().text());
    };
    QCOMPARE(titleOf({}), QString("Maps of all areas: preferred orientation and faces"));
    QCOMPARE(titleOf("Places"), QString("Maps of all areas: preferred orientation and places"));
    const auto figure = makeFigure(specOf("maps", "places"), data);
    QVERIFY_OK(figure);
    QCOMPARE(std::get<std::string>(figure->tables.at(0).table.rows.back().at(2)), std::string("Places"));

    // Nobody was shown faces: the first category that there is.
    auto fewer = std::make_shared<session::MapsFrame>(*data.maps);
    for (session::SheetMaps& sheet : fewer->sheets) sheet.domains.erase(sheet.domains.begin());
    data.maps = fewer;
    QCOMPARE(titleOf({}), QString("Maps of all areas: preferred orientation and bodies"));
    QVERIFY_REFUSED(makeFigure(specOf("maps", "faces"), data), "There is no quantity");
    auto none = std::make_shared<session::MapsFrame>(*fewer);
    for (session::SheetMaps& sheet : none->sheets) sheet.domains.clear();
    data.maps = none;
    QCOMPARE(titleOf({}), QString("Maps of all areas: preferred orientation"));
    QVERIFY_REFUSED(makeFigure(specOf("maps", "bodies"), data), "no category maps are measured");
  }
};

int main(int argc, char** argv) {
  qputenv("QT_QPA_PLATFORM", "offscreen");
  QApplication application(argc, argv);
  TestCortexFigure test;
  return QTest::qExec(&test, argc, argv);
}
#include "test_cortex_figure.moc"
