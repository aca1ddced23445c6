// The same weights at other numbers of time steps: what must agree with other measurements, and with known twins.
#include "engine/protocol/time_sweep.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "engine/core/random.h"
#include "engine/protocol/unit_trains.h"
#include "engine/training/import_weights.h"
#include "engine/training/time_measures.h"
#include "tests/protocol/tiny_subject.h"
#include "tests/support.h"

using namespace pinwheel;
using namespace pinwheel::protocol;
using namespace pinwheel::test;
using nlohmann::json;

namespace {

constexpr std::int64_t kImages = 60;

TimeSweepOptions fewSteps() {
  TimeSweepOptions options;
  options.accuracySteps = {2};
  options.entropySteps = {5};
  options.bootstraps = 100;
  return options;
}

// As if trained without topography.
training::Checkpoint plain(training::Checkpoint checkpoint) {
  checkpoint.config.stc.loss = "none";
  return checkpoint;
}

// Weights of nothing: no unit ever fires.
training::Checkpoint silenced(training::Checkpoint checkpoint) {
  for (auto& [name, tensor] : checkpoint.model)
    if (training::isParameter(name)) std::fill(tensor.bytes.begin(), tensor.bytes.end(), std::byte{0});
  return checkpoint;
}

double valueAt(const json& values, std::size_t index) {
  return values.at(index).get<double>();
}

bool near(double a, double b) {
  return std::abs(a - b) < 1e-9;
}

}  // namespace

