#include "views/maps/raster_view.h"

#include <QApplication>
#include <QComboBox>
#include <QPainter>
#include <QToolButton>
#include <cmath>

#include "tests/support.h"
#include "tests/views/fake_engine.h"
#include "views/theme.h"

using namespace pinwheel;
using namespace pinwheel::views;
using Mode = RasterCanvas::TimeMode;

namespace {

// Of a grabbed widget, by its own coordinates.
QColor colourAt(const QImage& image, double x, double y) {
  const double scale = image.devicePixelRatio();
  return image.pixelColor(static_cast<int>(x * scale), static_cast<int>(y * scale));
}

}  // namespace

class TestRasterView : public QObject {
  Q_OBJECT

  std::unique_ptr<test::FakeEngine> m_engine;
  std::unique_ptr<Scene> m_scene;
  std::unique_ptr<Selection> m_selection;
  std::unique_ptr<RasterView> m_view;
  std::shared_ptr<session::NetworkFrame> m_network = test::makeNetwork();
  std::shared_ptr<session::MapsFrame> m_maps = test::makeMaps(*m_network);

  [[nodiscard]] RasterCanvas& canvas() const { return m_view->canvas(); }
  template <class W>
  [[nodiscard]] W* child(const char* name) const {
    return m_view->findChild<W*>(QLatin1String(name));
  }
  void show(int frames, std::int64_t firstStep = 0) const {
    for (int i = 0; i < frames; ++i) {
      m_engine->news.activity = test::makeActivity(*m_network, *m_maps, firstStep + i);
      m_scene->pump();
    }
  }
  void keep(const QString& name) const {
    const QString folder = qEnvironmentVariable("PINWHEEL_KEEP_PICTURES");
    if (!folder.isEmpty()) m_view->grab().save(folder + QLatin1Char('/') + name + QStringLiteral(".png"));
  }
  void mouse(QEvent::Type type, const QPointF& at, Qt::MouseButton button, Qt::MouseButtons held,
             Qt::KeyboardModifiers modifiers = Qt::NoModifier) const {
    QMouseEvent event(type, at, canvas().mapToGlobal(at), button, held, modifiers);
    QApplication::sendEvent(&canvas(), &event);
  }

private Q_SLOTS:
  void initTestCase() { QApplication::setStyle("Fusion"); }
  void init() {
    QApplication::setPalette(lightPalette());
    m_engine = std::make_unique<test::FakeEngine>();
    m_scene = std::make_unique<Scene>(*m_engine);
    m_selection = std::make_unique<Selection>();
    m_view = std::make_unique<RasterView>(*m_scene, *m_selection);
    m_view->resize(700, 760);
    m_view->show();
    QVERIFY(QTest::qWaitForWindowExposed(m_view.get()));
    m_engine->news.network = m_network;
    m_engine->news.maps = m_maps;
    m_scene->pump();
  }
  void cleanup() {
    m_view.reset();
    m_selection.reset();
    m_scene.reset();
    m_engine.reset();
    QVERIFY(QApplication::topLevelWidgets().isEmpty());
  }

