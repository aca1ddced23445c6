// What the scope keeps: rasters in rings, axes, curves, counters.
#include "app/scope/axis_view.h"
#include "app/scope/model.h"
#include "app/scope/number_text.h"
#include "tests/scope/scope_samples.h"

using namespace pinwheel;
using namespace pinwheel::scope;

class TestScopeModel : public QObject {
  Q_OBJECT

  static std::vector<int> cells(const RasterRing& ring, std::uint64_t column) {
    const auto view = ring.cells(column);
    return {view.begin(), view.end()};
  }

private Q_SLOTS:
  void everyUnitHasARowWhereThereIsRoom() {
    RasterRing ring(4, 8, 16);
    QCOMPARE(ring.rows(), std::size_t{4});
    const std::vector<std::uint8_t> spikes{1, 0, 0, 1, 0, 1, 0, 0};
    QVERIFY(ring.add(spikes, 2, 7));
    QCOMPARE(ring.written(), std::uint64_t{2});
    QCOMPARE(cells(ring, 0), (std::vector<int>{255, 0, 0, 255}));
    QCOMPARE(cells(ring, 1), (std::vector<int>{0, 255, 0, 0}));
    QCOMPARE(ring.column(0).spikes, 2U);
    QCOMPARE(ring.column(1).spikes, 1U);
    QCOMPARE(ring.column(1).step, std::int64_t{7});
    QCOMPARE(ring.meanRate(1), 0.25);
    QCOMPARE(ring.meanRate(100), 0.375);
  }

  void rowsThatUnitsShareHoldTheirMean() {
    // 10 units in 4 rows: 2, 3, 2 and 3 of them.
    RasterRing ring(10, 4, 4);
    QCOMPARE(ring.unitsOf(0), (std::pair<std::size_t, std::size_t>{0, 2}));
    QCOMPARE(ring.unitsOf(1), (std::pair<std::size_t, std::size_t>{2, 5}));
    QCOMPARE(ring.unitsOf(3), (std::pair<std::size_t, std::size_t>{7, 10}));
    QVERIFY(ring.add(std::vector<std::uint8_t>{1, 0, 1, 1, 0, 0, 0, 1, 1, 1}, 1, 0));
    QCOMPARE(cells(ring, 0), (std::vector<int>{128, 170, 0, 255}));
  }

  void oneSpikeOfManyUnitsIsNotLost() {
    RasterRing ring(4000, 2, 4);
    std::vector<std::uint8_t> spikes(4000, 0);
    spikes[1234] = 1;
    QVERIFY(ring.add(spikes, 1, 0));
    QCOMPARE(cells(ring, 0), (std::vector<int>{1, 0}));
  }

  void theRingForgetsTheOldest() {
    RasterRing ring(1, 1, 4);
    for (std::uint8_t i = 0; i < 6; ++i)
      QVERIFY(ring.add(std::vector<std::uint8_t>{static_cast<std::uint8_t>(i % 2)}, 1, i));
    QCOMPARE(ring.written(), std::uint64_t{6});
    QCOMPARE(ring.oldest(), std::uint64_t{2});
    for (std::uint64_t c = 2; c < 6; ++c) {
      QCOMPARE(ring.column(c).step, static_cast<std::int64_t>(c));
      QCOMPARE(cells(ring, c), (std::vector<int>{c % 2 == 0 ? 0 : 255}));
    }
    QCOMPARE(ring.slotOf(5), std::size_t{1});
  }

  void spikesOfAnotherSizeAreRefused() {
    RasterRing ring(4, 4, 4);
    QVERIFY(!ring.add(std::vector<std::uint8_t>(7), 2, 0));
    QVERIFY(!ring.add(std::vector<std::uint8_t>(8), 1, 0));
    QVERIFY(!ring.add(std::vector<std::uint8_t>(9), 2, 0));
    QVERIFY(!ring.add(std::vector<std::uint8_t>{}, 0, 0));
    QCOMPARE(ring.written(), std::uint64_t{0});
  }

