// What several ranks compute together against what one process has, and what they say when one of them is lost. The
// comparisons are rank_worker's: every rank knows the whole batch too.
#include <signal.h>

#include "tests/distributed/free_port.h"
#include "tests/distributed/several.h"

using pinwheel::test::freePort;
using pinwheel::test::Several;

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
    QTest::newRow("a rank") << "lost" << 2;
    QTest::newRow("the one that holds the store") << "lost" << 0;
    QTest::newRow("that one, while the others wait for its word") << "told" << 0;
  }
  void theLostRankIsNamed() {
    QFETCH(QString, task);
    QFETCH(int, lost);
    Several ranks(PINWHEEL_RANK_WORKER, {task}, 3, freePort());
    for (int rank = 0; rank < 3; ++rank) {
      QVERIFY(ranks.at(rank).waitForReadyRead(60000));
      QCOMPARE(ranks.at(rank).readAllStandardOutput(), QByteArray("joined\n"));
    }
    QCOMPARE(::kill(static_cast<pid_t>(ranks.at(lost).processId()), SIGKILL), 0);
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

  // Rank 0 of three alone, which waits two seconds for the others.
  void whoDoesNotComeIsNamed() {
    QProcess process;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert("RANK", "0");
    environment.insert("LOCAL_RANK", "0");
    environment.insert("WORLD_SIZE", "3");
    environment.insert("MASTER_ADDR", "127.0.0.1");
    environment.insert("MASTER_PORT", QString::number(freePort()));
    process.setProcessEnvironment(environment);
    process.start(PINWHEEL_RANK_WORKER, {"collectives", "soon"});
    QVERIFY(process.waitForFinished(60000));
    QCOMPARE(process.exitCode(), 4);
    const QString error = process.readAllStandardError();
    QVERIFY2(error.contains("there is no rank 1, 2"), qPrintable(error));
  }
};

QTEST_GUILESS_MAIN(TestRanks)
#include "test_ranks.moc"