  // Every row of every column: lit when one of its units fires, and only then.
  void theRingHoldsTheSpikes_data() {
    QTest::addColumn<int>("order");
    for (int order = 0; order < 4; ++order) QTest::addRow("order %d", order) << order;
  }
  void theRingHoldsTheSpikes() {
    QFETCH(int, order);
    const session::SheetPlan& plan = m_network->sheets[0];
    const std::size_t units = plan.xMm.size();
    RasterBuffer buffer(64);
    const QRgb ink = qRgb(1, 2, 3);
    buffer.reset({makeBand(plan, &m_maps->sheets[0], 0, static_cast<RasterOrder>(order), 0, 300, ink)}, 2,
                 qRgb(255, 255, 255), qRgb(200, 200, 200), 0);
    QCOMPARE(buffer.rows(), 300);
    const RasterBand& band = buffer.bands()[0];
    const auto key = [&](std::int32_t u) {
      const auto i = static_cast<std::size_t>(u);
      const analysis::TuningMaps& tuning = m_maps->sheets[0].tuning;
      return order == 0   ? plan.xMm[i]
             : order == 1 ? plan.yMm[i]
             : order == 2 ? tuning.orientationDeg[i]
                          : tuning.meanRate[i];
    };
    for (std::size_t rank = 1; rank < units; ++rank) {
      QVERIFY(key(band.units[rank - 1]) <= key(band.units[rank]));
      QVERIFY(band.rowOf[static_cast<std::size_t>(band.units[rank - 1])] <=
              band.rowOf[static_cast<std::size_t>(band.units[rank])]);
    }
    for (int row = 0; row < 300; ++row) QCOMPARE(band.rowOf[static_cast<std::size_t>(band.unitOfRow(row))], row);
    QCOMPARE(band.unitOfRow(300), -1);
    std::vector<std::shared_ptr<session::ActivityFrame>> frames;
    for (int i = 0; i < 20; ++i) {  // 100 columns: the ring wraps
      frames.push_back(test::makeActivity(*m_network, *m_maps, i));
      buffer.append(*frames.back());
    }
    QCOMPARE(buffer.end(), std::int64_t{100});
    QCOMPARE(buffer.begin(), std::int64_t{36});
    for (std::int64_t column = buffer.begin(); column < buffer.end(); ++column) {
      const auto& spikes = frames[static_cast<std::size_t>(column / 5)]->spikes[0];
      const auto t = static_cast<std::size_t>(column % 5);
      std::vector<QRgb> want(300, t == 4 ? qRgb(200, 200, 200) : qRgb(255, 255, 255));
      std::vector<int> firing(300, 0), in(300, 0);
      double sum = 0;
      for (std::size_t u = 0; t < 4 && u < units; ++u) {
        const auto row = static_cast<std::size_t>(band.rowOf[u]);
        ++in[row];
        if (spikes[t * units + u] == 0) continue;
        want[row] = rowColour(qRgb(255, 255, 255), ink, ++firing[row], band.unitsIn[row]);
        ++sum;
      }
      if (t < 4) QCOMPARE(in, band.unitsIn);
      for (int row = 0; row < 300; ++row)
        QCOMPARE(buffer.image().pixel(buffer.ringIndex(column), row), want[static_cast<std::size_t>(row)]);
      if (t < 4)
        QVERIFY(std::abs(static_cast<double>(buffer.rate(0, column)) - sum / static_cast<double>(units)) < 1e-6);
      else
        QVERIFY(std::isnan(buffer.rate(0, column)));
    }
    QVERIFY(std::isnan(buffer.rate(0, 35)));
    QCOMPARE(buffer.frames().front().column, std::int64_t{40});
    QCOMPARE(buffer.frames().front().step, std::int64_t{8});
  }

  void moreSpikesAreFuller() {
    const QRgb ground = qRgb(255, 255, 255);
    const QRgb ink = qRgb(0, 50, 100);
    QCOMPARE(rowColour(ground, ink, 1, 1), ink);
    QCOMPARE(rowColour(ground, ink, 8, 8), ink);
    for (int firing = 1; firing < 8; ++firing)
      QVERIFY(qGray(rowColour(ground, ink, firing, 8)) > qGray(rowColour(ground, ink, firing + 1, 8)));
    QVERIFY(qGray(rowColour(ground, ink, 1, 1000)) < 205);  // a single spike is never lost
  }

  void oddFramesLeaveTheirRowsEmpty() {
    RasterBuffer buffer(32);
    buffer.reset({makeBand(m_network->sheets[0], nullptr, 0, RasterOrder::rate, 0, 64, qRgb(1, 2, 3))}, 2, 0xffffffff,
                 0xff888888, 0);
    auto frame = test::makeActivity(*m_network, *m_maps);
    frame->spikes[0].pop_back();
    buffer.append(*frame);
    frame->spikes.clear();
    buffer.append(*frame);
    frame->timeSteps = 0;
    buffer.append(*frame);
    QCOMPARE(buffer.end(), std::int64_t{10});
    for (int row = 0; row < 64; ++row) QCOMPARE(buffer.image().pixel(0, row), 0xffffffffU);
  }

  void panLeavesFollowAndFollowReturns() {
    show(60);
    auto* follow = child<QToolButton>("rasterFollow");
    auto* pause = child<QToolButton>("rasterPause");
    QVERIFY(follow->isChecked() && !pause->isChecked());
    QCOMPARE(canvas().rightColumn(), 300.0);
    show(1, 60);
    QCOMPARE(canvas().rightColumn(), 305.0);
    const QPointF middle = canvas().plot().center();
    mouse(QEvent::MouseButtonPress, middle, Qt::LeftButton, Qt::LeftButton);
    mouse(QEvent::MouseMove, middle + QPointF(80, 0), Qt::NoButton, Qt::LeftButton);
    mouse(QEvent::MouseButtonRelease, middle + QPointF(80, 0), Qt::LeftButton, Qt::NoButton);
    QVERIFY(canvas().timeMode() == Mode::paused);
    QVERIFY(!follow->isChecked() && pause->isChecked());
    QCOMPARE(canvas().rightColumn(), 285.0);  // 4 px a column
    show(3, 61);
    QCOMPARE(canvas().rightColumn(), 285.0);
    follow->click();
    QVERIFY(canvas().timeMode() == Mode::follow && follow->isChecked() && !pause->isChecked());
    QCOMPARE(canvas().rightColumn(), 320.0);
    follow->click();  // stays pressed
    QVERIFY(follow->isChecked());
    canvas().setFocus();
    QTest::keyClick(&canvas(), Qt::Key_Left);
    QVERIFY(canvas().timeMode() == Mode::paused);
    QTest::keyClick(&canvas(), Qt::Key_F);
    QVERIFY(canvas().timeMode() == Mode::follow);
    QTest::keyClick(&canvas(), Qt::Key_P);
    QVERIFY(pause->isChecked());
    QCOMPARE(canvas().rightColumn(), 320.0);
  }