  void anAxisFollowsPausesAndStaysInARange() {
    AxisView axis(100, 4);
    axis.setData(0, 40);
    QCOMPARE(axis.begin(), 0.0);
    QCOMPARE(axis.end(), 40.0);
    axis.setData(0, 250);
    QCOMPARE(axis.begin(), 150.0);
    QCOMPARE(axis.end(), 250.0);

    axis.pause();
    axis.setData(0, 400);
    QCOMPARE(axis.mode(), Mode::paused);
    QCOMPARE(axis.begin(), 150.0);
    QCOMPARE(axis.end(), 250.0);

    axis.select(220, 200);
    QCOMPARE(axis.mode(), Mode::range);
    QCOMPARE(axis.begin(), 200.0);
    QCOMPARE(axis.end(), 220.0);
    axis.setData(0, 500);
    QCOMPARE(axis.end(), 220.0);

    axis.follow();
    QCOMPARE(axis.begin(), 400.0);
    QCOMPARE(axis.end(), 500.0);
  }

  void zoomKeepsWhatIsUnderTheMouse() {
    AxisView axis(100, 4);
    axis.setData(0, 200);
    axis.zoom(125, 0.5);  // of 100..200, a quarter from its left
    QCOMPARE(axis.mode(), Mode::range);
    QCOMPARE(axis.begin(), 112.5);
    QCOMPARE(axis.end(), 162.5);
    axis.pan(-12.5);
    QCOMPARE(axis.begin(), 100.0);
    QCOMPARE(axis.end(), 150.0);
    for (int i = 0; i < 200; ++i) axis.zoom(120, 0.5);
    QCOMPARE(axis.length(), 4.0);
    for (int i = 0; i < 200; ++i) axis.zoom(120, 2);
    QCOMPARE(axis.length(), 2000.0);
    axis.select(10, 10);
    QCOMPARE(axis.length(), 4.0);
    QCOMPARE(axis.begin(), 8.0);
  }

  void framesAreCountedAndKept() {
    Model model({4, 8});
    FeedUpdate update;
    update.news.network = test::held(test::squareNetwork());
    update.activities = {test::held(test::answer(5, {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 1}))};
    QVERIFY(model.take(std::move(update), 0.5));
    QCOMPARE(model.rasters().size(), std::size_t{2});
    QCOMPARE(model.counters().answers, std::uint64_t{1});
    QCOMPARE(model.counters().columns, std::uint64_t{3});
    QCOMPARE(model.counters().spikes, std::uint64_t{8});  // 4 of each sheet
    QCOMPARE(model.step(), std::int64_t{5});
    QCOMPARE(cells(model.rasters()[1], 2), (std::vector<int>{0, 0, 255, 255}));
    QVERIFY(!model.take({}, 0.6));

    // Four answers are 12 columns, of which 8 are kept.
    for (int i = 0; i < 3; ++i) {
      FeedUpdate more;
      more.activities = {test::held(test::answer(6 + i, std::vector<std::uint8_t>(12, 1)))};
      QVERIFY(model.take(std::move(more), 1.0 + 0.1 * i));
    }
    QCOMPARE(model.rasters()[0].written(), std::uint64_t{12});
    QCOMPARE(model.rasters()[0].oldest(), std::uint64_t{4});
    QCOMPARE(model.counters().spikes, std::uint64_t{8 + 3 * 24});
    QCOMPARE(model.spikesPerSecond(1.2), 80.0);
    QCOMPARE(model.spikesPerSecond(1.6), 72.0);  // the first was 1.1 s ago
    QCOMPARE(model.spikesPerSecond(3.0), 0.0);
  }

  void answersOfAnotherNetworkAreLeftOut() {
    Model model;
    FeedUpdate early;
    early.activities = {test::held(test::answer(1, std::vector<std::uint8_t>(12, 1)))};
    model.take(std::move(early), 0);
    QCOMPARE(model.counters().answers, std::uint64_t{0});

    FeedUpdate update;
    update.news.network = test::held(test::squareNetwork());
    update.activities = {test::held(test::answer(1, std::vector<std::uint8_t>(12, 1), 9)),
                         test::held(test::answer(1, std::vector<std::uint8_t>(12, 1), 1, 3))};
    model.take(std::move(update), 0);
    QCOMPARE(model.counters().answers, std::uint64_t{0});
    QCOMPARE(model.counters().misfits, std::uint64_t{1});
    QCOMPARE(model.rasters()[0].written(), std::uint64_t{0});
  }

