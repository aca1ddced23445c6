#include <cmath>

#include "tests/support.h"
#include "tests/views/flat_view_test.h"
#include "views/maps/raster_view.h"

using namespace pinwheel;
using namespace pinwheel::views;

// How much of the past the raster holds, and how it is drawn again: in portions, each column once.
class TestRasterHistory : public QObject, private test::FlatViewTest<RasterView> {
  Q_OBJECT

  static constexpr int kFrames = 820;  // 4,100 columns: four more than the raster holds
  std::vector<std::shared_ptr<const session::ActivityFrame>> m_frames;

  [[nodiscard]] RasterBuffer made(int capacity, std::int64_t mostBytes = RasterCanvas::kMostBytes) const {
    RasterBuffer buffer(capacity, mostBytes);
    setRows(buffer, RasterOrder::positionX);
    return buffer;
  }
  void setRows(RasterBuffer& buffer, RasterOrder order) const {
    buffer.setRows({makeBand(m_network->sheets[0], &m_maps->sheets[0], 0, order, 0, 300, qRgb(1, 2, 3))}, 2,
                   qRgb(255, 255, 255), qRgb(200, 200, 200));
  }
  void append(RasterBuffer& buffer, int frames) const {
    for (int i = 0; i < frames; ++i) buffer.append(m_frames[static_cast<std::size_t>(i) % m_frames.size()]);
  }
  void publishAll() {
    for (int i = 0; i < kFrames; ++i) publish(m_frames[static_cast<std::size_t>(i) % m_frames.size()]);
  }
  [[nodiscard]] std::int64_t drawn() const { return canvas().buffer().columnsDrawn(); }
  [[nodiscard]] bool isWhole() const { return canvas().isSettled() && canvas().buffer().isWhole(); }

private Q_SLOTS:
  void initTestCase() {
    for (int i = 0; i < 16; ++i) m_frames.push_back(test::makeActivity(*m_network, *m_maps, i));
  }
  void init() { openSettled({700, 760}); }
  void cleanup() { close(); }

  void portionsGiveThePictureAtOnce() {
    RasterBuffer atOnce = made(4096);
    RasterBuffer inPortions = made(4096);
    append(atOnce, kFrames);
    append(inPortions, kFrames);
    QCOMPARE(atOnce.draw(100000), 4096);
    int portions = 0;
    for (; !inPortions.isWhole(); ++portions) {
      const int columns = inPortions.draw(100);
      QVERIFY(columns > 0 && columns <= 100);
    }
    QCOMPARE(portions, 41);
    QCOMPARE(inPortions.columnsDrawn(), std::int64_t{4096});
    QCOMPARE(inPortions.draw(100), 0);
    QVERIFY(inPortions.image() == atOnce.image());
    for (std::int64_t column = 4; column < 4100; ++column) {
      const float rate = inPortions.rate(1, column);
      QVERIFY(column % 5 == 4 ? std::isnan(rate) : rate > 0 && rate == atOnce.rate(1, column));
    }
  }

  void theNewestComesFirst() {
    RasterBuffer buffer = made(64);
    append(buffer, 20);
    QCOMPARE(buffer.draw(10), 10);
    for (std::int64_t column = buffer.begin(); column < buffer.end(); ++column)
      QCOMPARE(buffer.isDrawn(column), column >= 90);
    buffer.append(m_frames[4]);  // while older ones are still to be drawn
    QCOMPARE(buffer.draw(3), 3);
    for (std::int64_t column = buffer.begin(); column < buffer.end(); ++column)
      QCOMPARE(buffer.isDrawn(column), column >= 102 || (column >= 90 && column < 100));
    // However late it is, one more is drawn.
    QCOMPARE(buffer.draw(10, QDeadlineTimer(0)), 1);
    QVERIFY(buffer.isDrawn(101));
    QCOMPARE(buffer.draw(1000), 64 - 14);
    RasterBuffer atOnce = made(64);
    append(atOnce, 20);
    atOnce.append(m_frames[4]);
    QCOMPARE(atOnce.draw(1000), 64);
    QVERIFY(buffer.image() == atOnce.image());
  }

