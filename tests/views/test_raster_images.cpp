#include <QFontMetricsF>
#include <QHelpEvent>
#include <QToolTip>
#include <algorithm>
#include <cmath>
#include <utility>

#include "tests/support.h"
#include "tests/views/flat_view_test.h"
#include "views/maps/raster_view.h"

using namespace pinwheel;
using namespace pinwheel::views;

// A training is watched with a batch of images in turn: which of them the raster shows, and what it says of them.
class TestRasterImages : public QObject, private test::FlatViewTest<RasterView> {
  Q_OBJECT

  using Frame = std::shared_ptr<const session::ActivityFrame>;
  const std::vector<std::string> m_batch{"adult", "child", "body"};

  // The answer at training step `step`, to image step % 3; 5 columns.
  [[nodiscard]] Frame answer(int step) const {
    const auto frame = test::makeActivity(*m_network, *m_maps, step);
    frame->probeBatch = m_batch;
    frame->probeImage = step % 3;
    frame->stimulus = m_batch[static_cast<std::size_t>(step % 3)] + " 0";
    return frame;
  }
  void show(int first, int end) {
    for (int step = first; step < end; ++step) publish(answer(step));
  }
  [[nodiscard]] RasterBuffer made(int capacity) const {
    RasterBuffer buffer(capacity, RasterCanvas::kMostBytes);
    buffer.setRows({makeBand(m_network->sheets[0], nullptr, 0, RasterOrder::positionX, 0, 300, qRgb(1, 2, 3))}, 2,
                   qRgb(255, 255, 255), qRgb(200, 200, 200));
    return buffer;
  }
  [[nodiscard]] static std::vector<std::pair<std::int64_t, std::int64_t>> columnsAndSteps(const RasterBuffer& buffer) {
    std::vector<std::pair<std::int64_t, std::int64_t>> found;
    for (const RasterBuffer::HeldFrame& held : buffer.frames())
      found.emplace_back(held.column, held.activity->stamp.step);
    return found;
  }
  [[nodiscard]] std::vector<std::int64_t> shownSteps() const {
    std::vector<std::int64_t> steps;
    for (const auto& [column, step] : columnsAndSteps(canvas().buffer())) steps.push_back(step);
    return steps;
  }
  // The middle of a column, at a share of the plot's height.
  [[nodiscard]] QPointF placeOf(double column, double share) const {
    const QRectF plot = canvas().plot();
    const double width = plot.width() / (canvas().rightColumn() - canvas().leftColumn());
    return {plot.right() - (canvas().rightColumn() - column - 0.5) * width, plot.top() + share * plot.height()};
  }

private Q_SLOTS:
  void init() { openSettled({700, 760}); }
  void cleanup() { close(); }

  void oneImageAloneIsAsIfTheOthersHadNotCome() {
    using Places = std::vector<std::pair<std::int64_t, std::int64_t>>;
    RasterBuffer buffer = made(64);
    for (int step = 0; step < 9; ++step) buffer.append(answer(step));
    QCOMPARE(buffer.draw(1000), 45);
    const QImage all = buffer.image().copy();
    buffer.setProbeImage(1);
    QCOMPARE(columnsAndSteps(buffer), (Places{{0, 1}, {5, 4}, {10, 7}}));
    QCOMPARE(buffer.begin(), std::int64_t{0});
    QCOMPARE(buffer.end(), std::int64_t{15});
    QVERIFY(std::isnan(buffer.rate(0, 0)));  // that of the first image was there
    QCOMPARE(buffer.draw(1000), 15);
    RasterBuffer alone = made(64);
    for (const int step : {1, 4, 7}) alone.append(answer(step));
    QCOMPARE(alone.draw(1000), 15);
    const QRect columns(0, 0, 15, 300);
    QVERIFY(buffer.image().copy(columns) == alone.image().copy(columns));
    for (const std::int64_t column : {0, 7, 13}) QCOMPARE(buffer.rate(1, column), alone.rate(1, column));
    // Others are held, not shown.
    buffer.append(answer(9));
    QCOMPARE(buffer.end(), std::int64_t{15});
    QVERIFY(buffer.isWhole());
    buffer.append(answer(10));
    QCOMPARE(buffer.end(), std::int64_t{20});
    QCOMPARE(buffer.draw(1000), 5);
    // What was asked for belongs to no image.
    buffer.append(test::makeActivity(*m_network, *m_maps, 11));
    QCOMPARE(buffer.end(), std::int64_t{20});
    buffer.setProbeImage(RasterBuffer::kAllImages);
    QCOMPARE(buffer.frames().size(), std::size_t{12});
    QCOMPARE(buffer.end(), std::int64_t{60});
    QCOMPARE(buffer.draw(1000), 60);
    const QRect before(0, 0, 45, 300);
    QVERIFY(buffer.image().copy(before) == all.copy(before));
    buffer.setProbeImage(7);  // never came
    QVERIFY(buffer.frames().empty() && buffer.isWhole());
    QCOMPARE(buffer.end(), buffer.begin());
    buffer.clear();
    QCOMPARE(buffer.probeImage(), RasterBuffer::kAllImages);
  }