  void anotherNetworkBeginsAnew() {
    Model model;
    FeedUpdate first;
    first.news.network = test::held(test::squareNetwork());
    first.news.maps = test::held(test::squareMaps(10, 20));
    first.activities = {test::held(test::answer(90, std::vector<std::uint8_t>(12, 1)))};
    model.take(std::move(first), 0);
    const std::uint64_t version = model.networkVersion();

    // The same once more, with the path of its checkpoint, keeps what there was.
    FeedUpdate again;
    session::NetworkFrame named = test::squareNetwork();
    named.path = "/runs/a/checkpoint.safetensors";
    again.news.network = test::held(std::move(named));
    model.take(std::move(again), 0);
    QCOMPARE(model.networkVersion(), version);
    QCOMPARE(model.rasters()[0].written(), std::uint64_t{3});
    QVERIFY(model.maps() != nullptr);

    FeedUpdate other;
    other.news.network = test::held(test::squareNetwork(2, 1));
    model.take(std::move(other), 0);
    QVERIFY(model.networkVersion() != version);
    QCOMPARE(model.rasters().size(), std::size_t{1});
    QCOMPARE(model.rasters()[0].written(), std::uint64_t{0});
    QVERIFY(model.maps() == nullptr);
    QCOMPARE(model.step(), std::int64_t{0});

    FeedUpdate restarted;
    restarted.reset = true;
    QVERIFY(model.take(std::move(restarted), 0));
    QVERIFY(model.network() == nullptr);
    QVERIFY(model.rasters().empty());
  }

  void curvesHoldWhatIsKnown() {
    session::TrainingFrame frame = test::training(30);
    frame.points[1].taskLoss = session::kUnknown;
    frame.points[2].slow.clear();
    Model model;
    FeedUpdate update;
    update.news.training = test::held(frame);
    QVERIFY(model.take(std::move(update), 0));
    const Curves& curves = model.curves();
    QCOMPARE(curves.taskLoss.size(), std::size_t{3});
    QCOMPARE(curves.taskLoss[1].x, 20.0);
    QCOMPARE(curves.taskLoss[0].y, 0.4);
    QCOMPARE(curves.slow.size(), std::size_t{2});
    QCOMPARE(curves.slow[1].size(), std::size_t{3});
    QCOMPARE(curves.slow[1][0].y, 0.5);
    QCOMPARE(curves.accuracy[0].y, 50.0);  // in per cent
    QVERIFY(curves.topographicLoss.empty());
    QCOMPARE(curves.lastStep, 30.0);
    QCOMPARE(model.step(), std::int64_t{30});
  }

  void warningsAreShownAndInformationIsNot() {
    Model model;
    FeedUpdate update;
    update.news.notices = {{session::Notice::Kind::warning, {"The disk is nearly full"}},
                           {session::Notice::Kind::information, {"Saved"}}};
    QVERIFY(model.take(std::move(update), 0));
    QVERIFY(model.notice() != nullptr);
    QCOMPARE(model.notice()->error.what, std::string("The disk is nearly full"));
  }

  void numbersAreShort() {
    QCOMPARE(grouped(1234567), std::string("1,234,567"));
    QCOMPARE(grouped(-123), std::string("-123"));
    QCOMPARE(grouped(-1234), std::string("-1,234"));
    QCOMPARE(brief(1e6), std::string("1M"));
    QCOMPARE(brief(412.3), std::string("412"));
    QCOMPARE(brief(0.125), std::string("0.125"));
    QCOMPARE(brief(session::kUnknown), std::string("-"));
    QCOMPARE(memoryText(std::int64_t{1536} << 20), std::string("1.5 GB"));
    QCOMPARE(tickDistance(100, 5), 20.0);
    QCOMPARE(tickDistance(0.9, 3), 0.5);
    QCOMPARE(tickText(0.5, 0.5), std::string("0.5"));
    QCOMPARE(tickText(40, 20), std::string("40"));
  }
};

QTEST_APPLESS_MAIN(TestScopeModel)
#include "test_scope_model.moc"
