// Lesions of a network whose units are known detectors.
#include "engine/protocol/domain_study.h"
#include "engine/protocol/lesion_study.h"

#include <torch/torch.h>

#include <array>
#include <cmath>
#include <set>

#include "engine/perturbation/lesion.h"
#include "tests/protocol/detectors.h"
#include "tests/stub_network.h"
#include "tests/support.h"

using namespace pinwheel;
using namespace pinwheel::protocol;
using namespace pinwheel::test;
using nlohmann::json;

namespace {

constexpr int kUnits = 100;

// One sheet of detectors. A class's logit is the mean rate of its domain's units: without those an image is taken for
// one of the next domain.
class Detectors final : public StubNetwork {
public:
  Detectors() : StubNetwork({{"IT", "IT", kUnits, 1, 1}}) {}
  snn::Activity forward(const at::Tensor& images) override {
    at::Tensor sheet = detectorSpikes(images, kUnits);
    if (m_perturbation) sheet = m_perturbation(0, sheet);
    snn::Activity activity;
    // No two are equal, not even in a silent network.
    activity.logits = domainRates(sheet) - 0.001 * at::arange(kDomains);
    activity.sheets = {sheet};
    return activity;
  }
  void setTraining(bool training) override { m_training = training; }
  void setPerturbation(snn::Perturbation perturbation) override { m_perturbation = std::move(perturbation); }
  [[nodiscard]] bool training() const { return m_training; }

private:
  snn::Perturbation m_perturbation;
  bool m_training = true;
};

topography::Sheet itSheet() {
  return clusteredSheet("IT", kUnits);
}

// Units 10 d .. 10 d + 9.
std::vector<std::int32_t> unitsOf(int domain) {
  std::vector<std::int32_t> units;
  for (int j = 0; j < kPerDomain; ++j) units.push_back(domain * kPerDomain + j);
  return units;
}

struct Bench {
  explicit Bench(perturbation::Lesion held = {}) {
    checkpoint.lesion = std::move(held);
    subject.network = &network;
    subject.sheets = {itSheet()};
    subject.checkpoint = &checkpoint;
    subject.validation = std::make_shared<CodedImages>(40);
    subject.categories = std::make_shared<CodedImages>(80);
    subject.normalisation = kPlain;
    subject.side = kSide;
    subject.batchSize = 16;
    network.setTraining(false);
    network.setPerturbation(perturbation::makePerturbation(checkpoint.lesion, network.sheets(), at::kCPU));
  }
  // What the network says to the five classes, under whatever stands on it.
  at::Tensor answers() {
    at::Tensor images = at::zeros({kDomains, 3, kSide, kSide});
    for (int c = 0; c < kDomains; ++c) images[c][0].fill_(20 * c / 255.0);
    return network.forward(images).sheets[0];
  }

  Detectors network;
  training::Checkpoint checkpoint;
  Subject subject;
};

LesionStudyOptions options() {
  LesionStudyOptions options;
  options.shares = {0, 0.1, 0.6, 1};
  options.thresholds = {5, 1000};
  options.images = 40;
  options.shamDraws = 2;
  options.bootstraps = 40;
  return options;
}

const json& lesionAt(const json& exam, const std::string& selection, double size, const std::string& domain) {
  for (const json& lesion : exam.at("lesions"))
    if (lesion.at("selection") == selection && lesion.at("size") == size && lesion.at("domain") == domain)
      return lesion;
  throw std::out_of_range("no such lesion");
}

const json& sizeAt(const json& exam, const std::string& selection, double size) {
  for (const json& item : exam.at("by_size"))
    if (item.at("selection") == selection && item.at("size") == size) return item;
  throw std::out_of_range("no such size");
}

using Counts = std::vector<std::int64_t>;

// 8 images of each domain, and none right of domain `without`.
Counts allBut(std::size_t without) {
  Counts counts(kDomains, 8);
  counts[without] = 0;
  return counts;
}

}  // namespace

