// What several ranks compute together against what one process has, and what they say when one of them is lost. The
// comparisons are rank_worker's: every rank knows the whole batch too.
#include <signal.h>

#include "engine/distributed/free_port.h"
#include "tests/distributed/several.h"
#include "tests/machines.h"

using pinwheel::test::Machines;
using pinwheel::test::Several;

namespace {

int freePort() {
  return pinwheel::distributed::freePort().value();
}

}  // namespace

class TestRanks : public QObject {
  Q_OBJECT
private Q_SLOTS:
  void sameAsOneProcess_data() {
    QTest::addColumn<QString>("task");
    QTest::addColumn<int>("size");
    for (const int size : {2, 4})
      for (const char* task : {"collectives", "gradients", "norms", "gathered"})
        QTest::addRow("%s, %d ranks", task, size) << QString(task) << size;
  }
  void sameAsOneProcess() {
    QFETCH(QString, task);
    QFETCH(int, size);
    Several ranks(PINWHEEL_RANK_WORKER, {task}, size, freePort());
    for (int rank = 0; rank < size; ++rank) {
      const int code = ranks.codeOf(rank);
      QVERIFY2(code == 0,
               qPrintable(QString("rank %1 ended with %2: %3").arg(rank).arg(code).arg(ranks.errorOf(rank))));
    }
  }

  // Killed while all sum: the others end, and each names the same rank.
  void theLostRankIsNamed_data() {
    QTest::addColumn<QString>("task");
    QTest::addColumn<int>("lost");
    QTest::addColumn<int>("signal");
    QTest::newRow("a rank") << "lost" << 2 << SIGKILL;
    QTest::newRow("the one that holds the store") << "lost" << 0 << SIGKILL;
    QTest::newRow("that one, while the others wait for its word") << "told" << 0 << SIGKILL;
    // Its connections stay open, and nothing comes through them any more.
    QTest::newRow("a rank falls silent") << "lost" << 2 << SIGSTOP;
    QTest::newRow("the one that holds the store falls silent") << "lost" << 0 << SIGSTOP;
    QTest::newRow("that one, while the others wait") << "told" << 0 << SIGSTOP;
  }
  void theLostRankIsNamed() {
    QFETCH(QString, task);
    QFETCH(int, lost);
    QFETCH(int, signal);
    Several ranks(PINWHEEL_RANK_WORKER, {task}, 3, freePort());
    for (int rank = 0; rank < 3; ++rank) QVERIFY(ranks.hasJoined(rank));
    QCOMPARE(::kill(static_cast<pid_t>(ranks.at(lost).processId()), signal), 0);
    for (int rank = 0; rank < 3; ++rank) {
      if (rank == lost) continue;
      QCOMPARE(ranks.codeOf(rank), 7);
      QVERIFY2(ranks.errorOf(rank).contains(QString("rank %1 of 3 on ").arg(lost)), qPrintable(ranks.errorOf(rank)));
      QVERIFY2(ranks.errorOf(rank).contains("is lost"), qPrintable(ranks.errorOf(rank)));
    }
  }

  void whoGivesUpTellsWhy() {
    Several ranks(PINWHEEL_RANK_WORKER, {"gives-up"}, 3, freePort());
    for (const int rank : {0, 2}) {
      QCOMPARE(ranks.codeOf(rank), 7);
      QVERIFY2(ranks.errorOf(rank).contains("rank 1 of 3 on "), qPrintable(ranks.errorOf(rank)));
      QVERIFY2(ranks.errorOf(rank).contains("An image cannot be read"), qPrintable(ranks.errorOf(rank)));
    }
  }

  // Rank 0 calls its own machine by a name that leads to its loopback there, as Debian's installer sets it up; the
  // others must reach it all the same. Then the wire is cut: nobody is told that a connection ended.
  void twoMachinesUntilTheWireIsCut() {
    const Machines machines;
    if (!machines.there()) QSKIP("network namespaces cannot be made here: that takes root and the program ip");
    QVERIFY(machines.setHosts(0, "127.0.0.1 localhost\n127.0.1.1 first-machine\n"));
    QVERIFY(machines.setHosts(1, "127.0.0.1 localhost\n10.231.0.1 first-machine\n"));
    Several ranks;
    for (int rank = 0; rank < 3; ++rank) {
      QProcess& process = ranks.add(rank, 3, "first-machine", 29500);
      machines.begin(rank == 2 ? 1 : 0, process, PINWHEEL_RANK_WORKER, {"lost"});
    }
    for (int rank = 0; rank < 3; ++rank) QVERIFY(ranks.hasJoined(rank));
    QTest::qWait(1000);
    QVERIFY(machines.setWire(false));
    // Each side has lost the other.
    for (int rank = 0; rank < 3; ++rank) {
      QCOMPARE(ranks.codeOf(rank), 7);
      QVERIFY2(ranks.errorOf(rank).contains(QString("rank %1 of 3 on ").arg(rank == 2 ? 0 : 2)),
               qPrintable(ranks.errorOf(rank)));
    }
  }

  // Rank 0 of three alone, which waits two seconds for the others.
  void whoDoesNotComeIsNamed() {
    Several ranks;
    QProcess& process = ranks.add(0, 3, "127.0.0.1", freePort());
    process.start(PINWHEEL_RANK_WORKER, {"collectives", "soon"});
    QVERIFY(process.waitForFinished(60000));
    QCOMPARE(process.exitCode(), 4);
    const QString error = process.readAllStandardError();
    QVERIFY2(error.contains("there is no rank 1, 2"), qPrintable(error));
  }
};

QTEST_GUILESS_MAIN(TestRanks)
#include "test_ranks.moc"
