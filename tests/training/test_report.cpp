#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <cmath>
#include <fstream>
#include <map>

#include "engine/core/files.h"
#include "engine/formats/image_file.h"
#include "engine/training/report.h"
#include "tests/support.h"

using namespace pinwheel;
using namespace pinwheel::training;
using test::pathOf;

namespace {

// A sheet of 64 units that never fires, in one category domain: nothing of it can be measured.
NetworkMeasures silent() {
  constexpr std::size_t kUnits = 64;
  SheetMeasures measures;
  measures.sheet.spec = {"layer4", "IT", 16, 2, 2, 10, 70, 4.5, 1};
  for (std::size_t u = 0; u < kUnits; ++u) {
    measures.sheet.xMm.push_back(static_cast<float>(u % 8) + 0.5F);
    measures.sheet.yMm.push_back(static_cast<float>(u / 8) + 0.5F);
  }
  const std::vector<float> missing(kUnits, std::nanf("")), zero(kUnits, 0.0F);
  analysis::TuningMaps& t = measures.tuning;
  for (auto* map : {&t.orientationDeg, &t.orientationVonMisesDeg, &t.circularVariance, &t.orientationPeakToPeak,
                    &t.frequencyCyclesPerImage, &t.frequencyPeakToPeak, &t.colourPreference, &t.colourPeakToPeak})
    *map = missing;
  t.meanRate = zero;
  const auto unmeasured = failure("The smoothness cannot be measured", "0 of 64 units can be used");
  measures.tuningSmoothness.push_back({"orientation", unmeasured, unmeasured});
  DomainMeasure faces;
  faces.domain = "faces";
  faces.t = zero;
  faces.dPrime = zero;
  faces.smoothness = {"faces", unmeasured, unmeasured};
  measures.domains.push_back(faces);
  NetworkMeasures out;
  out.validationLabelled = false;
  out.sheets.push_back(measures);
  return out;
}

// A curve of two bins, the second of them empty.
analysis::CorrelationByDistance curve(double first) {
  const double nan = std::nan("");
  return {{1, 3}, {first, nan}, {first - 0.1, nan}, {first + 0.1, nan}, {0.05, nan}, {7, 0}};
}

// The same sheet with every measure that goes into a table.
NetworkMeasures measured() {
  NetworkMeasures out = silent();
  SheetMeasures& sheet = out.sheets[0];
  sheet.correlation = curve(0.5);
  sheet.tuningCorrelation = {curve(0.6), curve(0.2)};
  analysis::CircularVarianceMatch match;
  match.distanceToMacaque = 0.25;
  match.median = 0.75;
  match.selectiveFraction = 0.25;
  sheet.circularVariance = {match, match};
  DomainMeasure& faces = sheet.domains[0];
  faces.dPrimeShare = 0.5;
  faces.untrainedDPrimeShare = 0.125;
  analysis::Patch patch;
  patch.areaMm2 = 150;
  patch.outlines = {{{10, 10}, {30.00049, 10}, {20, 25}, {10, 10}}, {{19, 14}, {21, 14}, {20, 15}, {19, 14}}};
  faces.patches = std::vector<analysis::Patch>{patch};
  faces.delta.value = analysis::DeltaSelectivity{curve(0.7), {0.8, std::nan("")}};
  faces.sweep = {std::vector<analysis::PatchesAtThreshold>{{2, 3, 400, 200, 30, 0.4, 0.5, 60}},
                 std::vector<analysis::PatchesAtThreshold>{{2, 1, 150, 150, 10, 0.2, 0, 0}}};
  OverlapMeasure overlap{"faces", "bodies", {}};
  overlap.overlap.value = analysis::DomainOverlap{{0.3, -0.1, 0.1}, {0.4, -0.2, 0.2}, 49};
  sheet.overlaps.push_back(overlap);
  analysis::SpikeTrainEntropy entropy;
  entropy.bits = 1.5;
  entropy.independentBits = 2.5;
  entropy.rateByStep = {0.25, 0.125};
  sheet.time.entropy = entropy;
  sheet.time.synchrony = curve(0.9);
  sheet.time.fisher = analysis::ReadoutFisher{{10, 20}, {5, 6}, {0.1, 0.2}, 8, 100};
  TimeMeasures untrained;
  entropy.bits = 0.5;
  untrained.entropy = entropy;
  untrained.firingRate = 0.375;
  untrained.responseCorrelation = curve(0.25);
  sheet.untrainedTime = untrained;
  return out;
}

// Faces drive a disc of 10 mm around (30, 40), and nothing else, on a sheet of 70 mm.
NetworkMeasures disc() {
  NetworkMeasures out = silent();
  SheetMeasures& sheet = out.sheets[0];
  constexpr std::size_t kSide = 140;
  sheet.sheet.spec = {"layer4", "IT", static_cast<int>(kSide * kSide), 1, 1, 10, 70, 4.5, 1};
  sheet.sheet.xMm.clear();
  sheet.sheet.yMm.clear();
  for (std::size_t u = 0; u < kSide * kSide; ++u) {  // at the training scale, a seventh of the display's
    sheet.sheet.xMm.push_back((0.25F + 0.5F * static_cast<float>(u % kSide)) / 7);
    sheet.sheet.yMm.push_back((0.25F + 0.5F * static_cast<float>(u / kSide)) / 7);
  }
  const std::vector<float> missing(kSide * kSide, std::nanf("")), zero(kSide * kSide, 0.0F);
  analysis::TuningMaps& tuning = sheet.tuning;
  for (auto* map : {&tuning.orientationDeg, &tuning.orientationVonMisesDeg, &tuning.circularVariance,
                    &tuning.orientationPeakToPeak, &tuning.frequencyCyclesPerImage, &tuning.frequencyPeakToPeak,
                    &tuning.colourPreference, &tuning.colourPeakToPeak})
    *map = missing;
  tuning.meanRate = zero;
  const std::vector<float> x = sheet.sheet.displayXMm();
  const std::vector<float> y = sheet.sheet.displayYMm();
  std::vector<float> t;
  for (std::size_t u = 0; u < x.size(); ++u) t.push_back(std::hypot(x[u] - 30, y[u] - 40) < 10 ? 5.0F : -1.0F);
  DomainMeasure& faces = sheet.domains[0];
  faces.t = t;
  faces.dPrime = zero;
  faces.patches = analysis::findPatches(x, y, t, 70);
  faces.sweep.value = analysis::sweepPatches(x, y, t, 70, std::vector<double>{2, 4, 6}, {}, 1);
  return out;
}

std::vector<std::string> linesOf(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    lines.push_back(line);
  }
  return lines;
}

}  // namespace

