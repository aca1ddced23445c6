#include "engine/topography/sheet.h"

#include <algorithm>
#include <cmath>

#include "tests/support.h"

using namespace pinwheel;
using namespace pinwheel::topography;

namespace {

SheetSpec spec(int channels, int side, double overlap) {
  return {"V1", "V1", channels, side, side, 24.5, 36.75, 2.0, overlap};
}

}  // namespace

class TestSheet : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void fillsTheSheetExactly() {
    const Sheet sheet = retinotopicSheet(spec(16, 12, 0.35), 1);
    QCOMPARE(sheet.xMm.size(), std::size_t{16 * 144});
    for (const auto* axis : {&sheet.xMm, &sheet.yMm}) {
      const auto [low, high] = std::minmax_element(axis->begin(), axis->end());
      QCOMPARE(*low, 0.0F);
      QCOMPARE(*high, 24.5F);
    }
    QVERIFY_OK(validateSheet(sheet, spec(16, 12, 0.35)));
  }

  void isRetinotopic() {
    // Without jitter every unit lies within half a receptive field of its column's and row's centre.
    const int n = 10;
    const double overlap = 0.4;
    const Sheet sheet = retinotopicSheet(spec(32, n, overlap), 2, 0.0);
    const double width = 24.5 / (n - n * overlap + overlap);
    const double pitch = width * (1 - overlap);
    double worst = 0;
    for (int u = 0; u < 32 * n * n; ++u) {
      const double centreX = width / 2 + u % n * pitch;
      const double centreY = width / 2 + u / n % n * pitch;
      worst = std::max({worst, std::abs(sheet.xMm[static_cast<std::size_t>(u)] - centreX),
                        std::abs(sheet.yMm[static_cast<std::size_t>(u)] - centreY)});
    }
    // Stretching to the full sheet moves units by less than a hundredth of it.
    QVERIFY2(worst < width / 2 + 0.25, QByteArray::number(worst).constData());
  }

  void dependsOnTheSeedAlone() {
    const Sheet a = retinotopicSheet(spec(4, 8, 0.2), 5);
    QCOMPARE(retinotopicSheet(spec(4, 8, 0.2), 5).xMm, a.xMm);
    QVERIFY(retinotopicSheet(spec(4, 8, 0.2), 6).xMm != a.xMm);
  }

  void everyPositionIsItsOwn() {
    const Sheet sheet = retinotopicSheet(spec(32, 16, 0.35), 3);
    std::vector<std::pair<float, float>> places;
    for (std::size_t u = 0; u < sheet.xMm.size(); ++u) places.emplace_back(sheet.xMm[u], sheet.yMm[u]);
    std::sort(places.begin(), places.end());
    QVERIFY(std::adjacent_find(places.begin(), places.end()) == places.end());
  }

  void scalesAreKeptApart() {
    const Sheet sheet = retinotopicSheet(spec(2, 4, 0.2), 1);
    const auto shown = sheet.displayXMm();
    for (std::size_t u = 0; u < shown.size(); ++u) QVERIFY(std::abs(shown[u] - sheet.xMm[u] * 1.5F) < 1e-4F);
  }

  void wrongPositionsAreRefused() {
    const SheetSpec expected = spec(4, 8, 0.2);
    Sheet sheet = retinotopicSheet(expected, 1);
    Sheet bad = sheet;
    bad.xMm.pop_back();
    QVERIFY_REFUSED(validateSheet(bad, expected), "255 positions for 256 units");
    bad = sheet;
    bad.yMm[3] = std::nanf("");
    QVERIFY_REFUSED(validateSheet(bad, expected), "outside");
    bad = sheet;
    bad.xMm[0] = 30;
    QVERIFY_REFUSED(validateSheet(bad, expected), "outside");
    bad = sheet;
    bad.spec.trainingSideMm = 10;
    QVERIFY_REFUSED(validateSheet(bad, expected), "another size");
    bad = sheet;
    bad.spec.layer = "IT";
    QVERIFY_REFUSED(validateSheet(bad, expected), "another layer");
    // As many units, in other places.
    bad = sheet;
    bad.spec.channels = 16;
    bad.spec.height = 2;
    QVERIFY_REFUSED(validateSheet(bad, expected), "16 x 2 x 8");
  }

  void sheetsOfAFileAreTakenWhole() {
    std::vector<SheetSpec> specs{spec(4, 8, 0.2), spec(2, 4, 0.2)};
    specs[1].layer = "V2";
    std::vector<Sheet> sheets{retinotopicSheet(specs[0], 1), retinotopicSheet(specs[1], 2)};
    // What the configuration decides is taken from it.
    specs[0].displaySideMm = 50;
    const auto adopted = adoptSheets(sheets, specs);
    QVERIFY_OK(adopted);
    QCOMPARE((*adopted)[0].spec.displaySideMm, 50.0);
    QCOMPARE((*adopted)[1].xMm, sheets[1].xMm);
    std::swap(sheets[0], sheets[1]);
    QVERIFY_REFUSED(adoptSheets(sheets, specs), "another layer");
    sheets.pop_back();
    QVERIFY_REFUSED(adoptSheets(sheets, specs), "of 1 sheets, this network has 2");
    QVERIFY_REFUSED(adoptSheets({}, specs), "of 0 sheets");
  }
};

QTEST_APPLESS_MAIN(TestSheet)
#include "test_sheet.moc"
