// Timing, statistics, counting and the report, as far as they need no LibTorch.
#include "engine/benchmark/benchmark.h"

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "engine/benchmark/case.h"
#include "engine/benchmark/interleaved.h"
#include "engine/benchmark/memory_peak.h"
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
  }
};

QTEST_APPLESS_MAIN(TestBenchmark)
#include "test_benchmark.moc"
