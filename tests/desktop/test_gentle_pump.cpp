// When a window takes the news of a training beside it.
#include <QSignalSpy>
#include <QWidget>

#include "engine/core/runtime.h"
#include "tests/support.h"
#include "views/window/gentle_pump.h"

using namespace pinwheel;
using views::GentlePump;

namespace {

// Takes so much of a processor.
void work(double seconds) {
  const double until = processorSeconds() + seconds;
  while (processorSeconds() < until) {
  }
}

}  // namespace

class TestGentlePump : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void atOnceWhereNothingElseWantsTheProcessors() {
    int taken = 0;
    GentlePump pump([&] {
      ++taken;
      work(0.02);
    });
    for (int i = 1; i <= 5; ++i) {
      pump.news();
      QCOMPARE(taken, i);
    }
  }

  // What takes two seconds at the share of a watcher.
  void seldomBesideATraining() {
    int taken = 0;
    GentlePump pump([&] {
      ++taken;
      work(2 * kWatcherShare);
    });
    pump.setGentle(true);
    pump.news();
    QCOMPARE(taken, 1);  // whoever attached looks for what comes of it
    QTest::qWait(8000);
    QElapsedTimer since;
    since.start();
    pump.news();
    QCOMPARE(taken, 2);  // it was affordable by then
    for (int i = 0; i < 10; ++i) pump.news();
    QCOMPARE(taken, 2);
    QTRY_COMPARE_WITH_TIMEOUT(taken, 3, 30'000);
    QVERIFY2(since.elapsed() >= 1900, qPrintable(QString::number(since.elapsed())));

    // A touch has it at once, and what comes soon after.
    pump.news();
    QCOMPARE(taken, 3);
    QWidget touched;
    QTest::mouseMove(&touched, {5, 5});
    QTest::mouseClick(&touched, Qt::LeftButton);
    QCOMPARE(taken, 4);
    pump.news();
    QCOMPARE(taken, 5);

    // What waits is not lost with the training.
    QTest::qWait(3200);
    pump.news();
    pump.news();
    const int before = taken;
    pump.setGentle(false);
    QVERIFY(taken > before);
  }
};

QTEST_MAIN(TestGentlePump)
#include "test_gentle_pump.moc"
