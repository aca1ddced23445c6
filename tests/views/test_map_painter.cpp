#include "views/maps/map_painter.h"
#include "views/unit_sets.h"

#include <QPainter>
#include <QSvgGenerator>
#include <cmath>
#include <set>

#include "tests/support.h"
#include "tests/views/fake_engine.h"
#include "views/maps/contour.h"

using namespace pinwheel;
using namespace pinwheel::views;

namespace {

int apart(QRgb a, QRgb b) {
  return std::abs(qRed(a) - qRed(b)) + std::abs(qGreen(a) - qGreen(b)) + std::abs(qBlue(a) - qBlue(b));
}

QString nameOfRow(const QRectF& rect, const DrawnText& text) {
  return QStringLiteral("'%1' at %2, %3, %4 x %5 in %6 x %7")
      .arg(text.text)
      .arg(text.box.x())
      .arg(text.box.y())
      .arg(text.box.width())
      .arg(text.box.height())
      .arg(rect.width())
      .arg(rect.height());
}

}  // namespace

class TestMapPainter : public QObject {
  Q_OBJECT

  std::shared_ptr<session::NetworkFrame> m_network = test::makeNetwork();
  std::shared_ptr<session::MapsFrame> m_maps = test::makeMaps(*m_network);
  std::shared_ptr<session::ActivityFrame> m_activity = test::makeActivity(*m_network, *m_maps);
  session::Lesion m_lesion{1, {{0, {2, 5, 9}, session::PerturbationKind::silence, 1, {}}}};
  std::unique_ptr<SheetGrid> m_grid;
  std::vector<MapContent> m_contents;  ///< of every choice, smoothed

  [[nodiscard]] MapContent contentOf(const FieldChoice& choice, const MapExtras& extras = {true, true}) const {
    const FieldSource source{m_network, m_maps, m_activity, &m_lesion};
    return mapContent(source, 0, choice, *m_grid, extras, paperStyle().ground);
  }
  // A page as an export makes it: width in mm at dots per inch.
  static QImage page(double widthMm, double heightMm, double dpi) {
    QImage image(static_cast<int>(widthMm / 25.4 * dpi), static_cast<int>(heightMm / 25.4 * dpi),
                 QImage::Format_ARGB32);
    image.setDotsPerMeterX(static_cast<int>(dpi / 0.0254));
    image.setDotsPerMeterY(static_cast<int>(dpi / 0.0254));
    image.fill(Qt::white);
    return image;
  }
  static void keep(const QImage& image, const QString& name) {
    const QString folder = qEnvironmentVariable("PINWHEEL_KEEP_PICTURES");
    if (!folder.isEmpty()) image.save(folder + QLatin1Char('/') + name + QStringLiteral(".png"));
  }

private Q_SLOTS:
  void initTestCase() {
    m_grid = std::make_unique<SheetGrid>(m_network->sheets[0], 256);
    for (FieldChoice choice : fieldChoices(*m_network)) {
      choice.smoothed = true;
      m_contents.push_back(contentOf(choice));
    }
  }

  void noTextIsCutOrOverlaps_data() {
    QTest::addColumn<double>("widthMm");
    QTest::addColumn<double>("heightMm");
    QTest::addColumn<double>("pt");
    QTest::newRow("85 mm") << 85.0 << 80.0 << 7.0;
    QTest::newRow("180 mm") << 180.0 << 150.0 << 8.0;
    QTest::newRow("85 mm, tall") << 85.0 << 120.0 << 8.0;
    QTest::newRow("flat") << 180.0 << 60.0 << 9.0;
    QTest::newRow("stamp") << 25.0 << 22.0 << 7.0;
    QTest::newRow("large font") << 85.0 << 85.0 << 14.0;
  }
  void noTextIsCutOrOverlaps() {
    QFETCH(double, widthMm);
    QFETCH(double, heightMm);
    QFETCH(double, pt);
    for (const MapContent& content : m_contents) {
      MapOptions options;
      options.fontPt = pt;
      QImage image = page(widthMm, heightMm, 150);
      const QRectF rect = QRectF(image.rect()).adjusted(10, 10, -10, -10);
      const MapStyle style = paperStyle();
      QPainter painter(&image);
      const MapLayout layout = MapPainter(content, options, style).paint(painter, rect);
      painter.end();
      keep(image, QStringLiteral("painter_%1_%2").arg(QTest::currentDataTag(), content.field.name).replace(' ', '_'));
      QVERIFY(rect.adjusted(-0.5, -0.5, 0.5, 0.5).contains(layout.map));
      const std::vector<DrawnText> texts = layout.texts();
      for (std::size_t i = 0; i < texts.size(); ++i) {
        QVERIFY2(rect.adjusted(-0.5, -0.5, 0.5, 0.5).contains(texts[i].box), qPrintable(nameOfRow(rect, texts[i])));
        QVERIFY2(!texts[i].box.intersects(layout.map), qPrintable(nameOfRow(rect, texts[i])));
        QVERIFY2(!texts[i].text.contains(QChar(0x2026)), qPrintable(texts[i].text));
        for (std::size_t j = 0; j < i; ++j)
          QVERIFY2(!texts[i].box.adjusted(0.5, 0.5, -0.5, -0.5).intersects(texts[j].box),
                   qPrintable(nameOfRow(rect, texts[i]) + nameOfRow(rect, texts[j])));
      }
    }
  }