  // Held is what all images together may take: those that are not shown count.
  void oneImageAloneIsBoundedAsAllAre() {
    using Places = std::vector<std::pair<std::int64_t, std::int64_t>>;
    RasterBuffer buffer = made(64);
    for (int step = 0; step < 20; ++step) buffer.append(answer(step));
    buffer.setProbeImage(1);
    QCOMPARE(columnsAndSteps(buffer), (Places{{0, 7}, {5, 10}, {10, 13}, {15, 16}, {20, 19}}));
    for (int step = 20; step < 23; ++step) buffer.append(answer(step));  // 115 columns: steps 10 to 22 are left
    QCOMPARE(columnsAndSteps(buffer), (Places{{5, 10}, {10, 13}, {15, 16}, {20, 19}, {25, 22}}));
    QCOMPARE(buffer.begin(), std::int64_t{5});
    QCOMPARE(buffer.end(), std::int64_t{30});
    QCOMPARE(buffer.draw(1000), 25);
    QVERIFY(buffer.frameAt(4) == nullptr && buffer.frameAt(30) == nullptr);
    QCOMPARE(buffer.frameAt(5)->activity->stamp.step, std::int64_t{10});
    QCOMPARE(buffer.frameAt(9)->activity->stamp.step, std::int64_t{10});  // its separator
    QCOMPARE(buffer.frameAt(10)->activity->stamp.step, std::int64_t{13});
    QCOMPARE(buffer.frameAt(29)->activity->stamp.step, std::int64_t{22});
    // Of all images the columns are counted on from the first frame that ever came.
    buffer.setProbeImage(RasterBuffer::kAllImages);
    QCOMPARE(buffer.frames().front().activity->stamp.step, std::int64_t{10});
    QCOMPARE(buffer.frames().front().column, std::int64_t{50});
    QCOMPARE(buffer.begin(), std::int64_t{115 - 64});
    QCOMPARE(buffer.end(), std::int64_t{115});
    QCOMPARE(buffer.draw(1000), 64);
    RasterBuffer never = made(64);
    for (int step = 0; step < 23; ++step) never.append(answer(step));
    QCOMPARE(never.draw(1000), 64);
    QVERIFY(buffer.image() == never.image());
  }

