// What is measured of a network whose answers are known, and of an untrained one.
#include "engine/training/measures.h"

#include <torch/torch.h>

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

#include "engine/core/files.h"
#include "engine/core/runtime.h"
#include "engine/data/world.h"
#include "engine/snn/backbones.h"
#include "engine/training/report.h"
#include "engine/training/responses.h"
#include "tests/support.h"
#include "tests/training/filter_bank.h"
#include "tests/training/network_sheets.h"

using namespace pinwheel;
using namespace pinwheel::training;
using namespace pinwheel::test;

namespace {

constexpr data::Normalisation kPlain{{0, 0, 0}, {1, 1, 1}};
// FilterBank's filters then see pixels from -2 to 2.
constexpr data::Normalisation kCentred{{0.5F, 0.5F, 0.5F}, {0.25F, 0.25F, 0.25F}};

// Grey images of pixel value label / 255; the first two carry a wrong label.
class GreyLevels final : public data::Dataset {
public:
  std::string name() const override { return "grey levels"; }
  std::int64_t size() const override { return 11; }
  int label(std::int64_t index) const override { return static_cast<int>(index < 2 ? (index + 1) % 3 : index % 3); }
  const std::vector<std::string>& classNames() const override { return m_names; }
  data::Normalisation normalisation() const override { return kPlain; }
  Expected<formats::RgbImage> image(std::int64_t index, int) const override {
    formats::RgbImage image;
    image.width = image.height = FilterBank::kSide;
    image.pixels.assign(3 * FilterBank::kSide * FilterBank::kSide, static_cast<std::uint8_t>(index % 3));
    return image;
  }

private:
  std::vector<std::string> m_names{"black", "darker", "dark"};
};

// One step of grey is one class.
constexpr data::Normalisation kGreySteps{{0, 0, 0}, {1 / 255.0F, 1 / 255.0F, 1 / 255.0F}};

// Bit by bit: NaN equals NaN.
bool same(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

MeasureInputs inputsOf(snn::Network& network, int side, std::int64_t images) {
  MeasureInputs inputs;
  inputs.network = &network;
  inputs.sheets = sheetsOf(network);
  inputs.data.train = inputs.data.validation = data::makeWorld(side, images, 5);
  inputs.categories = data::makeWorld(side, images, 6);
  inputs.normalisation = kCentred;
  inputs.side = side;
  inputs.labelled = false;
  return inputs;
}

std::unique_ptr<snn::Network> tiny(int side, std::int64_t timeSteps) {
  snn::NetworkOptions options;
  options.imageSide = side;
  options.neuron.timeSteps = timeSteps;
  auto network = snn::makeNetwork(options, 1);
  return network ? std::move(*network) : nullptr;
}

double median(std::vector<float> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
  return static_cast<double>(values[values.size() / 2]);
}

}  // namespace

class TestMeasures : public QObject {
  Q_OBJECT

private Q_SLOTS:
  // The commands that measure a stored network have no option for the size of a batch.
  void aBatchTooLargeIsAnsweredWithWhatCanBeDone() {
    const auto refused =
        forEachBatch(data::makeWorld(16, 4, 1), 1 << 30, 2, 1, nullptr, [](data::Batch&) -> Status { return {}; });
    QVERIFY_REFUSED(refused, "close other programs");
    QVERIFY(refused.error().text().find("training.batch_size") == std::string::npos);
  }

  void initTestCase() { at::set_num_threads(1); }

  void tuningIsWhatTheFiltersPrefer() {
    FilterBank network;
    const auto tuning = measureTuning(network, at::kCPU, FilterBank::kSide, kCentred, 128);
    QVERIFY_OK(tuning);
    QCOMPARE(tuning->size(), std::size_t{2});
    const analysis::TuningMaps& maps = (*tuning)[0].maps;
    const std::vector<double> frequencies = data::gratingFrequencies(FilterBank::kSide);
    for (std::size_t u = 0; u < 512; ++u) {
      const double wanted = 22.5 * static_cast<double>(u / 64);
      for (const float found : {maps.orientationDeg[u], maps.orientationVonMisesDeg[u]}) {
        const double away = std::fmod(std::abs(static_cast<double>(found) - wanted), 180.0);
        QVERIFY2(std::min(away, 180 - away) < 6, qPrintable(QStringLiteral("unit %1: %2").arg(u).arg(double(found))));
      }
      QVERIFY(std::abs(static_cast<double>(maps.frequencyCyclesPerImage[u]) - frequencies[FilterBank::kFrequency]) <
              frequencies[1] - frequencies[0]);
      QVERIFY(maps.colourPreference[u] < 0);
    }
    for (const float orientation : (*tuning)[1].maps.orientationDeg) QVERIFY(std::isnan(orientation));
  }

