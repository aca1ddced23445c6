// The share of a processor that a watching program keeps to, at a made-up clock.
#include "engine/core/processor_budget.h"
#include "tests/support.h"

using pinwheel::ProcessorBudget;

class TestProcessorBudget : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void beginsAtOnce() {
    const ProcessorBudget budget(0.02);
    QCOMPARE(budget.wait(0, 0), 0.0);
  }

  void aPieceIsPaidForBeforeTheNext() {
    ProcessorBudget budget(0.1);
    budget.begin(100, 7);
    QCOMPARE(budget.wait(100, 7), 0.0);
    QCOMPARE(budget.wait(100.5, 7.2), 1.5);  // 0.2 s are 2 s at a tenth
    QCOMPARE(budget.wait(101, 7.3), 2.0);    // what the process spends meanwhile counts
    QCOMPARE(budget.wait(104, 7.3), 0.0);
  }

  void aTouchWaitsForNothing() {
    ProcessorBudget budget(0.1);
    budget.begin(100, 7);
    budget.touch(101, 9);
    QCOMPARE(budget.wait(103.9, 12), 0.0);
    QVERIFY(std::abs(budget.wait(104, 12) - 27) < 1e-9);  // what was spent before the touch is not owed
  }

  // Idleness is not saved up for a burst.
  void pausesAreNotSavedUp() {
    ProcessorBudget budget(0.1);
    budget.begin(0, 0);
    budget.begin(1000, 0.1);
    QVERIFY(std::abs(budget.wait(1000, 0.2) - 1) < 1e-9);
  }
};

QTEST_APPLESS_MAIN(TestProcessorBudget)
#include "test_processor_budget.moc"
