#include "tests/views/panel_support.h"
#include "views/panels/tuning_panel.h"

using namespace pinwheel;
using namespace pinwheel::views;
using test::child;

class TestTuningPanel : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void cleanup() { QVERIFY(QApplication::topLevelWidgets().isEmpty()); }

  void emptyStatesSayWhatToDo() {
    test::PanelWorld world;
    TuningPanel panel(world.scene, world.selection);
    QVERIFY(test::shown(panel));
    auto* empty = child<QLabel>(panel, "tuningEmpty");
    QVERIFY(empty->isVisible());
    QVERIFY(empty->text().contains(QStringLiteral("Open a checkpoint")));
    world.engine.news.network = world.network;
    world.scene.pump();
    QVERIFY(empty->text().contains(QStringLiteral("being measured")));
    world.open();
    QVERIFY(empty->text().contains(QStringLiteral("Point at a unit")));
    QVERIFY(world.engine.commands.empty());
  }

  void hoverIsAskedOnceItRests() {
    test::PanelWorld world;
    TuningPanel panel(world.scene, world.selection);
    world.open();
    QVERIFY(test::shown(panel));
    for (int u = 0; u < 50; ++u) world.selection.setHover(0, u);
    QVERIFY(world.engine.commands.empty());
    QTRY_COMPARE(world.engine.count<session::AskTuning>(), 1);
    QCOMPARE(world.engine.last<session::AskTuning>()->sheet, std::size_t{0});
    QCOMPARE(world.engine.last<session::AskTuning>()->units, std::vector<std::int32_t>{49});
    // With nothing selected it stays when the pointer leaves.
    world.selection.setHover(-1, -1);
    QTest::qWait(120);
    QCOMPARE(world.engine.count<session::AskTuning>(), 1);
    // New maps: the same question again.
    world.publish(&session::News::maps, world.maps);
    QCOMPARE(world.engine.count<session::AskTuning>(), 2);
    QCOMPARE(world.engine.last<session::AskTuning>()->units, std::vector<std::int32_t>{49});
  }

  void hoverGoesBeforeTheSelectionWhileItLasts() {
    test::PanelWorld world;
    TuningPanel panel(world.scene, world.selection);
    world.open();
    QVERIFY(test::shown(panel));
    const auto asked = [&](int count, std::size_t sheet, const std::vector<std::int32_t>& units) {
      const auto* last = world.engine.last<session::AskTuning>();
      return world.engine.count<session::AskTuning>() == count && last->sheet == sheet && last->units == units;
    };
    const std::vector<std::int32_t> cluster{3, 5, 7};
    world.selection.select(1, {7, 3, 5});  // one question for all of them
    QTRY_VERIFY(asked(1, 1, cluster));
    world.selection.setHover(0, 12);
    QTRY_VERIFY(asked(2, 0, {12}));
    world.selection.select(1, {7, 3, 5, 9});  // the pointer is still there
    QTest::qWait(120);
    QVERIFY(asked(2, 0, {12}));
    world.selection.select(1, cluster);
    for (int u = 13; u < 60; ++u) world.selection.setHover(0, u);
    world.selection.setHover(-1, -1);
    QTRY_VERIFY(asked(3, 1, cluster));
    QTest::qWait(120);
    QVERIFY(asked(3, 1, cluster));  // nothing of what was passed on the way
  }

  void hiddenItAsksNothing() {
    test::PanelWorld world;
    TuningPanel panel(world.scene, world.selection);
    world.open();
    world.selection.select(0, {4});
    QTest::qWait(120);
    QVERIFY(world.engine.commands.empty());
    QVERIFY(test::shown(panel));
    QTRY_COMPARE(world.engine.count<session::AskTuning>(), 1);
  }

  void showsTheAnswer() {
    test::PanelWorld world;
    TuningPanel panel(world.scene, world.selection);
    world.open();
    QVERIFY(test::shown(panel));
    const auto tuning = test::makeTuning(*world.network, *world.maps, {0, {100}});
    world.publish(&session::News::tuning, tuning);
    const QString text = child<QLabel>(panel, "tuningSummary")->text();
    const QLocale locale;
    QVERIFY2(text.contains(QStringLiteral("V1, unit 100 at ")), qPrintable(text));
    QVERIFY(text.contains(locale.toString(tuning->orientationDeg, 'f', 1)));
    QVERIFY(text.contains(locale.toString(tuning->circularVariance, 'f', 2)));
    const Chart& orientation = child<ChartView>(panel, "orientationTuning")->chart();
    QCOMPARE(orientation.series[0].x.size(), std::size_t{9});  // 180 closes the circle
    QCOMPARE(orientation.series[0].x.back(), 180.0);
    QCOMPARE(orientation.series[0].y.back(), orientation.series[0].y.front());
    for (std::size_t i = 0; i < 8; ++i) {
      QCOMPARE(orientation.series[0].y[i], tuning->orientation[i].mean);
      QCOMPARE(orientation.series[0].high[i], tuning->orientation[i].mean + tuning->orientation[i].sem);
    }
    QCOMPARE(child<ChartView>(panel, "frequencyTuning")->chart().series[0].y[1], tuning->frequency[1].mean);
    QCOMPARE(child<ChartView>(panel, "colourTuning")->chart().categories.size(), 2);
    const Chart& domains = child<ChartView>(panel, "domainResponses")->chart();
    QCOMPARE(domains.categories.size(), 5);
    QCOMPARE(domains.series[0].notes[0], QStringLiteral("t ") + locale.toString(tuning->domains[0].t, 'f', 1));
    auto* picture = child<QLabel>(panel, "bestPicture1");
    QVERIFY(picture->pixmap().deviceIndependentSize().width() >= 48);
    QVERIFY(child<QLabel>(panel, "bestName")->text().contains(QStringLiteral("face 0")));
    // Another network: this unit is none of its own.
    world.publish(&session::News::network, test::makeNetwork(2));
    QVERIFY(child<QLabel>(panel, "tuningEmpty")->isVisible());
  }

  void aUnitWithoutPreferenceSaysSo() {
    test::PanelWorld world;
    TuningPanel panel(world.scene, world.selection);
    world.open();
    QVERIFY(test::shown(panel));
    auto tuning = test::makeTuning(*world.network, *world.maps, {0, {1, 2}});
    tuning->orientationDeg = session::kUnknown;
    tuning->circularVariance = session::kUnknown;
    tuning->best.resize(2);
    tuning->orientation.clear();
    world.publish(&session::News::tuning, tuning);
    const QString text = child<QLabel>(panel, "tuningSummary")->text();
    QVERIFY(text.contains(QStringLiteral("mean of 2 units")));
    QVERIFY(text.contains(QStringLiteral("No preferred orientation")));
    QVERIFY(!child<QLabel>(panel, "bestPicture3")->isVisible());
  }

  void controlsAreNamedAndNothingIsCut() {
    test::PanelWorld world;
    TuningPanel panel(world.scene, world.selection);
    world.open();
    QVERIFY(test::shown(panel));
    QCOMPARE(test::clippedInBothPalettes(panel, QStringLiteral("tuning-empty")), QStringList());
    auto tuning = test::makeTuning(*world.network, *world.maps, {1, {100}});
    tuning->best[1].picture = test::makeActivity(*world.network, *world.maps)->picture;
    world.publish(&session::News::tuning, tuning);
    QCOMPARE(test::unnamedControls(panel), QStringList());
    QCOMPARE(test::clippedInBothPalettes(panel, QStringLiteral("tuning")), QStringList());
  }
};

QTEST_MAIN(TestTuningPanel)
#include "test_tuning_panel.moc"