  void tuningDoesNotDependOnTheBatch() {
    FilterBank network;
    const auto whole = measureTuning(network, at::kCPU, FilterBank::kSide, kCentred, 5000);
    QVERIFY_OK(whole);
    for (const std::int64_t batch : {37, 64, 640}) {
      const auto parts = measureTuning(network, at::kCPU, FilterBank::kSide, kCentred, batch);
      QVERIFY_OK(parts);
      for (std::size_t s = 0; s < 2; ++s) {
        QVERIFY(same((*parts)[s].maps.orientationDeg, (*whole)[s].maps.orientationDeg));
        QVERIFY(same((*parts)[s].maps.frequencyCyclesPerImage, (*whole)[s].maps.frequencyCyclesPerImage));
        QVERIFY(same((*parts)[s].maps.meanRate, (*whole)[s].maps.meanRate));
      }
    }
  }

  void gratingMatrixHoldsEveryGrating() {
    FilterBank network;
    auto gratings = data::makeGratings(FilterBank::kSide);
    gratings.resize(50);
    const auto matrix = recordGratingMatrix(network, at::kCPU, gratings, FilterBank::kSide, kCentred, 16, 0);
    QVERIFY_OK(matrix);
    QCOMPARE(matrix->size(), std::size_t{512 * 50});
    double sum = 0;
    QVERIFY_OK(recordGratings(network, at::kCPU, gratings, FilterBank::kSide, kCentred, 50,
                              [&](std::size_t sheet, std::int64_t, std::int64_t count, std::span<const float> rates) {
                                if (sheet != 0) return;
                                QCOMPARE(count, std::int64_t{50});
                                for (std::size_t u = 0; u < 512; ++u)
                                  for (std::size_t i = 0; i < 50; ++i) {
                                    QCOMPARE((*matrix)[u * 50 + i], rates[i * 512 + u]);
                                    sum += static_cast<double>(rates[i * 512 + u]);
                                  }
                              }));
    QVERIFY(sum > 0);
    const auto silent = recordGratingMatrix(network, at::kCPU, gratings, FilterBank::kSide, kCentred, 16, 1);
    QCOMPARE(*silent, std::vector<float>(100 * 50, 0.0F));
  }

  void accuracyOfAKnownNetwork_data() {
    QTest::addColumn<int>("batch");
    for (const int batch : {1, 4, 11, 500}) QTest::addRow("batches of %d", batch) << batch;
  }
  void accuracyOfAKnownNetwork() {
    QFETCH(int, batch);
    FilterBank network;
    std::vector<std::int64_t> labels;
    const auto response =
        recordDataset(network, at::kCPU, std::make_shared<GreyLevels>(), FilterBank::kSide, kGreySteps, batch, 2, true,
                      [&](std::size_t sheet, std::span<const std::int64_t> batchLabels, std::int64_t count,
                          std::span<const float> rates) {
                        QCOMPARE(rates.size(), static_cast<std::size_t>(count) * (sheet == 0 ? 512 : 100));
                        if (sheet == 0) labels.insert(labels.end(), batchLabels.begin(), batchLabels.end());
                      });
    QVERIFY_OK(response);
    QCOMPARE(response->images, std::int64_t{11});
    QCOMPARE(response->accuracy, 9.0 / 11);
    QCOMPARE(labels, (std::vector<std::int64_t>{1, 2, 2, 0, 1, 2, 0, 1, 2, 0, 1}));
    QCOMPARE(response->count, (std::vector<std::int64_t>{3, 4, 4}));
    QCOMPARE(response->correct, (std::vector<std::int64_t>{3, 3, 3}));
    double loss = 0;
    for (int i = 0; i < 11; ++i) {
      double total = 0;
      for (int k = 0; k < 3; ++k) total += std::exp(-std::pow(i % 3 - k, 2));
      loss += (std::log(total) + std::pow(i % 3 - static_cast<int>(labels[static_cast<std::size_t>(i)]), 2)) / 11;
    }
    QVERIFY(std::abs(response->loss - loss) < 1e-4);
  }

