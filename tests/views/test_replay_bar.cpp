// The time line of a recording: what its controls and keys ask for, how it plays, and that it follows an end that
// grows.
#include <QComboBox>
#include <QToolButton>

#include "tests/views/panel_support.h"
#include "views/panels/replay_bar.h"
#include "views/panels/replay_slider.h"

using namespace pinwheel;
using namespace pinwheel::views;
using test::child;

namespace {

class FakeReplay final : public guests::Replay {
public:
  [[nodiscard]] std::shared_ptr<const guests::Timeline> timeline() const override { return line; }
  void seek(std::int64_t step) override { sought.push_back(step); }
  [[nodiscard]] std::int64_t shownStep() const override { return sought.empty() ? 0 : sought.back(); }

  void setLine(std::int64_t last, std::vector<std::int64_t> maps, bool growing = false) {
    auto next = std::make_shared<guests::Timeline>();
    next->firstStep = 0;
    next->lastStep = last;
    next->maps = std::move(maps);
    next->epochs = {50};
    next->growing = growing;
    // Two steps a second.
    next->moments = {{0, 0}, {last, static_cast<double>(last) / 2}};
    line = std::move(next);
  }

  std::shared_ptr<const guests::Timeline> line;
  std::vector<std::int64_t> sought;
};

struct World {
  std::shared_ptr<FakeReplay> replay = std::make_shared<FakeReplay>();
  ReplayBar bar;

  World() { replay->setLine(100, {10, 40, 90}); }
  void open() {
    bar.setReplay(replay, "recording.pwrec");
    QVERIFY(test::shown(bar, {900, 60}));
    bar.setFocus();
  }
  void choose(const QString& speed) {
    auto* box = child<QComboBox>(bar, "replaySpeed");
    const int at = box->findText(speed);
    QVERIFY2(at >= 0, qPrintable(speed));
    box->setCurrentIndex(at);
  }
  [[nodiscard]] QString where() { return child<QLabel>(bar, "replayStep")->text(); }
  // What the timer does is left to the test.
  void play(double seconds) {
    if (!bar.isPlaying()) bar.setPlaying(true);
    bar.findChild<QTimer*>("replayFrames")->stop();
    bar.advance(seconds);
  }
};

}  // namespace