class TestReport : public QObject {
  Q_OBJECT

private Q_SLOTS:
  // What could not be measured is a dash with its reason, never "nan" and never nothing.
  void whatIsNotMeasuredHasItsReason() {
    QTemporaryDir folder;
    ReportContext context;
    context.pictures = false;
    const auto result = writeReport(folder.path().toStdString(), silent(), context);
    QVERIFY_OK(result);
    const QString summary = QString::fromStdString(result->summary);
    QVERIFY2(summary.contains("orientation smoothness - (0 of 64 units can be used)"), qPrintable(summary));
    QVERIFY2(summary.contains("category smoothness - (0 of 64 units can be used)"), qPrintable(summary));
    QVERIFY2(!summary.contains("nan"), qPrintable(summary));
  }

  void tablesHoldWhatWasMeasured() {
    QTemporaryDir folder;
    ReportContext context;
    context.pictures = false;
    QVERIFY_OK(writeReport(folder.path().toStdString(), measured(), context));
    const std::vector<std::string> byDistance{
        "measure,distance_mm,mean,low_95,high_95,shuffled,untrained,pairs",
        "response_correlation,1,0.5,0.4,0.6,0.05,0.25,7", "response_correlation,3,,,,,,0",
        "tuning_correlation,1,0.6,0.5,0.7,0.05,0.2,7", "tuning_correlation,3,,,,,,0"};
    const std::vector<std::string> found = linesOf(pathOf(folder, "layer4_by_distance.csv"));
    QCOMPARE(found.size(), std::size_t{9});  // a head, and two bins each of four measures
    for (std::size_t i = 0; i < byDistance.size(); ++i) QCOMPARE(found[i], byDistance[i]);
    QVERIFY(found[5].starts_with("synchrony,1,0.9,") && found[7].starts_with("delta_selectivity_faces,1,0.7,"));
    QCOMPARE(linesOf(pathOf(folder, "layer4_patches.csv")).at(1), std::string("faces,2,3,400,200,30,0.4,0.5,60,1,150"));
    QCOMPARE(linesOf(pathOf(folder, "layer4_overlap.csv")).at(1),
             std::string("faces,bodies,0.3,-0.1,0.1,0.4,-0.2,0.2,,"));
    QCOMPARE(linesOf(pathOf(folder, "layer4_time.csv")).at(2), std::string("2,0.125,0.125,20,6,,0.2"));
    QVERIFY(std::filesystem::exists(pathOf(folder, "layer4_d_prime_faces.csv")));
    const QJsonObject sheet =
        QJsonDocument::fromJson(QByteArray::fromStdString(*readFile(pathOf(folder, "report.json"), 1 << 24)))
            .object()["sheets"]
            .toArray()[0]
            .toObject();
    QCOMPARE(sheet["circular_variance"].toObject()["distance_to_macaque"].toDouble(), 0.25);
    const QJsonObject controls = sheet["controls"].toObject();
    QCOMPARE(controls["untrained_firing_rate"].toDouble(), 0.375);
    QCOMPARE(controls["untrained_median_circular_variance"].toDouble(), 0.75);
    QCOMPARE(controls["untrained_fraction_circular_variance_below_0.6"].toDouble(), 0.25);
    const QJsonObject responses = sheet["correlation_by_distance"].toObject();
    QCOMPARE(responses["controls"].toObject()["untrained"].toArray()[0].toDouble(), 0.25);
    QCOMPARE(sheet["circular_variance"].toObject()["macaque_histogram"].toArray()[8].toInt(), 49);
    const QJsonObject entropy = sheet["time"].toObject()["entropy"].toObject();
    QCOMPARE(entropy["bits"].toDouble(), 1.5);
    QCOMPARE(entropy["controls"].toObject()["independent_steps_bits"].toDouble(), 2.5);
    QCOMPARE(entropy["controls"].toObject()["untrained_bits"].toDouble(), 0.5);
    const QJsonObject fisher = sheet["time"].toObject()["readout_fisher_information"].toObject();
    QCOMPARE(fisher["by_step"].toArray()[1].toDouble(), 20.0);
    QVERIFY(fisher["controls"].toObject()["untrained"].toObject().contains("not_measured"));
    const QJsonObject faces = sheet["categories"].toObject()["faces"].toObject();
    QCOMPARE(
        faces["patches_by_threshold"].toArray()[0].toObject()["controls"].toObject()["untrained_area_mm2"].toDouble(),
        150.0);
    QCOMPARE(faces["delta_selectivity"].toObject()["ratio_to_chance"].toArray()[0].toDouble(), 0.8);
    QVERIFY(faces["delta_selectivity"].toObject()["ratio_to_chance"].toArray()[1].isNull());
    const QJsonObject share = faces["d_prime_share"].toObject();
    QCOMPARE(share["threshold"].toDouble(), 1.0);
    QCOMPARE(share["value"].toDouble(), 0.5);
    QCOMPARE(share["controls"].toObject()["untrained"].toDouble(), 0.125);
    // The rim of a patch, then its hole.
    const QJsonArray outlines = faces["patches"].toArray()[0].toObject()["outlines"].toArray();
    QCOMPARE(outlines.size(), qsizetype{2});
    QCOMPARE(outlines[0].toObject()["x_mm"].toArray().size(), qsizetype{4});
    QCOMPARE(outlines[0].toObject()["x_mm"].toArray()[1].toDouble(), 30.0);
    QCOMPARE(outlines[0].toObject()["y_mm"].toArray()[2].toDouble(), 25.0);
    QCOMPARE(outlines[1].toObject()["x_mm"].toArray()[1].toDouble(), 21.0);
    const QJsonObject overlap = sheet["overlaps"].toArray()[0].toObject();
    QCOMPARE(overlap["windowed"].toObject()["chance_high_95"].toDouble(), 0.2);
    QVERIFY(overlap["controls"].toObject()["untrained"].toObject().contains("not_measured"));
  }