  void labelsOfOthersGiveNoAccuracy() {
    FilterBank network;
    const auto response = recordDataset(network, at::kCPU, std::make_shared<GreyLevels>(), FilterBank::kSide,
                                        kGreySteps, 4, 1, false, {});
    QVERIFY_OK(response);
    QCOMPARE(response->images, std::int64_t{11});
    QCOMPARE(response->count, (std::vector<std::int64_t>{0, 0, 0}));
  }

  void aStopIsHeeded() {
    FilterBank network;
    StopFlag stop;
    stop.request();
    QVERIFY_REFUSED(measureTuning(network, at::kCPU, FilterBank::kSide, kCentred, 64, &stop), "Stopped");
    const auto inputs = inputsOf(network, FilterBank::kSide, 20);
    QVERIFY_REFUSED(measure(inputs, {}, stop), "Stopped");
    QVERIFY_REFUSED(
        calibrateNormalisation(network, at::kCPU, std::make_shared<GreyLevels>(), FilterBank::kSide, 4, &stop),
        "Stopped");
  }

  void measuresDoNotDependOnTheBatch() {
    FilterBank network;
    FilterBank control;
    MeasureInputs inputs = inputsOf(network, FilterBank::kSide, 60);
    inputs.untrained = &control;
    std::vector<NetworkMeasures> results;
    for (const std::int64_t batch : {7, 60, 4000}) {
      inputs.batchSize = batch;
      auto measures = measure(inputs, {}, StopFlag{});
      QVERIFY_OK(measures);
      results.push_back(std::move(*measures));
    }
    const SheetMeasures& first = results[0].sheets[0];
    QVERIFY(first.firingRate > 0.01);
    QCOMPARE(first.domains.size(), std::size_t{5});
    QVERIFY_OK(first.tuningSmoothness[0].value);
    QVERIFY_OK(first.correlation);
    QVERIFY_OK(first.circularVariance.value);
    QVERIFY_OK(first.tuningCorrelation.value);
    QVERIFY_OK(first.time.entropy);
    QVERIFY_OK(first.time.synchrony);
    QVERIFY_OK(first.time.fisher);
    for (const NetworkMeasures& other : results) {
      const SheetMeasures& sheet = other.sheets[0];
      QVERIFY(std::abs(sheet.firingRate - first.firingRate) < 1e-12);
      QCOMPARE(sheet.circularVariance.value->median, first.circularVariance.value->median);
      QCOMPARE(sheet.correlation->mean, first.correlation->mean);
      QCOMPARE(sheet.tuningCorrelation.value->mean, first.tuningCorrelation.value->mean);
      QCOMPARE(sheet.time.entropy->bits, first.time.entropy->bits);
      QCOMPARE(sheet.time.entropy->rateByStep, first.time.entropy->rateByStep);
      QCOMPARE(sheet.time.synchrony->mean, first.time.synchrony->mean);
      QCOMPARE(sheet.time.fisher->information, first.time.fisher->information);
      for (std::size_t q = 0; q < first.tuningSmoothness.size(); ++q)
        if (first.tuningSmoothness[q].value)
          QCOMPARE(sheet.tuningSmoothness[q].value->mean, first.tuningSmoothness[q].value->mean);
      for (std::size_t d = 0; d < 5; ++d) QVERIFY(same(sheet.domains[d].t, first.domains[d].t));
    }
    // The control is the same network here: so are its figures, with their error.
    QVERIFY_OK(first.tuningSmoothness[0].untrained);
    QCOMPARE(first.tuningSmoothness[0].untrained->mean, first.tuningSmoothness[0].value->mean);
    QCOMPARE(first.tuningSmoothness[0].untrained->sem, first.tuningSmoothness[0].value->sem);
    QVERIFY(first.tuningSmoothness[0].value->sem > 0);
    QCOMPARE(first.circularVariance.untrained->distanceToMacaque, first.circularVariance.value->distanceToMacaque);
    QCOMPARE(first.tuningCorrelation.untrained->mean, first.tuningCorrelation.value->mean);
    QCOMPARE(first.untrainedTime->entropy->bits, first.time.entropy->bits);
    QCOMPARE(first.untrainedTime->synchrony->mean, first.time.synchrony->mean);
    QCOMPARE(first.untrainedSelectiveShare, first.selectiveShare);
    // Fewer than 1,000 images: the control saw all of them.
    QCOMPARE(first.untrainedTime->responseCorrelation->mean, first.correlation->mean);
    QVERIFY(std::abs(first.untrainedTime->firingRate - first.firingRate) < 1e-12);
    for (const DomainMeasure& domain : first.domains) {
      const auto above = std::count_if(domain.dPrime.begin(), domain.dPrime.end(), [](float d) { return d >= 1; });
      QCOMPARE(domain.dPrimeShare, static_cast<double>(above) / static_cast<double>(domain.dPrime.size()));
      QCOMPARE(domain.untrainedDPrimeShare, domain.dPrimeShare);
      QVERIFY_OK(domain.sweep.value);
      QVERIFY_OK(domain.sweep.untrained);
      for (std::size_t i = 0; i < domain.sweep.value->size(); ++i)
        QCOMPARE((*domain.sweep.untrained)[i].areaMm2, (*domain.sweep.value)[i].areaMm2);
    }
    QCOMPARE(first.overlaps.size(), std::size_t{10});
    for (const OverlapMeasure& measured : first.overlaps) {
      QVERIFY_OK(measured.overlap.value);
      QCOMPARE(measured.overlap.untrained->correlation.value, measured.overlap.value->correlation.value);
    }
  }

