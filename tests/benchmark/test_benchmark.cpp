// Timing, statistics, counting and the report, as far as they need no LibTorch.
#include "engine/benchmark/benchmark.h"

#include <cmath>
#include <fstream>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>

#include "engine/benchmark/case.h"
#include "engine/benchmark/growth_chart.h"
#include "engine/benchmark/interleaved.h"
#include "engine/benchmark/memory_peak.h"
#include "engine/benchmark/placement_problem.h"
#include "engine/benchmark/statistics.h"
#include "engine/benchmark/synaptic_operations.h"
#include "tests/support.h"

using namespace pinwheel;
using namespace pinwheel::benchmark;
using nlohmann::json;

namespace {

using Seconds = std::vector<std::vector<double>>;

// A clock that stands still but for the work that moves it.
struct Stopwatch {
  double now = 100;
  QStringList ran;
  [[nodiscard]] InterleavedTimer::Clock clock() {
    return [this] { return now; };
  }
  [[nodiscard]] std::function<void()> work(const char* name, double seconds) {
    return [this, name, seconds] {
      ran << name;
      now += seconds;
    };
  }
};

bool alike(double a, double b) {
  return std::abs(a - b) < 1e-12;
}

// [1, 1, 4, 4] with the channel of spikes `at`, and a 3x3 kernel to two channels with padding 1.
ConvolutionGeometry smallConvolution(std::int64_t stride) {
  ConvolutionGeometry geometry;
  geometry.outputChannels = 2;
  geometry.y = {4, 3, stride, 1};
  geometry.x = {4, 3, stride, 1};
  return geometry;
}

// A case that grows as seconds(n) = factor n^power, with 10 MB for every n where it has memory.
CaseResult growing(const std::string& name, const std::string& of, const std::vector<std::int64_t>& sizes,
                   double factor, double power, bool memory) {
  CaseResult result{{name, "a summary"}, {}, {}};
  result.growth = Growth{of, {}, power, 1};
  for (const std::int64_t n : sizes)
    result.growth->rows.push_back({n, summarise({factor * std::pow(static_cast<double>(n), power)}),
                                   memory ? std::optional(n * 10'000'000) : std::nullopt});
  return result;
}

// One of everything that a document may hold.
Report fullReport() {
  Report report;
  report.created = "2026-01-02T03:04:05Z";
  report.processor = "a \"processor\"";
  report.processors = 2;
  report.threads = 1;
  report.memoryBytes = std::int64_t{1} << 40;
  report.loadBefore = std::nan("");
  report.loadAfter = 0.1;
  report.pinwheel = "1";
  report.torch = "2";
  report.compiler = "3";
  report.optimised = false;
  report.referenceBlas = true;
  report.seconds = 8;
  report.roofline = {2, 4.2e10, 3.16e11, "AVX-512"};
  report.weights = "checkpoint.safetensors";
  report.stopped = true;
  CaseResult timed{{"training.tiny", "a summary"}, {}, {}};
  timed.timings.push_back({"ours", "the kernel", summarise({0.5, 0.25})});
  timed.timings.push_back({"plain", "operations", summarise({1.0, 1.0}), summarise({2.0, 4.0}), 4096});
  timed.figures = {{"elements", 7, ""}, {"rate", std::nan(""), "images/s"}};
  timed.weights = report.weights;
  CaseResult broken{{"stc.resnet18", "a third"}, {}, {}};
  broken.error = Error{"They disagree", "by 3", "report it"};
  report.results = {timed, growing("growth.lif-t", "time steps", {1, 2, 4}, 0.001, 1, true),
                    growing("growth.stc-units", "units", {50, 800}, 0.1, 2, false), broken};
  report.results[1].growth->bytesSlope = std::nan("");
  return report;
}

std::string bytesOf(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

class TestBenchmark : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void summaryOfValues() {
    const Summary summary = summarise({4, 1, 3, 2, 10});
    QCOMPARE(summary.runs, std::int64_t{5});
    QCOMPARE(summary.median, 3.0);
    QCOMPARE(summary.minimum, 1.0);
    QCOMPARE(summary.lowerQuartile, 2.0);
    QCOMPARE(summary.upperQuartile, 4.0);
    QCOMPARE(summary.interquartileRange(), 2.0);
    // Between two values, as numpy.percentile([1, 2, 3, 4], [25, 50, 75]).
    const Summary even = summarise({4, 2, 3, 1});
    QCOMPARE(even.lowerQuartile, 1.75);
    QCOMPARE(even.median, 2.5);
    QCOMPARE(even.upperQuartile, 3.25);
    QCOMPARE(summarise({7}).upperQuartile, 7.0);
    QCOMPARE(summarise({}).runs, std::int64_t{0});
    QVERIFY(std::isnan(summarise({}).median));
  }

  void ratiosAreTakenRoundByRound() {
    const std::vector<double> ratios = pairwiseRatios(std::vector{6.0, 8.0, 1.0}, std::vector{2.0, 4.0});
    QCOMPARE(ratios, (std::vector<double>{3, 2}));
  }

  void slopeOfAPower() {
    const std::vector<double> x{1, 2, 4, 8, 16};
    std::vector<double> square;
    std::vector<double> constant;
    for (const double v : x) {
      square.push_back(3 * v * v);
      constant.push_back(7);
    }
    QVERIFY(alike(logLogSlope(x, square), 2));
    QVERIFY(alike(logLogSlope(x, constant), 0));
    square[2] = 0;  // not measured
    QVERIFY(alike(logLogSlope(x, square), 2));
    QVERIFY(std::isnan(logLogSlope(std::vector{2.0, 2.0}, std::vector{1.0, 3.0})));
    QVERIFY(std::isnan(logLogSlope(std::vector{2.0, 4.0}, std::vector{1.0, std::nan("")})));
  }

  void whereACurveRisesThroughALevel() {
    const std::vector<double> x{0.01, 0.1, 1, 10};
    // Halfway between two points, on the logarithm.
    QVERIFY(alike(risesThrough(x, std::vector{0.2, 0.5, 1.5, 3.0}, 1), std::sqrt(0.1)));
    QVERIFY(alike(risesThrough(x, std::vector{0.2, 1.0, 0.5, 3.0}, 1), 0.1));  // the first of two
    QVERIFY(std::isnan(risesThrough(x, std::vector{0.1, 0.2, 0.3, 0.4}, 1)));
    QVERIFY(std::isnan(risesThrough(x, std::vector{2.0, 3.0, 4.0, 5.0}, 1)));  // above it from the beginning
    QVERIFY(std::isnan(risesThrough(x, std::vector{0.2, std::nan(""), 4.0, 5.0}, 1)));
  }

  void contestantsTakeTurnsUntilTheBudgetIsSpent() {
    Stopwatch watch;
    const InterleavedTimer timer({10, 3, 1000}, watch.clock());
    // 4 s a round: 8 s are spent after two of them, 12 after three, and the untimed round is free.
    const Seconds seconds = timer.run({watch.work("a", 1), watch.work("b", 3)});
    QCOMPARE(watch.ran.join(""), QString("ab").repeated(1 + 3));
    QCOMPARE(seconds, (Seconds{{1, 1, 1}, {3, 3, 3}}));
  }

  void roundsHaveALeastAndAMost() {
    Stopwatch slow;
    QCOMPARE(InterleavedTimer({10, 3, 1000}, slow.clock()).run({slow.work("a", 60)}), (Seconds{{60, 60, 60}}));
    Stopwatch quick;
    QCOMPARE(InterleavedTimer({10, 3, 5}, quick.clock()).run({quick.work("a", 0.5)}),
             (Seconds{{0.5, 0.5, 0.5, 0.5, 0.5}}));
    Stopwatch still;
    QCOMPARE(InterleavedTimer({0, 2, 1000}, still.clock()).run({still.work("a", 0.5)}), (Seconds{{0.5, 0.5}}));
  }

  void aRoundThatIsNotWholeIsDropped() {
    Stopwatch watch;
    StopFlag stop;
    const auto stopping = [&] {
      watch.now += 2;
      if (watch.ran.size() == 3) stop.request();  // within the second timed round, before b
    };
    const InterleavedTimer timer({100, 3, 1000}, watch.clock());
    const Seconds seconds = timer.run({[&] {
                                         watch.ran << "a";
                                         stopping();
                                       },
                                       [&] { watch.now += 1; }},
                                      &stop);
    QCOMPARE(seconds, (Seconds{{2}, {1}}));
  }

  void aCaseTellsRatiosToTheFirst() {
    StopFlag stop;
    const Bench bench(0, 1, stop);
    int runs = 0;
    const Bench::Measured measured = bench.time({{"ours", "", [&] { ++runs; }}, {"plain", "", [] {}}});
    QCOMPARE(runs, 1 + 3);
    QCOMPARE(measured.rounds.size(), std::size_t{2});
    QVERIFY(!measured.timings[0].ratio);
    QVERIFY(measured.timings[1].ratio);
    QVERIFY(!measured.timings[0].peakBytes);
    const Growth growth = bench.grow("images", {{2, [] {}}, {8, [] {}}});
    QCOMPARE(growth.rows.size(), std::size_t{2});
    QCOMPARE(growth.rows[1].n, std::int64_t{8});
    QCOMPARE(growth.rows[1].seconds.runs, std::int64_t{3});
  }

  // 64 MB, touched and let go of: the peak knows of them still.
  void memoryAtItsPeak() {
    constexpr std::size_t kBytes = 64 << 20;
    int sum = 0;
    const auto peak = peakBytesOf([&] {
      std::vector<char> block(kBytes);
      for (std::size_t at = 0; at < block.size(); at += 1024) block[at] = 1;
      for (std::size_t at = 0; at < block.size(); at += 4096) sum += block[at];
    });
    if (!peak) QSKIP("this system does not reset the peak of a process's memory");
    QVERIFY(sum > 0);
    QVERIFY2(*peak > 60 << 20 && *peak < 80 << 20, QByteArray::number(static_cast<qlonglong>(*peak)).constData());
  }

  // 4 positions, a kernel of 3, padding 1: the outer ones are seen by two outputs, the inner ones by three; with stride
  // 2 there are two outputs, over -1..1 and 1..3.
  void outputsThatAPositionReaches() {
    using Reached = std::vector<std::int64_t>;
    QCOMPARE(outputsReached({4, 3, 1, 1}), (Reached{2, 3, 3, 2}));
    QCOMPARE(outputsReached({4, 3, 2, 1}), (Reached{1, 2, 1, 1}));
    QCOMPARE(outputsReached({4, 3, 1, 0}), (Reached{1, 2, 2, 1}));
    QCOMPARE(outputsReached({4, 1, 2, 0}), (Reached{1, 0, 1, 0}));
    QCOMPARE(outputsReached({1, 1, 1, 0}), (Reached{1}));
  }

  void synapticOperationsByHand() {
    std::vector<float> spikes(16, 0.0F);
    spikes[0] = 1;          // the corner reaches 2 x 2 positions of two channels
    spikes[1 * 4 + 2] = 1;  // the inside 3 x 3
    QCOMPARE(synapticOperations(spikes, smallConvolution(1)), 2.0 * (4 + 9));
    spikes[0] = 2;  // two spikes at once
    QCOMPARE(synapticOperations(spikes, smallConvolution(1)), 2.0 * (8 + 9));
    // With stride 2 the corner reaches 1 x 1, and (1, 2) reaches 2 x 1.
    QCOMPARE(synapticOperations(spikes, smallConvolution(2)), 2.0 * (2 + 2));
    // Two images: the second one's last row is no other than the first one's.
    std::vector<float> two(32, 0.0F);
    two[15] = 1;
    two[31] = 1;
    QCOMPARE(synapticOperations(two, smallConvolution(1)), 2.0 * (4 + 4));
  }

  void allSpikingCostsTheDenseOperations() {
    for (const std::int64_t stride : {1, 2}) {
      ConvolutionGeometry geometry = smallConvolution(stride);
      geometry.inputChannels = 4;
      geometry.outputChannels = 6;
      geometry.groups = 2;
      geometry.x.side = 7;
      const std::vector<float> ones(4 * 4 * 7, 1.0F);
      QCOMPARE(synapticOperations(ones, geometry), denseOperations(geometry));
    }
    // 10 x 10 taps of the kernels lie inside the image, of 4 x 4 x 3 x 3 = 144.
    QCOMPARE(denseOperations(smallConvolution(1)), 2.0 * 100);
  }

  void theRooflineIsMeasured() {
    const Roofline roofline = measureRoofline(2, 0.01);
    QCOMPARE(roofline.threads, 2);
    QVERIFY(std::isfinite(roofline.copyBytesPerSecond) && roofline.copyBytesPerSecond > 1e6);
    QVERIFY(std::isfinite(roofline.flopsPerSecond) && roofline.flopsPerSecond > 1e6);
    QVERIFY(QStringList({"AVX-512", "AVX2", "generic"}).contains(QString::fromStdString(roofline.instructionSet)));
  }

  void theDocumentHoldsWhatIsThere() {
    Report report;
    report.loadBefore = std::nan("");
    CaseResult timed{{"lif.t4", "a summary"}, {}, {}};
    timed.timings.push_back({"ours", "the kernel", summarise({0.5, 0.25})});
    timed.timings.push_back({"plain", "operations", summarise({1.0, 1.0}), summarise({2.0, 4.0}), 4096});
    timed.figures = {{"elements", 7, ""}};
    CaseResult grown{{"growth.lif-t", "another"}, {}, {}};
    grown.growth =
        Growth{"time steps", {{2, summarise({1.0}), 10}, {4, summarise({2.0}), std::nullopt}}, 1, std::nan("")};
    CaseResult broken{{"stc.resnet18", "a third"}, {}, {}};
    broken.error = Error{"They disagree", "by 3", "report it"};
    report.results = {timed, grown, broken};

    const json document = json::parse(toJson(report).dump());
    QCOMPARE(document["schema"].get<int>(), 1);
    QVERIFY(document["machine"]["load_before"].is_null());
    const json& first = document["cases"][0];
    QCOMPARE(first["group"].get<std::string>(), std::string("lif"));
    QVERIFY(first["error"].is_null() && first["growth"].is_null());
    QVERIFY(first["timings"][0]["ratio"].is_null() && first["timings"][0]["peak_bytes"].is_null());
    QCOMPARE(first["timings"][0]["seconds"]["median"].get<double>(), 0.375);
    QCOMPARE(first["timings"][1]["ratio"]["median"].get<double>(), 3.0);
    QCOMPARE(first["timings"][1]["peak_bytes"].get<int>(), 4096);
    const json& growth = document["cases"][1]["growth"];
    QCOMPARE(growth["rows"][1]["n"].get<int>(), 4);
    QVERIFY(growth["rows"][1]["peak_bytes"].is_null() && growth["bytes_slope"].is_null());
    QCOMPARE(growth["seconds_slope"].get<double>(), 1.0);
    QCOMPARE(document["cases"][2]["error"]["why"].get<std::string>(), std::string("by 3"));

    const QString text = QString::fromStdString(toText(report));
    QVERIFY2(text.contains("375 ms") && text.contains("3.00 x [2.50, 3.50]") && text.contains("4.10 kB"),
             qPrintable(text));
    QVERIFY2(text.contains("n^1.00, memory as n^-"), qPrintable(text));
    QVERIFY2(text.contains("stc.resnet18") && text.contains("They disagree"), qPrintable(text));
    QVERIFY(document["weights"].is_null() && first["weights"].is_null());
    QVERIFY2(!text.contains("eights"), qPrintable(text));
  }

  void theDocumentNamesTheWeights() {
    const Report report = fullReport();
    const json document = toJson(report);
    QCOMPARE(document["weights"].get<std::string>(), std::string("checkpoint.safetensors"));
    QCOMPARE(document["cases"][0]["weights"].get<std::string>(), std::string("checkpoint.safetensors"));
    QVERIFY(document["cases"][1]["weights"].is_null());
    const QString text = QString::fromStdString(toText(report));
    QCOMPARE(text.count("checkpoint.safetensors"), 2);  // of the report, and of the one case that took them
  }

  void theDocumentIsReadBack() {
    const json document = toJson(fullReport());
    const auto report = reportFromJson(document.dump(2));
    QVERIFY_OK(report);
    QCOMPARE(toJson(*report).dump(), document.dump());
    QCOMPARE(report->results[1].growth->rows[2].n, std::int64_t{4});
    QVERIFY(std::isnan(report->loadBefore) && std::isnan(report->results[1].growth->bytesSlope));
    // A document from before there were weights.
    json older = document;
    older.erase("weights");
    for (json& one : older["cases"]) one.erase("weights");
    const auto before = reportFromJson(older.dump());
    QVERIFY_OK(before);
    QVERIFY(before->weights.empty() && before->results[0].weights.empty());
    QCOMPARE(before->results.size(), std::size_t{4});
  }

  void aDocumentThatIsCutOffIsRefused() {
    const std::string whole = toJson(fullReport()).dump();
    for (std::size_t length = 0; length < whole.size(); length += length < 200 ? 1 : 97)
      QVERIFY_REFUSED(reportFromJson(std::string_view(whole).substr(0, length), "bench.json"), "bench.json");
    QVERIFY_REFUSED(reportFromJson(std::string_view(whole).substr(0, whole.size() - 1)), "not valid JSON");
  }

  void aDocumentOfAnotherKindIsRefused_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("says");
    const auto changed = [](const std::function<void(json&)>& change) {
      json document = toJson(fullReport());
      change(document);
      return QString::fromStdString(document.dump());
    };
    QTest::newRow("garbage") << "\x01\x02 not a document"
                             << "not valid JSON";
    QTest::newRow("a list") << "[1, 2]"
                            << "\"schema\" is missing";
    QTest::newRow("another object") << "{\"schema\": 1}"
                                    << "\"created\" is missing";
    QTest::newRow("deep") << QString("[").repeated(100) + QString("]").repeated(100) << "nested";
    QTest::newRow("newer") << changed([](json& d) { d["schema"] = 2; }) << "this version reads 1";
    QTest::newRow("no cases") << changed([](json& d) { d.erase("cases"); }) << "\"cases\" is missing";
    QTest::newRow("cases of numbers") << changed([](json& d) { d["cases"] = {1, 2}; }) << "\"name\" is missing";
    QTest::newRow("a text for a number") << changed([](json& d) { d["machine"]["load_after"] = "much"; })
                                         << "\"load_after\" is no number";
    QTest::newRow("half a size") << changed([](json& d) { d["cases"][1]["growth"]["rows"][0]["n"] = 0.5; })
                                 << "\"n\" is no whole number";
    QTest::newRow("a size beyond") << changed([](json& d) { d["cases"][1]["growth"]["rows"][0]["n"] = UINT64_MAX; })
                                   << "\"n\" is no whole number";
    QTest::newRow("negative threads") << changed([](json& d) { d["machine"]["threads"] = -1; })
                                      << "\"threads\" is no count";
    QTest::newRow("rows that are no list")
        << changed([](json& d) { d["cases"][1]["growth"]["rows"] = 3; }) << "\"rows\" is no list";
  }
  void aDocumentOfAnotherKindIsRefused() {
    QFETCH(QString, text);
    QFETCH(QString, says);
    QVERIFY_REFUSED(reportFromJson(text.toStdString()), says.toStdString());
  }

