// Robustness of a network that tells light from dark: what every attack leaves of it is known.
#include "engine/protocol/robustness.h"

#include <torch/torch.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "engine/protocol/attacks.h"
#include "tests/protocol/linear_network.h"
#include "tests/support.h"

using namespace pinwheel;
using namespace pinwheel::protocol;
using nlohmann::json;
using pinwheel::test::LinearNetwork;

namespace {

constexpr int kSide = 16;
constexpr std::int64_t kImages = 80;
constexpr int kConditions = 5 + 4 * 5 + 5 + 5 * 5;  // Gaussian; FGSM, two controls, PGD; masking; corruptions

// Grey images, light (label 1) or dark (0): 1.5, 2.5, 5.5 or 10.5 steps of 1/255 away from the middle, a quarter each.
class Greys final : public data::Dataset {
public:
  std::string name() const override { return "greys"; }
  std::int64_t size() const override { return kImages; }
  int label(std::int64_t index) const override { return static_cast<int>(index % 2); }
  const std::vector<std::string>& classNames() const override { return m_names; }
  data::Normalisation normalisation() const override { return {}; }
  Expected<formats::RgbImage> image(std::int64_t index, int) const override {
    constexpr std::array<int, 4> lighter{129, 130, 133, 138};
    const int level = lighter[static_cast<std::size_t>(index / 2 % 4)];
    formats::RgbImage image;
    image.width = image.height = kSide;
    image.pixels.assign(3 * kSide * kSide, static_cast<std::uint8_t>(label(index) == 1 ? level : 255 - level));
    return image;
  }

private:
  std::vector<std::string> m_names{"dark", "light"};
};

// Tells how many images a gradient was taken of at once.
class WatchedNetwork final : public snn::Network {
public:
  explicit WatchedNetwork(const at::Tensor& weights) : m_network(weights) {}
  snn::Activity forward(const at::Tensor& images) override {
    if (images.requires_grad()) mostInGraph = std::max(mostInGraph, images.size(0));
    return m_network.forward(images);
  }
  const std::vector<snn::SheetShape>& sheets() const override { return m_network.sheets(); }
  std::vector<std::pair<std::string, at::Tensor>> parameters() const override { return m_network.parameters(); }
  std::vector<std::pair<std::string, at::Tensor>> buffers() const override { return m_network.buffers(); }
  void setTraining(bool on) override { m_network.setTraining(on); }
  void setNormalisationAveraging(bool cumulative) override { m_network.setNormalisationAveraging(cumulative); }
  void moveTo(bool cuda) override { m_network.moveTo(cuda); }
  void setPerturbation(snn::Perturbation perturbation) override { m_network.setPerturbation(std::move(perturbation)); }

  std::int64_t mostInGraph = 0;

private:
  LinearNetwork m_network;
};

// s is 20 times the mean over the pixels of (x - 0.5) / 0.25, so that the sign tells light from dark.
at::Tensor meanWeights() {
  return at::full({3, kSide, kSide}, 20.0 / (3 * kSide * kSide));
}

Subject subjectOf(snn::Network& network) {
  Subject subject;
  subject.network = &network;
  subject.validation = std::make_shared<Greys>();
  subject.side = kSide;
  subject.batchSize = 32;
  return subject;
}

RobustnessOptions quick() {
  return RobustnessOptions::of(Effort::quick);
}

json measured(const Subject& subject) {
  const auto result = measureRobustness(subject, quick(), {}, StopFlag());
  return result ? *result : json{{"failed", result.error().text()}};
}

std::vector<std::int64_t> correct(const json& result, const char* curve) {
  return result.at("curves").at(curve).at("correct").get<std::vector<std::int64_t>>();
}

const Chart* chartNamed(const Section& section, const std::string& file) {
  const auto found = std::find_if(section.charts.begin(), section.charts.end(),
                                  [&](const Chart& chart) { return chart.file == file; });
  return found == section.charts.end() ? nullptr : &*found;
}

const Row* rowThatBegins(const Section& section, const std::string& name) {
  const auto found = std::find_if(section.rows.begin(), section.rows.end(),
                                  [&](const Row& row) { return row.name.starts_with(name); });
  return found == section.rows.end() ? nullptr : &*found;
}

}  // namespace