  // One closed line about the disc at every threshold that it reaches, in the table and on the map.
  void outlinesOfPatchesAreTabledAndDrawn() {
    QTemporaryDir folder;
    NetworkMeasures measures = disc();
    QVERIFY_OK(measures.sheets[0].domains[0].patches);
    QVERIFY_OK(writeReport(folder.path().toStdString(), measures, {}));
    const std::vector<std::string> lines = linesOf(pathOf(folder, "layer4_patch_outlines.csv"));
    QCOMPARE(lines.at(0), std::string("domain,threshold,patch,outline,vertex,x_mm,y_mm"));
    std::map<QString, std::vector<QPointF>> byThreshold;
    for (std::size_t i = 1; i < lines.size(); ++i) {
      const QStringList cells = QString::fromStdString(lines[i]).split(',');
      QCOMPARE(cells.size(), 7);
      QCOMPARE(cells.mid(0, 1) + cells.mid(2, 2), QStringList({"faces", "1", "1"}));
      std::vector<QPointF>& line = byThreshold[cells[1]];
      line.emplace_back(cells[5].toDouble(), cells[6].toDouble());
      QCOMPARE(cells[4].toULongLong(), qulonglong{line.size()});
    }
    QCOMPARE(byThreshold.size(), std::size_t{2});  // nothing reaches 6
    for (const auto& [threshold, line] : byThreshold) {
      QCOMPARE(line.front(), line.back());
      double length = 0;
      double twiceArea = 0;
      for (std::size_t i = 1; i < line.size(); ++i) {
        length += std::hypot(line[i].x() - line[i - 1].x(), line[i].y() - line[i - 1].y());
        twiceArea += line[i - 1].x() * line[i].y() - line[i].x() * line[i - 1].y();
      }
      // The smoothed edge falls from 5 to -1 over a few mm: higher thresholds lie further inside.
      const double radius = std::sqrt(std::abs(twiceArea) / 2 / 3.14159265358979);
      QVERIFY2(threshold == "2" ? radius > 9.2 && radius < 10.4 : radius > 6.5 && radius < 9.5,
               qPrintable(threshold + QString(": %1 mm").arg(radius)));
      QVERIFY2(std::abs(length / (2 * 3.14159265358979 * radius) - 1) < 0.05, qPrintable(QString::number(length)));
    }
    // On the map, whose sheet of 70 mm fills 660 px from (34, 112) on: black there, and not without the patches.
    const auto blackShare = [&](const std::filesystem::path& path) {
      const auto image = formats::readImage(path);
      if (!image) return -1.0;
      const std::size_t plane = image->pixels.size() / 3;
      double hits = 0;
      for (const QPointF& point : byThreshold["2"]) {
        bool black = false;
        for (int dy = -1; dy <= 1; ++dy)
          for (int dx = -1; dx <= 1; ++dx) {
            const auto at = static_cast<std::size_t>((112 + std::lround(point.y() / 70 * 660) + dy) * image->width +
                                                     34 + std::lround(point.x() / 70 * 660) + dx);
            black = black ||
                    (image->pixels[at] < 60 && image->pixels[plane + at] < 60 && image->pixels[2 * plane + at] < 60);
          }
        hits += black ? 1 : 0;
      }
      return hits / static_cast<double>(byThreshold["2"].size());
    };
    QVERIFY(blackShare(pathOf(folder, "layer4_t_faces.png")) > 0.95);
    measures.sheets[0].domains[0].patches = failure("not measured");
    QVERIFY_OK(writeReport(folder.path().toStdString(), measures, {}));
    QCOMPARE(blackShare(pathOf(folder, "layer4_t_faces.png")), 0.0);
  }