  void otherRowsAreDrawnAnew() {
    RasterBuffer buffer = made(64);
    append(buffer, 20);
    QCOMPARE(buffer.draw(1000), 64);
    const QImage byPosition = buffer.image().copy();
    setRows(buffer, RasterOrder::orientation);
    QVERIFY(!buffer.isWhole());
    QCOMPARE(buffer.draw(40), 40);
    setRows(buffer, RasterOrder::positionX);  // before the others came to be drawn
    QCOMPARE(buffer.draw(1000), 64);
    QCOMPARE(buffer.columnsDrawn(), std::int64_t{168});
    QVERIFY(buffer.image() == byPosition);
  }

  void framesAreBoundedInBytes() {
    std::size_t bytes = m_frames[0]->picture.pixels.size();
    for (const auto& spikes : m_frames[0]->spikes) bytes += spikes.size();
    const auto each = static_cast<std::int64_t>(bytes);
    RasterBuffer buffer = made(4096, 5 * each + each / 2);
    append(buffer, 20);
    QCOMPARE(buffer.frames().size(), std::size_t{5});
    QCOMPARE(buffer.begin(), std::int64_t{75});
    QCOMPARE(buffer.end(), std::int64_t{100});
    QCOMPARE(buffer.draw(1000), 25);
    RasterBuffer least = made(4096, 1);
    append(least, 3);
    QCOMPARE(least.frames().size(), std::size_t{1});
    QCOMPARE(least.begin(), std::int64_t{10});
    // In the view: of frames of 100 MB two.
    auto large = std::make_shared<session::ActivityFrame>(*m_frames[0]);
    large->picture.pixels.resize(std::size_t{100} << 20);
    for (int i = 0; i < 5; ++i) publish(large);
    QCOMPARE(canvas().buffer().frames().size(), std::size_t{2});
    QCOMPARE(canvas().buffer().begin(), std::int64_t{15});
    QCOMPARE(canvas().buffer().end(), std::int64_t{25});
  }

  void everyPaintingDrawsAPortion() {
    m_view->hide();
    publishAll();
    QTRY_VERIFY(canvas().isSettled());
    QCOMPARE(drawn(), std::int64_t{0});
    int paintings = 0;
    for (; !isWhole(); ++paintings) {
      const std::int64_t before = drawn();
      (void)canvas().grab();
      QVERIFY(drawn() > before && drawn() - before <= RasterCanvas::kPortion);
    }
    QVERIFY(paintings >= 4096 / RasterCanvas::kPortion);
    QCOMPARE(drawn(), std::int64_t{4096});
    const QPalette palette = canvas().palette();
    RasterBuffer atOnce(RasterCanvas::kCapacity, RasterCanvas::kMostBytes);
    atOnce.setRows(canvas().buffer().bands(), 2, groundColour(palette).rgb(),
                   palette.color(QPalette::AlternateBase).rgb());
    append(atOnce, kFrames);
    QCOMPARE(atOnce.draw(100000), 4096);
    QVERIFY(canvas().buffer().image() == atOnce.image());
  }

  void theEventLoopGoesOnAndNothingIsDrawnInVain() {
    publishAll();
    QTRY_VERIFY(isWhole());
    std::int64_t before = drawn();
    canvas().setOrder(RasterOrder::positionY);
    QVERIFY(!isWhole());
    QTRY_VERIFY(isWhole());
    QCOMPARE(drawn(), before + 4096);
    // Neither another width nor maps that the order does not depend on ask for other rows.
    before = drawn();
    canvas().resize(canvas().width() - 60, canvas().height());
    publish(m_maps);
    QVERIFY(isWhole());
    QTest::qWait(30);
    QCOMPARE(drawn(), before);
    canvas().setOrder(RasterOrder::rate);
    QTRY_VERIFY(isWhole());
    before = drawn();
    publish(m_maps);
    QVERIFY(!isWhole());
    QTRY_VERIFY(isWhole());
    QCOMPARE(drawn(), before + 4096);
    // A height at which fewer rows fit does.
    canvas().resize(canvas().width(), 240);
    QVERIFY(!isWhole());
    QTRY_VERIFY(isWhole());
  }
};

QTEST_MAIN(TestRasterHistory)
#include "test_raster_history.moc"
