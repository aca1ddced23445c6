#include <QElapsedTimer>
#include <QImage>
#include <QPdfWriter>
#include <QSignalSpy>
#include <QWheelEvent>
#include <cmath>

#include "tests/views/charts.h"
#include "tests/views/panel_support.h"
#include "views/panels/chart_view.h"

using namespace pinwheel;
using namespace pinwheel::views;
using test::canvas;
using test::grouped;

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

Chart lineChart(std::vector<double> x, std::vector<double> y) {
  Chart chart;
  chart.xLabel = QStringLiteral("Step");
  chart.yLabel = QStringLiteral("Loss");
  ChartSeries series;
  series.name = QStringLiteral("task");
  series.colour = Qt::red;
  series.x = std::move(x);
  series.y = std::move(y);
  chart.series = {std::move(series)};
  return chart;
}

}  // namespace

class TestChart : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void cleanup() { QVERIFY(QApplication::topLevelWidgets().isEmpty()); }

  void ticks_data() {
    QTest::addColumn<double>("low");
    QTest::addColumn<double>("high");
    QTest::addColumn<int>("most");
    QTest::addColumn<QList<double>>("expected");
    QTest::newRow("unit") << 0.0 << 1.0 << 5 << QList<double>{0, 0.2, 0.4, 0.6, 0.8, 1};
    QTest::newRow("fives") << 0.0 << 23.0 << 5 << QList<double>{0, 5, 10, 15, 20};
    QTest::newRow("across zero") << -1.5 << 1.5 << 4 << QList<double>{-1, 0, 1};
    QTest::newRow("small") << 0.0011 << 0.0039 << 3 << QList<double>{0.002, 0.003};
    QTest::newRow("large") << 0.0 << 120000.0 << 3 << QList<double>{0, 50000, 100000};
    QTest::newRow("empty") << 1.0 << 1.0 << 5 << QList<double>{};
    QTest::newRow("not a number") << kNan << 1.0 << 5 << QList<double>{};
  }
  void ticks() {
    QFETCH(double, low);
    QFETCH(double, high);
    QFETCH(int, most);
    QFETCH(QList<double>, expected);
    const auto got = niceTicks(low, high, most);
    QCOMPARE(got.size(), static_cast<std::size_t>(expected.size()));
    for (std::size_t i = 0; i < got.size(); ++i)
      QVERIFY(std::abs(got[i] - expected[static_cast<qsizetype>(i)]) <= 1e-9 * high);
  }

  void logTicksAreDecades() {
    QCOMPARE(logTicks(0.001, 1000, 3), (std::vector<double>{0.001, 1, 1000}));
    const auto few = logTicks(1, 10, 5);
    QCOMPARE(few, (std::vector<double>{1, 2, 5, 10}));
    QVERIFY(logTicks(0, 10, 5).empty());
  }

  void valuesAreWhereTheyBelong() {
    Chart chart = lineChart({0, 10}, {0, 4});
    chart.yLow = 0;
    chart.yHigh = 4;
    QImage image = canvas();
    const ChartLayout layout = layOut(chart, ChartStyle::figure(8), image.rect(), &image);
    QVERIFY(layout.usable);
    QCOMPARE(layout.pixelX(0), layout.plot.left());
    QCOMPARE(layout.pixelX(10), layout.plot.right());
    QCOMPARE(layout.pixelX(5), layout.plot.center().x());
    QCOMPARE(layout.pixelY(0), layout.plot.bottom());
    QCOMPARE(layout.pixelY(1), layout.plot.bottom() - layout.plot.height() / 4);
    QCOMPARE(layout.valueX(layout.pixelX(3)), 3.0);
    chart.logY = true;
    chart.yLow = 0.01;
    chart.yHigh = 100;
    const ChartLayout logarithmic = layOut(chart, ChartStyle::figure(8), image.rect(), &image);
    QVERIFY(std::abs(logarithmic.pixelY(1) - logarithmic.plot.center().y()) < 1e-6);
  }

  // The line goes through the pixel of its value, and the figure's ground is white everywhere else.
  void paintsWhatItSays() {
    Chart chart = lineChart({0, 10}, {2, 2});
    chart.series[0].name.clear();
    chart.yLow = 0;
    chart.yHigh = 4;
    QImage image = canvas();
    {
      QPainter painter(&image);
      paintChart(painter, image.rect(), chart, ChartStyle::figure(8));
    }
    const ChartLayout layout = layOut(chart, ChartStyle::figure(8), image.rect(), &image);
    const QPoint on(static_cast<int>(layout.pixelX(5)), static_cast<int>(std::floor(layout.pixelY(2))));
    const QColor seen = image.pixelColor(on);
    QVERIFY2(seen.red() > 200 && seen.green() < 140, qPrintable(seen.name()));
    QCOMPARE(image.pixelColor(on + QPoint(3, 12)), QColor(Qt::white));
    QCOMPARE(image.pixelColor(0, 0), QColor(Qt::white));
  }

  void barsReachFromZeroToTheirValue() {
    Chart chart;
    chart.categories = {QStringLiteral("a"), QStringLiteral("b")};
    ChartSeries bars;
    bars.kind = ChartSeries::Kind::bars;
    bars.colour = Qt::blue;
    bars.x = {0, 1};
    bars.y = {1, 0.5};
    chart.series = {bars};
    QImage image = canvas();
    QPainter painter(&image);
    paintChart(painter, image.rect(), chart, ChartStyle::figure(8));
    painter.end();
    const ChartLayout layout = layOut(chart, ChartStyle::figure(8), image.rect(), &image);
    QCOMPARE(layout.yLow, 0.0);
    const auto at = [&](double x, double y) {
      return image.pixelColor(static_cast<int>(layout.pixelX(x)), static_cast<int>(layout.pixelY(y)));
    };
    QCOMPARE(at(0, 0.9), QColor(Qt::blue));
    QCOMPARE(at(1, 0.45), QColor(Qt::blue));
    QVERIFY(at(1, 0.7) != QColor(Qt::blue));
    QVERIFY(at(0.5, 0.3) != QColor(Qt::blue));
  }

  void groupsStandBesideEachOther() {
    const Chart chart = grouped(3, 3);
    QImage image = canvas();
    const ChartLayout layout = layOut(chart, ChartStyle::figure(8), image.rect(), &image);
    const double slot = layout.plot.width() / 3;
    double before = layout.plot.left();
    for (std::size_t c = 0; c < 3; ++c)
      for (std::size_t g = 0; g < 3; ++g) {
        const double x = pointAt(chart, layout, g, c).x();
        QVERIFY(x > before + 0.1 * slot);
        QVERIFY(x > layout.plot.left() + slot * static_cast<double>(c) &&
                x < layout.plot.left() + slot * static_cast<double>(c + 1));
        before = x;
      }
  }

  void gapsCutLines() {
    const Chart chart = lineChart({0, 1, 2, 3, 4, 5, 6}, {1, 2, kNan, 4, kNan, 2, 3});
    QImage image = canvas();
    const ChartLayout layout = layOut(chart, ChartStyle::figure(8), image.rect(), &image);
    const auto runs = decimated(layout, chart.series[0].x, chart.series[0].y);
    QCOMPARE(runs.size(), std::size_t{3});
    QCOMPARE(runs[0].size(), qsizetype{2});
    QCOMPARE(runs[1].size(), qsizetype{1});
    QCOMPARE(runs[1][0], QPointF(layout.pixelX(3), layout.pixelY(4)));
    QCOMPARE(runs[2].size(), qsizetype{2});
    Chart positive = lineChart({0, 1, 2, 3}, {1, 0, -1, 10});
    positive.logY = true;
    const ChartLayout logarithmic = layOut(positive, ChartStyle::figure(8), image.rect(), &image);
    QCOMPARE(decimated(logarithmic, positive.series[0].x, positive.series[0].y).size(), std::size_t{2});
  }

  // At most four points of a column remain, and its lowest and highest are among them.
  void decimationKeepsPeaks() {
    std::vector<double> x, y;
    Random random(1);
    for (int i = 0; i < 100000; ++i) {
      x.push_back(i);
      y.push_back(random.normal());
    }
    y[54321] = 40;
    y[12345] = -40;
    const Chart chart = lineChart(x, y);
    QImage image = canvas();
    const ChartLayout layout = layOut(chart, ChartStyle::figure(8), image.rect(), &image);
    const auto runs = decimated(layout, chart.series[0].x, chart.series[0].y);
    QCOMPARE(runs.size(), std::size_t{1});
    QVERIFY(runs[0].size() <= 4 * (static_cast<qsizetype>(layout.plot.width()) + 2));
    QVERIFY(runs[0].contains(QPointF(layout.pixelX(54321), layout.pixelY(40))));
    QVERIFY(runs[0].contains(QPointF(layout.pixelX(12345), layout.pixelY(-40))));
    QCOMPARE(runs[0].front(), QPointF(layout.pixelX(0), layout.pixelY(y.front())));
    QCOMPARE(runs[0].back(), QPointF(layout.pixelX(99999), layout.pixelY(y.back())));
    for (qsizetype i = 1; i < runs[0].size(); ++i) QVERIFY(runs[0][i].x() >= runs[0][i - 1].x());
  }

  void noTextIsCutOrCovered_data() {
    QTest::addColumn<QSize>("size");
    QTest::addColumn<double>("fontPt");
    QTest::addColumn<int>("which");
    for (const auto& size : {QSize(300, 150), QSize(320, 240), QSize(900, 400), QSize(200, 120)})
      for (const double pt : {7.0, 9.0, 11.0})
        for (int which = 0; which < 5; ++which)
          QTest::addRow("%dx%d %g pt %d", size.width(), size.height(), pt, which) << size << pt << which;
  }
  void noTextIsCutOrCovered() {
    QFETCH(QSize, size);
    QFETCH(double, fontPt);
    QFETCH(int, which);
    Chart chart = which == 0   ? lineChart({0, 123456}, {0.0001, 0.0002})
                  : which == 1 ? lineChart({0, 3}, {-12345, 98765})
                  : which == 2 ? grouped(10, 3)
                  : which == 3 ? grouped(2, 2)
                               : lineChart({0, 180}, {0.2, 0.8});
    if (which == 4) chart.xTickStep = 45;
    chart.title = QStringLiteral("A rather long title that has to be shortened where there is no room for it");
    for (int s = 0; s < 3; ++s) {
      chart.series.push_back(chart.series[0]);
      chart.series.back().name = QStringLiteral("another series, number %1").arg(s);
    }
    QImage image = canvas(size.width(), size.height());
    const QRectF rect = QRectF(image.rect()).adjusted(5, 5, -5, -5);
    const ChartLayout layout = layOut(chart, ChartStyle::figure(fontPt), rect, &image);
    if (!layout.usable) {
      QVERIFY2(size.height() <= 150 || fontPt > 10, "a chart of this size can be drawn");
      return;
    }
    const QRectF within = rect.adjusted(-0.5, -0.5, 0.5, 0.5);
    QFont font = ChartStyle::figure(fontPt).font;
    for (std::size_t i = 0; i < layout.texts.size(); ++i) {
      const ChartLayout::Text& text = layout.texts[i];
      font.setBold(text.bold);
      const QFontMetricsF metrics(font, &image);
      QVERIFY2(within.contains(text.box), qPrintable(text.text));
      QVERIFY2(!layout.plot.adjusted(1, 1, -1, -1).intersects(text.box), qPrintable(text.text));
      const double room = text.upright ? text.box.height() : text.box.width();
      QVERIFY2(metrics.horizontalAdvance(text.text) <= room + 1, qPrintable(text.text));
      for (std::size_t j = 0; j < i; ++j)
        QVERIFY2(
            !text.box.adjusted(0.5, 0.5, -0.5, -0.5).intersects(layout.texts[j].box.adjusted(0.5, 0.5, -0.5, -0.5)),
            qPrintable(text.text + QStringLiteral(" over ") + layout.texts[j].text));
    }
    for (const ChartLayout::Swatch& swatch : layout.swatches) QVERIFY(!layout.plot.intersects(swatch.box));
  }

  void emptyChartsSayWhy() {
    Chart chart = lineChart({0, 1}, {kNan, kNan});
    chart.emptyNote = QStringLiteral("Nothing yet");
    QImage with = canvas();
    QPainter painter(&with);
    paintChart(painter, with.rect(), chart, ChartStyle::figure(9));
    painter.end();
    chart.emptyNote.clear();
    QImage without = canvas();
    QPainter second(&without);
    paintChart(second, without.rect(), chart, ChartStyle::figure(9));
    second.end();
    QVERIFY(with != without);
    const ChartLayout layout = layOut(chart, ChartStyle::figure(9), without.rect(), &without);
    QVERIFY(layout.empty && layout.xTicks.empty() && layout.yTicks.empty());  // no numbers that nobody measured
  }

  // Sizes follow the font in pt: a figure at 300 dpi has the layout of one at 96, in its own pixels.
  void sizesAreInPoints() {
    const Chart chart = grouped(4, 2);
    QImage fine = canvas(1250, 938);
    fine.setDotsPerMeterX(11811);
    fine.setDotsPerMeterY(11811);
    QImage coarse = canvas(400, 300);
    const ChartLayout a = layOut(chart, ChartStyle::figure(8), fine.rect(), &fine);
    const ChartLayout b = layOut(chart, ChartStyle::figure(8), coarse.rect(), &coarse);
    QVERIFY(std::abs(a.plot.left() / 1250 - b.plot.left() / 400) < 0.02);
    QVERIFY(std::abs(a.plot.bottom() / 938 - b.plot.bottom() / 300) < 0.02);
  }

  void wheelDragAndKeysZoom() {
    ChartView view;
    std::vector<double> x, y;
    for (int i = 0; i <= 100; ++i) x.push_back(i), y.push_back(i % 7);
    view.setChart(lineChart(x, y));
    QVERIFY(test::shown(view, {400, 250}));
    QCOMPARE(view.chartLayout().xLow, 0.0);
    QCOMPARE(view.chartLayout().xHigh, 100.0);
    view.setFocus();
    QTRY_VERIFY(view.hasFocus());
    QTest::keyClick(&view, Qt::Key_Plus);
    QCOMPARE(view.chartLayout().xLow, 10.0);
    QCOMPARE(view.chartLayout().xHigh, 90.0);
    QTest::keyClick(&view, Qt::Key_Right);
    QCOMPARE(view.chartLayout().xHigh, 100.0);  // not beyond the data
    QTest::keyClick(&view, Qt::Key_Left);
    QVERIFY(std::abs(view.chartLayout().xLow - 4) < 1e-9);
    QTest::keyClick(&view, Qt::Key_0);
    QCOMPARE(view.chartLayout().xLow, 0.0);

    const ChartLayout layout = view.chartLayout();
    const QPointF at(layout.pixelX(25), layout.plot.center().y());
    QWheelEvent wheel(at, view.mapToGlobal(at), {}, {0, 120}, Qt::NoButton, Qt::NoModifier, Qt::NoScrollPhase, false);
    QApplication::sendEvent(&view, &wheel);
    QVERIFY(std::abs(view.chartLayout().pixelX(25) - at.x()) < 1e-6);  // about the pointer
    QVERIFY(std::abs(view.chartLayout().xHigh - view.chartLayout().xLow - 80) < 1e-9);
    const double low = view.chartLayout().xLow;
    QTest::mousePress(&view, Qt::LeftButton, {}, at.toPoint());
    QTest::mouseMove(&view, at.toPoint() - QPoint(20, 0));
    QTest::mouseRelease(&view, Qt::LeftButton, {}, at.toPoint() - QPoint(20, 0));
    QTRY_VERIFY(view.chartLayout().xLow > low);
    // New data keep the zoom; another chart does not.
    view.setChart(lineChart(x, y));
    QVERIFY(view.chartLayout().xHigh - view.chartLayout().xLow < 81);
    QTest::mouseDClick(&view, Qt::LeftButton, {}, at.toPoint());
    QCOMPARE(view.chartLayout().xHigh, 100.0);
  }

  void nearestPointIsReadOut() {
    ChartView view;
    view.setChart(lineChart({0, 10, 20}, {1, 3, 2}));
    QVERIFY(test::shown(view, {400, 250}));
    const ChartLayout layout = view.chartLayout();
    const QPoint at(static_cast<int>(layout.pixelX(10)) + 4, static_cast<int>(layout.pixelY(3)) + 3);
    QTest::mouseMove(&view, at);
    QTRY_COMPARE(view.readout(), QStringLiteral("Step 10: task 3"));
    const QPoint away(static_cast<int>(layout.pixelX(5)), static_cast<int>(layout.pixelY(3)));
    QTest::mouseMove(&view, away);
    QTRY_VERIFY(view.readout().isEmpty());
  }

  void picturesToLookAt() {
    const QString folder = qEnvironmentVariable("PINWHEEL_PICTURES");
    if (folder.isEmpty()) QSKIP("PINWHEEL_PICTURES names no folder");
    std::vector<double> x, y;
    for (int i = 0; i < 3000; ++i) x.push_back(i), y.push_back(0.2 + 2 * std::exp(-i / 900.0) + 0.1 * std::sin(i));
    Chart line = lineChart(x, y);
    line.title = QStringLiteral("Task loss");
    ChartSeries band = line.series[0];
    band.name = QStringLiteral("band");
    band.colour = Qt::darkGreen;
    band.band = true;
    band.dashed = true;
    for (double& v : band.y) v += 0.6;
    for (const double v : band.y) band.low.push_back(v - 0.2), band.high.push_back(v + 0.2);
    line.series.push_back(band);
    QImage image(1000, 600, QImage::Format_RGB32);
    image.setDotsPerMeterX(3780);
    image.setDotsPerMeterY(3780);
    QPainter painter(&image);
    paintChart(painter, {0, 0, 500, 300}, line, ChartStyle::figure(8));
    line.logY = true;
    paintChart(painter, {0, 300, 1000, 300}, line, ChartStyle::figure(8));
    paintChart(painter, {500, 0, 500, 300}, grouped(8, 3), ChartStyle::screen(darkPalette(), QFont()));
    painter.end();
    QVERIFY(image.save(QDir(folder).filePath(QStringLiteral("charts.png"))));
  }
};

QTEST_MAIN(TestChart)
#include "test_chart.moc"