  // The picture has more pixels than the map's place, and fewer than the screen has there: units keep their edges.
  void denseScreensShowUnitsSharp() {
    const MapContent content = contentOf({Quantity::orientation, 0, 0, false}, {});
    MapOptions options;
    options.pinwheels = options.isoLines = options.patches = false;
    QImage image = page(80, 80, 96);
    image = image.scaled(2 * image.size());
    image.setDotsPerMeterX(3780);
    image.setDotsPerMeterY(3780);
    image.setDevicePixelRatio(2);
    QPainter painter(&image);
    const MapLayout layout =
        MapPainter(content, options, paperStyle()).paint(painter, QRectF(QPointF(), image.deviceIndependentSize()));
    painter.end();
    QVERIFY(layout.map.width() < content.picture.width() && 2 * layout.map.width() > content.picture.width());
    std::set<QRgb> colours;
    for (int y = 0; y < content.picture.height(); ++y)
      for (int x = 0; x < content.picture.width(); ++x) colours.insert(content.picture.pixel(x, y));
    const QRect inside = QRectF(layout.map.topLeft() * 2, layout.map.size() * 2).toRect().adjusted(4, 4, -4, -4);
    int mixed = 0;
    for (int y = inside.top(); y <= inside.bottom(); ++y)
      for (int x = inside.left(); x <= inside.right(); ++x) mixed += colours.count(image.pixel(x, y)) == 0 ? 1 : 0;
    QCOMPARE(mixed, 0);
  }

  void anythingFitsANormalFigure() {
    for (const MapContent& content : m_contents) {
      const MapOptions options;
      QImage image = page(85, 80, 300);
      const MapLayout layout = MapPainter(content, options, paperStyle()).layout(image.rect(), &image);
      QVERIFY(layout.legend.has_value());
      QVERIFY(layout.scaleText.has_value());
      QVERIFY(!layout.title.empty());
      QVERIFY(!layout.caption.empty());
      QVERIFY(layout.map.width() > 0.6 * image.width());
    }
  }

  void theScaleBarIsRoundAndRight() {
    const MapContent content = contentOf({Quantity::orientation});
    MapOptions options;
    QImage image = page(85, 80, 300);
    MapLayout layout = MapPainter(content, options, paperStyle()).layout(image.rect(), &image);
    QCOMPARE(layout.scaleText->text, QStringLiteral("10 mm"));  // nearest by ratio to a fifth of 36 mm
    QVERIFY(std::abs(layout.scaleBar.width() - 10 * layout.map.width() / 36) < 0.01);
    options.zoom = 8;
    layout = MapPainter(content, options, paperStyle()).layout(image.rect(), &image);
    QCOMPARE(layout.scaleText->text, QStringLiteral("1 mm"));
    QVERIFY(std::abs(layout.scaleBar.width() - 8 * layout.map.width() / 36) < 0.01);
    for (const double mm : {0.001, 0.7, 1.3, 3.0, 36.0, 70.0, 999.0}) {
      const double round = roundNumber(mm);
      QVERIFY(round / mm > 0.6 && round / mm < 1.6);
    }
  }