class TestReplayBar : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void init() { QLocale::setDefault(QLocale::c()); }
  void cleanup() { QVERIFY(QApplication::topLevelWidgets().isEmpty()); }

  void withoutARecordingNothingCanBeDone() {
    ReplayBar bar;
    QVERIFY(test::shown(bar, {900, 60}));
    for (const auto* button : bar.findChildren<QToolButton*>()) QVERIFY(!button->isEnabled());
    QVERIFY(!bar.followsEnd());
    bar.goTo(5);
    bar.goToTick(1);
    bar.setPlaying(true);
    QVERIFY(!bar.isPlaying());
    QTest::keyClick(&bar, Qt::Key_Space);
    QVERIFY(!bar.isPlaying());
  }

  void itOpensAtTheEnd() {
    World world;
    world.open();
    QCOMPARE(world.replay->sought, (std::vector<std::int64_t>{100}));
    QVERIFY(world.bar.followsEnd());
    QCOMPARE(world.where(), QString("100 of 100"));
    QCOMPARE(test::unnamedControls(world.bar), QStringList());
    QCOMPARE(test::clipped(world.bar), QStringList());
  }

  void keysAndButtons() {
    World world;
    world.open();
    const auto steps = [&](Qt::Key key, Qt::KeyboardModifiers modifiers = Qt::NoModifier) {
      QTest::keyClick(&world.bar, key, modifiers);
      return world.bar.step();
    };
    QCOMPARE(steps(Qt::Key_Left), 90);
    QCOMPARE(steps(Qt::Key_Left), 40);
    QCOMPARE(steps(Qt::Key_Right), 90);
    QCOMPARE(steps(Qt::Key_Right), 100);
    QCOMPARE(steps(Qt::Key_Right), 100);
    QCOMPARE(steps(Qt::Key_Home), 0);
    QCOMPARE(steps(Qt::Key_Left), 0);
    QCOMPARE(steps(Qt::Key_Right, Qt::ControlModifier), 1);
    QCOMPARE(steps(Qt::Key_Right, Qt::ControlModifier | Qt::ShiftModifier), 11);
    QCOMPARE(steps(Qt::Key_End), 100);
    child<QToolButton>(world.bar, "replayFirst")->click();
    QCOMPARE(world.bar.step(), 0);
    child<QToolButton>(world.bar, "replayLast")->click();
    QCOMPARE(world.bar.step(), 100);
    QCOMPARE(world.replay->sought.back(), 100);
    // The same step is not asked for twice.
    const std::size_t asked = world.replay->sought.size();
    world.bar.goTo(100);
    QCOMPARE(world.replay->sought.size(), asked);
  }

  // With the focus on the slider the keys are the bar's, too.
  void scrubbing() {
    World world;
    world.open();
    auto* slider = child<ReplaySlider>(world.bar, "replaySlider");
    QTest::mouseClick(slider, Qt::LeftButton, {}, QPoint(0, slider->height() / 2));
    QCOMPARE(world.bar.step(), 0);
    QTest::mouseClick(slider, Qt::LeftButton, {}, QPoint(slider->width() - 1, slider->height() / 2));
    QCOMPARE(world.bar.step(), 100);
    QTest::mousePress(slider, Qt::LeftButton, {}, slider->rect().center());
    QVERIFY(std::abs(world.bar.step() - 50) <= 1);
    QTest::mouseRelease(slider, Qt::LeftButton, {}, slider->rect().center());
    QCOMPARE(slider->value(), static_cast<int>(world.bar.step()) * (ReplaySlider::kPositions / 100));
    slider->setFocus();
    QTest::keyClick(slider, Qt::Key_Home);
    QCOMPARE(world.bar.step(), 0);
    QTest::keyClick(slider, Qt::Key_Right);
    QCOMPARE(world.bar.step(), 10);
  }

  void playing_data() {
    QTest::addColumn<QString>("speed");
    QTest::addColumn<double>("seconds");
    QTest::addColumn<qint64>("step");
    QTest::newRow("whole") << "Whole in 20 s" << 5.0 << qint64{25};
    QTest::newRow("recorded") << "1x as recorded" << 5.0 << qint64{10};
    QTest::newRow("ten times") << "10x as recorded" << 3.0 << qint64{60};
    QTest::newRow("one a second") << "1 step a second" << 7.0 << qint64{7};
    QTest::newRow("ten a second") << "10 steps a second" << 7.0 << qint64{70};
    QTest::newRow("to the end") << "10,000 steps a second" << 1.0 << qint64{100};
  }
  void playing() {
    QFETCH(QString, speed);
    QFETCH(double, seconds);
    QFETCH(qint64, step);
    World world;
    world.open();
    world.choose(speed);
    world.play(0);
    QCOMPARE(world.bar.step(), 0);  // behind the end there is nothing: it begins
    world.play(seconds / 2);
    world.play(seconds / 2);
    QCOMPARE(world.bar.step(), step);
    QCOMPARE(world.bar.isPlaying(), step < 100);
    world.bar.setPlaying(false);
  }

  void anotherSpeedGoesOnFromThere() {
    World world;
    world.open();
    world.choose("10 steps a second");
    world.play(4);
    QCOMPARE(world.bar.step(), 40);
    world.choose("1x as recorded");
    world.play(5);
    QCOMPARE(world.bar.step(), 50);
    world.choose("1 step a second");
    world.play(3);
    QCOMPARE(world.bar.step(), 53);
    // A hand on it stops it.
    QTest::keyClick(&world.bar, Qt::Key_Left);
    QVERIFY(!world.bar.isPlaying());
    QCOMPARE(world.bar.step(), 40);
  }

  void theTimerPlays() {
    World world;
    world.open();
    world.choose("1,000 steps a second");
    child<QToolButton>(world.bar, "replayPlay")->click();
    QVERIFY(world.bar.isPlaying());
    QTRY_COMPARE(world.bar.step(), 100);
    QVERIFY(!world.bar.isPlaying());
    QCOMPARE(child<QToolButton>(world.bar, "replayPlay")->accessibleName(), QString("Play the recording"));
  }

  void itFollowsTheEndWhereItIsShown() {
    World world;
    world.replay->setLine(100, {10, 40, 90}, true);
    world.open();
    QCOMPARE(world.where(), QString("100 of 100, growing"));
    world.replay->setLine(120, {10, 40, 90, 110}, true);
    QTRY_COMPARE(world.bar.step(), 120);
    QCOMPARE(world.replay->sought.back(), 120);
    world.bar.goTo(40);
    world.replay->setLine(140, {10, 40, 90, 110, 130}, true);
    QTRY_COMPARE(world.where(), QString("40 of 140, growing"));
    QCOMPARE(world.bar.step(), 40);
    // A resumed run takes back what is shown.
    world.bar.goTo(130);
    world.replay->setLine(90, {10, 40, 90}, false);
    QTRY_COMPARE(world.bar.step(), 90);
    QCOMPARE(world.where(), QString("90 of 90"));
  }

  void manyStepsAndNone() {
    World world;
    world.replay->setLine(std::int64_t{1} << 52, {});
    world.open();
    world.bar.goTo(std::int64_t{1} << 51);
    QCOMPARE(child<ReplaySlider>(world.bar, "replaySlider")->value(), ReplaySlider::kPositions / 2);
    world.bar.goToTick(1);
    QVERIFY(world.bar.followsEnd());
    world.replay->setLine(0, {0});
    QTRY_COMPARE(world.bar.step(), 0);
    world.play(1);
    QVERIFY(!world.bar.isPlaying());
  }
};

QTEST_MAIN(TestReplayBar)
#include "test_replay_bar.moc"
