#include "views/maps/raster_view.h"

#include <cmath>

#include "tests/support.h"
#include "tests/views/flat_view_test.h"

using namespace pinwheel;
using namespace pinwheel::views;
using Mode = RasterCanvas::TimeMode;

class TestRasterView : public QObject, private test::FlatViewTest<RasterView> {
  Q_OBJECT

  void show(int frames, std::int64_t firstStep = 0) {
    for (int i = 0; i < frames; ++i) publish(test::makeActivity(*m_network, *m_maps, firstStep + i));
  }

private Q_SLOTS:
  void init() { openSettled({700, 760}); }
  void cleanup() { close(); }

  // Every row of every column: lit when one of its units fires, and only then.
  void theRingHoldsTheSpikes_data() {
    QTest::addColumn<int>("order");
    for (int order = 0; order < 4; ++order) QTest::addRow("order %d", order) << order;
  }
  void theRingHoldsTheSpikes() {
    QFETCH(int, order);
    const session::SheetPlan& plan = m_network->sheets[0];
    const std::size_t units = plan.xMm.size();
    RasterBuffer buffer(64, RasterCanvas::kMostBytes);
    const QRgb ink = qRgb(1, 2, 3);
    buffer.setRows({makeBand(plan, &m_maps->sheets[0], 0, static_cast<RasterOrder>(order), 0, 300, ink)}, 2,
                   qRgb(255, 255, 255), qRgb(200, 200, 200));
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
      buffer.append(frames.back());
    }
    QCOMPARE(buffer.draw(1000), 64);
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
    QCOMPARE(buffer.frames().front().column, std::int64_t{35});  // its last columns are held
    QCOMPARE(buffer.frames().front().activity->stamp.step, std::int64_t{7});
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
    RasterBuffer buffer(32, RasterCanvas::kMostBytes);
    buffer.setRows({makeBand(m_network->sheets[0], nullptr, 0, RasterOrder::rate, 0, 64, qRgb(1, 2, 3))}, 2, 0xffffffff,
                   0xff888888);
    auto frame = test::makeActivity(*m_network, *m_maps);
    const auto append = [&] { buffer.append(std::make_shared<const session::ActivityFrame>(*frame)); };
    frame->spikes[0].pop_back();
    append();
    frame->spikes.clear();
    append();
    frame->timeSteps = 0;
    append();
    QCOMPARE(buffer.end(), std::int64_t{10});
    QCOMPARE(buffer.draw(100), 10);
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
      QTRY_VERIFY(canvas().isSettled());
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
      QCOMPARE(colourAt(after, {canvas().plot().left() + 3, y}), selectionColour());
    }
    QVERIFY(std::isfinite(canvas().pixelOf(1, 5)));
    canvas().setAllSheets(false);
    QTRY_VERIFY(canvas().isSettled());
    QVERIFY(std::isnan(canvas().pixelOf(1, 5)));
    canvas().setFocus();
    QTest::keyClick(&canvas(), Qt::Key_Down);
    QVERIFY(m_selection->hoverUnit() >= 0 && m_selection->hoverUnit() != 777);
    QEvent leave(QEvent::Leave);
    QApplication::sendEvent(&canvas(), &leave);
    QCOMPARE(m_selection->hoverUnit(), -1);
  }

  // What is shown stays until other rows are there, and the pointer tells of what is shown.
  void rowsStayUntilTheOthersAreThere() {
    show(10);
    QTRY_VERIFY(canvas().buffer().isWhole());
    const session::SheetPlan& plan = m_network->sheets[0];
    const auto inOrder = [&](RasterOrder order) {
      return makeBand(plan, &m_maps->sheets[0], 0, order, 0, canvas().buffer().rows(), 0).units;
    };
    const auto units = [&] { return canvas().buffer().bands()[0].units; };
    const QPointF place(canvas().plot().center().x(), canvas().plot().top() + 0.3 * canvas().plot().height());
    const auto row = static_cast<int>(0.3 * canvas().buffer().rows());
    QCOMPARE(units(), inOrder(RasterOrder::positionX));
    const auto former = canvas().unitAt(place);
    QCOMPARE(former, std::pair(0, canvas().buffer().bands()[0].unitOfRow(row)));
    const QImage picture = canvas().grab().toImage();
    canvas().setOrder(RasterOrder::positionY);
    QVERIFY(!canvas().isSettled());
    QCOMPARE(units(), inOrder(RasterOrder::positionX));
    QCOMPARE(canvas().unitAt(place), former);
    QVERIFY(canvas().grab().toImage() == picture);
    canvas().setOrder(RasterOrder::rate);  // the newest order counts
    QVERIFY(!canvas().isSettled());
    QTRY_VERIFY(canvas().isSettled());
    QCOMPARE(units(), inOrder(RasterOrder::rate));
    QVERIFY(units() != inOrder(RasterOrder::positionY));
    QCOMPARE(canvas().unitAt(place), std::pair(0, canvas().buffer().bands()[0].unitOfRow(row)));
    QTRY_VERIFY(canvas().buffer().isWhole());
    QVERIFY(canvas().grab().toImage() != picture);
    // Rows of a network that is gone say nothing of the next one's units.
    canvas().setOrder(RasterOrder::positionX);
    QVERIFY(!canvas().isSettled());
    auto other = std::make_shared<session::NetworkFrame>(*test::makeNetwork(2));
    other->sheets = {test::makePlan("V4", "V4", 4, 8, 20, 3)};
    m_engine->news.network = other;
    m_scene->pump();
    QVERIFY(canvas().buffer().bands().empty());
    QCOMPARE(canvas().unitAt(place), std::pair(-1, -1));
    (void)canvas().grab();
    QTRY_VERIFY(canvas().isSettled());
    QCOMPARE(units().size(), std::size_t{4 * 8 * 8});
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
    QTRY_VERIFY(canvas().isSettled());
    QCOMPARE(canvas().buffer().bands()[0].sheet, std::size_t{1});
    keep("raster_it");
    QTest::keyClick(sheet, Qt::Key_Down);
    QVERIFY(canvas().allSheets());
    QTRY_VERIFY(canvas().isSettled());
    QCOMPARE(canvas().buffer().bands().size(), std::size_t{2});
    QCOMPARE(canvas().buffer().end(), std::int64_t{300});
    auto* order = child<QComboBox>("rasterOrder");
    order->setFocus();
    QTest::keyClick(order, Qt::Key_Down);
    QTest::keyClick(order, Qt::Key_Down);
    QVERIFY(canvas().order() == RasterOrder::orientation);
    QTRY_VERIFY(canvas().isSettled());
    keep("raster_all");
    m_selection->setSheet(0);
    QVERIFY(canvas().allSheets());
    QCOMPARE(sheet->currentText(), QStringLiteral("All sheets"));
  }

  void spikesAreSeenWhereTheyAre() {
    show(3);
    QTRY_VERIFY(canvas().buffer().isWhole());
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
      const bool dark = colourAt(image, {x, y}) != groundColour(lightPalette());
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

  void everyControlHasANameAndFits_data() { controlRows(1000); }
  void everyControlHasANameAndFits() {
    show(80, 100);
    canvas().setAllSheets(true);
    checkControls(420);
    keep(QStringLiteral("raster_%1").arg(QTest::currentDataTag()).replace(", ", "_"));
  }

  void doubleResolution() {
    show(10);
    QTRY_VERIFY(canvas().buffer().isWhole());
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