  void whatCannotBeMeasuredSaysWhy() {
    FilterBank network;
    auto measures = measure(inputsOf(network, FilterBank::kSide, 60), {}, StopFlag{});
    QVERIFY_OK(measures);
    const SheetMeasures& silent = measures->sheets[1];
    QVERIFY_REFUSED(silent.circularVariance.value, "none of 100 units fires");
    QVERIFY_REFUSED(silent.tuningCorrelation.value, "Too few units");
    QCOMPARE(silent.selectiveShare, 0.0);
    QCOMPARE(silent.firingRate, 0.0);
    for (const MeasuredSmoothness& smoothness : silent.tuningSmoothness)
      QVERIFY_REFUSED(smoothness.value, "Too few units");
    QVERIFY_REFUSED(silent.pinwheels.value, "Too few units for pinwheels");
    QVERIFY_REFUSED(silent.shuffledPinwheels, "Too few units for pinwheels");
    for (const DomainMeasure& domain : silent.domains) {
      QVERIFY_REFUSED(domain.smoothness.value, "too alike");
      QVERIFY_REFUSED(domain.delta.value, "no two of 100 units differ");
    }
    for (const OverlapMeasure& measured : silent.overlaps)
      QVERIFY(std::isnan(measured.overlap.value->correlation.value));
    // There was no control.
    QVERIFY_REFUSED(measures->sheets[0].tuningSmoothness[0].untrained, "no untrained network");
    QVERIFY_REFUSED(measures->sheets[0].circularVariance.untrained, "no untrained network");
    QVERIFY_REFUSED(measures->sheets[0].untrainedTime, "no untrained network");

    QTemporaryDir folder;
    ReportContext context;
    context.classNames = {"black", "darker", "dark"};
    QVERIFY_OK(writeReport(folder.path().toStdString(), *measures, context));
    const auto report =
        QJsonDocument::fromJson(QByteArray::fromStdString(*readFile(pathOf(folder, "report.json"), 1 << 24))).object();
    const QJsonObject v1 = report["sheets"].toArray()[0].toObject();
    const QJsonObject it = report["sheets"].toArray()[1].toObject();
    QVERIFY(it["median_circular_variance"].isNull());
    QVERIFY(it["fraction_circular_variance_below_0.6"].isNull());
    QVERIFY(it["mean_category_smoothness"].isNull());
    QVERIFY(it["pinwheels"].toObject().contains("not_measured"));
    QVERIFY(it["circular_variance"].toObject().contains("not_measured"));
    QVERIFY(it["tuning_correlation_by_distance"].toObject().contains("not_measured"));
    QVERIFY(it["time"].toObject()["synchrony_by_distance"].toObject().contains("not_measured"));
    QVERIFY(it["overlaps"].toArray()[0].toObject()["correlation"].toObject()["value"].isNull());
    const QJsonObject faces = it["categories"].toObject()["faces"].toObject();
    QVERIFY(faces["delta_selectivity"].toObject().contains("not_measured"));
    for (const char* quantity : {"orientation", "orientation_von_mises", "spatial_frequency", "colour"})
      QVERIFY(it["smoothness"].toObject()[quantity].toObject().contains("not_measured"));
    const QJsonObject orientation = v1["smoothness"].toObject()["orientation"].toObject();
    QVERIFY(orientation["sem"].toDouble() > 0);
    QVERIFY(orientation["controls"].toObject()["untrained"].toObject().contains("not_measured"));
    QVERIFY(std::filesystem::exists(pathOf(folder, "IT_orientation_von_mises.png")));
  }

