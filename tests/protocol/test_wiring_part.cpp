// The wiring length of a network as the protocol measures it. Its untrained control is the same network here.
#include <torch/torch.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "engine/protocol/wiring.h"
#include "tests/protocol/tiny_subject.h"
#include "tests/support.h"

using namespace pinwheel;
using namespace pinwheel::protocol;
using namespace pinwheel::test;
using nlohmann::json;

namespace {

WiringOptions fewImages() {
  WiringOptions options = WiringOptions::of(Effort::quick);
  options.images = 4;
  options.windows = 2;
  options.bootstraps = 50;
  return options;
}

}  // namespace

class TestWiringPart : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void initTestCase() { at::set_num_threads(1); }

  void everyPairHasItsLengthAndItsControls() {
    std::int64_t done = 0;
    std::int64_t total = 0;
    const auto measured = measureWiring(
        m_tiny.subject, fewImages(),
        [&](const Progress& progress) {
          done = progress.done;
          total = progress.total;
        },
        m_stop);
    QVERIFY_OK(measured);
    QCOMPARE(total, std::int64_t{8});
    QCOMPARE(done, total);
    const json& pairs = measured->at("pairs");
    QCOMPARE(pairs.size(), std::size_t{3});
    QVERIFY(pairs.at(0).at("source") == json("V1") && pairs.at(0).at("target") == json("V2"));
    // Of the sparser sheet of the two, V2 with 64 x 4 x 4 units, a window holds 910.
    const double window = std::sqrt(910.0 / 1024) * 36.75;
    QVERIFY(std::abs(pairs.at(0).at("window_mm").get<double>() - window) < 1e-9);
    QVERIFY(std::abs(pairs.at(0).at("distance_mm").get<double>() - window * 0.9 / 3.5) < 1e-9);
    QVERIFY(pairs.at(0).at("percentile") == json(95.0));
    // To IT: the whole sheet, 10 mm of 70 as a share of V4's side.
    QVERIFY(pairs.at(2).at("window_mm") == json(0.0));
    QVERIFY(std::abs(pairs.at(2).at("distance_mm").get<double>() - 3.2) < 1e-9);
    QVERIFY(pairs.at(2).at("percentile") == json(99.0));

    const json& first = pairs.at(0);
    QVERIFY2(first.contains("length_mm"), first.dump().c_str());
    QVERIFY(first.at("low_95").get<double>() <= first.at("length_mm").get<double>());
    QVERIFY(first.at("length_mm").get<double>() <= first.at("high_95").get<double>());
    // A fibre to a sheet that lies beside is about as long as the sheet is wide.
    const double perFibre = first.at("length_mm").get<double>() / first.at("fibres").get<double>();
    QVERIFY(perFibre > 0.7 * 36.75 && perFibre < 1.5 * 36.75);
    for (const char* key : {"length_mm", "fibres", "low_95", "high_95"})
      QVERIFY(first.at(key) == first.at("controls").at("untrained").at(key));
    QVERIFY(first.at("controls").at("shuffled").contains("length_mm"));
    const double shuffled = first.at("controls").at("shuffled").at("length_mm").get<double>();
    QVERIFY(std::abs(first.at("of_shuffled").get<double>() - first.at("length_mm").get<double>() / shuffled) < 1e-9);
    // Two windows of each of 4 images; of the whole sheet one.
    QVERIFY(first.at("windows") == json(8) && pairs.at(2).at("windows") == json(4));
    for (const json& pair : pairs) {
      const double compared = pair.at("compared_windows").get<double>() / pair.at("windows").get<double>();
      QVERIFY(compared <= 1 - pair.at("left_out_share").get<double>() + 1e-9);
      QVERIFY(pair.at("left_out_share") == pair.at("controls").at("untrained").at("left_out_share"));
    }

    const auto again = measureWiring(m_tiny.subject, fewImages(), {}, m_stop);
    QVERIFY_OK(again);
    QVERIFY(*again == *measured);

    const Section section = wiringSection(json::parse(measured->dump()));
    QCOMPARE(section.charts.size(), std::size_t{1});
    QCOMPARE(section.charts[0].series.size(), std::size_t{3});
    QCOMPARE(section.charts[0].series[0].y.size(), std::size_t{3});
    QVERIFY(!section.charts[0].series[0].control && section.charts[0].series[1].control);
    QCOMPARE(section.charts[0].xLabel, std::string("Pair of sheets, from the first"));
    QVERIFY(section.text.find("1 V1 to V2, 2 V2 to V4, 3 V4 to IT.") != std::string::npos);
    QCOMPARE(section.rows.size(), std::size_t{12});
    QVERIFY(section.rows.at(0).control.find("shuffled") != std::string::npos);
    QVERIFY(section.rows.at(3).name.starts_with("Windows left out, V1 to V2"));
    QVERIFY(section.rows.at(3).control.find("untrained") != std::string::npos);
  }

  // Without a spike there is no length; how much was left out is told all the same.
  void aSilentNetworkHasNone() {
    const at::NoGradGuard guard;
    TinySubject silent(40);
    for (const auto& [name, tensor] : silent.network->parameters()) tensor.zero_();
    const auto measured = measureWiring(silent.subject, fewImages(), {}, m_stop);
    QVERIFY_OK(measured);
    const json& pair = measured->at("pairs").at(0);
    QVERIFY(pair.contains("not_measured"));
    QCOMPARE(pair.at("left_out_share").get<double>(), 1.0);
    QVERIFY(pair.at("controls").at("shuffled").contains("not_measured"));
    QVERIFY(pair.at("controls").at("untrained").contains("length_mm"));  // what is silent takes no windows from it
    QVERIFY(pair.at("of_shuffled").is_null());
    const Section section = wiringSection(json::parse(measured->dump()));
    QVERIFY(section.rows.at(0).value.find("enough active units") != std::string::npos);
    QVERIFY(section.rows.at(3).value.starts_with("100.0 %"));
  }

  void mistakesAreNamed() {
    Subject one = m_tiny.subject;
    one.sheets.resize(1);
    QVERIFY_REFUSED(measureWiring(one, fewImages(), {}, m_stop), "fewer than two sheets");
    WiringOptions options = fewImages();
    options.v1Percentile = 100;
    QVERIFY_REFUSED(measureWiring(m_tiny.subject, options, {}, m_stop), "percentiles");
    StopFlag stop;
    stop.request();
    QVERIFY_REFUSED(measureWiring(m_tiny.subject, fewImages(), {}, stop), "Stopped");
  }

private:
  TinySubject m_tiny{40};
  StopFlag m_stop;
};

QTEST_APPLESS_MAIN(TestWiringPart)
#include "test_wiring_part.moc"
