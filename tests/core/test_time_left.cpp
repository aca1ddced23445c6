// The time that a job still takes, at a made-up clock.
#include <cmath>

#include "engine/core/time_left.h"
#include "tests/support.h"

using pinwheel::TimeLeft;

class TestTimeLeft : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void isThatOfThePaceSoFar() {
    TimeLeft left;
    QVERIFY(std::isnan(left.at(0, 100)));
    QCOMPARE(left.at(0.25, 110), 30.0);
    QCOMPARE(left.at(0.5, 110), 10.0);
    QCOMPARE(left.at(1, 140), 0.0);
  }

  // What was done before does not count for the pace.
  void aJobThatGoesOnIsNoFaster() {
    TimeLeft left;
    QVERIFY(std::isnan(left.at(0.8, 0)));
    QCOMPARE(left.at(0.9, 10), 10.0);
  }

  void isNotToldTooEarly() {
    TimeLeft left;
    QVERIFY(std::isnan(left.at(0, 0)));
    QVERIFY(std::isnan(left.at(0.01, 60)));
    QVERIFY(std::isnan(left.at(0.5, 1)));
    QVERIFY(std::isfinite(left.at(0.5, 3)));
  }
};

QTEST_APPLESS_MAIN(TestTimeLeft)
#include "test_time_left.moc"