  // The initial statistics of batch norm leave all but the first layers silent; calibrated, every sheet answers.
  void theCalibratedControlFires() {
    const auto network = tiny(32, 4);
    QVERIFY(network != nullptr);
    const auto dataset = data::makeWorld(32, 320, 4);
    // Per sheet, the median over units of the mean rate to some gratings.
    std::vector<data::Grating> gratings = data::makeGratings(32);
    std::erase_if(gratings, [](const data::Grating& g) { return g.phase != 0 || g.colour != 0; });
    const auto rates = [&] {
      std::vector<double> out;
      for (std::size_t s = 0; s < network->sheets().size(); ++s) {
        const auto matrix = recordGratingMatrix(*network, at::kCPU, gratings, 32, dataset->normalisation(), 64, s);
        std::vector<float> means;
        for (std::size_t u = 0; u < matrix->size() / gratings.size(); ++u)
          means.push_back(std::accumulate(matrix->begin() + static_cast<std::ptrdiff_t>(u * gratings.size()),
                                          matrix->begin() + static_cast<std::ptrdiff_t>((u + 1) * gratings.size()),
                                          0.0F) /
                          static_cast<float>(gratings.size()));
        out.push_back(median(means));
      }
      return out;
    };
    const std::vector<double> before = rates();
    QCOMPARE(before.back(), 0.0);
    const at::Tensor weights = network->parameters()[0].second.clone();
    QVERIFY_OK(calibrateNormalisation(*network, at::kCPU, dataset, 32, 32));
    QVERIFY(network->parameters()[0].second.equal(weights));
    const std::vector<double> after = rates();
    for (std::size_t s = 0; s < after.size(); ++s)
      QVERIFY2(after[s] > 0.02, qPrintable(QStringLiteral("sheet %1: %2").arg(s).arg(after[s])));
    // What batches are averaged is over: training takes the exponential average up again.
    QVERIFY_OK(calibrateNormalisation(*network, at::kCPU, dataset, 32, 32));
    QCOMPARE(rates(), after);
  }

  // Every statistic is streamed: ten times the images, the same memory.
  void memoryDoesNotGrowWithTheImages() {
    const auto network = tiny(16, 2);
    QVERIFY(network != nullptr);
    QVERIFY_OK(measure(inputsOf(*network, 16, 200), {}, StopFlag{}));
    const std::int64_t before = peakMemoryBytes();
    QVERIFY_OK(measure(inputsOf(*network, 16, 2000), {}, StopFlag{}));
    // All rates of all units would be 2 x 2,000 x 4,608 x 4 bytes: 74 MB.
    QVERIFY2(peakMemoryBytes() - before < (12 << 20),
             QByteArray::number(static_cast<qlonglong>(peakMemoryBytes() - before)).constData());
  }
};

QTEST_APPLESS_MAIN(TestMeasures)
#include "test_measures.moc"