  void coloursOfTheLegendAreTheMaps() {
    const MapContent content = contentOf({Quantity::orientation});
    const MapOptions options;
    QImage image = page(180, 150, 200);
    QPainter painter(&image);
    const MapLayout layout = MapPainter(content, options, paperStyle()).paint(painter, image.rect());
    painter.end();
    // The wheel's centre is under the label of 90 degrees, at the height of that of 0.
    const auto box = [&](const QString& text) {
      for (const DrawnText& drawn : layout.legend->texts)
        if (drawn.text == text) return drawn.box;
      return QRectF();
    };
    const QPointF centre(box("90\u00b0").center().x(), box("0\u00b0").center().y());
    const double radius = 0.6 * (centre.y() - box("90\u00b0").bottom());
    for (const double degrees : {20.0, 45.0, 90.0, 135.0, 160.0}) {
      const double angle = degrees * std::acos(-1.0) / 180;
      const QPointF at = centre + radius * QPointF(std::cos(angle), -std::sin(angle));
      const figures::Rgb want = figures::colourAt(figures::ColourMap::orientation, degrees / 180);
      QVERIFY2(apart(image.pixel(at.toPoint()), qRgb(want.r, want.g, want.b)) < 16,
               qPrintable(QString::number(degrees)));
    }
    QVERIFY(box("45\u00b0").left() > centre.x());
    QVERIFY(box("135\u00b0").right() < centre.x());
  }

  void pinwheelsAreAtTheirPlaces() {
    MapContent content = contentOf({Quantity::orientation});
    content.pinwheels = {{9, 18, 1}, {27, 18, -1}};
    MapOptions options;
    options.isoLines = false;
    const MapStyle style = paperStyle();
    for (const bool shown : {true, false}) {
      options.pinwheels = shown;
      QImage image = page(85, 80, 300);
      QPainter painter(&image);
      const MapLayout layout = MapPainter(content, options, style).paint(painter, image.rect());
      painter.end();
      const QPointF positive = layout.map.topLeft() + QPointF(0.25, 0.5) * layout.map.width();
      const QPointF negative = layout.map.topLeft() + QPointF(0.75, 0.5) * layout.map.width();
      QCOMPARE(image.pixel(positive.toPoint()) == qRgb(255, 255, 255), shown);
      QCOMPARE(image.pixel(negative.toPoint()) == qRgb(0, 0, 0), shown);
      // The outline is of the other colour.
      const double r = 2.2 * 300 / 72;
      if (shown) QVERIFY(qGray(image.pixel((positive + QPointF(r, 0)).toPoint())) < 128);
      if (shown) QVERIFY(qGray(image.pixel((negative + QPointF(r, 0)).toPoint())) > 128);
    }
  }

  void contoursAreWhereTheLevelIs() {
    // A cone: rings of known radius, closed.
    analysis::Grid<float> grid{101, 101, 50, {}, {}};
    for (int row = 0; row < 101; ++row)
      for (int column = 0; column < 101; ++column)
        grid.values.push_back(
            static_cast<float>(std::hypot((column + 0.5) * 50 / 101 - 25, (row + 0.5) * 50 / 101 - 25)));
    const std::vector<QPolygonF> rings = contour(grid, 10);
    QCOMPARE(rings.size(), std::size_t{1});
    QVERIFY(rings[0].isClosed());
    for (const QPointF& p : rings[0]) QVERIFY(std::abs(std::hypot(p.x() - 25, p.y() - 25) - 10) < 0.05);
    QVERIFY(contour(grid, 100).empty());
    // One saddle cell: two lines, that do not cross.
    const analysis::Grid<float> saddle{2, 2, 2, {1, 0, 0, 1}, {}};
    QCOMPARE(contour(saddle, 0.4F).size(), std::size_t{2});
    analysis::Grid<float> holed{2, 2, 2, {1, 0, 0, std::nanf("")}, {}};
    QVERIFY(contour(holed, 0.5F).empty());
  }

