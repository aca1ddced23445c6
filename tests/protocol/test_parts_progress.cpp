// The time left of a row of parts, at a made-up clock.
#include "engine/protocol/parts_progress.h"

#include <cmath>
#include <vector>

#include "engine/core/time_left.h"
#include "tests/support.h"

using namespace pinwheel;
using namespace pinwheel::protocol;

namespace {

struct Told {
  double seconds = 0;  ///< since the beginning
  double share = 0;
  double left = 0;
};

/// Parts that really take `seconds`, each telling of itself ten times, where `costs` were expected.
std::vector<Told> play(const std::vector<double>& costs, const std::vector<double>& seconds) {
  PartsProgress progress(costs);
  TimeLeft left;
  std::vector<Told> told;
  double before = 0;
  for (std::size_t part = 0; part < seconds.size(); ++part) {
    for (int tenth = 0; tenth <= 10; ++tenth) {
      Told now;
      now.seconds = before + seconds[part] * tenth / 10;
      now.share = progress.at(part, tenth / 10.0);
      now.left = left.at(now.share, now.seconds);
      told.push_back(now);
    }
    before += seconds[part];
  }
  return told;
}

}  // namespace

class TestPartsProgress : public QObject {
  Q_OBJECT

private Q_SLOTS:
  // Known costs, in whatever unit: right from the first estimate on, though the parts are of very unequal length.
  void knownCostsTellTheTimeThatIsLeft() {
    const std::vector<double> seconds{10, 200, 3, 37};
    std::vector<double> costs;
    for (const double s : seconds) costs.push_back(42 * s);
    int estimates = 0;
    for (const Told& now : play(costs, seconds)) {
      QVERIFY(std::abs(now.share - now.seconds / 250) < 1e-12);
      if (!std::isfinite(now.left)) continue;
      ++estimates;
      QVERIFY2(std::abs(now.left - (250 - now.seconds)) < 1e-9, qPrintable(QString::number(now.left)));
    }
    QVERIFY(estimates > 35);
    // Counted alike, they would be told to be almost done after a fifth of the time.
    const std::vector<Told> alike = play({1, 1, 1, 1}, seconds);
    QVERIFY(std::abs(alike[10].left - 30) < 1e-9);  // behind the first part, 240 s before the end
  }

  // A part that takes four times as long as was expected: the estimate is mended by what is done.
  void wrongCostsAreMendedOnTheWay() {
    const std::vector<double> seconds{40, 10, 10, 10, 10};
    const std::vector<Told> told = play({10, 10, 10, 10, 10}, seconds);
    double last = 1e9;
    for (const std::size_t end : {10U, 21U, 32U, 43U, 54U}) {  // of every part
      const double error = std::abs(told[end].left - (80 - told[end].seconds));
      QVERIFY2(error < last, qPrintable(QString::number(error)));
      last = error;
    }
    QCOMPARE(told.back().share, 1.0);
    QCOMPARE(told.back().left, 0.0);
  }

  // What is stored already is no part of the job, and what fails at once leaves it.
  void storedAndFailedPartsDoNotCount() {
    PartsProgress progress({0, 10, 30, 0, 60});
    QCOMPARE(progress.at(0, 1), 0.0);
    QCOMPARE(progress.at(1, 0.5), 0.05);
    QCOMPARE(progress.at(1, 1), 0.1);
    progress.expect(2, 0);
    const double behind = progress.at(2, 1);
    QVERIFY(std::abs(behind - 10.0 / 70) < 1e-12);
    QVERIFY(std::abs(progress.at(4, 0.5) - 40.0 / 70) < 1e-12);
    QCOMPARE(progress.at(4, 1), 1.0);
  }

  // Whatever a part tells of itself, or turns out to cost.
  void theShareNeverFalls() {
    PartsProgress progress({1, 1});
    const double half = progress.at(0, 1);
    QCOMPARE(half, 0.5);
    QCOMPARE(progress.at(0, 0.2), half);
    QCOMPARE(progress.at(1, -3), half);
    progress.expect(1, 9);
    QCOMPARE(progress.at(1, 0), half);
    QCOMPARE(progress.at(1, 7), 1.0);
    PartsProgress nothing({0, 0});
    QCOMPARE(nothing.at(1, 1), 0.0);
  }
};

QTEST_APPLESS_MAIN(TestPartsProgress)
#include "test_parts_progress.moc"