class TestTimeSweep : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void initTestCase() {
    at::set_num_threads(1);
    QVERIFY(m_folder.isValid());
  }

  void theTrainedTIsTheNetworkItself() {
    std::int64_t done = 0;
    std::int64_t total = 0;
    const auto measured = measureTimeSweep(
        m_tiny.subject, fewSteps(),
        [&](const Progress& progress) {
          QVERIFY(progress.done > done);
          done = progress.done;
          total = progress.total;
        },
        m_stop);
    QVERIFY_OK(measured);
    QCOMPARE(total, (2 + 4 + 5) * kImages);
    QCOMPARE(done, total);
    QVERIFY(measured->at("time_steps") == json::array({2, 4, 5}));
    QVERIFY(measured->at("trained_time_steps") == json(4));
    std::vector<double> sums(m_tiny.subject.sheets.size(), 0.0);
    const auto response = training::recordDataset(
        *m_tiny.network, at::kCPU, m_tiny.subject.validation, TinySubject::kSide, m_tiny.subject.normalisation,
        TinySubject::kBatch, 1, true,
        [&](std::size_t sheet, std::span<const std::int64_t>, std::int64_t, std::span<const float> rates) {
          for (const float rate : rates) sums[sheet] += static_cast<double>(rate);
        });
    QVERIFY_OK(response);
    const json& accuracy = measured->at("accuracy");
    QVERIFY(valueAt(accuracy.at("value"), 1) == response->accuracy);
    QVERIFY(valueAt(accuracy.at("low_95"), 1) <= response->accuracy &&
            response->accuracy <= valueAt(accuracy.at("high_95"), 1));
    const json& rates = measured->at("firing_rate");
    QCOMPARE(rates.size(), std::size_t{4});
    for (std::size_t s = 0; s < 4; ++s) {
      const topography::SheetSpec& spec = m_tiny.subject.sheets[s].spec;
      QCOMPARE(rates.at(s).at("area").get<std::string>(), spec.area);
      QVERIFY(near(valueAt(rates.at(s).at("rate"), 1),
                   sums[s] / static_cast<double>(kImages) / static_cast<double>(spec.unitCount())));
    }
    // A membrane needs time to reach its threshold.
    QVERIFY(valueAt(rates.at(0).at("rate"), 0) < valueAt(rates.at(0).at("rate"), 2));
  }

  // The entropy at another T is that which a network of that T is measured with.
  void theEntropyIsThatOfTheOtherMeasures() {
    const auto measured = measureTimeSweep(m_tiny.subject, fewSteps(), {}, m_stop);
    QVERIFY_OK(measured);
    const auto network = m_tiny.makeNetwork(5);
    QVERIFY_OK(training::copyInto(training::stateDict(*network), m_tiny.checkpoint.model, "weights"));
    training::TimeInputs inputs;
    inputs.network = network.get();
    inputs.sheets = &m_tiny.subject.sheets;
    inputs.images = m_tiny.subject.validation;
    inputs.normalisation = m_tiny.subject.normalisation;
    inputs.side = TinySubject::kSide;
    inputs.batchSize = TinySubject::kBatch * 4 / 5;  // as many images and steps at once as in the sweep
    inputs.seed = fewSteps().seed;
    const auto time = training::measureTime(inputs, m_stop);
    QVERIFY_OK(time);
    for (std::size_t s = 0; s < 4; ++s) {
      const json& layer = measured->at("entropy").at(s);
      QVERIFY(layer.at("time_steps") == json::array({5}));
      QVERIFY_OK((*time)[s].entropy);
      const analysis::SpikeTrainEntropy& entropy = *(*time)[s].entropy;
      QCOMPARE(layer.at("units").at(0).get<std::int64_t>(), entropy.units);
      QVERIFY(near(valueAt(layer.at("bits"), 0), entropy.bits));
      QVERIFY(near(valueAt(layer.at("uncorrected_bits"), 0), entropy.uncorrectedBits));
      // Counted as the trains are: about the sum over the steps, as there are more images than words.
      QVERIFY(std::abs(valueAt(layer.at("independent_bits"), 0) - entropy.independentBits) < 0.5);
      QVERIFY(near(valueAt(layer.at("silent_share"), 0), entropy.silentShare));
      QVERIFY(valueAt(layer.at("low_95"), 0) <= valueAt(layer.at("bits"), 0));
      QVERIFY(valueAt(layer.at("bits"), 0) <= valueAt(layer.at("high_95"), 0));
      QVERIFY(!layer.contains("shift"));
    }
    QVERIFY(valueAt(measured->at("entropy").at(0).at("bits"), 0) > 0);
  }

  // Against a twin that never fires the shift is the whole entropy; against itself there is none.
  void theShiftAgainstKnownTwins() {
    TimeSweepOptions options = fewSteps();
    options.twin = stored("silent", silenced(plain(m_tiny.checkpoint)));
    const auto silent = measureTimeSweep(m_tiny.subject, options, {}, m_stop);
    QVERIFY_OK(silent);
    options.twin = stored("itself", plain(m_tiny.checkpoint));
    const auto itself = measureTimeSweep(m_tiny.subject, options, {}, m_stop);
    QVERIFY_OK(itself);
    for (std::size_t s = 0; s < 4; ++s) {
      const json& layer = silent->at("entropy").at(s);
      QCOMPARE(valueAt(layer.at("twin_bits"), 0), 0.0);
      QVERIFY(layer.at("shift") == layer.at("bits"));
      QVERIFY(layer.at("shift_low_95") == layer.at("low_95") && layer.at("shift_high_95") == layer.at("high_95"));
      QCOMPARE(valueAt(silent->at("twin").at("firing_rate").at(s).at("rate"), 2), 0.0);
      const json& same = itself->at("entropy").at(s);
      QVERIFY(same.at("twin_bits") == same.at("bits"));
      for (const char* key : {"shift", "shift_low_95", "shift_high_95"}) QCOMPARE(valueAt(same.at(key), 0), 0.0);
    }
    QVERIFY(itself->at("twin").at("accuracy") == itself->at("accuracy"));
    // One that was read already is not looked for again.
    const training::Checkpoint held = plain(m_tiny.checkpoint);
    TimeSweepOptions shared = fewSteps();
    shared.twin = pathOf(m_folder, "nowhere.safetensors");
    shared.openedTwin = &held;
    shared.twinFingerprint = "0123456789abcdef";
    const auto again = measureTimeSweep(m_tiny.subject, shared, {}, m_stop);
    QVERIFY_OK(again);
    QVERIFY(again->at("entropy") == itself->at("entropy"));
    QVERIFY(again->at("parameters").at("twin_fingerprint") == json("0123456789abcdef"));
    // What a twin is told apart by is its file's contents.
    QVERIFY(optionsJson(options).at("twin_fingerprint").get<std::string>().size() == 16);
    QVERIFY(silent->at("parameters").at("twin_fingerprint") != itself->at("parameters").at("twin_fingerprint"));

    const Section section = timeSweepSection(json::parse(silent->dump()));
    QVERIFY(section.text.find("batch norms were learned there") != std::string::npos);
    QVERIFY(section.text.find("are this network's.") != std::string::npos);
    // Accuracy, rates of four areas, entropies of four layers, shift: a control stands beside its one curve alone.
    QCOMPARE(section.charts.size(), std::size_t{10});
    QCOMPARE(section.charts[1].file, std::string("time_sweep_rate_V1"));
    QCOMPARE(section.charts[1].series.size(), std::size_t{2});
    QCOMPARE(section.charts[5].file, std::string("time_sweep_entropy_V1"));
    QCOMPARE(section.charts[5].series.size(), std::size_t{3});
    QVERIFY(!section.charts[5].series[0].control && section.charts[5].series[1].control);
    for (const Row& row : section.rows) QVERIFY(row.name.find("the best T") == std::string::npos);
    const Chart& shift = section.charts.back();
    QCOMPARE(shift.series.size(), std::size_t{4});
    QCOMPARE(shift.series[0].name, std::string("V1"));
    QCOMPARE(shift.series[0].x, std::vector<double>{5});
    QCOMPARE(shift.series[0].y[0], valueAt(silent->at("entropy").at(0).at("bits"), 0));
    QCOMPARE(shift.series[0].low.size(), std::size_t{1});
  }

  void whatElseTheTwinDiffersIn() {
    training::Checkpoint twin = plain(m_tiny.checkpoint);
    twin.config.training.seed = 77;
    twin.config.model.timeSteps = 3;
    twin.provenance.dataName = "other images";
    twin.lesion.parts = {{0, {0, 1}, perturbation::PerturbationKind::silence, 1, {}}};
    TimeSweepOptions options = fewSteps();
    options.twin = stored("other run", twin);
    const auto measured = measureTimeSweep(m_tiny.subject, options, {}, m_stop);
    QVERIFY_OK(measured);
    std::vector<std::string> names;
    for (const json& difference : measured->at("twin").at("differences"))
      names.push_back(difference.at("what").get<std::string>());
    QCOMPARE(names, (std::vector<std::string>{"training seed", "trained T", "training data", "held lesion"}));
    const Section section = timeSweepSection(json::parse(measured->dump()));
    QVERIFY(section.text.find("training seed 77, not 1") != std::string::npos);
    QVERIFY(section.text.find("held lesion V1, 2 units, silence, not none") != std::string::npos);
  }

  // All steps alike: one bit of memory, three without it.
  void independentStepsLoseTheMemory() {
    UnitTrains trains(1, 3, 64, 10, 1);
    std::vector<float> spikes(3 * 64);
    for (std::size_t i = 0; i < spikes.size(); ++i) spikes[i] = i % 2 == 0 ? 1.0F : 0.0F;  // [T, images, 1]
    trains.add(64, spikes);
    const LayerEntropy entropy = trains.entropy();
    QCOMPARE(entropy.bits.size(), std::size_t{1});
    QVERIFY(near(entropy.bits[0], 1 + 1 / (2 * 64 * std::log(2.0))));
    QVERIFY(near(entropy.uncorrected, 1));
    QVERIFY(entropy.independent > 2.7 && entropy.independent <= 3);
    QVERIFY(entropy.exact);
    QCOMPARE(entropy.memorySteps, 2);
  }

  // Far more words than images: steps without memory are their own control, although neither shows their 16 bits.
  void theControlIsBoundedAsTheTrainsAre() {
    UnitTrains trains(1, 16, 100, 10, 1);
    Random random(3);
    for (int batch = 0; batch < 4; ++batch) {
      std::vector<float> spikes(16 * 25);
      for (float& spike : spikes) spike = random.uniform() < 0.5 ? 1.0F : 0.0F;
      trains.add(25, spikes);
    }
    const LayerEntropy entropy = trains.entropy();
    QVERIFY(entropy.bits[0] < std::log2(100.0) + 99 / (200 * std::log(2.0)) + 1e-9);
    QVERIFY(std::abs(entropy.independent - entropy.bits[0]) < 0.2);
    UnitTrains silent(1, 16, 100, 10, 1);
    silent.add(100, std::vector<float>(16 * 100, 0.0F));
    QCOMPARE(silent.entropy().independent, 0.0);
    QCOMPARE(silent.entropy().silent, 1.0);
  }

  void whereWordsOutnumberTheImagesIsTold() {
    TimeSweepOptions options = fewSteps();
    options.entropySteps = {5, 6};  // 32 and 64 words, 60 images
    const auto measured = measureTimeSweep(m_tiny.subject, options, {}, m_stop);
    QVERIFY_OK(measured);
    QVERIFY(measured->at("entropy").at(0).at("memory_steps") == json::array({4, 5}));
    QVERIFY(timeSweepSection(*measured).text.find("At T = 6 there are more words") != std::string::npos);
  }

  // A lesion that drives units at the last step alone: a network of fewer steps does not have it.
  void aLesionsTimeStepsThatAreNotThere() {
    TinySubject lesioned(kImages);
    perturbation::LesionPart part{0, {}, perturbation::PerturbationKind::stimulate, 1, {3}};
    for (std::int32_t u = 0; u < 500; ++u) part.units.push_back(u);
    lesioned.checkpoint.lesion.parts = {part};
    const auto with = measureTimeSweep(lesioned.subject, fewSteps(), {}, m_stop);
    const auto without = measureTimeSweep(m_tiny.subject, fewSteps(), {}, m_stop);
    QVERIFY_OK(with);
    QVERIFY_OK(without);
    const json& rates = with->at("firing_rate").at(0).at("rate");
    const json& plain = without->at("firing_rate").at(0).at("rate");
    QVERIFY(rates.at(0) == plain.at(0));
    QVERIFY(valueAt(rates, 1) > valueAt(plain, 1));
  }

  void otherClassesHaveNoAccuracy() {
    Subject subject = m_tiny.subject;
    subject.labelled = false;
    const auto measured = measureTimeSweep(subject, fewSteps(), {}, m_stop);
    QVERIFY_OK(measured);
    QVERIFY(measured->at("accuracy").contains("not_measured"));
    const Section section = timeSweepSection(json::parse(measured->dump()));
    QVERIFY(section.rows.at(0).value.find("classes") != std::string::npos);
    QCOMPARE(section.charts.size(), std::size_t{5});  // rates, and the entropies of four layers
    QCOMPARE(section.charts[0].series.size(), std::size_t{4});
    QVERIFY(section.text.find("no checkpoint of the run without topography") != std::string::npos);
  }

  void fewerImagesAreTheSameAtEveryT() {
    TimeSweepOptions options = fewSteps();
    options.images = 20;
    const auto measured = measureTimeSweep(m_tiny.subject, options, {}, m_stop);
    QVERIFY_OK(measured);
    QVERIFY(measured->at("images") == json(20));
    const auto again = measureTimeSweep(m_tiny.subject, options, {}, m_stop);
    QVERIFY(*again == *measured);
  }

  void aTwinWithoutSpikesLeavesTheRest() {
    training::Checkpoint rates = plain(m_tiny.checkpoint);
    rates.config.model.neuron = "relu";
    TimeSweepOptions options = fewSteps();
    options.twin = stored("rates", rates);
    const auto measured = measureTimeSweep(m_tiny.subject, options, {}, m_stop);
    QVERIFY_OK(measured);
    QVERIFY(measured->at("twin").at("not_measured").get<std::string>().find("ReLU") != std::string::npos);
    QVERIFY(!measured->at("entropy").empty());
    QVERIFY(timeSweepSection(json::parse(measured->dump())).text.find("ReLU") != std::string::npos);
  }

  void mistakesAreNamed() {
    TimeSweepOptions options = fewSteps();
    options.twin = pathOf(m_folder, "nowhere.safetensors");
    QVERIFY_REFUSED(measureTimeSweep(m_tiny.subject, options, {}, m_stop), "nowhere.safetensors");
    TinySubject other(kImages);
    other.checkpoint.sheets.pop_back();
    options.twin = stored("other", other.checkpoint);
    QVERIFY_REFUSED(measureTimeSweep(m_tiny.subject, options, {}, m_stop), "The twin is of another network");
    options.twin = stored("stc", m_tiny.checkpoint);
    QVERIFY_REFUSED(measureTimeSweep(m_tiny.subject, options, {}, m_stop), "topography of its own");
    other.checkpoint.config.model.neuron = "relu";
    QVERIFY_REFUSED(measureTimeSweep(other.subject, fewSteps(), {}, m_stop), "ReLU twin");
    options = fewSteps();
    options.accuracySteps = {0};
    QVERIFY_REFUSED(measureTimeSweep(m_tiny.subject, options, {}, m_stop), "at least 1");
    StopFlag stop;
    stop.request();
    QVERIFY_REFUSED(measureTimeSweep(m_tiny.subject, fewSteps(), {}, stop), "Stopped");
  }

private:
  std::filesystem::path stored(const std::string& name, const training::Checkpoint& checkpoint) {
    const auto path = pathOf(m_folder, name + ".safetensors");
    const Status status = training::saveCheckpoint(path, checkpoint);
    return status ? path : std::filesystem::path();
  }

  QTemporaryDir m_folder;
  TinySubject m_tiny{kImages};
  StopFlag m_stop;
};

QTEST_APPLESS_MAIN(TestTimeSweep)
#include "test_time_sweep.moc"
