#include "engine/analysis/domain_overlap.h"

#include <cmath>
#include <numbers>
#include <vector>

#include "engine/core/random.h"
#include "tests/support.h"

using namespace pinwheel;
using namespace pinwheel::analysis;

namespace {

constexpr double kSide = 70;

struct Sheet {
  std::vector<float> x, y;
};

Sheet sheetOf(int units, std::uint64_t seed, double side = kSide) {
  Random random(seed);
  Sheet sheet;
  for (int u = 0; u < units; ++u) {
    sheet.x.push_back(static_cast<float>(random.uniform(0, side)));
    sheet.y.push_back(static_cast<float>(random.uniform(0, side)));
  }
  return sheet;
}

// t = 5 within the disc, -1 elsewhere.
std::vector<float> disc(const Sheet& sheet, double x, double y, double radius) {
  std::vector<float> t;
  for (std::size_t u = 0; u < sheet.x.size(); ++u)
    t.push_back(std::hypot(static_cast<double>(sheet.x[u]) - x, static_cast<double>(sheet.y[u]) - y) < radius ? 5.0F
                                                                                                              : -1.0F);
  return t;
}

// Of two discs of one radius whose centres lie `apart`.
double lens(double radius, double apart) {
  return 2 * radius * radius * std::acos(apart / (2 * radius)) -
         apart / 2 * std::sqrt(4 * radius * radius - apart * apart);
}

}  // namespace

class TestDomainOverlap : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void twoDiscsOverlapByTheirLens_data() {
    QTest::addColumn<double>("apart");
    for (const double apart : {5.0, 12.0, 20.0, 29.0}) QTest::addRow("%g mm", apart) << apart;
  }
  void twoDiscsOverlapByTheirLens() {
    QFETCH(double, apart);
    const double radius = 15;
    const Sheet sheet = sheetOf(30000, 1);
    const auto overlap =
        domainOverlap(sheet.x, sheet.y, disc(sheet, 20, 35, radius), disc(sheet, 20 + apart, 35, radius), kSide);
    QVERIFY_OK(overlap);
    // The correlation of two indicators follows from the shares of the sheet that they and their lens take.
    const double share = std::numbers::pi * radius * radius / (kSide * kSide);
    const double both = lens(radius, apart) / (kSide * kSide);
    const double expected = (both - share * share) / (share * (1 - share));
    QVERIFY2(std::abs(overlap->correlation.value - expected) < 0.03,
             qPrintable(QStringLiteral("%1, not %2").arg(overlap->correlation.value).arg(expected)));
    QCOMPARE(overlap->windows, 49);
    // Chance: the second disc's units anywhere.
    QVERIFY(overlap->correlation.chanceLow < 0 && overlap->correlation.chanceHigh > 0);
    QVERIFY(overlap->correlation.chanceHigh < 0.03 && overlap->windowed.chanceHigh < 0.6);
  }

  void oneMapOverlapsWithItself() {
    const Sheet sheet = sheetOf(5000, 2);
    const std::vector<float> t = disc(sheet, 30, 30, 20);
    std::vector<float> opposite;
    for (const float v : t) opposite.push_back(4 - v);
    const auto same = domainOverlap(sheet.x, sheet.y, t, t, kSide);
    QVERIFY_OK(same);
    QVERIFY(std::abs(same->correlation.value - 1) < 1e-9 && std::abs(same->windowed.value - 1) < 1e-9);
    const auto none = domainOverlap(sheet.x, sheet.y, t, opposite, kSide);
    QVERIFY_OK(none);
    QVERIFY(std::abs(none->correlation.value + 1) < 1e-9 && std::abs(none->windowed.value + 1) < 1e-9);
  }

  // Units of two domains mixed in one half: apart unit by unit, together window by window.
  void windowsSeeWhatUnitsDoNot() {
    const Sheet sheet = sheetOf(20000, 3);
    Random random(4);
    std::vector<float> first, second;
    for (std::size_t u = 0; u < sheet.x.size(); ++u) {
      const bool left = sheet.x[u] < 40, one = random.uniform() < 0.5;
      first.push_back(left && one ? 5.0F : -1.0F);
      second.push_back(left && !one ? 5.0F : -1.0F);
    }
    const auto overlap = domainOverlap(sheet.x, sheet.y, first, second, kSide);
    QVERIFY_OK(overlap);
    const double share = 40 / kSide / 2;
    QVERIFY(std::abs(overlap->correlation.value + share / (1 - share)) < 0.02);
    QVERIFY2(overlap->windowed.value > overlap->windowed.chanceHigh,
             QByteArray::number(overlap->windowed.value).constData());
  }

  // The windows scale with the sheet.
  void aSmallerSheetIsTheSame() {
    const Sheet large = sheetOf(4000, 5), small = sheetOf(4000, 5, kSide / 2);
    const std::vector<float> a = disc(large, 30, 35, 18), b = disc(large, 40, 35, 18);
    const auto first = domainOverlap(large.x, large.y, a, b, kSide);
    const auto second = domainOverlap(small.x, small.y, a, b, kSide / 2);
    QVERIFY_OK(first);
    QVERIFY_OK(second);
    QCOMPARE(second->windows, first->windows);
    QVERIFY(std::abs(second->windowed.value - first->windowed.value) < 1e-9);
  }

  void constantMapsHaveNoOverlap() {
    const Sheet sheet = sheetOf(500, 6);
    const std::vector<float> t = disc(sheet, 30, 30, 20), zero(500, 0.0F);
    const auto overlap = domainOverlap(sheet.x, sheet.y, t, zero, kSide);
    QVERIFY_OK(overlap);
    QVERIFY(std::isnan(overlap->correlation.value) && std::isnan(overlap->windowed.value));
    QVERIFY(std::isnan(overlap->correlation.chanceLow));
    OverlapOptions quick;
    quick.shuffles = 0;
    QVERIFY(std::isnan(domainOverlap(sheet.x, sheet.y, t, t, kSide, quick)->windowed.chanceHigh));
    QVERIFY_REFUSED(domainOverlap(sheet.x, sheet.y, t, std::vector<float>(3), kSide), "two selectivities");
    QVERIFY_REFUSED(domainOverlap(sheet.x, sheet.y, t, t, 0), "extent");
    const std::vector<float> here(500, 1.0F);
    QVERIFY_REFUSED(domainOverlap(here, here, t, t, kSide), "1 windows hold units");
  }
};

QTEST_APPLESS_MAIN(TestDomainOverlap)
#include "test_domain_overlap.moc"
