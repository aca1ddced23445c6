// The names along a chart's axis: none is cut, covered, or drawn outside the chart.
#include <QHelpEvent>
#include <QToolTip>

#include "tests/views/charts.h"
#include "tests/views/panel_support.h"
#include "views/panels/chart_view.h"

using namespace pinwheel;
using namespace pinwheel::views;

using test::canvas;
using test::grouped;

class TestChartLabels : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void cleanup() { QVERIFY(QApplication::topLevelWidgets().isEmpty()); }

  // However long the names and narrow the chart: nothing is drawn outside its rectangle, no name lies on another, and
  // what had to be shortened is known whole.
  void longNamesStayInside_data() {
    QTest::addColumn<int>("width");
    QTest::addColumn<int>("categories");
    for (const int width : {180, 240, 300, 500, 1000})
      for (const int categories : {2, 10, 24})
        QTest::addRow("%d px, %d names", width, categories) << width << categories;
  }
  void longNamesStayInside() {
    QFETCH(int, width);
    QFETCH(int, categories);
    Chart chart = grouped(categories, 3);
    for (qsizetype c = 0; c < categories; ++c)
      if (c == 0 || c == categories - 1)
        chart.categories[c] = QStringLiteral("a musical instrument of a rather long name, number %1").arg(c);
    for (ChartSeries& series : chart.series)
      for (int c = 0; c < categories; ++c) series.notes << QStringLiteral("note of bar %1").arg(c);
    constexpr int kAround = 40;
    QImage image = canvas(width + 2 * kAround, 230 + 2 * kAround);
    const QRect rect = image.rect().adjusted(kAround, kAround, -kAround, -kAround);
    const ChartLayout layout = layOut(chart, ChartStyle::figure(8), rect, &image);
    QVERIFY(layout.usable);
    QPainter painter(&image);
    paintChart(painter, rect, chart, ChartStyle::figure(8), layout);
    painter.end();
    const QRect reached = rect.adjusted(-1, -1, 1, 1);  // smoothed edges
    int outside = 0;
    for (int y = 0; y < image.height(); ++y)
      for (int x = 0; x < image.width(); ++x)
        outside += !reached.contains(x, y) && image.pixelColor(x, y) != QColor(Qt::magenta) ? 1 : 0;
    QCOMPARE(outside, 0);
    const QFontMetricsF metrics(ChartStyle::figure(8).font, &image);
    int named = 0;
    for (std::size_t i = 0; i < layout.texts.size(); ++i) {
      const ChartLayout::Text& text = layout.texts[i];
      QVERIFY2(QRectF(rect).adjusted(-0.5, -0.5, 0.5, 0.5).contains(text.box), qPrintable(text.text));
      for (std::size_t j = 0; j < i; ++j)
        QVERIFY2(
            !text.box.adjusted(0.5, 0.5, -0.5, -0.5).intersects(layout.texts[j].box.adjusted(0.5, 0.5, -0.5, -0.5)),
            qPrintable(text.text + QStringLiteral(" over ") + layout.texts[j].text));
      const QString whole = text.whole.isEmpty() ? text.text : text.whole;
      if (!chart.categories.contains(whole)) continue;
      ++named;
      QVERIFY2(metrics.horizontalAdvance(text.text) <= (text.upright ? text.box.height() : text.box.width()),
               qPrintable(text.text));
      QCOMPARE(text.whole.isEmpty(), text.text == whole);
    }
    QVERIFY(named >= std::min(categories, 2));
  }

  // The names of the demo's categories, at a dock's width.
  void theLastNameIsReadWhole() {
    ChartView view;
    Chart chart = grouped(10, 3);
    chart.categories = {QStringLiteral("all"),       QStringLiteral("adult"), QStringLiteral("child"),
                        QStringLiteral("body"),      QStringLiteral("limb"),  QStringLiteral("word"),
                        QStringLiteral("number"),    QStringLiteral("house"), QStringLiteral("corridor"),
                        QStringLiteral("instrument")};
    view.setChart(chart);
    view.resize(300, 230);
    QStringList names;
    for (const ChartLayout::Text& text : view.chartLayout().texts) {
      QVERIFY2(QRectF(view.rect()).contains(text.box), qPrintable(text.text));
      if (chart.categories.contains(text.text)) names << text.text;
    }
    QCOMPARE(names, chart.categories);
  }

  void shortenedNamesAreToldByAToolTip() {
    ChartView view;
    Chart chart = grouped(3, 1);
    chart.categories[2] = QStringLiteral("a musical instrument of a name for which there is no room in this chart");
    view.setChart(chart);
    QVERIFY(test::shown(view, {300, 230}));
    bool told = false;
    for (const ChartLayout::Text& text : view.chartLayout().texts) {
      if (text.whole != chart.categories[2]) continue;
      const QPoint at = text.box.center().toPoint();
      QHelpEvent help(QEvent::ToolTip, at, view.mapToGlobal(at));
      QApplication::sendEvent(&view, &help);
      QTRY_COMPARE(QToolTip::text(), chart.categories[2]);
      told = true;
    }
    QVERIFY(told);
    QToolTip::hideText();
    QTRY_COMPARE(QApplication::topLevelWidgets().size(), 1);
  }
};

QTEST_MAIN(TestChartLabels)
#include "test_chart_labels.moc"