  void aRangeKeepsItsColumns() {
    show(60);
    const double x0 = canvas().plot().right() - 100;
    mouse(QEvent::MouseButtonPress, {x0, 100}, Qt::LeftButton, Qt::LeftButton, Qt::ShiftModifier);
    mouse(QEvent::MouseMove, {x0 + 40, 100}, Qt::NoButton, Qt::LeftButton, Qt::ShiftModifier);
    mouse(QEvent::MouseButtonRelease, {x0 + 40, 100}, Qt::LeftButton, Qt::NoButton, Qt::ShiftModifier);
    QVERIFY(canvas().timeMode() == Mode::range);
    QVERIFY(child<QToolButton>("rasterAll")->isChecked());
    QCOMPARE(canvas().rightColumn(), 285.0);
    QVERIFY(std::abs(canvas().leftColumn() - 275) < 1e-9);
    m_view->resize(900, 500);
    QCoreApplication::processEvents();
    QVERIFY(std::abs(canvas().leftColumn() - 275) < 1e-9);
    show(2, 60);
    QCOMPARE(canvas().rightColumn(), 285.0);
    child<QToolButton>("rasterAll")->click();
    QVERIFY(std::abs(canvas().leftColumn()) < 1e-9);
    QCOMPARE(canvas().rightColumn(), 310.0);
    // Zooming about a place leaves it where it is.
    const double x = canvas().plot().left() + 200;
    const double column = canvas().leftColumn() + 200 * 310 / canvas().plot().width();
    canvas().zoomBy(2, x);
    QVERIFY(canvas().timeMode() == Mode::paused);
    QVERIFY(std::abs(canvas().rightColumn() -
                     (column + (canvas().plot().right() - x) / (2 * canvas().plot().width() / 310))) < 1e-6);
  }

  void hoverGoesBothWays() {
    show(40);
    for (const bool all : {false, true}) {
      canvas().setAllSheets(all);
      const double y = canvas().pixelOf(0, 777);
      QVERIFY(std::isfinite(y));
      mouse(QEvent::MouseMove, {canvas().plot().center().x(), y}, Qt::NoButton, Qt::NoButton);
      QCOMPARE(m_selection->hoverSheet(), 0);
      QCOMPARE(canvas().pixelOf(0, m_selection->hoverUnit()), y);  // a unit of the same row
      m_selection->setHover(-1, -1);
      const QImage before = canvas().grab().toImage();
      m_selection->setHover(0, 777);
      const QImage after = canvas().grab().toImage();
      QVERIFY(before != after);
      QCOMPARE(colourAt(after, canvas().plot().left() + 3, y), selectionColour());
    }
    QVERIFY(std::isfinite(canvas().pixelOf(1, 5)));
    canvas().setAllSheets(false);
    QVERIFY(std::isnan(canvas().pixelOf(1, 5)));
    canvas().setFocus();
    QTest::keyClick(&canvas(), Qt::Key_Down);
    QVERIFY(m_selection->hoverUnit() >= 0 && m_selection->hoverUnit() != 777);
    QEvent leave(QEvent::Leave);
    QApplication::sendEvent(&canvas(), &leave);
    QCOMPARE(m_selection->hoverUnit(), -1);
  }

  void sheetsAndOrders() {
    show(60);
    auto* sheet = child<QComboBox>("rasterSheet");
    QCOMPARE(sheet->count(), 3);
    QCOMPARE(sheet->currentText(), QStringLiteral("V1"));
    QCOMPARE(canvas().buffer().bands().size(), std::size_t{1});
    QCOMPARE(canvas().buffer().bands()[0].sheet, std::size_t{0});
    sheet->setFocus();
    QTest::keyClick(sheet, Qt::Key_Down);
    QCOMPARE(m_selection->sheet(), 1);
    QCOMPARE(canvas().buffer().bands()[0].sheet, std::size_t{1});
    keep("raster_it");
    QTest::keyClick(sheet, Qt::Key_Down);
    QVERIFY(canvas().allSheets());
    QCOMPARE(canvas().buffer().bands().size(), std::size_t{2});
    QCOMPARE(canvas().buffer().end(), std::int64_t{300});
    auto* order = child<QComboBox>("rasterOrder");
    order->setFocus();
    QTest::keyClick(order, Qt::Key_Down);
    QTest::keyClick(order, Qt::Key_Down);
    QVERIFY(canvas().order() == RasterOrder::orientation);
    keep("raster_all");
    m_selection->setSheet(0);
    QVERIFY(canvas().allSheets());
    QCOMPARE(sheet->currentText(), QStringLiteral("All sheets"));
  }