  // The picture of a silent sheet says so; that of a sheet that fires but prefers nothing, that.
  void emptyMapsSayWhy() {
    const auto middleOf = [](const std::filesystem::path& path) {
      const auto image = formats::readImage(path);
      std::vector<std::uint8_t> pixels;
      if (!image) return pixels;
      for (int y = 412; y < 472; ++y)
        for (int x = 50; x < 680; ++x)
          pixels.push_back(image->pixels[static_cast<std::size_t>(y) * static_cast<std::size_t>(image->width) +
                                         static_cast<std::size_t>(x)]);
      return pixels;
    };
    QTemporaryDir folder;
    const auto first = pathOf(folder, "silent");
    const auto second = pathOf(folder, "untuned");
    std::filesystem::create_directory(first);
    std::filesystem::create_directory(second);
    NetworkMeasures measures = silent();
    QVERIFY_OK(writeReport(first, measures, {}));
    measures.sheets[0].firingRate = 0.1;
    QVERIFY_OK(writeReport(second, measures, {}));
    for (const char* map : {"orientation", "firing_rate", "colour", "t_faces"}) {
      const std::string file = std::string("layer4_") + map + ".png";
      const auto silence = middleOf(first / file);
      QVERIFY2(!silence.empty(), map);
      const auto dark = std::count_if(silence.begin(), silence.end(), [](std::uint8_t v) { return v < 128; });
      QVERIFY2(dark > 200, map);
      QVERIFY2(silence != middleOf(second / file), map);
    }
  }
};

QTEST_APPLESS_MAIN(TestReport)
#include "test_report.moc"