class TestRobustness : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void initTestCase() {
    at::set_num_threads(1);
    LinearNetwork network(meanWeights());
    network.training = true;
    m_result = measured(subjectOf(network));
    QVERIFY2(!m_result.contains("failed"), m_result.dump().c_str());
    QVERIFY(!network.training);
    QCOMPARE(network.perturbations, 0);
    QCOMPARE(network.moving, 5 * 3);  // five shares, three batches
    QVERIFY(!network.weights().grad().defined());
    QVERIFY(at::GradMode::is_enabled());
  }

  // epsilon 0, 0.5, 1, 2, 4, 8 steps: an image falls when epsilon passes its distance from the middle.
  void attacksTakeWhatIsWithinEpsilon() {
    const std::vector<std::int64_t> wanted{80, 80, 80, 60, 40, 20};
    QCOMPARE(correct(m_result, "fgsm"), wanted);
    QCOMPARE(correct(m_result, "pgd"), wanted);
    const std::vector<std::int64_t> all(6, kImages);
    QCOMPARE(correct(m_result, "random_signs"), all);
    QCOMPARE(correct(m_result, "bounded_gaussian"), all);
    const auto strengths = m_result.at("curves").at("pgd").at("strength").get<std::vector<double>>();
    QCOMPARE(strengths.size(), std::size_t{6});
    QCOMPARE(strengths.front(), 0.0);
    QCOMPARE(strengths.back(), 8.0 / 255);
  }

  void intervalsAreWilsons() {
    const json& curve = m_result.at("curves").at("fgsm");
    QCOMPARE(curve.at("accuracy").at(4).get<double>(), 0.5);
    QVERIFY(std::abs(curve.at("low_95").at(4).get<double>() - 0.39297) < 1e-4);
    QVERIFY(std::abs(curve.at("high_95").at(4).get<double>() - 0.60703) < 1e-4);
    QCOMPARE(curve.at("high_95").at(0).get<double>(), 1.0);
    QVERIFY(curve.at("low_95").at(0).get<double>() < 0.96);
  }

  // To the mean, a pixel says nothing; to black it would say "dark".
  void maskingToTheMeanTurnsNoSign() { QCOMPARE(correct(m_result, "masking"), std::vector<std::int64_t>(6, kImages)); }

  // A flat image is left as it is by both.
  void flatImagesWithstandBlurAndContrast() {
    QCOMPARE(correct(m_result, "corruption_gaussian_blur"), std::vector<std::int64_t>(6, kImages));
    QCOMPARE(correct(m_result, "corruption_contrast"), std::vector<std::int64_t>(6, kImages));
  }

  // The mean of 768 pixels moves by 0.15 * 255 / sqrt(768) = 1.38 steps: 86.1, 96.5, 100 and 100 % right, 76.5 of 80.
  void gaussianNoiseIsAsStrongAsItSays() {
    const std::vector<std::int64_t> right = correct(m_result, "gaussian_noise");
    QCOMPARE(right.size(), std::size_t{6});
    QCOMPARE(right[0], kImages);
    QVERIFY2(right[3] >= 68, QByteArray::number(static_cast<qlonglong>(right[3])).constData());
    // At 0.3 by about 2.5 (the ends are cut off): 70, 81, 98 and 100 %, 70 of 80.
    QVERIFY2(right[5] >= 56 && right[5] <= 79, QByteArray::number(static_cast<qlonglong>(right[5])).constData());
  }

  void theRecordIsComplete() {
    QVERIFY(m_result.at("parameters") == optionsJson(quick()));
    QCOMPARE(m_result.at("images").get<std::int64_t>(), kImages);
    QCOMPARE(m_result.at("classes").get<int>(), 2);
    QCOMPARE(m_result.at("time_steps").get<std::int64_t>(), LinearNetwork::kTimeSteps);
    QCOMPARE(m_result.at("curves").size(), std::size_t{11});
    QCOMPARE(m_result.at("zero_gradients").at("pixel_share").get<double>(), 0.0);
    QCOMPARE(m_result.at("zero_gradients").at("image_share").get<double>(), 0.0);
    QCOMPARE(optionsJson(quick()).at("pgd").at("steps").get<int>(), 7);
    QCOMPARE(optionsJson(RobustnessOptions::of(Effort::full)).at("images").get<int>(), 1000);
    QVERIFY(optionsJson(quick()) != optionsJson(RobustnessOptions::of(Effort::full)));
  }

  void batchesAndWorkersDoNotMatter() {
    LinearNetwork network(meanWeights());
    Subject subject = subjectOf(network);
    subject.batchSize = 7;
    subject.workers = 3;
    const json result = measured(subject);
    QVERIFY(result.at("curves") == m_result.at("curves"));
    QVERIFY(result.at("against") == m_result.at("against"));
  }

  void aGraphHoldsFewImages() {
    WatchedNetwork network(meanWeights());
    Subject subject = subjectOf(network);
    subject.batchSize = kImages;
    const json large = measured(subject);
    QCOMPARE(network.mostInGraph, kGraphImages);
    training::Checkpoint checkpoint;
    checkpoint.config.training.batchSize = 5;
    subject.checkpoint = &checkpoint;
    network.mostInGraph = 0;
    const json small = measured(subject);
    QCOMPARE(network.mostInGraph, std::int64_t{5});
    for (const char* key : {"curves", "against", "zero_gradients"}) {
      QVERIFY(large.at(key) == m_result.at(key));
      QVERIFY(small.at(key) == m_result.at(key));
    }
  }

  // What FGSM takes, noise of its size leaves.
  void attacksAreComparedImageByImage() {
    const std::vector<std::int64_t> none(6, 0);
    const json& against = m_result.at("against");
    for (const char* control : {"bounded_gaussian", "random_signs"}) {
      const json& fgsm = against.at("fgsm").at(control);
      QCOMPARE(fgsm.at("attack_alone").get<std::vector<std::int64_t>>(), none);
      QCOMPARE(fgsm.at("control_alone").get<std::vector<std::int64_t>>(),
               (std::vector<std::int64_t>{0, 0, 0, 20, 40, 60}));
    }
    QCOMPARE(against.at("pgd").at("fgsm").at("attack_alone").get<std::vector<std::int64_t>>(), none);
    QCOMPARE(against.at("pgd").at("fgsm").at("control_alone").get<std::vector<std::int64_t>>(), none);
  }

  void zeroGradientsAreCounted() {
    at::Tensor half = meanWeights();
    half.narrow(1, 0, kSide / 2).zero_();  // the upper half of every channel is not looked at
    LinearNetwork blind(half);
    const json result = measured(subjectOf(blind));
    QCOMPARE(result.at("zero_gradients").at("pixel_share").get<double>(), 0.5);
    QCOMPARE(result.at("zero_gradients").at("image_share").get<double>(), 0.0);

    // So sure of itself that the loss is exactly 0: an attacker who follows gradients finds none.
    LinearNetwork sure(meanWeights() * 1e6);
    const json masked = measured(subjectOf(sure));
    QCOMPARE(masked.at("zero_gradients").at("image_share").get<double>(), 1.0);
    QCOMPARE(correct(masked, "fgsm"), std::vector<std::int64_t>(6, kImages));
    QVERIFY(robustnessSection(masked).text.find("100.0 % of the images have no gradient") != std::string::npos);
  }

  void progressIsKnownFromTheStart() {
    LinearNetwork network(meanWeights());
    std::vector<Progress> reports;
    QVERIFY_OK(measureRobustness(
        subjectOf(network), quick(), [&](const Progress& progress) { reports.push_back(progress); }, StopFlag()));
    QCOMPARE(reports.size(), std::size_t{3 * kConditions});
    QCOMPARE(reports.back().done, reports.back().total);
    for (std::size_t i = 1; i < reports.size(); ++i) {
      QCOMPARE(reports[i].total, reports[0].total);
      QVERIFY(reports[i].done > reports[i - 1].done);
    }
  }

  void stops() {
    LinearNetwork network(meanWeights());
    StopFlag stop;
    int reports = 0;
    QVERIFY_REFUSED(measureRobustness(
                        subjectOf(network), quick(),
                        [&](const Progress&) {
                          ++reports;
                          stop.request();
                        },
                        stop),
                    "Stopped");
    QCOMPARE(reports, 1);
  }

  void refuses() {
    LinearNetwork network(meanWeights());
    Subject subject = subjectOf(network);
    RobustnessOptions options = quick();
    options.epsilons = {0.1, 0.05};
    QVERIFY_REFUSED(measureRobustness(subject, options, {}, StopFlag()), "does not ascend");
    options = quick();
    options.maskedShares.back() = 1.5;
    QVERIFY_REFUSED(measureRobustness(subject, options, {}, StopFlag()), "above 1");
    options = quick();
    options.pgdSteps = 0;
    QVERIFY_REFUSED(measureRobustness(subject, options, {}, StopFlag()), "above 0");
    subject.labelled = false;
    QVERIFY_REFUSED(measureRobustness(subject, quick(), {}, StopFlag()), "the data's classes are not the network's");
  }

  void theSectionComesFromWhatIsStored() {
    const Section section = robustnessSection(json::parse(m_result.dump()));
    QVERIFY(section.skipped.empty());
    QCOMPARE(section.charts.size(), std::size_t{9});
    const Chart* chart = chartNamed(section, "robustness_fgsm");
    QVERIFY(chart != nullptr);
    QCOMPARE(chart->series.size(), std::size_t{4});  // the network, two controls, chance
    const Series& fgsm = chart->series[0];
    QVERIFY(!fgsm.control);
    QCOMPARE(fgsm.x.back(), 8.0 / 255);
    QCOMPARE(fgsm.y, (std::vector<double>{100, 100, 100, 75, 50, 25}));
    QCOMPARE(fgsm.low.size(), std::size_t{6});
    QVERIFY(std::abs(fgsm.high[4] - 60.703) < 0.01);
    for (std::size_t s = 1; s < 4; ++s) QVERIFY(chart->series[s].control);
    QCOMPARE(chart->series[3].y, std::vector<double>(6, 50.0));
    json twin = json::parse(m_result.dump());
    twin["curves"]["fgsm"]["accuracy"][3] = 0.125;
    const Section both = robustnessSection(json::parse(m_result.dump()), twin);
    const Chart* compared = chartNamed(both, "robustness_fgsm");
    QCOMPARE(compared->series.size(), std::size_t{5});
    QCOMPARE(compared->series[1].name, std::string("twin"));
    QCOMPARE(compared->series[1].y[3], 12.5);
    QVERIFY(rowThatBegins(both, "FGSM")->control.find("twin 12.5 %") != std::string::npos);
    QVERIFY(rowThatBegins(section, "FGSM")->control.find("twin") == std::string::npos);
    const Chart* shot = chartNamed(section, "robustness_corruption_shot_noise");
    QVERIFY(shot != nullptr);
    QCOMPARE(shot->series[0].x, (std::vector<double>{0, 1, 2, 3, 4, 5}));

    QCOMPARE(section.rows.size(), std::size_t{11});
    const Row* row = rowThatBegins(section, "FGSM");
    QVERIFY(row != nullptr);
    QCOMPARE(row->name, std::string("FGSM, epsilon 2/255"));
    QVERIFY(row->value.starts_with("75.0 % ("));
    QVERIFY(row->control.find("random signs 100.0 %") != std::string::npos);
    QVERIFY(row->published.find("24.4") != std::string::npos);
    QVERIFY(rowThatBegins(section, "Corruption: Contrast, severity 3") != nullptr);
    QVERIFY(section.text.find("80 validation images") != std::string::npos);
    QVERIFY(section.text.find("7 steps") != std::string::npos);
    QVERIFY(section.text.find("Warning") == std::string::npos);
  }

  // Where noise of the same size does more harm than the attack, the attack has failed, not the network withstood.
  void theSectionTellsOfAttacksThatFail() {
    json weak = m_result;
    json& noise = weak["against"]["fgsm"]["bounded_gaussian"];
    noise["attack_alone"][3] = 7;
    noise["control_alone"][3] = 0;
    weak["against"]["pgd"]["fgsm"]["attack_alone"][5] = 20;
    weak["against"]["pgd"]["fgsm"]["control_alone"][5] = 5;
    const std::string text = robustnessSection(weak).text;
    QVERIFY(text.find("FGSM was weaker than Gaussian noise of its size at epsilon 2/255 (") != std::string::npos);
    QVERIFY(text.find("PGD was weaker than FGSM at epsilon 8/255 (") != std::string::npos);
    QVERIFY(text.find("corrected for 5 strengths") != std::string::npos);
    QVERIFY(text.find("random signs of its size at") == std::string::npos);
  }

  // The level of one strength of five is 0.01: 7 to 0 has 1/128, 6 to 0 1/64; 10 to 1 has 12/2048, 8 to 1 10/512.
  void aFewImagesAreNoEvidence_data() {
    QTest::addColumn<int>("attackAlone");
    QTest::addColumn<int>("controlAlone");
    QTest::addColumn<bool>("warned");
    QTest::newRow("none") << 0 << 0 << false;
    QTest::newRow("one image") << 1 << 0 << false;
    QTest::newRow("six") << 6 << 0 << false;
    QTest::newRow("seven") << 7 << 0 << true;
    QTest::newRow("eight to one") << 8 << 1 << false;
    QTest::newRow("ten to one") << 10 << 1 << true;
    QTest::newRow("one more of many") << 101 << 100 << false;
    QTest::newRow("many more of many") << 650 << 350 << true;
    QTest::newRow("the attack is the stronger") << 0 << 60 << false;
  }
  void aFewImagesAreNoEvidence() {
    QFETCH(const int, attackAlone);
    QFETCH(const int, controlAlone);
    QFETCH(const bool, warned);
    json result = m_result;
    result["against"]["pgd"]["fgsm"]["attack_alone"][2] = attackAlone;
    result["against"]["pgd"]["fgsm"]["control_alone"][2] = controlAlone;
    const std::string text = robustnessSection(result).text;
    QCOMPARE(text.find("Warning: PGD was weaker than FGSM at epsilon 1/255 (") != std::string::npos, warned);
    QCOMPARE(text.find("Warning") != std::string::npos, warned);
  }

  void theSectionTellsWhyThereIsNothing() {
    const Section section = robustnessSection(json{{"not_measured", "no labels"}});
    QCOMPARE(section.skipped, std::string("no labels"));
    QVERIFY(section.charts.empty() && section.rows.empty());
  }

private:
  json m_result;
};

QTEST_GUILESS_MAIN(TestRobustness)
#include "test_robustness.moc"
