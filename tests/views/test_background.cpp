#include <atomic>
#include <memory>
#include <vector>

#include <QSemaphore>

#include "tests/support.h"
#include "views/background.h"

using pinwheel::views::Background;

class TestBackground : public QObject {
  Q_OBJECT

  std::vector<int> m_delivered;
  QThread* m_deliveredOn = nullptr;
  std::atomic<int> m_ran = 0;
  std::unique_ptr<Background<int>> m_background;

  // Work that says that it runs, and then waits for the gate.
  Background<int>::Work gated(int result, QSemaphore& running, QSemaphore& gate) {
    return [this, result, &running, &gate] {
      ++m_ran;
      running.release();
      gate.acquire();
      return result;
    };
  }
  Background<int>::Work plain(int result) {
    return [this, result] {
      ++m_ran;
      return result;
    };
  }

private Q_SLOTS:
  void init() {
    m_delivered.clear();
    m_deliveredOn = nullptr;
    m_ran = 0;
    m_background = std::make_unique<Background<int>>([this](int result) {
      m_delivered.push_back(result);
      m_deliveredOn = QThread::currentThread();
    });
  }
  void cleanup() { m_background.reset(); }

  void worksElsewhereAndDeliversHere() {
    std::atomic<QThread*> workedOn = nullptr;
    QVERIFY(!m_background->busy());
    m_background->request([&workedOn] {
      workedOn = QThread::currentThread();
      return 7;
    });
    QVERIFY(m_background->busy());
    QTRY_COMPARE(m_delivered, std::vector<int>{7});
    QVERIFY(!m_background->busy());
    QCOMPARE(m_deliveredOn, QThread::currentThread());
    QVERIFY(workedOn != QThread::currentThread());
  }

  void theNewestOfABurstWins() {
    QSemaphore running;
    QSemaphore gate;
    m_background->request(gated(0, running, gate));
    running.acquire();
    for (int i = 1; i < 10; ++i) m_background->request(plain(i));
    gate.release();
    QTRY_VERIFY(!m_background->busy());
    // The one that ran already, and the last; those between never ran.
    QCOMPARE(m_delivered, (std::vector<int>{0, 9}));
    QCOMPARE(m_ran.load(), 2);
  }

  void whatIsCancelledIsNotDelivered() {
    QSemaphore running;
    QSemaphore gate;
    m_background->request(gated(1, running, gate));
    running.acquire();
    m_background->request(plain(2));
    m_background->cancel();
    QVERIFY(!m_background->busy());
    m_background->request(plain(3));
    QVERIFY(m_background->busy());
    gate.release();
    QTRY_VERIFY(!m_background->busy());
    QCOMPARE(m_delivered, std::vector<int>{3});
    QCOMPARE(m_ran.load(), 2);
  }

  void aResultMayAskForTheNext() {
    std::vector<int> delivered;
    std::unique_ptr<Background<int>> chain;
    chain = std::make_unique<Background<int>>([this, &delivered, &chain](int result) {
      delivered.push_back(result);
      if (result < 3) chain->request(plain(result + 1));
    });
    chain->request(plain(1));
    QTRY_COMPARE(delivered, (std::vector<int>{1, 2, 3}));
    QTRY_VERIFY(!chain->busy());
  }

  void theEndWaitsAndIsSilent() {
    QSemaphore running;
    std::atomic<bool> ended = false;
    m_background->request([&running, &ended] {
      running.release();
      QThread::msleep(50);
      ended = true;
      return 1;
    });
    m_background->request(plain(2));
    running.acquire();
    m_background.reset();
    QVERIFY(ended);
    QTest::qWait(20);
    QVERIFY(m_delivered.empty());
    QCOMPARE(m_ran.load(), 0);
  }
};

QTEST_GUILESS_MAIN(TestBackground)
#include "test_background.moc"
