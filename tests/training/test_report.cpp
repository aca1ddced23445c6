#include <cmath>

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
  faces.smoothness = {"faces", unmeasured, unmeasured};
  measures.domains.push_back(faces);
  NetworkMeasures out;
  out.validationLabelled = false;
  out.sheets.push_back(measures);
  return out;
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
