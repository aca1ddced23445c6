// Stimulation of a network whose units are known detectors.
#include "engine/protocol/domain_study.h"
#include "engine/protocol/stimulation.h"

#include <torch/torch.h>

#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "engine/perturbation/lesion.h"
#include "tests/protocol/detectors.h"
#include "tests/stub_network.h"
#include "tests/support.h"

using namespace pinwheel;
using namespace pinwheel::protocol;
using namespace pinwheel::test;
using nlohmann::json;

namespace {

constexpr int kUnits = kDetectors + kAround * kDomains;

// V4 are detectors, whose mean rate to their domain is 5.5 of 8 for every image; IT repeats V4. A class's logit is the
// mean rate of its domain in IT.
class Relay final : public StubNetwork {
public:
  Relay() : StubNetwork({{"V4", "V4", kUnits, 1, 1}, {"IT", "IT", kUnits, 1, 1}}) {}
  snn::Activity forward(const at::Tensor& images) override {
    at::Tensor sheet = detectorSpikes(images, kUnits);
    snn::Activity activity;
    for (std::size_t s = 0; s < sheets().size(); ++s) {
      if (m_perturbation) sheet = m_perturbation(s, sheet);
      activity.sheets.push_back(sheet);
    }
    activity.logits = domainRates(sheet);
    return activity;
  }
  void setPerturbation(snn::Perturbation perturbation) override { m_perturbation = std::move(perturbation); }

private:
  snn::Perturbation m_perturbation;
};

// Silences a face unit.
perturbation::Lesion heldLesion() {
  return {1, {{0, {4}, perturbation::PerturbationKind::silence, 1, {}}}};
}

struct Bench {
  explicit Bench(perturbation::Lesion held = {}) {
    checkpoint.lesion = std::move(held);
    subject.network = &network;
    subject.sheets = {clusteredSheet("V4", kUnits), clusteredSheet("IT", kUnits)};
    subject.checkpoint = &checkpoint;
    subject.validation = std::make_shared<CodedImages>(40);
    subject.categories = std::make_shared<CodedImages>(80);
    subject.normalisation = kPlain;
    subject.side = kSide;
    subject.batchSize = 16;
    network.setPerturbation(perturbation::makePerturbation(checkpoint.lesion, network.sheets(), at::kCPU));
  }
  // IT, shown faces.
  at::Tensor response() { return network.forward(at::zeros({1, 3, kSide, kSide})).sheets.back(); }

  Relay network;
  training::Checkpoint checkpoint;
  Subject subject;
};

StimulationOptions options() {
  StimulationOptions options;
  options.sigmaMm = 7;  // 1 mm here
  options.strengths = {0, 1};
  options.places = 4;
  options.images = 40;
  options.binWidth = 0.2;
  options.bins = 5;
  options.bootstraps = 40;
  return options;
}

double points(const json& item, const char* what) {
  return item.at(what).at("value").get<double>();
}

}  // namespace