class TestLesionStudy : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void initTestCase() {
    at::set_num_threads(1);
    Bench bench;
    auto measured = measureLesionStudy(bench.subject, options(), {}, StopFlag{});
    QVERIFY_OK(measured);
    m_measured = std::move(*measured);
    QCOMPARE(m_measured.at("exams").size(), std::size_t{2});
  }

  void theSheetIsIt() {
    const auto named = [](const char* area) {
      topography::Sheet sheet;
      sheet.spec.area = area;
      return sheet;
    };
    QCOMPARE(inferotemporalSheet({named("V1"), named("IT"), named("IT"), named("V4")}), std::size_t{2});
    QCOMPARE(inferotemporalSheet({named("V1"), named("V4")}), std::size_t{1});
  }

  void unitsAreChosenInOrder() {
    topography::Sheet line{{"IT", "IT", 6, 1, 1, 10, 20, 3, 0.5}, {0, 1, 2, 3, 4, 5}, {1, 1, 1, 1, 1, 1}};
    // At display scale units lie at 0, 2 .. 10 mm: 5 mm is as far from unit 2 as from unit 3, then 1 before 4.
    using Units = std::vector<std::int32_t>;
    QCOMPARE(nearestUnits(line, 5, 2, 0), Units{});
    QCOMPARE(nearestUnits(line, 5, 2, 1), (Units{2}));
    QCOMPARE(nearestUnits(line, 5, 2, 3), (Units{1, 2, 3}));
    QCOMPARE(nearestUnits(line, 5, 2, 6), (Units{0, 1, 2, 3, 4, 5}));
    const std::vector<float> t{1, 5, -2, 5, 3, 1};
    QCOMPARE(highestUnits(t, 1), (Units{1}));
    QCOMPARE(highestUnits(t, 4), (Units{0, 1, 3, 4}));
    QCOMPARE(unitsAbove(t, 3), (Units{1, 3, 4}));
    QCOMPARE(unitsAbove(t, 5.5), Units{});
  }

  void thePeakIsAmongTheSelectiveUnits() {
    const topography::Sheet sheet = itSheet();
    for (int domain = 0; domain < kDomains; ++domain) {
      std::vector<float> t(kUnits, 0.0F);
      for (const std::int32_t unit : unitsOf(domain)) t[static_cast<std::size_t>(unit)] = 7;
      const Peak peak = peakOf(sheet, t);
      const auto& centre = kCentres[static_cast<std::size_t>(domain)];
      QVERIFY(std::abs(peak.xMm - static_cast<double>(centre[0]) - 0.045) < 0.2);
      QVERIFY(std::abs(peak.yMm - static_cast<double>(centre[1])) < 0.2);
      QVERIFY(peak.t > 5 && peak.t < 7);
      QCOMPARE(nearestUnits(sheet, peak.xMm, peak.yMm, kPerDomain), unitsOf(domain));
    }
  }

  void mapsAndTestShareNoImage() {
    Bench bench;
    const auto study = openStudy(bench.subject, 40, 1);
    QVERIFY_OK(study);
    const auto codes = [](const data::Dataset& images) {
      std::set<int> found;
      for (std::int64_t i = 0; i < images.size(); ++i) found.insert(images.image(i, kSide)->pixels.back());
      return found;
    };
    const std::set<int> maps = codes(*study->mapImages);
    QCOMPARE(maps.size(), std::size_t{40});
    for (const int code : codes(*study->exams.front().images)) QVERIFY(maps.count(code) == 0);
    QCOMPARE(study->exams.front().images->size(), std::int64_t{40});
    QCOMPARE(study->domains, (std::vector<int>{0, 1, 2, 3, 4}));
    QCOMPARE(study->exams.back().truth.size(), std::size_t{40});
  }

  void withoutALesionNothingChanges() {
    for (const json& exam : m_measured.at("exams")) {
      QCOMPARE(exam.at("intact").at("correct_by_group").get<Counts>(), Counts(kDomains, 8));
      for (const char* selection : {"disc", "ranked"}) {
        const json& none = lesionAt(exam, selection, 0, "places");
        QCOMPARE(none.at("units").get<int>(), 0);
        QCOMPARE(none.at("accuracy").get<double>(), 1.0);
        QCOMPARE(none.at("sham").at("accuracy").get<double>(), 1.0);
      }
    }
    // To the bit, noise that is held included: its first pass is the first batch's.
    Bench bench({1, {{0, {3}, perturbation::PerturbationKind::noise, 0.5, {}}}});
    at::Tensor images = at::zeros({16, 3, kSide, kSide});
    for (int i = 0; i < 16; ++i) {
      images[i][0].fill_(20 * (i % kDomains) / 255.0);
      images[i][1].fill_(100 * (i / kDomains % 2) / 255.0);
    }
    const at::Tensor plain = bench.network.forward(images).sheets[0];
    const ProgressCallback none;
    Work work{"", 0, none};
    int batches = 0;
    Presentation shown(bench.subject, std::make_shared<CodedImages>(16), 0);
    QVERIFY_OK(shown.show({}, work, StopFlag{}, [&](const snn::Activity& activity) {
      QVERIFY(activity.sheets[0].equal(plain));
      ++batches;
    }));
    QCOMPARE(batches, 1);
    QCOMPARE(work.done, std::int64_t{16});
  }

  void oneDomainIsLostAlone_data() {
    QTest::addColumn<QString>("selection");
    QTest::addColumn<double>("size");
    QTest::newRow("disc") << "disc" << 0.1;
    QTest::newRow("ranked") << "ranked" << 0.1;
    // Beyond its own units a domain's highest t are the silent units'.
    QTest::newRow("ranked, more") << "ranked" << 0.6;
    QTest::newRow("thresholded") << "thresholded" << 5.0;
  }
  void oneDomainIsLostAlone() {
    QFETCH(QString, selection);
    QFETCH(double, size);
    for (const json& exam : m_measured.at("exams")) {
      std::size_t d = 0;
      for (const json& domain : m_measured.at("domains")) {
        const json& lesion = lesionAt(exam, selection.toStdString(), size, domain.get<std::string>());
        QCOMPARE(lesion.at("units").get<int>(), size == 0.6 ? 60 : 10);
        QCOMPARE(lesion.at("correct_by_group").get<Counts>(), allBut(d++));
        QCOMPARE(lesion.at("accuracy").get<double>(), 0.8);
        QVERIFY(lesion.at("low_95").get<double>() < 0.8 && lesion.at("high_95").get<double>() > 0.8);
        if (size == 0.6) continue;
        // Ten of the ninety others leave every domain some of its units.
        QCOMPARE(lesion.at("sham").at("accuracy").get<double>(), 1.0);
        QCOMPARE(lesion.at("sham").at("accuracy_by_group").get<std::vector<double>>(),
                 std::vector<double>(kDomains, 1.0));
      }
    }
  }

  void theDissociationIsComplete() {
    for (const json& exam : m_measured.at("exams"))
      for (const char* selection : {"disc", "ranked"}) {
        const json& measured = sizeAt(exam, selection, 0.1).at("dissociation");
        for (std::size_t row = 0; row < kDomains; ++row)
          for (std::size_t column = 0; column < kDomains; ++column)
            QCOMPARE(measured.at("points_lost_beyond_sham").at(row).at(column).get<double>(),
                     row == column ? 100.0 : 0.0);
        for (const char* key : {"diagonal", "difference", "low_95", "high_95"})
          QCOMPARE(measured.at(key).get<double>(), 100.0);
        QCOMPARE(measured.at("off_diagonal").get<double>(), 0.0);
        QCOMPARE(measured.at("sham_own").at("accuracy").get<double>(), 1.0);
        QCOMPARE(sizeAt(exam, selection, 1).at("dissociation").at("difference").get<double>(), 0.0);
      }
  }

  void withoutTheSheetThereIsChance() {
    for (const json& exam : m_measured.at("exams"))
      for (const char* selection : {"disc", "ranked"}) {
        const json& all = lesionAt(exam, selection, 1, "faces");
        QCOMPARE(all.at("units").get<int>(), kUnits);
        QCOMPARE(all.at("accuracy").get<double>(), 0.2);
        QCOMPARE(all.at("sham").at("accuracy").get<double>(), 0.2);
      }
  }

  void whereTheShamIsDrawnIsTold() {
    const json& exam = m_measured.at("exams").at(0);
    const auto among = [&](double size) {
      return lesionAt(exam, "disc", size, "objects").at("sham").at("drawn_among").get<std::string>();
    };
    QCOMPARE(among(0.1), std::string("the other units"));
    QCOMPARE(among(0.6), std::string("all units"));
    QCOMPARE(among(1), std::string("all units"));
    QCOMPARE(m_measured.at("map_images").get<int>(), 40);
    QCOMPARE(exam.at("images").get<int>(), 40);
  }

  void aThresholdThatNoneReachesTakesNothing() {
    const json& lesion = lesionAt(m_measured.at("exams").at(1), "thresholded", 1000, "bodies");
    QCOMPARE(lesion.at("units").get<int>(), 0);
    QCOMPARE(lesion.at("accuracy").get<double>(), 1.0);
  }

  void theSameSeedGivesTheSame() {
    Bench bench;
    bench.subject.batchSize = 7;
    const auto again = measureLesionStudy(bench.subject, options(), {}, StopFlag{});
    QVERIFY_OK(again);
    QCOMPARE(again->dump(), m_measured.dump());
  }

  void theNetworkIsLeftAsFound() {
    Bench bench({1, {{0, unitsOf(1), perturbation::PerturbationKind::silence, 1, {}}}});
    const at::Tensor before = bench.answers();
    std::vector<Progress> steps;
    const auto measured = measureLesionStudy(
        bench.subject, options(), [&](const Progress& step) { steps.push_back(step); }, StopFlag{});
    QVERIFY_OK(measured);
    QVERIFY(bench.answers().equal(before));
    QVERIFY(!bench.network.training());
    // The held lesion was in place all the while: bodies are taken for characters.
    QCOMPARE(measured->at("exams").at(1).at("intact").at("correct_by_group").get<Counts>(), allBut(1));
    QCOMPARE(measured->at("held_lesion").size(), std::size_t{1});
    QCOMPARE(steps.back().done, steps.back().total);
    for (const Progress& step : steps) QCOMPARE(step.total, steps.front().total);
    for (std::size_t i = 1; i < steps.size(); ++i) QVERIFY(steps[i].done > steps[i - 1].done);
  }

  void aStopIsHeeded() {
    Bench bench({1, {{0, unitsOf(1), perturbation::PerturbationKind::silence, 1, {}}}});
    const at::Tensor before = bench.answers();
    StopFlag stop;
    const auto measured = measureLesionStudy(
        bench.subject, options(), [&](const Progress& step) { step.done > 300 ? stop.request() : void(); }, stop);
    QVERIFY_REFUSED(measured, "Stopped");
    QVERIFY(bench.answers().equal(before));
  }

  void classesOfNoDomainHaveTheirAccuracy() {
    Bench bench;
    bench.subject.validation = std::make_shared<CodedImages>(40, std::vector<std::string>{"a", "b", "c", "d", "house"});
    const auto measured = measureLesionStudy(bench.subject, options(), {}, StopFlag{});
    QVERIFY_OK(measured);
    const json& classes = measured->at("exams").at(1);
    QVERIFY(classes.at("domain_of_group").is_null());
    QVERIFY(sizeAt(classes, "disc", 0.1).at("dissociation").contains("not_measured"));
    QCOMPARE(lesionAt(classes, "disc", 0.1, "places").at("correct_by_group").get<Counts>(), allBut(3));
    QCOMPARE(sizeAt(measured->at("exams").at(0), "disc", 0.1).at("dissociation").at("difference").get<double>(), 100.0);
    const Section section = lesionStudySection(json::parse(measured->dump()));
    QCOMPARE(section.charts.size(), std::size_t{7});
    QCOMPARE(section.charts.back().file, std::string("lesion_classes_thresholded"));
    QCOMPARE(section.charts.back().series.front().y, (std::vector<double>{80, 100}));
  }

  void withoutLabelsTheReadOutRemains() {
    Bench bench;
    bench.subject.labelled = false;
    const auto measured = measureLesionStudy(bench.subject, options(), {}, StopFlag{});
    QVERIFY_OK(measured);
    QVERIFY(measured->at("exams").at(1).contains("not_measured"));
    QCOMPARE(lesionStudySection(json::parse(measured->dump())).charts.size(), std::size_t{4});
  }

  void whatCannotBeIsRefused() {
    Bench bench;
    LesionStudyOptions wrong = options();
    wrong.shares = {0, 2};
    QVERIFY_REFUSED(measureLesionStudy(bench.subject, wrong, {}, StopFlag{}), "0..1");
    bench.subject.categories = std::make_shared<CodedImages>(80, std::vector<std::string>{"a", "b", "adult", "d", "e"});
    QVERIFY_REFUSED(measureLesionStudy(bench.subject, options(), {}, StopFlag{}), "two domains are needed");
  }

  void theSectionIsMadeOfWhatIsStored() {
    const Section section = lesionStudySection(json::parse(m_measured.dump(1)));
    QVERIFY(section.skipped.empty());
    QVERIFY(section.text.find("among all") != std::string::npos);
    QVERIFY(section.text.find("coded images") != std::string::npos);
    QCOMPARE(section.charts.size(), std::size_t{8});
    const Chart& disc = section.charts.front();
    QCOMPARE(disc.file, std::string("lesion_readout_disc"));
    QCOMPARE(disc.series.size(), std::size_t{kDomains + 1});
    for (std::size_t d = 0; d < kDomains; ++d) {
      const Series& series = disc.series[d];
      QVERIFY(!series.control);
      QCOMPARE(series.x, (std::vector<double>{0, 10, 60, 100}));
      QCOMPARE(series.y[0], 100.0);
      QCOMPARE(series.y[1], 0.0);
      QVERIFY(series.high[1] > 0 && series.low[0] < 100);
    }
    QVERIFY(disc.series.back().control);
    QCOMPARE(disc.series.back().y[1], 100.0);
    bool shown = false;
    for (const Row& row : section.rows)
      shown = shown || (row.name.find("faces silenced") != std::string::npos &&
                        row.value.find("faces 100.0, bodies 0.0") != std::string::npos && !row.control.empty());
    QVERIFY(shown);
    const std::string first = m_measured.at("exams").at(1).at("groups").at(0).get<std::string>();
    const auto ofClasses = std::find_if(section.rows.begin(), section.rows.end(), [](const Row& row) {
      return row.name == "Points lost by class beyond the sham: faces silenced (disc, 10 %)";
    });
    QVERIFY(ofClasses != section.rows.end());
    QCOMPARE(ofClasses->value.rfind("100.0"), first.size() + 1);
    QCOMPARE(ofClasses->value.find(first + " 100.0, "), std::size_t{0});
    QCOMPARE(ofClasses->control, std::string("all classes 20.0"));
    QCOMPARE(lesionStudySection({{"not_measured", "a reason"}}).skipped, std::string("a reason"));
  }

private:
  json m_measured;
};

QTEST_APPLESS_MAIN(TestLesionStudy)
#include "test_lesion_study.moc"
