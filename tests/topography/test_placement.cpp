#include "engine/topography/placement.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "engine/benchmark/plain_placement.h"
#include "engine/core/random.h"
#include "tests/support.h"

using namespace pinwheel;
using namespace pinwheel::topography;

namespace {

constexpr std::int64_t kStimuli = 24;

Sheet smallSheet() {
  return retinotopicSheet({"V1", "V1", 12, 8, 8, 10, 10, 4, 0.5}, 3);
}

// Units with bell-shaped tuning to a random angle.
std::vector<float> tunedResponses(std::int64_t units, std::uint64_t seed) {
  Random random(seed);
  std::vector<float> values;
  for (std::int64_t u = 0; u < units; ++u) {
    const double preferred = random.uniform(0, std::numbers::pi);
    for (std::int64_t s = 0; s < kStimuli; ++s)
      values.push_back(static_cast<float>(
          std::exp(2 * std::cos(2 * (std::numbers::pi * static_cast<double>(s) / kStimuli - preferred))) +
          0.3 * random.normal()));
  }
  return values;
}

std::vector<std::pair<float, float>> places(const Sheet& sheet) {
  std::vector<std::pair<float, float>> out;
  for (std::size_t u = 0; u < sheet.xMm.size(); ++u) out.emplace_back(sheet.xMm[u], sheet.yMm[u]);
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace

class TestPlacement : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void equalsTheLiteralMethod() {
    Sheet fast = smallSheet();
    Sheet slow = fast;
    const auto units = fast.spec.unitCount();
    const std::vector<float> responses = tunedResponses(units, 5);
    PlacementOptions options;
    options.windows = 12;
    options.attempts = 60;
    options.maxUnits = 60;
    options.seed = 9;
    qInfo("seeds 3, 5, 9");
    QVERIFY_OK(optimisePositions(fast, {units, kStimuli, responses}, options));
    benchmark::placePlainly(slow, {units, kStimuli, responses}, options);
    int different = 0;
    for (std::size_t u = 0; u < fast.xMm.size(); ++u)
      different += fast.xMm[u] != slow.xMm[u] || fast.yMm[u] != slow.yMm[u] ? 1 : 0;
    QCOMPARE(different, 0);
  }

  void lossFallsAndPositionsStay() {
    Sheet sheet = smallSheet();
    const auto before = places(sheet);
    const auto units = sheet.spec.unitCount();
    const std::vector<float> responses = tunedResponses(units, 6);
    PlacementOptions options;
    options.windows = 400;
    options.attempts = 200;
    options.seed = 1;
    int points = 0;
    const auto report =
        optimisePositions(sheet, {units, kStimuli, responses}, options, [&](const PlacementPoint&) { ++points; });
    QVERIFY_OK(report);
    QVERIFY(places(sheet) == before);
    QCOMPARE(static_cast<int>(report->points.size()), points);
    QVERIFY(points >= 40);
    QVERIFY(report->accepted > 100);
    QVERIFY2(report->points.back().lossAfter < report->points.front().lossBefore - 0.15,
             QByteArray::number(report->points.back().lossAfter).constData());
    for (const PlacementPoint& point : report->points) QVERIFY(point.lossAfter <= point.lossBefore + 1e-9);
    QVERIFY_OK(validateSheet(sheet, sheet.spec));
  }

  void threadsDoNotMatter() {
    const std::vector<float> responses = tunedResponses(12 * 64, 7);
    std::vector<Sheet> sheets;
    for (const int threads : {1, 2, 5}) {
      Sheet sheet = smallSheet();
      PlacementOptions options;
      options.windows = 150;
      options.attempts = 100;
      options.threads = threads;
      QVERIFY_OK(optimisePositions(sheet, {12 * 64, kStimuli, responses}, options));
      sheets.push_back(sheet);
    }
    QCOMPARE(sheets[1].xMm, sheets[0].xMm);
    QCOMPARE(sheets[2].xMm, sheets[0].xMm);
    QCOMPARE(sheets[2].yMm, sheets[0].yMm);
  }

  void silentUnitsAreHarmless() {
    Sheet sheet = smallSheet();
    const auto before = sheet.xMm;
    std::vector<float> responses(12 * 64 * kStimuli, 0.0F);
    PlacementOptions options;
    options.windows = 20;
    const auto report = optimisePositions(sheet, {12 * 64, kStimuli, responses}, options);
    QVERIFY_OK(report);
    QCOMPARE(report->accepted, std::int64_t{0});
    QCOMPARE(report->constantUnits, std::int64_t{12 * 64});
    QCOMPARE(sheet.xMm, before);
  }

  void constantUnitsAreCounted() {
    Sheet sheet = smallSheet();
    std::vector<float> responses = tunedResponses(12 * 64, 7);
    for (std::int64_t u = 0; u < 100; ++u)  // at 0, and at rates that are no round numbers
      std::fill_n(responses.begin() + u * kStimuli, kStimuli, static_cast<float>(u) * 0.1F);
    PlacementOptions options;
    options.windows = 20;
    const auto report = optimisePositions(sheet, {12 * 64, kStimuli, responses}, options);
    QVERIFY_OK(report);
    QCOMPARE(report->constantUnits, std::int64_t{100});
    QVERIFY(report->accepted > 0);
  }

  void stopKeepsValidPositions() {
    Sheet sheet = smallSheet();
    const auto before = places(sheet);
    const std::vector<float> responses = tunedResponses(12 * 64, 8);
    PlacementOptions options;
    options.windows = 100000;
    StopFlag stop;
    const auto report = optimisePositions(
        sheet, {12 * 64, kStimuli, responses}, options, [&](const PlacementPoint&) { stop.request(); }, &stop);
    QVERIFY_OK(report);
    QVERIFY(report->stopped);
    QVERIFY(report->windows < options.windows);
    QVERIFY(places(sheet) == before);
  }

  void badInputIsRefused() {
    Sheet sheet = smallSheet();
    std::vector<float> responses = tunedResponses(12 * 64, 8);
    PlacementOptions options;
    QVERIFY_REFUSED(optimisePositions(sheet, {12 * 64 - 1, kStimuli, responses}, options), "do not fit");
    responses[100] = std::nanf("");
    QVERIFY_REFUSED(optimisePositions(sheet, {12 * 64, kStimuli, responses}, options), "not a number");
  }
};

QTEST_APPLESS_MAIN(TestPlacement)
#include "test_placement.moc"
