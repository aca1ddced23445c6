#include "engine/core/random.h"

#include <numeric>
#include <set>
#include <vector>

#include "tests/support.h"

using namespace pinwheel;

class TestRandom : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void streamsAreTheSameEverywhere() {
    // Fixed numbers: a change here changes every result that a seed stands for.
    Random a(1, 2, 3);
    Random b(1, 2, 3);
    for (int i = 0; i < 100; ++i) QCOMPARE(a.next(), b.next());
    std::set<std::uint64_t> firsts;
    for (std::uint64_t seed = 0; seed < 20; ++seed)
      for (std::uint64_t stream = 0; stream < 20; ++stream)
        for (std::uint64_t counter = 0; counter < 20; ++counter) firsts.insert(Random(seed, stream, counter).next());
    QCOMPARE(firsts.size(), std::size_t{8000});
  }

  void momentsAreRight() {
    Random random(7);
    const int n = 200000;
    double sum = 0, squares = 0, uniform = 0;
    for (int i = 0; i < n; ++i) {
      const double x = random.normal();
      sum += x;
      squares += x * x;
      const double u = random.uniform();
      QVERIFY(u >= 0 && u < 1);
      uniform += u;
    }
    QVERIFY(std::abs(sum / n) < 0.01);
    QVERIFY(std::abs(squares / n - 1) < 0.02);
    QVERIFY(std::abs(uniform / n - 0.5) < 0.005);
  }

  void belowIsEven() {
    Random random(8);
    std::vector<int> counts(7, 0);
    for (int i = 0; i < 70000; ++i) ++counts[random.below(7)];
    for (const int count : counts) QVERIFY2(std::abs(count - 10000) < 400, QByteArray::number(count).constData());
  }

  void shuffleKeepsEveryItem() {
    std::vector<int> items(100);
    std::iota(items.begin(), items.end(), 0);
    Random(9).shuffle(items);
    QVERIFY(!std::is_sorted(items.begin(), items.end()));
    std::sort(items.begin(), items.end());
    for (int i = 0; i < 100; ++i) QCOMPARE(items[static_cast<std::size_t>(i)], i);
  }
};

QTEST_APPLESS_MAIN(TestRandom)
#include "test_random.moc"
