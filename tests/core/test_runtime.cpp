#include "engine/core/runtime.h"

#include "tests/support.h"

using namespace pinwheel;

class TestRuntime : public QObject {
  Q_OBJECT
private Q_SLOTS:
  // A processor that OpenBLAS does not know gets the kernels of what it has; one that it knows, or that is old, its
  // own.
  void blasKernelsThatFit() {
    QCOMPARE(betterBlasCore("Prescott", true, true), std::string("SKYLAKEX"));
    QCOMPARE(betterBlasCore("Prescott", true, false), std::string("HASWELL"));
    QCOMPARE(betterBlasCore("Nehalem", true, false), std::string("HASWELL"));
    QCOMPARE(betterBlasCore("Nehalem", false, false), std::string());
    QCOMPARE(betterBlasCore("Haswell", true, true), std::string());
    QCOMPARE(betterBlasCore("Zen", true, false), std::string());
    QCOMPARE(betterBlasCore("SkylakeX", true, true), std::string());
    QCOMPARE(betterBlasCore("", true, true), std::string());
  }
  void factsOfTheMachine() {
    QVERIFY(availableProcessors() >= 1);
    QVERIFY(peakMemoryBytes() > 0);
    QVERIFY(processorSeconds() > 0);
    QCOMPARE(utcTimestamp().size(), std::size_t{20});
  }
};

QTEST_APPLESS_MAIN(TestRuntime)
#include "test_runtime.moc"
