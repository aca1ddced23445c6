// What lesions and stimulation share.
#include "engine/protocol/domain_study.h"

#include <span>
#include <vector>

#include "engine/core/random.h"
#include "tests/support.h"

using namespace pinwheel;
using namespace pinwheel::protocol;

class TestDomainStudy : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void theBootstrapKeepsTheGroups() {
    const std::vector<int> truth{0, 0, 1, 1, 1, 1};
    bool varies = false;
    const auto interval = bootstrapOverImages(truth, 50, 3, [&](std::span<const int> weights, Random&) {
      varies = varies || weights[0] != 1;
      return std::vector<double>{static_cast<double>(weights[0] + weights[1]),
                                 static_cast<double>(weights[2] + weights[3] + weights[4] + weights[5])};
    });
    QVERIFY(varies);
    QCOMPARE(interval.size(), std::size_t{2});
    QVERIFY(interval[0].low == 2 && interval[0].high == 2);
    QVERIFY(interval[1].low == 4 && interval[1].high == 4);
  }
};

QTEST_APPLESS_MAIN(TestDomainStudy)
#include "test_domain_study.moc"