class TestStimulation : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void initTestCase() {
    at::set_num_threads(1);
    Bench bench;
    auto measured = measureStimulation(bench.subject, options(), {}, StopFlag{});
    QVERIFY_OK(measured);
    m_measured = std::move(*measured);
    QCOMPARE(m_measured.at("exams").size(), std::size_t{2});
    QCOMPARE(m_measured.at("sigma_mm").get<double>(), 1.0);
  }

  void theDriveFallsAsAGaussian() {
    topography::Sheet line{{"IT", "IT", 6, 1, 1, 5, 10, 3, 0.5}, {0, 0.5F, 1, 1.5F, 2, 0.5F}, {0, 0, 0, 0, 0, 0}};
    // At display scale, twice as far, with sigma 1: units 1 and 5 share a ring, unit 3 is at 3 sigma, beyond reach.
    const perturbation::Lesion drive = gaussianDrive(line, 7, 0, 0, 1, 0.5);
    QCOMPARE(drive.parts.size(), std::size_t{3});
    const std::vector<std::vector<std::int32_t>> units{{0}, {1, 5}, {2}};
    for (std::size_t p = 0; p < 3; ++p) {
      const perturbation::LesionPart& part = drive.parts[p];
      QCOMPARE(part.sheet, std::size_t{7});
      QCOMPARE(part.units, units[p]);
      QVERIFY(part.kind == perturbation::PerturbationKind::noise);
      QVERIFY(std::abs(part.strength - 0.5 * std::exp(-0.5 * static_cast<double>(p * p))) < 1e-12);
    }
    // A ring's strength is the mean over its units: at 0.1 and 0.2 sigma.
    const topography::Sheet near{{"IT", "IT", 2, 1, 1, 10, 10, 3, 0.5}, {0.1F, 0.2F}, {0, 0}};
    const perturbation::Lesion ring = gaussianDrive(near, 0, 0, 0, 1, 1);
    QCOMPARE(ring.parts.size(), std::size_t{1});
    QVERIFY(std::abs(ring.parts[0].strength - (std::exp(-0.005) + std::exp(-0.02)) / 2) < 1e-6);
    QVERIFY(gaussianDrive(line, 0, 9, 9, 0.1, 1).parts.empty());
  }

  void theStimulatedDomainIsSeen() {
    for (const json& exam : m_measured.at("exams")) {
      QCOMPARE(exam.at("stimulations").size(), std::size_t{2 * kDomains});
      for (const json& item : exam.at("stimulations")) {
        QCOMPARE(item.at("intact_share").get<double>(), 0.2);
        // The peak's cluster and the silent units around it.
        QCOMPARE(item.at("driven_units").get<int>(), kPerDomain + 4);
        const bool strong = item.at("strength").get<double>() > 0;
        QCOMPARE(item.at("read").get<int>(), strong ? 40 : 8);
        QVERIFY(std::abs(points(item, "change") - (strong ? 80 : 0)) < 1e-9);
        QVERIFY(std::abs(points(item, "beyond_random") - points(item, "change") + points(item, "random_places")) <
                1e-9);
        QVERIFY(item.at("random_places").at("low_95").get<double>() <=
                item.at("random_places").at("high_95").get<double>());
        if (!strong) QVERIFY(std::abs(points(item, "random_places")) < 1e-9);
      }
    }
  }

  // What one domain gains another loses.
  void randomPlacesFavourNone() {
    for (const json& exam : m_measured.at("exams")) {
      double sum = 0;
      double size = 0;
      for (const json& item : exam.at("stimulations")) {
        sum += points(item, "random_places");
        size += std::abs(points(item, "random_places"));
      }
      QVERIFY(std::abs(sum) < 1e-9);
      QVERIFY(size > 1);
    }
  }

  void theDriveReachesTheUnitsBehind() {
    const json& spread = m_measured.at("spread");
    QCOMPARE(spread.at("stimulated").get<std::string>(), std::string("V4"));
    QCOMPARE(spread.at("sheets").size(), std::size_t{1});
    const json& it = spread.at("sheets").at(0);
    QCOMPARE(it.at("sheet").get<std::string>(), std::string("IT"));
    QCOMPARE(it.at("units").at(0).get<int>(), kDomains * (kPerDomain + 4));
    // A detector's mean rate is (5.5 + 1) / 8 over 5 domains, a silent unit's 0: driven they fire at 0.99 and 0.84.
    const double near = it.at("change").at(0).get<double>();
    QVERIFY2(near > 0.78 && near < 0.88, std::to_string(near).c_str());
    QVERIFY(it.at("low_95").at(0).get<double>() < near && it.at("high_95").at(0).get<double>() > near);
    for (std::size_t bin = 1; bin < 5; ++bin)
      QVERIFY(it.at("change").at(bin).is_null() || it.at("change").at(bin).get<double>() == 0);
    QVERIFY(std::abs(it.at("shuffled_positions").get<double>() - near / kDomains) < 1e-9);
    QVERIFY(it.at("random_places").at(0).get<double>() > 0.5);
  }

  void theSameSeedGivesTheSame() {
    Bench bench;
    const auto again = measureStimulation(bench.subject, options(), {}, StopFlag{});
    QVERIFY_OK(again);
    QCOMPARE(again->dump(), m_measured.dump());
  }

  void theNetworkIsLeftAsFound() {
    Bench bench(heldLesion());
    const at::Tensor before = bench.response();
    QVERIFY(before.flatten(2).select(2, 4).sum().item<double>() == 0);
    QVERIFY(!Bench().response().equal(before));
    std::vector<Progress> steps;
    QVERIFY_OK(measureStimulation(
        bench.subject, options(), [&](const Progress& step) { steps.push_back(step); }, StopFlag{}));
    QVERIFY(bench.response().equal(before));
    QCOMPARE(steps.back().done, steps.back().total);
    for (const Progress& step : steps) QCOMPARE(step.total, steps.front().total);
  }

  void aStopIsHeeded() {
    Bench bench(heldLesion());
    const at::Tensor before = bench.response();
    StopFlag stop;
    const auto measured = measureStimulation(
        bench.subject, options(),
        [&](const Progress& step) {
          if (step.done > 200) stop.request();
        },
        stop);
    QVERIFY_REFUSED(measured, "Stopped");
    QVERIFY(bench.response().equal(before));
  }

  void whatCannotBeIsRefused() {
    Bench bench;
    StimulationOptions wrong = options();
    wrong.strengths = {1.5};
    QVERIFY_REFUSED(measureStimulation(bench.subject, wrong, {}, StopFlag{}), "0..1");
  }

  void withoutLabelsTheReadOutRemains() {
    Bench bench;
    bench.subject.labelled = false;
    const auto measured = measureStimulation(bench.subject, options(), {}, StopFlag{});
    QVERIFY_OK(measured);
    QVERIFY(measured->at("exams").at(1).contains("not_measured"));
    QCOMPARE(stimulationSection(json::parse(measured->dump())).charts.size(), std::size_t{2});
  }

  void theSectionIsMadeOfWhatIsStored() {
    const Section section = stimulationSection(json::parse(m_measured.dump(1)));
    QVERIFY(section.skipped.empty());
    QVERIFY(section.text.find("coded images") != std::string::npos);
    QCOMPARE(section.rows.size(), std::size_t{2 * kDomains});
    QVERIFY(section.rows[0].name.find("faces") != std::string::npos);
    QVERIFY(section.rows[0].value.find("20.0 % to 100.0 (") != std::string::npos);
    QCOMPARE(section.charts.size(), std::size_t{3});
    QCOMPARE(section.charts[0].file, std::string("stimulation_readout"));
    QCOMPARE(section.charts[0].series.size(), std::size_t{2 * kDomains});
    QCOMPARE(section.charts[0].series[0].x, (std::vector<double>{0, 1}));
    QVERIFY(!section.charts[0].series[0].control && section.charts[0].series[1].control);
    QCOMPARE(section.charts[2].file, std::string("stimulation_spread_IT"));
    QCOMPARE(section.charts[2].series.size(), std::size_t{3});
    QCOMPARE(section.charts[2].series[0].low.size(), std::size_t{5});
    QCOMPARE(stimulationSection({{"not_measured", "a reason"}}).skipped, std::string("a reason"));
  }

private:
  json m_measured;
};

QTEST_APPLESS_MAIN(TestStimulation)
#include "test_stimulation.moc"