  void aDocumentIsReadFromAFile() {
    const QTemporaryDir folder;
    const std::filesystem::path path = test::pathOf(folder, "bench.json");
    test::put(path, toJson(fullReport()).dump());
    QVERIFY_OK(readReport(path));
    QVERIFY_REFUSED(readReport(test::pathOf(folder, "none.json")), "none.json");
  }

  void growthBecomesAChart() {
    const Report report = fullReport();
    const figures::ChartPicture time = growthChart(report.results, GrowthCost::time);
    QCOMPARE(time.xScale, figures::AxisScale::logarithmic);
    QCOMPARE(time.yScale, figures::AxisScale::logarithmic);
    QCOMPARE(time.xLabel, std::string("Size (time steps, units)"));
    QCOMPARE(time.yLabel, std::string("Time (s)"));
    QCOMPARE(time.curves.size(), std::size_t{3});
    QCOMPARE(time.curves[0].name, std::string("lif-t: time steps"));
    QCOMPARE(time.curves[0].x, (std::vector<double>{1, 2, 4}));
    QCOMPARE(time.curves[0].y, (std::vector<double>{0.001, 0.002, 0.004}));
    // The guide has slope 1, goes through the middle of 1..800 and 0.001 s..64,000 s and does not leave them.
    const figures::ChartCurve& guide = time.curves[2];
    QVERIFY(guide.control && !time.curves[0].control);
    QCOMPARE(guide.x.size(), std::size_t{2});
    QVERIFY(std::abs(logLogSlope(guide.x, guide.y) - 1) < 1e-9);
    QVERIFY(std::abs(guide.y[0] / guide.x[0] - 8 / std::sqrt(800)) < 1e-9);
    for (std::size_t i = 0; i < 2; ++i)
      QVERIFY(guide.x[i] > 1 - 1e-9 && guide.x[i] < 800 + 1e-9 && guide.y[i] > 0.001 && guide.y[i] < 64000);
    QVERIFY(std::abs(guide.x[0] - 1) < 1e-9 && std::abs(guide.x[1] - 800) < 1e-6);

    // Of memory only what was measured.
    const figures::ChartPicture memory = growthChart(report.results, GrowthCost::memory);
    QCOMPARE(memory.yLabel, std::string("Memory (MB)"));
    QCOMPARE(memory.xLabel, std::string("Size (time steps)"));
    QCOMPARE(memory.curves.size(), std::size_t{2});
    QCOMPARE(memory.curves[0].y, (std::vector<double>{10, 20, 40}));
    // A range as wide as it is high: the guide is the curve itself.
    QVERIFY(std::abs(memory.curves[1].y[0] - 10) < 1e-9 && std::abs(memory.curves[1].x[1] - 4) < 1e-9);

    // One size alone has no growth to compare with.
    const auto one = growthChart({growing("growth.lif-t", "time steps", {4}, 0.001, 1, true)}, GrowthCost::time);
    QCOMPARE(one.curves.size(), std::size_t{1});
  }