  void oneIsChosenFromTheList() {
    auto* images = child<QComboBox>("rasterImage");
    QVERIFY(!images->isVisible());
    publish(test::makeActivity(*m_network, *m_maps, 0));  // asked for: there is nothing to choose from
    QVERIFY(!images->isVisible());
    show(0, 9);
    QVERIFY(images->isVisible());
    QCOMPARE(images->count(), 4);
    QCOMPARE(images->currentText(), QStringLiteral("All images in turn"));
    QCOMPARE(images->itemText(1), QStringLiteral("Image 1, adult"));
    QCOMPARE(images->itemText(3), QStringLiteral("Image 3, body"));
    QCOMPARE(shownSteps(), (std::vector<std::int64_t>{0, 0, 1, 2, 3, 4, 5, 6, 7, 8}));
    const std::size_t posted = m_engine->commands.size();
    images->setFocus();
    QTest::keyClick(images, Qt::Key_Down);
    QTest::keyClick(images, Qt::Key_Down);
    QCOMPARE(canvas().probeImage(), 1);
    QCOMPARE(shownSteps(), (std::vector<std::int64_t>{1, 4, 7}));
    QTRY_VERIFY(canvas().buffer().isWhole());
    keep("raster_image");
    show(9, 12);
    QCOMPARE(shownSteps(), (std::vector<std::int64_t>{1, 4, 7, 10}));
    QCOMPARE(images->currentIndex(), 2);
    QTest::keyClick(images, Qt::Key_Home);
    QCOMPARE(canvas().probeImage(), RasterBuffer::kAllImages);
    QCOMPARE(shownSteps().size(), std::size_t{13});
    QCOMPARE(m_engine->commands.size(), posted);  // the engine is not concerned
    // Another network, and another training's batch.
    canvas().setProbeImage(2);
    QCOMPARE(images->currentIndex(), 3);
    m_engine->news.network = test::makeNetwork(2);
    m_scene->pump();
    QVERIFY(!images->isVisible());
    QCOMPARE(canvas().probeImage(), RasterBuffer::kAllImages);
    auto other = std::make_shared<session::ActivityFrame>(*answer(0));
    other->stamp.network = 2;
    other->probeBatch = {"house", "car"};
    publish(std::move(other));
    QVERIFY(images->isVisible());
    QCOMPARE(images->count(), 3);
    QCOMPARE(images->itemText(2), QStringLiteral("Image 2, car"));
  }

  void theTimeThatIsLookedAtStays() {
    show(0, 30);
    QCOMPARE(canvas().rightColumn(), 150.0);
    canvas().setProbeImage(1);  // following goes on
    QCOMPARE(canvas().rightColumn(), 50.0);
    show(30, 32);
    QCOMPARE(canvas().rightColumn(), 55.0);
    canvas().setProbeImage(RasterBuffer::kAllImages);
    QCOMPARE(canvas().rightColumn(), 160.0);
    // Paused behind step 14: the steps 1, 4, 7, 10 and 13 are left of it.
    canvas().panBy(-85);
    QCOMPARE(canvas().rightColumn(), 75.0);
    canvas().setProbeImage(1);
    QVERIFY(canvas().timeMode() == RasterCanvas::TimeMode::paused);
    QCOMPARE(canvas().rightColumn(), 25.0);
    canvas().setProbeImage(RasterBuffer::kAllImages);
    QCOMPARE(canvas().rightColumn(), 80.0);  // step 16, the next one of them, begins there
    // A range holds the same frames: of the steps 4 to 9 those of image 1 are 4 and 7.
    canvas().setRange(20, 50);
    canvas().setProbeImage(1);
    QVERIFY(canvas().timeMode() == RasterCanvas::TimeMode::range);
    QCOMPARE(canvas().rightColumn(), 15.0);
    QVERIFY(std::abs(canvas().leftColumn() - 5) < 1e-9);
    // Everything stays everything, there and back.
    canvas().showAll();
    for (const int image : {RasterBuffer::kAllImages, 1, 2, RasterBuffer::kAllImages}) {
      canvas().setProbeImage(image);
      QCOMPARE(canvas().rightColumn(), static_cast<double>(canvas().buffer().end()));
      QVERIFY(std::abs(canvas().leftColumn()) < 1e-9);
    }
    // Where none of an image lies in the range, all of it is shown.
    canvas().setRange(0, 5);
    canvas().setProbeImage(2);
    QCOMPARE(canvas().rightColumn(), static_cast<double>(canvas().buffer().end()));
  }

