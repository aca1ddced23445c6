// What the colours of the cortex mean: one range for all sheets, the wheel of orientations, the maps before a lesion.
#include <algorithm>

#include "cortex_desk.h"
#include "views/sheet_grid.h"
#include "views/vtk/legend_overlay.h"

using namespace pinwheel;
using test::Desk;

class TestCortexLegend final : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void init() { test::failOnVtkMessages(); }
  void cleanup() { QCOMPARE(QApplication::topLevelWidgets().size(), 0); }

  // t of IT is three times as large: V1 is coloured by IT's range, which the legend of either tells.
  void oneLegendHoldsForAllSheets() {
    Desk desk;
    for (float& t : desk.maps->sheets[1].domains[0].t) t *= 3;
    desk.open();
    const views::FieldChoice faces{views::Quantity::category};
    desk.selection->setField(faces);
    desk.show();
    const views::FieldSource source{desk.network, desk.maps, nullptr, nullptr};
    views::Field v1 = views::fieldOf(source, 0, faces);
    const views::Field it = views::fieldOf(source, 1, faces);
    QVERIFY(it.high > 2 * v1.high);
    for (const int sheet : {0, 1}) {
      QCOMPARE(desk.view->pictures().field(sheet).low, it.low);
      QCOMPARE(desk.view->pictures().field(sheet).high, it.high);
    }
    const auto* legend = desk.view->findChild<QWidget*>(QStringLiteral("cortexLegend"));
    const QString ofV1 = legend->accessibleDescription();
    QVERIFY(!ofV1.isEmpty());
    desk.selection->setSheet(1);
    QCOMPARE(legend->accessibleDescription(), ofV1);

    constexpr QRgb kGround = 0xff102030;
    views::SheetPictures pictures([] {});
    pictures.reset(desk.network);
    const auto update = pictures.next(source, faces, kGround);
    QVERIFY(update && update->sheet == 0);
    const views::SheetGrid grid(desk.network->sheets[0], views::SheetPictures::kSide);
    QVERIFY(update->picture != grid.picture(v1, false, kGround));
    v1.low = it.low;
    v1.high = it.high;
    QCOMPARE(update->picture, grid.picture(v1, false, kGround));
  }

  // In the cortex as in the map: an effect that comes, and the maps behind it, do not change what was before.
  void showsTheMapsBeforeTheLesion() {
    Desk desk;
    desk.open();
    desk.show();
    desk.scene->setLesion({0, {{0, {2, 5, 9}, session::PerturbationKind::silence, 1, {}}}});
    views::FieldChoice before;
    before.before = true;
    desk.selection->setField(before);
    desk.settle();
    QVERIFY(!desk.view->pictures().field(0).note.isEmpty());
    const auto effect = test::makeLesionEffect(*desk.network, desk.scene->lesion());
    effect->mapsBefore = desk.maps;
    desk.engine.news.lesion = effect;
    desk.scene->pump();
    desk.settle();
    QCOMPARE(desk.view->pictures().field(0).values, desk.maps->sheets[0].tuning.orientationDeg);
    const auto after = test::turned(*desk.maps, 60);
    desk.engine.news.maps = after;
    desk.scene->pump();
    desk.settle();
    QCOMPARE(desk.view->pictures().field(0).values, desk.maps->sheets[0].tuning.orientationDeg);
    desk.selection->setField({});
    desk.settle();
    QCOMPARE(desk.view->pictures().field(0).values, after->sheets[0].tuning.orientationDeg);
  }

  void theWheelsLabelsLieApart_data() {
    QTest::addColumn<int>("points");
    for (const int points : {7, 9, 12, 16}) QTest::addRow("%d pt", points) << points;
  }
  void theWheelsLabelsLieApart() {
    QFETCH(int, points);
    views::LegendOverlay legend(nullptr);
    QFont font = legend.font();
    font.setPointSize(points);
    legend.setFont(font);
    legend.resize(legend.sizeHint());
    const auto wheel = legend.wheel();
    const QPointF centre = wheel.circle.center();
    const double radius = wheel.circle.width() / 2;
    QVERIFY2(radius > 10, qPrintable(QString::number(radius)));
    QStringList texts;
    for (const auto& [text, box] : wheel.labels) {
      QVERIFY2(QRectF(legend.rect()).contains(box), qPrintable(text));
      const QPointF nearest(std::clamp(centre.x(), box.left(), box.right()),
                            std::clamp(centre.y(), box.top(), box.bottom()));
      QVERIFY2(QLineF(centre, nearest).length() >= radius, qPrintable(text));
      for (const auto& [other, place] : wheel.labels)
        QVERIFY2(other == text || !place.intersects(box), qPrintable(other + " on " + text));
      texts << text;
    }
    const QChar degree(0xb0);
    QCOMPARE(texts, (QStringList{QString("0") + degree, QString("45") + degree, QString("90") + degree,
                                 QString("135") + degree, QString("180") + degree}));
  }
};

int main(int argc, char** argv) {
  return test::runWithGraphics<TestCortexLegend>(argc, argv);
}
#include "test_cortex_legend.moc"