  void spikesAreSeenWhereTheyAre() {
    show(3);
    // The last column of spikes, by the newest frame; 4 px a column, the separator at the right edge.
    const QImage image = canvas().grab().toImage();
    const auto& spikes = m_scene->activity()->spikes[0];
    const std::size_t units = m_network->sheets[0].xMm.size();
    const RasterBand& band = canvas().buffer().bands()[0];
    std::vector<int> lit(static_cast<std::size_t>(canvas().buffer().rows()), 0);
    for (std::size_t u = 0; u < units; ++u)
      if (spikes[3 * units + u] != 0) lit[static_cast<std::size_t>(band.rowOf[u])] = 1;
    const QRectF plot = canvas().plot();
    const double x = plot.right() - 4 - 2;
    int right = 0;
    for (std::size_t row = 0; row < lit.size(); ++row) {
      const double y = plot.top() + (static_cast<double>(row) + 0.5) * plot.height() / static_cast<double>(lit.size());
      const bool dark = colourAt(image, x, y) != groundColour(lightPalette());
      right += dark == (lit[row] != 0) ? 1 : 0;
    }
    QVERIFY2(right > 0.98 * static_cast<double>(lit.size()), qPrintable(QString::number(right)));
  }

  void hiddenNothingIsDrawnAndNothingIsLost() {
    show(2);
    QCOMPARE(canvas().buffer().end(), std::int64_t{10});
    m_view->hide();
    show(3000, 2);
    m_view->show();
    QVERIFY(QTest::qWaitForWindowExposed(m_view.get()));
    QCOMPARE(canvas().buffer().end(), std::int64_t{15010});
    QCOMPARE(canvas().rightColumn(), 15010.0);
    QVERIFY(canvas().buffer().begin() >= 15010 - RasterCanvas::kCapacity);
    QVERIFY(canvas().buffer().begin() < 15010 - RasterCanvas::kCapacity + 10);
    // Another network begins anew.
    m_engine->news.network = test::makeNetwork(2);
    m_scene->pump();
    QCOMPARE(canvas().buffer().end(), std::int64_t{0});
    QVERIFY(canvas().timeMode() == Mode::follow);
    keep("raster_empty");
  }

  void everyControlHasANameAndFits_data() {
    QTest::addColumn<int>("width");
    QTest::addColumn<bool>("dark");
    QTest::newRow("dock, light") << 320 << false;
    QTest::newRow("dock, dark") << 320 << true;
    QTest::newRow("wide, dark") << 1000 << true;
  }
  void everyControlHasANameAndFits() {
    QFETCH(int, width);
    QFETCH(bool, dark);
    QApplication::setPalette(dark ? darkPalette() : lightPalette());
    m_view->resize(width, 420);
    show(80, 100);
    canvas().setAllSheets(true);
    QCoreApplication::processEvents();
    QCOMPARE(m_view->width(), width);
    for (QWidget* widget : m_view->findChildren<QWidget*>()) {
      if (widget->focusPolicy() == Qt::NoFocus || !widget->isVisible() || widget->objectName().startsWith("qt_"))
        continue;
      QVERIFY2(!widget->objectName().isEmpty(), widget->metaObject()->className());
      QVERIFY2(!widget->accessibleName().isEmpty(), qPrintable(widget->objectName()));
      if (qobject_cast<QComboBox*>(widget) != nullptr) QTRY_COMPARE(widget->width(), widget->sizeHint().width());
      QVERIFY2(m_view->rect().contains(QRect(widget->mapTo(m_view.get(), QPoint()), widget->size())),
               qPrintable(widget->objectName()));
    }
    keep(QStringLiteral("raster_%1_%2").arg(width).arg(dark ? "dark" : "light"));
  }

  void doubleResolution() {
    show(10);
    QImage image(2 * canvas().size(), QImage::Format_ARGB32);
    image.setDevicePixelRatio(2);
    canvas().render(&image);
    const QRectF plot = canvas().plot();
    int inked = 0;
    for (int y = static_cast<int>(2 * plot.top()) + 4; y < static_cast<int>(2 * plot.bottom()) - 4; ++y)
      inked += image.pixelColor(static_cast<int>(2 * plot.right()) - 12, y) != groundColour(lightPalette()) ? 1 : 0;
    QVERIFY(inked > 50);
    QVERIFY(inked < 2 * plot.height() - 50);
  }
};

QTEST_MAIN(TestRasterView)
#include "test_raster_view.moc"