  void thePointerTellsImageStepsAndUnit() {
    show(0, 5);
    QCOMPARE(canvas().rightColumn(), 25.0);
    const QPointF third = placeOf(5 + 2, 0.4);
    const auto [sheet, unit] = canvas().unitAt(third);
    QCOMPARE(sheet, 0);
    const QString unitLine = QStringLiteral("\nV1, unit %1").arg(unit);
    QCOMPARE(canvas().describe(third),
             QStringLiteral("child 0, image 2 of 3\nTraining step 1, time step 3 of 4") + unitLine);
    QCOMPARE(canvas().describe(placeOf(5 + 4, 0.4)),  // between stimuli
             QStringLiteral("child 0, image 2 of 3\nTraining step 1") + unitLine);
    QCOMPARE(canvas().describe(placeOf(10, 1.2)),  // beneath the plot, in the rates
             QStringLiteral("body 0, image 3 of 3\nTraining step 2, time step 1 of 4"));
    QCOMPARE(canvas().describe({canvas().plot().left() - 2, third.y()}), QString());
    QCOMPARE(canvas().describe(placeOf(-1, 0.4)), QString());  // before the first column
    canvas().setProbeImage(0);                                 // steps 0 and 3
    QVERIFY(canvas().describe(placeOf(9, 0.4)).startsWith(QStringLiteral("adult 0, image 1 of 3\nTraining step 3")));
    canvas().setProbeImage(RasterBuffer::kAllImages);
    // As a tip; the name of a file is no mark-up.
    auto asked = std::make_shared<session::ActivityFrame>(*test::makeActivity(*m_network, *m_maps, 7));
    asked->stimulus = "<b>.png";
    publish(Frame(asked));
    const QPoint here = placeOf(25, 0.4).toPoint();
    QVERIFY(canvas().describe(here).startsWith(QStringLiteral("<b>.png\nTraining step 7, time step 1 of 4")));
    QHelpEvent help(QEvent::ToolTip, here, canvas().mapToGlobal(here));
    QApplication::sendEvent(&canvas(), &help);
    QVERIFY2(QToolTip::text().contains(QStringLiteral("&lt;b&gt;.png")), qPrintable(QToolTip::text()));
    QToolTip::hideText();
    const auto isTip = [](const QWidget* widget) { return widget->inherits("QTipLabel"); };
    const auto noTip = [&] {
      const QWidgetList windows = QApplication::topLevelWidgets();
      return std::none_of(windows.begin(), windows.end(), isTip);
    };
    QTRY_VERIFY(noTip());
  }

  // At 32 px a column every time step has its number, the gap between stimuli none; both rows have ink.
  void bothTimesAreOnTheAxis() {
    show(0, 40);
    canvas().zoomBy(8, canvas().plot().right());
    QTRY_VERIFY(canvas().buffer().isWhole());
    const QImage image = canvas().grab().toImage();
    const double height = QFontMetricsF(canvas().font(), &canvas()).height();
    const QColor ground = canvas().palette().color(QPalette::Window);
    const auto hasInk = [&](double left, double right, double top, double bottom) {
      for (double y = top; y < bottom; ++y)
        for (double x = left; x < right; ++x)
          if (colourAt(image, {x, y}) != ground) return true;
      return false;
    };
    const double upper = canvas().plot().bottom() + 4;
    const double lower = canvas().plot().bottom() + 1 + height;
    for (int column = 190; column < 200; ++column) {
      const double x = placeOf(column, 0).x();
      QCOMPARE(hasInk(x - 8, x + 8, upper, lower - 1), column % 5 != 4);
    }
    // The training step stands where its frame begins, with the image; of one image alone without it.
    const auto inkedPx = [&](double column) {
      const QImage shown = canvas().grab().toImage();
      const double begin = placeOf(column, 0).x() - 16;
      double last = 0;
      for (double x = begin; x < begin + 150; ++x)
        for (double y = lower + 2; y < lower + height - 2; ++y)
          if (colourAt(shown, {x, y}) != ground) last = x - begin;
      return last;
    };
    const double named = inkedPx(190);  // "38 body"
    canvas().setProbeImage(2);
    QTRY_VERIFY(canvas().buffer().isWhole());
    QCOMPARE(canvas().buffer().frames().back().activity->stamp.step, std::int64_t{38});
    const double bare = inkedPx(60);
    QVERIFY2(bare > 4 && named > bare + 10, qPrintable(QStringLiteral("%1 and %2 px").arg(named).arg(bare)));
    keep("raster_axis");
  }

  void theListHasANameAndFits_data() { controlRows(1000); }
  void theListHasANameAndFits() {
    show(0, 30);
    checkControls(420);
  }
};

QTEST_MAIN(TestRasterImages)
#include "test_raster_images.moc"