  void isoLinesFollowTheOrientation() {
    // So many units that smoothing sees the waves themselves.
    const session::SheetPlan plan = test::makePlan("V1", "V1", 80, 16, 36, 3);
    std::vector<float> degrees;
    std::vector<float> weight;
    for (std::size_t u = 0; u < plan.xMm.size(); ++u) {
      const std::complex<double> z =
          test::planeWaves(static_cast<double>(plan.xMm[u]), static_cast<double>(plan.yMm[u]), 9, 21);
      degrees.push_back(static_cast<float>(std::arg(z) * 90 / std::acos(-1.0)));
      weight.push_back(static_cast<float>(std::abs(z)));
    }
    int near = 0;
    int all = 0;
    for (const QPolygonF& line : isoOrientationLines(plan, degrees, weight))
      for (const QPointF& p : line) {
        const std::complex<double> z = test::planeWaves(p.x(), p.y(), 9, 21);
        if (p.x() < 3 || p.y() < 3 || p.x() > 33 || p.y() > 33 || std::abs(z) < 0.15) continue;
        near += std::abs(std::remainder(std::arg(z) * 90 / std::acos(-1.0), 22.5)) < 4 ? 1 : 0;
        ++all;
      }
    QVERIFY(all > 1000);
    QVERIFY2(near > 0.95 * all, qPrintable(QStringLiteral("%1 of %2").arg(near).arg(all)));
    QVERIFY(contentOf({Quantity::orientation}).isoLines.size() > 20);
  }

  void patchesAreOutlined() {
    const MapContent content = contentOf({Quantity::category, 0});
    QCOMPARE(content.patches.size(), std::size_t{1});
    const auto [cx, cy] = test::patchCentre(0);
    const QPointF centre(36 * cx, 36 * cy);
    QVERIFY(content.patches[0].containsPoint(centre, Qt::OddEvenFill));
    // 9 exp(-r^2 / 2 s^2) - 1 = 2 at r = s sqrt(2 ln 3), s = 3.6 mm; smoothing widens it a little.
    for (const QPointF& p : content.patches[0]) {
      const double r = std::hypot(p.x() - centre.x(), p.y() - centre.y());
      QVERIFY2(r > 4.5 && r < 7, qPrintable(QString::number(r)));
    }
    QVERIFY(contentOf({Quantity::orientation}).patches.empty());
  }

  void theUnitsOfAPatch() {
    const session::SheetPlan& plan = m_network->sheets[0];
    const std::vector<float>& t = m_maps->sheets[0].domains[1].t;
    const auto [cx, cy] = test::patchCentre(1);
    const std::int32_t inside = m_grid->unitAt(36 * cx, 36 * cy);
    const std::vector<std::int32_t> units = unitsOfPatch(plan, t, inside);
    QVERIFY(units.size() > 50);
    for (const std::int32_t u : units) {
      const auto i = static_cast<std::size_t>(u);
      QVERIFY(std::hypot(static_cast<double>(plan.xMm[i]) - 36 * cx, static_cast<double>(plan.yMm[i]) - 36 * cy) < 7.5);
    }
    QVERIFY(unitsOfPatch(plan, t, m_grid->unitAt(2, 34)).empty());
    QVERIFY(unitsOfPatch(plan, t, -1).empty());
    QVERIFY(unitsOfPatch(plan, t, 1 << 20).empty());
    const std::vector<float> values{1, 3, std::nanf(""), 2, 5};
    QCOMPARE(unitsAbove(values, 2), (std::vector<std::int32_t>{1, 4}));
  }

  void aNoteStandsInPlaceOfAMap() {
    const FieldSource source{m_network, nullptr, nullptr, nullptr};
    const MapContent content = mapContent(source, 0, {Quantity::orientation}, *m_grid, {}, paperStyle().ground);
    QVERIFY(content.picture.isNull());
    const MapOptions options;
    QImage image = page(85, 80, 300);
    QPainter painter(&image);
    const MapLayout layout = MapPainter(content, options, paperStyle()).paint(painter, image.rect());
    painter.end();
    QVERIFY(!layout.legend.has_value());
    QVERIFY(!layout.note.empty());
    for (const DrawnText& text : layout.note) QVERIFY(layout.map.contains(text.box));
    keep(image, "painter_note");
  }

  void onPaperAllButThePictureIsVector() {
    const MapContent content = contentOf({Quantity::orientation});
    QBuffer buffer;
    QSvgGenerator svg;
    svg.setOutputDevice(&buffer);
    svg.setResolution(300);
    svg.setSize({1004, 945});
    svg.setViewBox(QRect(0, 0, 1004, 945));
    const MapOptions options;
    const MapStyle style = paperStyle();
    QPainter painter(&svg);
    MapPainter(content, options, style).paint(painter, QRectF(0, 0, 1004, 945));
    painter.end();
    const QByteArray text = buffer.data();
    QCOMPARE(text.count("<image"), qsizetype{1});
    QVERIFY(text.contains("preferred orientation"));
    QVERIFY(text.count("<path") > 50);
  }
};

QTEST_MAIN(TestMapPainter)
#include "test_map_painter.moc"