  void chartsOfGrowthAreWritten() {
    const QTemporaryDir folder;
    const std::filesystem::path into(folder.path().toStdString());
    const Report report = fullReport();
    const auto written = writeGrowthCharts(report, into);
    QVERIFY_OK(written);
    QCOMPARE(written->size(), std::size_t{4});
    const std::string png = bytesOf(into / "growth-time.png");
    QCOMPARE(png.substr(1, 3), std::string("PNG"));
    QCOMPARE(png.substr(16, 4), std::string("\0\0\x06\x40", 4));  // 1600 px wide
    QVERIFY(png.find(report.created) != std::string::npos);
    const std::string svg = bytesOf(into / "growth-memory.svg");
    QVERIFY(svg.find("Memory (MB)") != std::string::npos && svg.find("lif-t") != std::string::npos);
    QVERIFY(svg.find("stc-units") == std::string::npos);

    Report nothing = report;
    nothing.results.pop_back();
    nothing.results.erase(nothing.results.begin() + 1, nothing.results.end());
    QVERIFY_REFUSED(writeGrowthCharts(nothing, into), "nothing to draw");
    QVERIFY_REFUSED(writeGrowthCharts(report, into / "missing"), "missing");
  }

  void sheetsToPlaceAreAlike() {
    const topography::SheetSpec spec{"V1", "V1", 4, 8, 8, 10, 10, 4, 0.5};
    PlacementProblem problem = placementProblem(spec, 24);
    QCOMPARE(problem.responses.size(), std::size_t{256 * 24});
    QCOMPARE(placementProblem(spec, 24).responses, problem.responses);
    problem.options.windows = 4;
    problem.options.threads = 1;
    const auto sheet = placed(problem);
    QVERIFY_OK(sheet);
    QVERIFY(sheet->xMm != problem.sheet.xMm);  // units have swapped
    QCOMPARE(placed(problem)->xMm, sheet->xMm);
  }
};

QTEST_APPLESS_MAIN(TestBenchmark)
#include "test_benchmark.moc"
